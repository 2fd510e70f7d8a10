"""How commands print: results on standard output, messages and progress on standard error."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from nurture.errors import Finding


def print_json(value: Any) -> None:
    """One JSON value on standard output; moments in ISO 8601, amounts as numbers."""
    click.echo(json_text(value))


def json_text(value: Any) -> str:
    """A value as JSON for people and programs: moments in ISO 8601, amounts as numbers."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def print_line(value: Any) -> None:
    """One JSON value on one line: for commands that answer with a line per thing."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """A table for people, on standard output; control characters in data are shown, not obeyed."""
    grid = Table(*columns, title=title, title_justify="left", header_style="bold", show_edge=False)
    for row in rows:
        grid.add_row(*(escape(visible("" if cell is None else str(cell))) for cell in row))
    _console().print(grid)


def message(text: str) -> None:
    """A line for the person at the keyboard, on standard error."""
    click.echo(text, err=True)


def show_findings(findings: Sequence[Finding]) -> None:
    """Every finding: where, what, and what next; an empty line between two."""
    click.echo("\n\n".join(visible(str(finding), keep="\n") for finding in findings), err=True)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Progress]:
    """A progress bar on standard error, with one task (number 0); silent when that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Rich would still print an empty line into a file or a pipe.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(title, total=total)
        yield bar


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "email"), counted(1200, "email")
    ('1 email', '1,200 emails')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def visible(text: str, keep: str = "") -> str:
    """Text with control characters as `\\x1b`: what a stranger wrote must not drive the terminal."""
    return "".join(
        char if char in keep or unicodedata.category(char) not in ("Cc", "Cf") else f"\\x{ord(char):02x}"
        for char in text
    )


def _console() -> Console:
    # A file or a pipe gets the whole width: cut cells would be lost to the reader.
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
