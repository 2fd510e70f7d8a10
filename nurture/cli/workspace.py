"""`nurture init` and `nurture check`: a workspace is made, and looked through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from nurture.campaigns import campaign_names, load_campaign
from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json
from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.leads import load_rules
from nurture.segments import load_segment, segment_names
from nurture.starter import write_workspace
from nurture.templates import check_template, load_template, template_names


@click.command(epilog="Example: nurture init my-company")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Make a first workspace: a configuration, two fictional customers, a segment, an email, a campaign."""
    for path in write_workspace(folder):
        click.echo(path)
    message(f"Change config.yaml to say who you are, then: nurture --workspace {folder} check")


@click.command(epilog="Example: nurture check")
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Look through the whole workspace: configuration, segments, emails, campaigns, lead rules."""
    findings = list(dict.fromkeys(_findings(session.workspace)))
    errors = [finding for finding in findings if finding.level == "error"]
    if as_json:
        print_json(
            [
                {"where": one.where, "line": one.line, "level": one.level, "what": one.what, "fix": one.fix}
                for one in findings
            ]
        )
    else:
        for finding in findings:
            if finding.level == "warning":
                message(f"warning: {finding}\n")
    if errors and not as_json:
        raise InputError(errors)
    if errors:
        raise SystemExit(InputError.exit_code)
    if not as_json:
        message("Everything is in order." if not findings else "There are no errors.")


def _findings(workspace: Workspace) -> Iterable[Finding]:
    yield from workspace.warnings
    yield from _of_each(segment_names(workspace), lambda name: load_segment(workspace, name))
    for name in template_names(workspace):
        yield from _of_template(workspace, name)
    yield from _of_each(campaign_names(workspace), lambda name: load_campaign(workspace, name))
    yield from _of_each(["config.yaml"], lambda _name: load_rules(workspace))


def _of_template(workspace: Workspace, name: str) -> Iterable[Finding]:
    try:
        return check_template(load_template(workspace, name), workspace)
    except InputError as error:
        return error.findings


def _of_each(names: Iterable[str], load: Callable[[str], object]) -> Iterable[Finding]:
    for name in names:
        try:
            load(name)
        except InputError as error:
            yield from error.findings
