"""The spool: a file of hits on the local disk, where a hit is safe before its reader is answered.

In:  lines.
Out: the same lines, in order, to whoever brings them into the store; files of dead processes too.

Each process appends to a file of its own and holds a lock on it; a file whose lock is free was left
behind by a process that was killed, and any other process may take it over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

SUFFIX = ".hits"

# Lines longer than this were never written by us.
MAX_LINE_BYTES = 16_384
READ_BYTES = 1 << 18
# Once everything in it has been brought in, a file this long starts again from nothing.
EMPTY_AT_BYTES = 1 << 20


class Spool:
    """The spool file of this process. One thread may append while another reads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = Lock()
        self._offset = 0
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
        # Locked before it gets its name: nobody can take a file over between its making and its locking.
        draft = self.path.with_suffix(".new")
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        draft.rename(self.path)
        _sync_folder(folder)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines; when this returns they have reached the disk. All of them, or none.

        Raises:
            OSError: the disk is full or gone; nothing was kept.
        """
        with self._lock:
            size = os.fstat(self._file).st_size
            try:
                _write_all(self._file, b"".join(lines))
                os.fdatasync(self._file)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, size)
                raise

    def peek(self, limit: int) -> tuple[list[bytes], int]:
        """The next lines that were not yet taken, and the offset to hand to `taken` once they are safe."""
        return _lines_from(self._file, self._offset, limit)

    def taken(self, offset: int) -> None:
        """Everything before `offset` is in the store; a file that grew long is emptied when all is."""
        with self._lock:
            self._offset = offset
            size = os.fstat(self._file).st_size
            if size == offset and size >= EMPTY_AT_BYTES:
                os.ftruncate(self._file, 0)
                self._offset = 0

    @property
    def waiting_bytes(self) -> int:
        """How much is on disk and not in the store."""
        with self._lock:
            return os.fstat(self._file).st_size - self._offset

    def close(self) -> None:
        """Give the file up; it goes when all of it was taken, and is left to the next process otherwise."""
        if self.waiting_bytes == 0:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


@contextlib.contextmanager
def left_behind(path: Path) -> Iterator[int | None]:
    """Take over a spool file whose process is gone; None when it is not gone (or the file is).

    The file is removed when the block ends without an error.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        if not _lock_now(file) or not path.exists():
            yield None
            return
        yield file
        path.unlink(missing_ok=True)
    finally:
        os.close(file)


def lines_of(file: int, limit: int) -> Iterator[list[bytes]]:
    """All lines of a file that was taken over, in groups."""
    offset = 0
    while True:
        lines, after = _lines_from(file, offset, limit)
        if after == offset:
            return
        offset = after
        yield lines


def spool_files(folder: Path) -> list[Path]:
    """The spool files of all processes, dead or alive."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def _lines_from(file: int, offset: int, limit: int) -> tuple[list[bytes], int]:
    """Up to `limit` whole lines from an offset. A last line without its end is not there yet."""
    data = os.pread(file, READ_BYTES, offset)
    lines = data.splitlines(keepends=True)[:limit]
    if lines and not lines[-1].endswith(b"\n"):
        torn = lines.pop()
        if not lines and len(torn) > MAX_LINE_BYTES:
            # Never written by us: step over it, or it would block what follows.
            return [], offset + len(torn)
    return lines, offset + sum(map(len, lines))


def _lock_now(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
