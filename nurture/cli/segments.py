"""`nurture segments`: who is in a segment, how many, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from nurture.cli.app import AtMost, Session, json_option, pass_session
from nurture.cli.output import message, print_json, table, visible
from nurture.errors import Finding, InputError
from nurture.filters import Explanation
from nurture.filters.fields import SOURCES
from nurture.filters.operators import KIND_NAMES, OPERATORS
from nurture.segments import (
    DEFAULT_COLUMNS,
    Segment,
    catalogue,
    changes,
    count,
    explain_customer,
    load_segment,
    load_segments,
    members,
    moment_of,
    overlaps,
    scope_for,
    segment_names,
    segment_schema,
    shown_sql,
)
from nurture.spreadsheet import new_csv, write_csv

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
    """List the segments of this workspace; those with mistakes are told apart, at the end."""
    segments, findings = _all(session)
    rows = [_listed(session, segment, counted) for segment in segments]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ["segment", "title", *(["count"] if counted else []), "description"]
        table(columns, [[row[column] for column in columns] for row in rows])
    elif not findings:
        message("There are no segments yet: write segments/<name>.yaml (docs/segments.md).")
    if findings:
        raise InputError(findings)


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


@group.command(
    "members", epilog="\b\nExample:\n  nurture segments members dormant --columns email,owner --csv -"
)
@click.argument("name")
@click.option("--limit", type=AtMost(min=0), help=f"At most so many.  [table: {SHOWN}]")
@click.option("--columns", help=f"What to show.  [default: {','.join(DEFAULT_COLUMNS)}]")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="- is the screen.",
)
@json_option
@pass_session
def members_command(
    session: Session, name: str, limit: int | None, columns: str | None, csv_file: Path | None, as_json: bool
) -> None:
    """Show the customers in segment NAME."""
    segment = load_segment(session.workspace, name)
    scope = scope_for(session.workspace, session.now)
    wanted = DEFAULT_COLUMNS if columns is None else tuple(part.strip() for part in columns.split(","))
    with session.store.read() as connection:
        if as_json:
            _stream_json(members(connection, segment, scope, limit, wanted))
        elif csv_file is not None:
            _write_csv(csv_file, wanted, members(connection, segment, scope, limit, wanted))
        else:
            shown = SHOWN if limit is None else limit
            _show_members(name, list(members(connection, segment, scope, shown + 1, wanted)), shown)


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


@group.command("fields", epilog="\b\nExample:\n  nurture segments fields purchase")
@click.argument("word", default="")
@json_option
@pass_session
def fields_command(session: Session, word: str, as_json: bool) -> None:
    """List what a segment may ask about: fields, and kinds of events; with WORD, those that hold it."""
    rows = [row for row in _fields(session) if word.lower() in " ".join(map(str, row.values())).lower()]
    if as_json:
        print_json(rows)
    elif rows:
        table(["name", "kind", "meaning", "operators"], [list(row.values()) for row in rows])
    else:
        message(f'Nothing there holds "{word}".')


@group.command("schema", epilog="\b\nExample:\n  nurture segments schema > .nurture/segment.schema.json")
@pass_session
def schema_command(session: Session) -> None:
    """Print the JSON Schema of a segment file, for editors; docs/segments.md says how to use it."""
    print_json(segment_schema(session.workspace))


@group.command("diff", epilog="\b\nExample:\n  nurture segments diff dormant --since '30 days ago'")
@click.argument("name")
@click.option("--since", help="A day: 2026-04-01, yesterday, 30 days ago. Counts from its beginning.")
@click.option("--since-run", "campaign", help="The latest run of this campaign.")
@click.option("--limit", type=AtMost(min=1), help=f"At most so many.  [table: {SHOWN}]")
@json_option
@pass_session
def diff_command(
    session: Session, name: str, since: str | None, campaign: str | None, limit: int | None, as_json: bool
) -> None:
    """Say who came into segment NAME and who left it, and why.

    Events, consents and lead states are asked as they were then; what has no history, such as an
    industry, as it is now.
    """
    segment = load_segment(session.workspace, name)
    now = scope_for(session.workspace, session.now)
    with session.store.read() as connection:
        then = moment_of(connection, now, since, campaign)
        past = scope_for(session.workspace, then, as_of=True)
        found = changes(connection, segment.filter, now, past)
        shown = list(islice(found, limit if limit is not None or as_json else SHOWN))
        more = next(found, None) is not None
    if as_json:
        print_json([{"email": each.email, "came": each.came, "why": each.reasons} for each in shown])
        return
    for each in shown:
        click.echo(visible(f"{'+' if each.came else '-'} {each.email}   {'; '.join(each.reasons)}"))
    came = sum(each.came for each in shown)
    since_when = f"{then.astimezone(now.zone):%Y-%m-%d %H:%M}"
    message(f"{came:,} came and {len(shown) - came:,} left since {since_when}{', and more' if more else ''}.")


@group.command("overlap", epilog="\b\nExample:\n  nurture segments overlap dormant vip")
@click.argument("names", nargs=-1)
@json_option
@pass_session
def overlap_command(session: Session, names: tuple[str, ...], as_json: bool) -> None:
    """Count the customers that the segments NAMES share, two by two; without NAMES, all segments."""
    segments = load_segments(session.workspace, list(names) or None)
    asked = [segments[name] for name in names or segments]
    with session.store.read() as connection:
        found = overlaps(connection, asked, scope_for(session.workspace, session.now))
    if as_json:
        print_json([{"first": each.first, "second": each.second, "count": each.count} for each in found])
        return
    counts = {(each.first, each.second): each.count for each in found}
    counts |= {(second, first): count for (first, second), count in counts.items()}
    table(
        ["", *(each.name for each in asked)],
        [[each.name, *(counts[each.name, other.name] for other in asked)] for each in asked],
    )


def _fields(session: Session) -> list[dict[str, str]]:
    fields = [
        {
            "name": field.name,
            "kind": KIND_NAMES[field.kind],
            "meaning": field.meaning,
            "operators": ", ".join(OPERATORS[field.kind]),
        }
        for field in catalogue(session.workspace).fields
    ]
    events = [
        {
            "name": source.name,
            "kind": "events",
            "meaning": source.meaning,
            "operators": ", ".join(field.name for field in source.fields),
        }
        for source in SOURCES.values()
    ]
    return fields + events


def _show_members(name: str, rows: list[dict[str, Any]], shown: int) -> None:
    if not rows:
        message("Nobody is in this segment now.")
        return
    table(list(rows[0]), [list(row.values()) for row in rows[:shown]])
    if len(rows) > shown:
        message(f"The first {shown}. All of them: nurture segments members {name} --json")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    values = (list(row.values()) for row in rows)
    if str(path) == "-":
        write_csv(sys.stdout, columns, values)
        return
    with new_csv(path) as file:
        message(f"{write_csv(file, columns, values):,} customers written to {path}.")


def _count(session: Session, segment: Segment) -> int:
    with session.store.read() as connection:
        return count(connection, segment, scope_for(session.workspace, session.now))


def _all(session: Session) -> tuple[list[Segment], list[Finding]]:
    """The segments without mistakes, and the mistakes of the others, each once."""
    segments, findings = [], dict[Finding, None]()
    for name in segment_names(session.workspace):
        try:
            segments.append(load_segment(session.workspace, name))
        except InputError as error:
            findings |= dict.fromkeys(error.findings)
    return segments, list(findings)


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
