"""`nurture leads`: whom sales should contact, and why."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, table, visible
from nurture.leads import Lead, find_lead, judge_leads, lead_changes, list_leads
from nurture.spreadsheet import new_csv, write_csv
from nurture.tracking import judge_all

Command = TypeVar("Command", bound=Callable[..., Any])

CSV_COLUMNS = (
    "email",
    "name",
    "company",
    "title",
    "phone",
    "owner",
    "state",
    "state_name",
    "since",
    "last_on",
    "reasons",
)


@click.group("leads")
def group() -> None:
    """Warm leads: whom sales should contact, and why."""


def lead_options(command: Command) -> Command:
    """Which leads: a state, an owner, or everyone in a state."""
    everyone = click.option("--all", "everyone", is_flag=True, help="Also those in no need of contact.")
    owner = click.option("--owner", metavar="NAME", help="Only leads of this sales rep.")
    state = click.option("--state", metavar="STATE", help="Only this state, such as hot.")
    return state(owner(everyone(command)))


@group.command("list", epilog="Example: nurture leads list --state hot --owner 佐藤")
@lead_options
@json_option
@pass_session
def list_command(
    session: Session, state: str | None, owner: str | None, everyone: bool, as_json: bool
) -> None:
    """Whom sales should contact, hottest first, each with reasons.

    Clicks that wait for a verdict and the rules are judged first, so the list is that of this moment.
    """
    leads = _leads(session, state, owner, everyone)
    if as_json:
        print_json([_as_json(lead) for lead in leads])
        return
    if not leads:
        message("No leads. --all also shows customers whom nobody needs to contact.")
        return
    for lead in leads:
        show_lead(lead)
    message(f"{len(leads)} leads.")


@group.command("show", epilog="Example: nurture leads show hanako@kikai.example")
@click.argument("email")
@json_option
@pass_session
def show_command(session: Session, email: str, as_json: bool) -> None:
    """One customer's lead state, the reasons for it, and how it came about."""
    _judge(session)
    with session.store.read() as connection:
        lead = find_lead(connection, session.workspace, email)
        changes = lead_changes(connection, lead.customer_id) if lead else []
    if as_json:
        print_json({"lead": _as_json(lead) if lead else None, "changes": [asdict(one) for one in changes]})
        return
    if lead is None:
        click.echo(f"{email} is no lead: no rule is met.")
        return
    show_lead(lead)
    zone = session.workspace.zone
    rows = [
        (one.at.astimezone(zone).date(), one.old_state, one.new_state, "; ".join(one.reasons))
        for one in changes
    ]
    table(("day", "from", "to", "why"), rows)


@group.command("export", epilog="Example: nurture leads export --csv leads.csv")
@lead_options
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead."
)
@pass_session
def export_command(
    session: Session, state: str | None, owner: str | None, everyone: bool, csv_file: Path | None
) -> None:
    """The list as CSV, for a spreadsheet or a CRM; no cell is a formula."""
    rows = [_cells(lead) for lead in _leads(session, state, owner, everyone)]
    if csv_file is None:
        write_csv(sys.stdout, CSV_COLUMNS, rows)
        return
    with new_csv(csv_file) as file:
        write_csv(file, CSV_COLUMNS, rows)
    message(f"{csv_file}: {len(rows)} leads.")


def _leads(session: Session, state: str | None, owner: str | None, everyone: bool) -> list[Lead]:
    _judge(session)
    with session.store.read() as connection:
        return list_leads(connection, session.workspace, state=state, owner=owner, everyone=everyone)


def _judge(session: Session) -> None:
    """Bring verdicts and states up to this moment."""
    judge_all(session.store, session.workspace, session.now)
    with session.store.write() as connection:
        judge_leads(connection, session.workspace, session.now)


def show_lead(lead: Lead) -> None:
    """A lead in a few lines: who, where, whose, and why."""
    about = [lead.company, lead.title, lead.owner and f"owner {lead.owner}", lead.email, lead.phone]
    who = ", ".join(part for part in (lead.name, *about) if part)
    click.echo(visible(f"{lead.state} ({lead.state_name}): {who}"))
    for reason in lead.reasons:
        click.echo(visible(f"  - {reason}"))


def _as_json(lead: Lead) -> dict[str, Any]:
    return asdict(lead) | {"reasons": list(lead.reasons)}


def _cells(lead: Lead) -> list[Any]:
    return [*(getattr(lead, column) for column in CSV_COLUMNS[:-1]), "; ".join(lead.reasons)]
