"""Keep the rows that could not be imported, for someone to correct and import again.

In:  records and reasons.
Out: `<name>.set-aside.csv` beside the imported file: its columns, the line, the reason. A file that
     is there already is never overwritten: someone may be correcting it.
"""

from __future__ import annotations

import csv
import filecmp
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from nurture.customers.columns import SET_ASIDE_COLUMNS
from nurture.errors import Finding, OutsideError
from nurture.spreadsheet import neutralised

_OURS = re.compile(r"\.set-aside(-\d+)?$")


class SetAside:
    """Writes rows to a file that gets its name when it is closed; without rows there is no file."""

    def __init__(self, imported: Path, head: Sequence[str], fallback: Path, enabled: bool = True) -> None:
        self.count = 0
        self.path: Path | None = None
        self._imported, self._fallback, self._enabled = imported, fallback, enabled
        self._head = list(head[:-2]) if tuple(head[-2:]) == SET_ASIDE_COLUMNS else list(head)
        self._file: TextIO | None = None

    def add(self, line: int, cells: Sequence[str], reasons: Sequence[str]) -> None:
        """Set one row aside. Cells beyond the head are told in the reason, so that nothing is lost."""
        self.count += 1
        if not self._enabled:
            return
        file = self._file or self._open()
        width = len(self._head)
        reason = " ".join(reasons)
        if any(beyond := [cell for cell in cells[width:] if cell]) and len(cells) != width + len(
            SET_ASIDE_COLUMNS
        ):
            reason += f" Beyond the last column: {' | '.join(beyond)}"
        row = [*cells[:width], *[""] * (width - len(cells)), line, reason]
        csv.writer(file, lineterminator="\r\n").writerow([neutralised(cell) for cell in row])

    def close(self) -> Path | None:
        """The file, under a name that was free; None when no row was set aside."""
        if self._file is None:
            return None
        part = Path(self._file.name)
        self._file.close()
        self._file = None
        self.path = _named(part, self._imported)
        part.replace(self.path)
        return self.path

    def _open(self) -> TextIO:
        for folder in (self._imported.parent, self._fallback):
            try:
                # The byte order mark lets Excel see that this is UTF-8; undecodable bytes become "?".
                file = (folder / f".{_stem(self._imported)}.set-aside.part").open(
                    "w", encoding="utf-8-sig", errors="replace", newline=""
                )
            except OSError:
                continue
            self._file = file
            head = [neutralised(name) for name in (*self._head, *SET_ASIDE_COLUMNS)]
            csv.writer(file, lineterminator="\r\n").writerow(head)
            return file
        raise OutsideError(
            Finding(str(self._imported.parent), "The rows that were set aside cannot be written here.")
        )


def _stem(imported: Path) -> str:
    """The name of the file, without its ending and without an earlier `.set-aside`."""
    return _OURS.sub("", imported.stem)


def _named(part: Path, imported: Path) -> Path:
    """A name that is free, or that of a file which says the same already."""
    path, number = part.with_name(f"{_stem(imported)}.set-aside.csv"), 1
    while path.exists() and not (path != imported and filecmp.cmp(part, path, shallow=False)):
        number += 1
        path = part.with_name(f"{_stem(imported)}.set-aside-{number}.csv")
    return path
