"""The command line: `nurture <noun> <verb>`, one file per noun.

A command's file is imported when the command is asked for, so that a short question has a short answer.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from nurture.cli.app import Root, Session

# Every command, by the file and the name it is defined under, in the order of a working day.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("workspace", "init"),
    "check": ("workspace", "check"),
    "up": ("run", "up"),
    "web": ("web", "web"),
    "worker": ("run", "worker"),
    "scheduler": ("run", "scheduler"),
    "demo": ("demo", "demo"),
    "customers": ("customers", "group"),
    "segments": ("segments", "group"),
    "templates": ("templates", "group"),
    "campaigns": ("campaigns", "group"),
    "leads": ("leads", "group"),
    "reports": ("reports", "group"),
}


class Commands(Root):
    """The top command, which finds the others by their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found: click.Command = getattr(import_module(f"nurture.cli.{module}"), name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
