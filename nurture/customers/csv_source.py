"""Rows of a CSV or TSV file, however badly written.

In:  a path, and how many columns of a head are known.
Out: a Source. A row that cannot be read (a quote never closed, too many cells) is a record with its
     problem, and the rows after it are read all the same: a broken row never swallows its neighbours.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from nurture.customers.encoding import TextShape, detect
from nurture.customers.sources import HEAD_WITHIN, Recognised, Record, Shape
from nurture.errors import Finding, InputError

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
# A quoted cell may hold line breaks, but not this many: then its quote was never closed.
MAX_RECORD_LINES = 60
MAX_LINE_CHARS = 1_000_000


class _Unclosed(Exception):
    """A record goes on for so long that a quote must be missing."""


class _Lines:
    """The lines of a file, which can be given back, counted from 1."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        # Whether a line of this record was too long to be read whole.
        self.cut = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_RECORD_LINES:
            raise _Unclosed
        line = self._again.popleft() if self._again else self._file.readline(MAX_LINE_CHARS)
        if not line:
            raise StopIteration
        if len(line) >= MAX_LINE_CHARS:
            self.cut = True
            self._skip_rest(line)
        self.taken.append(line)
        self.number += 1
        return line

    def begin(self) -> int:
        """A record begins: its first line's number."""
        self.taken, self.cut = [], False
        return self.number + 1

    def give_back(self) -> str:
        """Give back all lines of this record but the first, which is the answer."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._file.readline(MAX_LINE_CHARS)


class CsvSource:
    """A CSV or TSV file that has been looked at: encoding, delimiter and head are known."""

    def __init__(self, path: Path, where: str, recognised: Recognised) -> None:
        self._path, self._where, self._recognised = path, where, recognised
        self._text = detect(path, where, lambda text: self._find_head(io.StringIO(text, newline=""))[2])
        with self._open() as file:
            self._delimiter, self.head, known, self._head_line = self._find_head(file)
        if known == 0 and not any(cell.strip() for cell in self.head):
            raise InputError(Finding(where, "This file is empty.", "The first line must name the columns."))

    @property
    def shape(self) -> Shape:
        encoding = self._text.encoding.removesuffix("-sig")
        return Shape("csv", encoding, DELIMITERS[self._delimiter], max(0, self._text.lines))

    @property
    def text(self) -> TextShape:
        return self._text

    def records(self) -> Iterator[Record]:
        # The limit of the csv module is one for the whole process; ours is higher, and kept by _Lines.
        csv.field_size_limit(MAX_RECORD_LINES * MAX_LINE_CHARS)
        with self._open() as file:
            lines = _Lines(file)
            while lines.number < self._head_line:
                self._next(lines, csv.reader(lines, delimiter=self._delimiter, strict=True))
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            while (record := self._next(lines, reader)) is not None:
                if any(record.cells) or record.problem:
                    yield record

    def _next(self, lines: _Lines, reader: Iterator[list[str]]) -> Record | None:
        """The next record, None at the end of the file."""
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except (csv.Error, _Unclosed) as error:
            return self._broken(line, lines, error)
        problem = self._shape_problem(cells)
        if problem and len(lines.taken) > 1:
            # Lines run together by stray quotes: only the first is at fault.
            return self._broken(line, lines, csv.Error())
        if lines.cut:
            return Record(
                line, [cell[:1000] for cell in cells], "This row is longer than a million characters."
            )
        return Record(line, cells, problem)

    def _broken(self, line: int, lines: _Lines, error: Exception) -> Record:
        text = lines.give_back()
        reason = "A quote in this row is not closed, or stands inside a quoted cell (write it twice there)."
        if "\0" in text:
            reason = "This row holds a NUL byte."
        elif isinstance(error, csv.Error) and "newline" in str(error):
            reason = "A line break stands in the middle of this row; put quotes around the cell."
        cells = [
            cell.strip().strip('"') for cell in text.rstrip("\r\n")[:MAX_LINE_CHARS].split(self._delimiter)
        ]
        return Record(line, [cell[:1000] for cell in cells], reason)

    def _shape_problem(self, cells: list[str]) -> str | None:
        wanted, found = len(self.head), len(cells)
        if found == wanted or not any(cells) or (not any(cells[wanted:]) and found > wanted):
            return None
        hint = (
            "is a quote or a delimiter missing?"
            if found < wanted
            else "put quotes around a cell with a comma."
        )
        return f"This row has {found} cells, and the head has {wanted}: {hint}"

    def _open(self) -> TextIO:
        errors = "replace" if self._text.encoding == "utf-16" else "surrogateescape"
        return self._path.open(encoding=self._text.encoding, errors=errors, newline="")

    def _find_head(self, file: TextIO) -> tuple[str, tuple[str, ...], int, int]:
        """The delimiter, the head, how many of its columns are known, and the line it stands on."""
        found = [
            (self._recognised(cells), -number, len(cells), delimiter, cells)
            for number, line in enumerate(
                islice(iter(lambda: file.readline(MAX_LINE_CHARS), ""), HEAD_WITHIN), 1
            )
            if line.strip()
            for delimiter, cells in ((delimiter, _split(line, delimiter)) for delimiter in DELIMITERS)
        ]
        if not found:
            return ",", (), 0, 0
        known, line, _, delimiter, cells = max(found, key=lambda choice: choice[:3])
        return delimiter, cells, known, -line


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter)))
    except (csv.Error, StopIteration):
        return ()
