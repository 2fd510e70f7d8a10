"""The command line: `nurture <noun> <verb>`, one file per noun."""

from __future__ import annotations

from pathlib import Path

import click

from nurture.cli import campaigns, customers, demo, leads, reports, run, segments, web, workspace
from nurture.cli.app import Root, Session

COMMANDS: tuple[click.Command, ...] = (
    workspace.init,
    workspace.check,
    run.up,
    web.web,
    run.worker,
    run.scheduler,
    demo.demo,
    customers.group,
    segments.group,
    campaigns.group,
    leads.group,
    reports.group,
)


@click.group(cls=Root, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--workspace",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    envvar="NURTURE_WORKSPACE",
    show_envvar=True,
    help="The folder with config.yaml.  [default: the current folder]",
)
@click.version_option(package_name="nurture")
@click.pass_context
def main(context: click.Context, folder: Path) -> None:
    """Email marketing and lead nurturing from a folder of segments, emails and campaigns."""
    context.obj = Session(folder)
    context.call_on_close(context.obj.close)
