"""`nurture segments`: who is in a segment, how many, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, table, visible
from nurture.filters import Explanation
from nurture.segments import (
    Segment,
    count,
    explain_customer,
    load_segment,
    load_segments,
    members,
    scope_for,
    shown_sql,
)

# A table for people ends somewhere; JSON and CSV hold everyone unless --limit says otherwise.
SHOWN = 50


@click.group(name="segments")
def group() -> None:
    """Named groups of customers: who is in them, how many, and why."""


@group.command("list", epilog="\b\nExample:\n  nurture segments list --count")
@click.option("--count", "counted", is_flag=True, help="Count the members of each (takes longer).")
@json_option
@pass_session
def list_command(session: Session, counted: bool, as_json: bool) -> None:
    """List the segments of this workspace."""
    segments = load_segments(session.workspace).values()
    rows = [_listed(session, segment, counted) for segment in segments]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ["segment", "title", *(["count"] if counted else []), "description"]
        table(columns, [[row[column] for column in columns] for row in rows])
    else:
        message("There are no segments yet: write segments/<name>.yaml (docs/segments.md).")


@group.command("count", epilog="\b\nExample:\n  nurture segments count dormant")
@click.argument("name")
@json_option
@pass_session
def count_command(session: Session, name: str, as_json: bool) -> None:
    """Count the customers in segment NAME now."""
    found = _count(session, load_segment(session.workspace, name))
    if as_json:
        print_json({"segment": name, "count": found})
    else:
        click.echo(f"{found:,}")


@group.command("members", epilog="\b\nExample:\n  nurture segments members dormant --limit 20")
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=0), help=f"At most so many.  [table: {SHOWN}]")
@json_option
@pass_session
def members_command(session: Session, name: str, limit: int | None, as_json: bool) -> None:
    """Show the customers in segment NAME."""
    segment = load_segment(session.workspace, name)
    scope = scope_for(session.workspace, session.now)
    with session.store.read() as connection:
        if as_json:
            _stream_json(members(connection, segment, scope, limit))
            return
        shown = SHOWN if limit is None else limit
        rows = list(members(connection, segment, scope, shown + 1))
    if not rows:
        message("Nobody is in this segment now.")
        return
    table(list(rows[0]), [list(row.values()) for row in rows[:shown]])
    if len(rows) > shown:
        message(f"The first {shown}. All of them: nurture segments members {name} --json")


@group.command("explain", epilog="\b\nExample:\n  nurture segments explain dormant hanako@example.example")
@click.argument("name")
@click.argument("email")
@json_option
@pass_session
def explain_command(session: Session, name: str, email: str, as_json: bool) -> None:
    """Say why the customer with address EMAIL is in segment NAME, or is not."""
    segment = load_segment(session.workspace, name)
    scope = scope_for(session.workspace, session.now)
    with session.store.read() as connection:
        found = explain_customer(connection, segment, scope, email)
    if as_json:
        print_json({"member": found.member, "why": _why(found)})
        return
    click.echo(f"{email} is {'' if found.member else 'not '}in {name} ({segment.title}).")
    for line in _tree(found):
        click.echo(visible(line))


@group.command("sql", epilog="\b\nExample:\n  nurture segments sql dormant --for postgresql")
@click.argument("name")
@click.option(
    "--for", "dialect", type=click.Choice(["sqlite", "postgresql"]), help="[default: this workspace's]"
)
@pass_session
def sql_command(session: Session, name: str, dialect: str | None) -> None:
    """Print the SQL that selects segment NAME, with its values written in, for reading."""
    scope = scope_for(session.workspace, session.now)
    segment = load_segment(session.workspace, name)
    click.echo(f"{shown_sql(segment, scope, dialect or session.store.dialect)};")


def _count(session: Session, segment: Segment) -> int:
    with session.store.read() as connection:
        return count(connection, segment, scope_for(session.workspace, session.now))


def _listed(session: Session, segment: Segment, counted: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "segment": segment.name,
        "title": segment.title,
        "description": segment.description,
        "file": session.workspace.shown(segment.path),
    }
    return row | {"count": _count(session, segment)} if counted else row


def _why(found: Explanation) -> list[dict[str, Any]]:
    return [
        {
            "condition": each.condition,
            "met": each.met,
            "found": each.found,
            "depth": each.depth,
            "line": each.line,
        }
        for each in found.conditions
    ]


def _tree(found: Explanation) -> Iterator[str]:
    for each in found.conditions:
        found_part = f"   [{each.found}]" if each.found else ""
        yield f"{'  ' * each.depth}{'✓' if each.met else '✗'} {each.condition}{found_part}"


def _stream_json(rows: Iterable[dict[str, Any]]) -> None:
    """A JSON list, printed row by row: a million members are never held at once."""
    mark = "["
    for row in rows:
        click.echo(f"{mark}\n  {json.dumps(row, ensure_ascii=False, default=str)}", nl=False)
        mark = ","
    click.echo("[]" if mark == "[" else "\n]")
