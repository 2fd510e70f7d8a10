"""`nurture web`: the web part by itself, for readers' links and the console."""

from __future__ import annotations

from pathlib import Path

import click

from nurture.cli.app import Session, pass_session
from nurture.cli.output import message
from nurture.cli.run import stop_signals
from nurture.web.server import serve


@click.command(epilog="\b\nExamples:\n  nurture web\n  NURTURE_WEB__BIND=127.0.0.1:8080 nurture web")
@click.option(
    "--mailbox",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Show the emails of a local mailbox folder in the console.",
)
@pass_session
def web(session: Session, mailbox: Path | None) -> None:
    """Serve tracked links, the pages of readers and the console, until Ctrl-C."""
    with stop_signals() as stopped, serve(session.workspace, session.store, mailbox=mailbox) as server:
        message(f"Serving {server.url}/console (Ctrl-C ends it)")
        stopped.wait()
