"""Keep the rows that could not be imported, for someone to correct and import again.

In:  records and reasons.
Out: `<name>.set-aside.csv` beside the imported file: its columns, the line, the reason. A file that
     is there already is never overwritten: someone may be correcting it.
"""

from __future__ import annotations

import codecs
import csv
import filecmp
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from nurture.customers.columns import SET_ASIDE_COLUMNS
from nurture.errors import Finding, OutsideError
from nurture.spreadsheet import neutralised

_OURS = re.compile(r"\.set-aside(-\d+)?$")


class SetAside:
    """Writes rows to a file that gets its name when it is closed; without rows there is no file."""

    def __init__(self, imported: Path, head: Sequence[str], fallback: Path, enabled: bool = True) -> None:
        self.count = 0
        self._imported, self._fallback, self._enabled = imported, fallback, enabled
        self._head = list(head[:-2]) if tuple(head[-2:]) == SET_ASIDE_COLUMNS else list(head)
        self._file: BinaryIO | None = None

    def add(self, line: int, cells: Sequence[str], reasons: Sequence[str]) -> None:
        """Set one row aside. Cells beyond the head are told in the reason, so that nothing is lost."""
        self.count += 1
        if not self._enabled:
            return
        file = self._file or self._open()
        width = len(self._head)
        reason = " ".join(reasons)
        if any(beyond := [cell for cell in cells[width:] if cell]) and len(cells) != width + 2:
            reason += f" Beyond the last column: {' | '.join(beyond)}"
        try:
            file.write(_row([*cells[:width], *[""] * (width - len(cells)), line, reason]))
        except OSError as error:
            what = f"The rows that were set aside cannot be written: {error.strerror}."
            raise OutsideError(Finding(file.name, what)) from None

    def kept(self) -> dict[str, Any] | None:
        """How far the file is, on disk: what `go_on` needs."""
        if self._file is None:
            return None
        self._file.flush()
        return {"path": self._file.name, "bytes": self._file.tell(), "count": self.count}

    def go_on(self, kept: Mapping[str, Any] | None) -> bool:
        """Go on with the file of an import that was stopped; False when it is not there any more."""
        if kept is None:
            return True
        if not Path(kept["path"]).is_file():
            return False
        self._file = Path(kept["path"]).open("r+b")  # noqa: SIM115 - closed by `close`
        self._file.truncate(kept["bytes"])
        self._file.seek(kept["bytes"])
        self.count = kept["count"]
        return True

    def close(self, finished: bool) -> Path | None:
        """The file, under a name that was free; None when no row was set aside, or more may come."""
        if self._file is None:
            return None
        part = Path(self._file.name)
        self._file.close()
        self._file = None
        if not finished:
            return None
        path = _named(part, self._imported)
        part.replace(path)
        return path

    def _open(self) -> BinaryIO:
        for folder in (self._imported.parent, self._fallback):
            try:
                file = (folder / f".{_stem(self._imported)}.set-aside.part").open("wb")
            except OSError:
                continue
            # The byte order mark lets Excel see that this is UTF-8.
            file.write(codecs.BOM_UTF8 + _row([*self._head, *SET_ASIDE_COLUMNS]))
            self._file = file
            return file
        what = "The rows that were set aside cannot be written here."
        raise OutsideError(Finding(str(self._imported.parent), what))


def _row(cells: Sequence[object]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([neutralised(cell) for cell in cells])
    # Bytes that were no text become "?".
    return text.getvalue().encode("utf-8", "replace")


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
