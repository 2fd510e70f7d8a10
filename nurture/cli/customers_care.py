"""`nurture customers`: export, erase, merge, and what is untidy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import json_text, message, print_json, table
from nurture.clock import day
from nurture.customers.card import customer_card
from nurture.customers.duplicates import find_duplicates
from nurture.customers.erase import erasable, erase_customer
from nurture.customers.export import export_columns, export_rows
from nurture.customers.hygiene import check_hygiene
from nurture.customers.hygiene_fixes import FIX_COLUMNS, fix_rows
from nurture.customers.merge import merge_customers
from nurture.spreadsheet import new_csv, write_csv, write_text

_OUTPUT = click.option(
    "--output", type=click.Path(path_type=Path), help="The file to write.  [default: standard output]"
)


@click.command("export", epilog="\b\nExample:\n  nurture customers export --output customers.csv")
@click.argument("email", required=False)
@_OUTPUT
@pass_session
def export_command(session: Session, email: str | None, output: Path | None) -> None:
    """Export all customers as CSV that can be imported again; with EMAIL, all that is known about one.

    The second form is JSON, and complete: the answer to someone who asks what we hold about them.
    """
    if email is not None:
        with session.store.read() as connection:
            card = customer_card(connection, email)
        if output is None:
            print_json(card)
            return
        write_text(output, json_text(card) + "\n")
        message(f"Everything about {card['email']} is in {output}.")
        return
    with session.store.read() as connection:
        columns = export_columns(connection, list(session.workspace.config.attributes))
        rows = export_rows(connection, columns)
        if output is None:
            write_csv(sys.stdout, columns, rows)
            return
        with new_csv(output) as file:
            count = write_csv(file, columns, rows)
    message(f"{count:,} customers are in {output}.")


@click.command("erase", epilog="\b\nExample:\n  nurture customers erase hanako@asagiri.example --dry-run")
@click.argument("email")
@click.option("--dry-run", is_flag=True, help="Say what would be erased; erase nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def erase_command(session: Session, email: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Erase everything about the customer with this EMAIL, at a person's request.

    Only a hash of the address stays, so that no import brings it back. There is no way to undo this.
    """
    with session.store.read() as connection:
        counts = erasable(connection, email)
    if not dry_run:
        if not yes:
            click.confirm(
                f"Erase {email} and {sum(counts.values()) - 1:,} rows about them?", abort=True, err=True
            )
        with session.store.write() as connection:
            counts = erase_customer(connection, email, session.now)
    if as_json:
        print_json({"email": email, "dry_run": dry_run, "erased": counts})
        return
    table(
        ("would be erased" if dry_run else "erased", "rows"),
        [(name, f"{count:,}") for name, count in counts.items()],
    )


@click.command(
    "merge", epilog="\b\nExample:\n  nurture customers merge mori@asagiri.example mori+news@asagiri.example"
)
@click.argument("keep")
@click.argument("other")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def merge_command(session: Session, keep: str, other: str, yes: bool) -> None:
    """Make one customer of two: KEEP gets the history of OTHER, and OTHER goes.

    What KEEP does not know is filled in from OTHER; a refusal of either holds.
    """
    if not yes:
        click.confirm(f"Move everything of {other} to {keep}?", abort=True, err=True)
    with session.store.write() as connection:
        merge_customers(connection, keep, other, session.now)
    message(f"{other} is part of {keep} now.")


@click.command("duplicates", epilog="\b\nExample:\n  nurture customers duplicates --json")
@json_option
@pass_session
def duplicates_command(session: Session, as_json: bool) -> None:
    """List customers who are probably one person: same name and company, or one mailbox written twice."""
    with session.store.read() as connection:
        groups = list(find_duplicates(connection))
    if as_json:
        print_json(
            [
                {"cause": group.cause, "emails": group.emails, "name": group.name, "company": group.company}
                for group in groups
            ]
        )
        return
    columns = ("why", "name", "company", "keep", "other")
    table(
        columns,
        [
            (group.cause, group.name, group.company, group.emails[0], ", ".join(group.emails[1:]))
            for group in groups
        ],
    )
    if groups:
        message("Make one of two: nurture customers merge KEEP OTHER")


@click.command("hygiene", epilog="\b\nExample:\n  nurture customers hygiene --fixes fixes.csv")
@click.option(
    "--fixes", type=click.Path(path_type=Path), help="Write what can be mended as CSV to review and import."
)
@json_option
@pass_session
def hygiene_command(session: Session, fixes: Path | None, as_json: bool) -> None:
    """Say what is untidy in the data: stale records, missing fields, several spellings, dead domains."""
    now, today = session.now, day(session.now, session.workspace.zone)
    with session.store.read() as connection:
        checks = check_hygiene(connection, today, now)
        written = None
        if fixes is not None:
            with new_csv(fixes) as file:
                written = write_csv(file, FIX_COLUMNS, fix_rows(connection, today, now))
    if as_json:
        found: list[dict[str, Any]] = [
            {"check": check.key, "title": check.title, "count": check.count, "examples": check.examples}
            for check in checks
        ]
        print_json(found)
    else:
        columns = ("check", "", "records", "such as")
        table(columns, [(c.key, c.title, f"{c.count:,}", ", ".join(c.examples[:2])) for c in checks])
    if written is not None:
        message(f"{written:,} rows are in {fixes}: review and complete them, then import that file.")


COMMANDS = (export_command, erase_command, merge_command, duplicates_command, hygiene_command)
