"""Write CSV that a spreadsheet opens without running anything in it.

In:  a text file, column names, rows of plain values.
Out: CSV lines in which no cell is a formula (CWE-1236): a cell that a spreadsheet would take for one
     gets an apostrophe in front, which `restored` takes away again when the file is read back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from nurture.errors import Finding, OutsideError

# What begins a formula in some spreadsheet; Japanese and Chinese Excel take the full-width forms too.
TRIGGERS = frozenset("=+-@\t\r\n＝＋－＠")


def neutralised(cell: object) -> str:
    """A value as the text of a cell; text that would be a formula has an apostrophe before it.

    Numbers stay as they are: no number is a formula, and a sum must still add up.

    >>> neutralised("=HYPERLINK(1)"), neutralised("+81 52-000"), neutralised(-5), neutralised(None)
    ("'=HYPERLINK(1)", "'+81 52-000", '-5', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, (int, float)):
        return str(cell)
    text = str(cell).replace("\0", "")
    return f"'{text}" if _is_formula(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` was given.

    >>> restored("'=HYPERLINK(1)"), restored("'quoted'")
    ('=HYPERLINK(1)', "'quoted'")
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a head and rows, neutralised; says how many rows there were."""
    # RFC 4180; with CRLF the writer also quotes a cell that holds a lone CR.
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([neutralised(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([neutralised(cell) for cell in row])
        count += 1
    return count


@contextmanager
def new_csv(path: Path) -> Iterator[TextIO]:
    """A file to `write_csv` into. It begins with a byte order mark: Excel needs it to see UTF-8.

    Raises:
        OutsideError: it cannot be written there.
    """
    try:
        file = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise OutsideError(Finding(str(path), f"This file cannot be written: {error.strerror}.")) from None
    with file:
        yield file


def write_text(path: Path, text: str) -> None:
    """Write a text file.

    Raises:
        OutsideError: it cannot be written there.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutsideError(Finding(str(path), f"This file cannot be written: {error.strerror}.")) from None


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet may take this for a formula, apostrophes and spaces before it aside."""
    stripped = text.lstrip("'").lstrip(" \u00a0\u3000")
    return stripped != "" and stripped[0] in TRIGGERS
