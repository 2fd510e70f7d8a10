"""What an import remembers about itself: which rows it has had, and how far it is.

In:  a key for each row, and after each batch how things stand.
Out: how often each key came before; where an import of the same file that was stopped can go on.
     Nothing of it is in memory, and what lies on disk are digests and counts, not people.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nurture.errors import Finding, InputError, OutsideError

_SETUP = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA synchronous = NORMAL",
    "CREATE TABLE IF NOT EXISTS seen (key BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), data TEXT NOT NULL)",
)


class Journal:
    """One import's memory. A million rows take about 40 MB of disk."""

    def __init__(self, path: Path, where: str) -> None:
        with _told(path, where):
            self._file = sqlite3.connect(path, isolation_level=None, timeout=0)
            for statement in (*_SETUP, "BEGIN IMMEDIATE"):
                self._file.execute(statement)
        self._path, self._where = path, where

    def times(self, keys: Sequence[str]) -> list[int]:
        """How often each key came before, earlier ones of this very list included; and count them all."""
        with _told(self._path, self._where):
            return self._times(keys)

    def _times(self, keys: Sequence[str]) -> list[int]:
        known: dict[bytes, int] = {}
        answers = []
        for key in keys:
            digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            if digest not in known:
                row = self._file.execute("SELECT times FROM seen WHERE key = ?", (digest,)).fetchone()
                known[digest] = row[0] if row else 0
            answers.append(known[digest])
            known[digest] += 1
        self._file.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", known.items())
        return answers

    def keep(self, state: dict[str, Any]) -> None:
        """A batch is in the store: what was counted is kept, with how things stand after it.

        An import that dies between the two does that batch again, which changes nothing.
        """
        with _told(self._path, self._where):
            self._file.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (json.dumps(state),))
            self._file.execute("COMMIT")
            self._file.execute("BEGIN IMMEDIATE")

    def state(self) -> dict[str, Any] | None:
        """How things stood when an import of this file was stopped; None when this is a new one."""
        row = self._file.execute("SELECT data FROM state").fetchone()
        found: dict[str, Any] | None = json.loads(row[0]) if row else None
        return found

    def forget(self) -> None:
        """Begin anew: what an earlier import left does not fit any more."""
        self._file.execute("DELETE FROM seen")
        self._file.execute("DELETE FROM state")

    def close(self) -> None:
        self._file.close()


@contextmanager
def _told(path: Path, where: str) -> Iterator[None]:
    """Say in words why the journal cannot be used."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            what = "This file is being imported already."
            raise InputError(Finding(where, what, "Wait until that is done.")) from error
        what = f"The journal of this import cannot be used: {error}."
        fix = "Is the disk full? If not, delete this file and import again."
        raise OutsideError(Finding(str(path), what, fix)) from error


@contextmanager
def open_journal(folder: Path, file: Path, about: str, dry_run: bool) -> Iterator[Journal]:
    """The journal of importing a file; it goes when the import ends well, and stays when it is stopped.

    It belongs to the file as it is now and to `about` (whatever else decides what the rows mean): a
    file that was edited since is imported from its start. A dry run leaves nothing behind.
    """
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="nurture-import-") as scratch:
            journal = Journal(Path(scratch) / "journal", str(file))
            try:
                yield journal
            finally:
                journal.close()
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideError(Finding(str(folder), f"This folder cannot be made: {error.strerror}.")) from None
    path = folder / _name(file, about)
    for older in folder.glob(f"{path.name.split('-')[0]}-*"):
        if older != path:
            older.unlink(missing_ok=True)
    journal = Journal(path, str(file))
    try:
        yield journal
    finally:
        journal.close()
    # Not reached when the import was stopped: then the next one goes on from here.
    path.unlink(missing_ok=True)


def _name(file: Path, about: str) -> str:
    status = file.stat()
    content = f"{status.st_size} {status.st_mtime_ns} {about}"
    return f"{_digest(str(file.resolve()))}-{_digest(content)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
