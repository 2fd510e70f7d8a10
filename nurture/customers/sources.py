"""A file of rows, whatever its format: the head, and then one record after another.

In:  a path.
Out: a Source: how the file is written, its head, and its records with line numbers. Memory stays
     flat: a record is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nurture.errors import Finding, InputError, NotFound

# The head stands among the first lines; some exports put remarks above it.
HEAD_WITHIN = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its line in the file, its cells, and why it cannot be used, if it cannot."""

    line: int
    cells: Sequence[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, in words a person can check. `rows` is an estimate, for a progress bar."""

    format: str
    encoding: str | None
    delimiter: str | None
    rows: int | None


class Source(Protocol):
    """An opened file. `records` may be asked for more than once; each time it begins anew."""

    @property
    def shape(self) -> Shape: ...

    @property
    def head(self) -> tuple[str, ...]: ...

    def records(self) -> Iterator[Record]: ...


# How many columns of a head a reader knows: it finds the head among the first lines of a file.
Recognised = Callable[[Sequence[str]], int]


def require_file(path: Path, where: str) -> None:
    """See that a path is a file that we may read.

    Raises:
        NotFound, InputError: it is not.
    """
    if not path.exists():
        raise NotFound(Finding(where, "This file does not exist."))
    if not path.is_file():
        raise InputError(Finding(where, "This is not a file.", "Name one file to import."))
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(Finding(where, f"This file cannot be read: {error.strerror}.")) from None
