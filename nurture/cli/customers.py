"""`nurture customers`: people in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nurture.cli.app import AtMost, Session, json_option, pass_session
from nurture.cli.customers_card import print_card
from nurture.cli.customers_care import COMMANDS
from nurture.cli.output import message, print_json, progress, show_findings, table
from nurture.customers import ImportOptions, ImportReport, import_customers
from nurture.customers.card import customer_card
from nurture.customers.importing import look_at
from nurture.customers.listing import ListFilter, count_customers, list_customers
from nurture.customers.mapping import load_mapping, write_draft

# A table for people ends somewhere; JSON holds everything unless --limit says otherwise.
SHOWN = 50
_ORDERS = {"dmy": "day, month, year", "mdy": "month, day, year"}


@click.group(name="customers")
def group() -> None:
    """People in and out: import files, see who is there and what is known of them."""


@group.command("import", epilog="\b\nExample:\n  nurture customers import examples/customers.csv --dry-run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--customers", "kind", flag_value="customers", help="The file holds customers.")
@click.option("--purchases", "kind", flag_value="purchases", help="The file holds purchases.")
@click.option("--activities", "kind", flag_value="activities", help="The file holds activities.")
@click.option(
    "--dates",
    type=click.Choice(["dmy", "mdy"]),
    help="What 01/02/2026 means, where the file does not show it.",
)
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="A file that says what the columns mean (YAML)."
)
@click.option(
    "--write-mapping",
    type=click.Path(path_type=Path),
    help="Write down what the columns are taken for, to be edited; import nothing.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@json_option
@pass_session
def import_command(
    session: Session,
    file: Path,
    kind: Any,
    dates: Any,
    mapping: Path | None,
    write_mapping: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import customers, purchases or activities from FILE; what it holds shows in its columns.

    A customer whose address is known is brought up to date; an empty cell changes nothing. Rows that
    cannot be imported are set aside in a file of their own with the reasons: correct it, import it.
    """
    loaded = load_mapping(mapping) if mapping else None
    options = ImportOptions(kind=kind, dates=dates, mapping=loaded, dry_run=dry_run)
    if write_mapping is not None:
        write_draft(write_mapping, look_at(session.workspace, file, options).columns)
        message(f"{write_mapping} says what the columns are taken for. Edit it, and import with --mapping.")
        return
    with progress(f"Importing {file.name}", None) as bar:
        report = import_customers(
            session.store,
            session.workspace,
            file,
            session.now,
            options,
            lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total),
        )
    if report.notes:
        show_findings(report.notes)
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)


@group.command("list", epilog="\b\nExample:\n  nurture customers list --company 朝霧精機 --limit 20")
@click.option("--company", help="Only people at companies with this in their name.")
@click.option("--owner", help="Only customers of this sales rep.")
@click.option("--search", help="Only people with this in their name or address.")
@click.option("--limit", type=AtMost(min=1), help="At most so many.  [default: 50 in a table]")
@json_option
@pass_session
def list_command(
    session: Session,
    company: str | None,
    owner: str | None,
    search: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List customers, in order of their addresses."""
    wanted = ListFilter(company, owner, search)
    with session.store.read() as connection:
        rows = list(list_customers(connection, wanted, limit or (None if as_json else SHOWN)))
        total = count_customers(connection, wanted)
    if as_json:
        print_json(rows)
        return
    columns = ("email", "name", "company", "owner", "locale", "last purchase", "suppressed")
    table(columns, [_line(row) for row in rows])
    if total > len(rows):
        message(f"{len(rows):,} of {total:,} customers. See more with --limit.")


@group.command("show", epilog="\b\nExample:\n  nurture customers show ota.ren@kuroshio-autoparts.example")
@click.argument("email")
@json_option
@pass_session
def show_command(session: Session, email: str, as_json: bool) -> None:
    """Show everything that is known about the customer with this EMAIL."""
    with session.store.read() as connection:
        card = customer_card(connection, email)
    if as_json:
        print_json(card)
    else:
        print_card(card)


for command in COMMANDS:
    group.add_command(command)


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    name = " ".join(part for part in (row["family_name"], row["given_name"]) if part)
    return (
        row["email"],
        name,
        row["company"],
        row["owner"],
        row["locale"],
        row["last_purchase_on"],
        row["suppressed"],
    )


def _print_report(report: ImportReport) -> None:
    would = "would be " if report.dry_run else ""
    written = f"{report.shape.format}, {report.shape.encoding or 'no encoding'}"
    delimiter = f", delimiter {report.shape.delimiter}" if report.shape.delimiter else ""
    message(f"{report.file}: {report.columns.kind} ({written}{delimiter}), {report.rows:,} rows")
    if report.resumed_at is not None:
        message(f"An import of this file was stopped; this one went on at line {report.resumed_at:,}.")
    for name, order in report.orders.items():
        message(f'Dates such as 01/02/2026 in "{name}" were read as {_ORDERS[order]}.')
    counts = [
        (f"{would}added", report.added),
        (f"{would}changed", report.changed),
        ("unchanged", report.unchanged),
        ("repeated in the file", report.repeated),
        (f"{would}set aside", report.set_aside),
        (f"companies {would}added", report.companies),
        (f"addresses {would}suppressed (opted out)", report.refused),
    ]
    shown = counts if report.columns.kind == "customers" else counts[:5]
    table(("", "rows"), [(name, f"{count:,}") for name, count in shown])
    for reason in report.reasons:
        message(f"  line {reason.line}: {reason.reason}")
    if report.set_aside > len(report.reasons):
        message(f"  ... and {report.set_aside - len(report.reasons):,} more")
    if report.set_aside_file is not None:
        message(f"Set aside in {report.set_aside_file}: correct the rows there, and import that file.")
