"""What every command shares: the workspace it works on, the store, the time, and how errors are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from nurture import clock
from nurture.cli.output import message, show_findings
from nurture.config import Workspace, open_workspace
from nurture.errors import NurtureError
from nurture.store import Store, open_store

Command = TypeVar("Command", bound=Callable[..., Any])


class Session:
    """One command's run: opens the workspace and the store when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder)

    @cached_property
    def store(self) -> Store:
        return open_store(self.workspace)

    @property
    def now(self) -> datetime:
        return clock.now()

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()


pass_session = click.make_pass_decorator(Session)


def json_option(command: Command) -> Command:
    """Add `--json`, as the parameter `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


class Root(click.Group):
    """The top command: turns every NurtureError into words and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NurtureError as error:
            show_findings(error.findings)
            raise SystemExit(error.exit_code) from None
        except BrokenPipeError:
            # The reader of a pipe (head, less) has gone: not an error, and nothing more to print.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None
        except KeyboardInterrupt:
            message("Stopped.")
            raise SystemExit(130) from None
