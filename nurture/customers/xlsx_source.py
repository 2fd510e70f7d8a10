"""Rows of an Excel workbook.

In:  a path, and how many columns of a head are known.
Out: a Source: the first sheet that has a head we know. Days come as 2026-11-03, numbers without
     trailing zeros; a formula counts as the value that Excel last computed.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import load_workbook

from nurture.customers.sources import HEAD_WITHIN, Recognised, Record, Shape
from nurture.errors import Finding, InputError

ZIP_MARK = b"PK\x03\x04"
OLD_MARK = b"\xd0\xcf\x11\xe0"
# What a workbook may unpack to: a small file that unpacks to more is made to fill memory.
MAX_UNPACKED_BYTES = 2_000_000_000
# Excel keeps texts apart from the rows, and they have to be in memory.
MAX_TEXT_BYTES = 300_000_000
MAX_COLUMNS = 1000

Result = TypeVar("Result")


class XlsxSource:
    """An Excel workbook that has been looked at: its sheet and head are known."""

    def __init__(self, path: Path, where: str, recognised: Recognised) -> None:
        self._path, self._where, self._recognised = path, where, recognised
        self._check_size()
        self._sheet, self._head_line, self.head = self._find_head()

    @property
    def shape(self) -> Shape:
        return Shape(f"xlsx, sheet {self._sheet}", None, None, None)

    def records(self) -> Iterator[Record]:
        width = len(self.head)
        for line, row in self._rows(self._sheet):
            if line <= self._head_line or not any(row):
                continue
            cells = [*row[:width], *[""] * (width - len(row))]
            beyond = [cell for cell in row[width:] if cell]
            yield Record(line, [*cells, *beyond], self._problem(cells, beyond))

    def _problem(self, cells: Sequence[str], beyond: Sequence[str]) -> str | None:
        if beyond:
            return f"This row has {len(beyond)} cells beyond the last column of the head."
        # #N/A, #REF! and their like: Excel could not compute it.
        broken = next(
            (cell for cell in cells if cell.startswith("#") and cell.endswith(("!", "?", "#N/A"))), None
        )
        return f'This row holds "{broken}": Excel could not compute a cell.' if broken else None

    def _find_head(self) -> tuple[str, int, tuple[str, ...]]:
        names = self._guarded(lambda: self._sheet_names())
        found = []
        for number, name in enumerate(names):
            for line, row in islice(self._rows(name), HEAD_WITHIN):
                known = self._recognised(row)
                if any(row):
                    found.append((known, -number, -line, name, row))
        if not found:
            raise InputError(
                Finding(self._where, "This workbook is empty.", "The first row must name the columns.")
            )
        _, _, line, name, row = max(found, key=lambda choice: choice[:3])
        while row and not row[-1]:
            row = row[:-1]
        return name, -line, tuple(cell.strip() for cell in row)

    def _sheet_names(self) -> list[str]:
        book = load_workbook(self._path, read_only=True, data_only=True)
        try:
            return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        finally:
            book.close()

    def _rows(self, sheet: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The rows of a sheet with their numbers."""
        book = self._guarded(lambda: load_workbook(self._path, read_only=True, data_only=True))
        try:
            rows = self._guarded(lambda: book[sheet].iter_rows(values_only=True, max_col=MAX_COLUMNS))
            line = 0
            while (row := self._guarded(lambda: next(rows, None))) is not None:
                line += 1
                yield line, tuple(_text(value) for value in row)
        finally:
            book.close()

    def _guarded(self, read: Callable[[], Result]) -> Result:
        """What `read` gives; a damaged workbook is told of in words."""
        try:
            with warnings.catch_warnings():
                # Styles and validations that openpyxl does not know say nothing about the data.
                warnings.simplefilter("ignore")
                return read()
        # The library raises whatever its parsers meet (KeyError, ParseError, BadZipFile, ValueError ...):
        # all of it means that this is not a sound workbook.
        except Exception as error:
            what = f"This workbook is damaged, or is not an Excel workbook ({type(error).__name__})."
            raise InputError(
                Finding(self._where, what, "Open it in Excel, and save it as CSV UTF-8.")
            ) from error

    def _check_size(self) -> None:
        try:
            with zipfile.ZipFile(self._path) as archive:
                sizes = {item.filename: item.file_size for item in archive.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise InputError(Finding(self._where, f"This workbook is damaged: {error}.")) from None
        texts = sum(size for name, size in sizes.items() if name.endswith("sharedStrings.xml"))
        if sum(sizes.values()) > MAX_UNPACKED_BYTES or texts > MAX_TEXT_BYTES:
            raise InputError(
                Finding(
                    self._where,
                    "This workbook is too large to read.",
                    "Save it as CSV UTF-8, and import that.",
                )
            )


def _text(value: Any) -> str:
    """A cell as we would have read it from CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            # Excel has no infinity; a crafted file may.
            return str(int(value)) if value.is_integer() else format(value, ".15g")
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
