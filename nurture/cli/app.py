"""What every command shares: the workspace it works on, the store, the time, and how errors are told."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from nurture import clock
from nurture.cli.output import message, show_findings
from nurture.config import Workspace, open_workspace
from nurture.errors import Finding, InputError, NurtureError, OutsideError
from nurture.store import Store, open_store

OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

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


class AtMost(click.IntRange):
    """A number of rows: more than any database can count to means the same as all of them."""

    LARGEST = 2**31 - 2

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return min(int(super().convert(value, param, ctx)), self.LARGEST)


class Root(click.Group):
    """The top command: turns every NurtureError into words and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        _speak_utf8()
        try:
            answer = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a failure can still be told
            return answer
        except NurtureError as error:
            _end(error)
        except UnicodeEncodeError as error:
            if not any("\udc80" <= char <= "\udcff" for char in str(error.object)):
                raise
            # Bytes of the command line that are no UTF-8 arrive as lone surrogates, and no store takes them.
            what = "An argument or a setting from the environment is not UTF-8 text."
            _end(InputError(Finding("command line", what, "Write it in UTF-8.")))
        except BrokenPipeError:
            # The reader of a pipe (head, less) has gone: not an error, and nothing more to print.
            _drop_output()
            raise SystemExit(0) from None
        except KeyboardInterrupt:
            message("Stopped.")
            raise SystemExit(130) from None
        except OSError as error:
            # A full disk, a folder that may not be read: the machine's state, wherever a command meets it.
            if error.filename is None:
                if error.errno not in OUTPUT_FAILS:
                    raise
                _drop_output()
            where = str(error.filename or "output")
            what = f"It cannot be read or written: {error.strerror or error}."
            _end(OutsideError(Finding(where, what, "Check that it may be read and written, and the disk.")))


def _end(error: NurtureError) -> NoReturn:
    show_findings(error.findings)
    raise SystemExit(error.exit_code) from None


def _speak_utf8() -> None:
    """Files and pipes get UTF-8 in every locale; a terminal that lacks a character gets its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            piped = not stream.isatty() and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(encoding="utf-8" if piped else None, errors="backslashreplace")


def _drop_output() -> None:
    """Let what is still in the buffer go nowhere: the interpreter writes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
