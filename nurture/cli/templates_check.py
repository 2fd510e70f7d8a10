"""`nurture templates check`: what is wrong with emails, and which way each is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, show_findings, table
from nurture.errors import InputError, NotFound
from nurture.templates import Report, Speed, load_template, report, template_names


@click.command(
    "check", epilog="\b\nExamples:\n  nurture templates check\n  nurture templates check newsletter"
)
@click.argument("names", nargs=-1)
@json_option
@pass_session
def check_command(session: Session, names: tuple[str, ...], as_json: bool) -> None:
    """Check emails (all of them by default): what is wrong, which way each is rendered, and how fast."""
    reports = {name: _reported(session, name) for name in names or tuple(template_names(session.workspace))}
    errors = [one for found in reports.values() for one in found.findings if one.level == "error"]
    if as_json:
        print_json([_as_json(name, found) for name, found in reports.items()])
    else:
        _show_reports(reports)
    if errors and as_json:
        raise SystemExit(InputError.exit_code)
    if errors:
        raise InputError(dict.fromkeys(errors))


def _reported(session: Session, name: str) -> Report:
    try:
        return report(load_template(session.workspace, name), session.workspace, session.now)
    except NotFound:
        raise
    except InputError as error:
        return Report(error.findings, ())


def _as_json(name: str, found: Report) -> dict[str, Any]:
    return {
        "template": name,
        "findings": [
            {"level": one.level, "where": one.where, "line": one.line, "what": one.what, "fix": one.fix}
            for one in found.findings
        ],
        "languages": [
            {"language": one.language, "way": one.way, "reason": one.reason}
            | {"per_second": round(one.per_second), "size_bytes": one.size_bytes}
            | {"layouts": asdict(one.layouts)}
            for one in found.speeds
        ],
    }


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
