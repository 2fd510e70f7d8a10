"""`nurture templates check`: what is wrong with emails, and which way each is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, progress, show_findings, table
from nurture.errors import Finding, InputError, NotFound
from nurture.filters import select_customers
from nurture.segments import count, load_segment, scope_for
from nurture.templates import (
    AudienceReport,
    Report,
    Speed,
    check_audience,
    compile_template,
    load_template,
    report,
    template_names,
)


@click.command(
    "check",
    epilog="\b\nExamples:\n  nurture templates check\n  nurture templates check newsletter\n"
    "  nurture templates check newsletter --audience active-buyers",
)
@click.argument("names", nargs=-1)
@click.option(
    "--audience", "segment", help="Render them for everybody in this segment, and tell who lacks what."
)
@json_option
@pass_session
def check_command(session: Session, names: tuple[str, ...], segment: str | None, as_json: bool) -> None:
    """Check emails (all of them by default): what is wrong, which way each is rendered, and how fast."""
    if segment is not None and not names:
        raise click.UsageError("Name the emails that this audience would get.")
    if segment is not None:
        load_segment(session.workspace, segment)
    reports = {name: _reported(session, name) for name in names or tuple(template_names(session.workspace))}
    audiences = {
        name: _surveyed(session, name, segment)
        for name, found in reports.items()
        if segment is not None and found.speeds
    }
    errors = [one for found in reports.values() for one in found.findings if one.level == "error"]
    errors += [one.finding for found in audiences.values() for one in found.shortfalls]
    if as_json:
        print_json([_as_json(name, found, audiences.get(name)) for name, found in reports.items()])
    else:
        _show_reports(reports)
        _show_audiences(audiences)
    if errors and as_json:
        raise SystemExit(InputError.exit_code)
    if errors:
        raise InputError(dict.fromkeys(errors))


def _surveyed(session: Session, name: str, segment: str) -> AudienceReport:
    workspace = session.workspace
    compiled = compile_template(load_template(workspace, name), workspace, tracked=True)
    chosen, scope = load_segment(workspace, segment), scope_for(workspace, session.now)
    with session.store.read() as connection:
        people = count(connection, chosen, scope)
        with progress(f"{name} for {segment}", people) as bar:
            return check_audience(
                connection,
                workspace,
                compiled,
                select_customers(chosen.filter, scope),
                audience=segment,
                now=session.now,
                told=lambda number: bar.update(bar.task_ids[0], advance=number),
            )


def _reported(session: Session, name: str) -> Report:
    try:
        return report(load_template(session.workspace, name), session.workspace, session.now)
    except NotFound:
        raise
    except InputError as error:
        return Report(error.findings, ())


def _as_json(name: str, found: Report, audience: AudienceReport | None) -> dict[str, Any]:
    answer = {
        "template": name,
        "findings": [_finding_json(one) for one in found.findings],
        "languages": [
            {"language": one.language, "way": one.way, "reason": one.reason}
            | {"per_second": round(one.per_second), "size_bytes": one.size_bytes}
            | {"layouts": asdict(one.layouts)}
            for one in found.speeds
        ],
    }
    return answer if audience is None else {**answer, "audience": _audience_json(audience)}


def _finding_json(one: Finding) -> dict[str, Any]:
    return {"level": one.level, "where": one.where, "line": one.line, "what": one.what, "fix": one.fix}


def _audience_json(found: AudienceReport) -> dict[str, Any]:
    return {
        "segment": found.audience,
        "people": found.people,
        "held": found.held,
        "languages": found.languages,
        "layouts": {language: asdict(layouts) for language, layouts in found.layouts.items()},
        "seconds": round(found.seconds, 3),
        "lacking": [{**_finding_json(one.finding), "people": one.people} for one in found.shortfalls],
    }


def _show_audiences(audiences: Mapping[str, AudienceReport]) -> None:
    for name, found in audiences.items():
        rate = found.people / max(found.seconds, 1e-6)
        held = f"{found.held:,} would be held" if found.held else "nobody would be held"
        people = f'{found.people:,} people in "{found.audience}"'
        message(f"{name}: rendered for {people} ({rate:,.0f} a second), {held}.")


def _show_reports(reports: Mapping[str, Report]) -> None:
    rows = [_row(name, speed) for name, found in reports.items() for speed in found.speeds]
    if rows:
        table(["template", "language", "way", "emails/s", "bytes", "layouts", "why"], rows)
    warnings = [one for found in reports.values() for one in found.findings if one.level == "warning"]
    if warnings:
        show_findings(list(dict.fromkeys(warnings)))
    if not any(found.findings for found in reports.values()):
        message("Nothing to complain about.")


def _row(name: str, speed: Speed) -> list[str]:
    kept = speed.layouts
    layouts = f"{kept.size} of {kept.most} kept, {kept.hits} hits, {kept.misses} misses"
    return [
        *(name, speed.language, speed.way, f"{speed.per_second:,.0f}", f"{speed.size_bytes:,}"),
        *(layouts if speed.way == "variants" else "", speed.reason),
    ]
