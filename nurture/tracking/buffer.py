"""The hit buffer: keeps a hit safe before its reader is answered, and brings it into the store soon.

In:  hits, one at a time, from many requests at once.
Out: rows in the store, many in one transaction; nothing lost when the process is killed or the store is down.

A hit goes two steps. `add` returns when it is in the fsynced spool (one fsync for all that came
meanwhile); a second thread reads the spool and records it. The reader therefore never waits for the
database, only for the local disk. See docs/decisions/0004-hits-are-spooled-first.md for what was measured.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Event, Thread
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from nurture import clock
from nurture.config import Workspace
from nurture.errors import Finding, NurtureError, OutsideError
from nurture.store import Store
from nurture.tracking import spool as spools
from nurture.tracking.hits import Hit, record_hits
from nurture.tracking.spool import Spool

log = logging.getLogger("nurture.tracking")

# The most hits in one transaction.
GROUP = 500
# How long to leave a store alone that did not take a group, and how often to look for files left behind.
RETRY_SECONDS = 1.0
ADOPT_SECONDS = 30.0
# How long a stop waits for a store that hangs; the spool keeps what it does not take.
STOP_SECONDS = 10.0

Waiting = tuple[bytes, Callable[[], None]]


class HitBuffer:
    """Takes hits from the web part's event loop; two threads do the rest."""

    def __init__(self, store: Store, workspace: Workspace) -> None:
        self._store = store
        self._zone: ZoneInfo = workspace.zone
        self.folder: Path = workspace.root / ".nurture" / "hits"
        self._waiting: list[Waiting] = []
        self._arrived = Condition()
        self._stopping = False
        self._spooled = Event()
        self._finished = Event()
        self._recorded = Condition()
        self._spool: Spool | None = None
        self._threads: tuple[Thread, ...] = ()

    def start(self) -> None:
        """Open the spool and start the threads; hits of processes that were killed are brought in too.

        Raises:
            OutsideError: the workspace folder cannot be written.
        """
        self._stopping = False
        self._finished.clear()
        try:
            self._spool = Spool(self.folder)
        except OSError as error:
            fix = "Make the workspace folder writable: clicks are kept there until the database has them."
            raise OutsideError(
                Finding(str(self.folder), f"No hits can be kept: {error.strerror}.", fix)
            ) from None
        self._threads = (
            Thread(target=self._keep, args=(self._spool,), name="hits-spool", daemon=True),
            Thread(target=self._bring_in, args=(self._spool,), name="hits-store", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Keep what was handed in, try once more to bring it into the store, and end.

        What the store does not take stays in the spool for the next process.
        """
        if self._spool is None:
            return
        keeping, bringing_in = self._threads
        with self._arrived:
            self._stopping = True
            self._arrived.notify()
        keeping.join()
        self._finished.set()
        self._spooled.set()
        bringing_in.join(STOP_SECONDS)
        if not bringing_in.is_alive():
            self._spool.close()
        self._spool = None

    async def add(self, hit: Hit) -> None:
        """Hand in a hit; returns when a crash can no longer lose it."""
        loop = asyncio.get_running_loop()
        safe: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not safe.done():
                safe.set_result(None)

        def answer() -> None:
            loop.call_soon_threadsafe(settle)

        with self._arrived:
            if self._stopping or self._spool is None:
                raise RuntimeError("the hit buffer is not running")
            self._waiting.append((hit.to_line(), answer))
            self._arrived.notify()
        await safe

    def drain(self, timeout_seconds: float) -> bool:
        """Wait until every hit whose `add` returned is in the store; False when the time was not enough."""
        until = clock.monotonic_seconds() + timeout_seconds
        with self._recorded:
            while self._spool is not None and self._spool.waiting_bytes > 0:
                left = until - clock.monotonic_seconds()
                if left <= 0:
                    return False
                self._recorded.wait(left)
        return True

    # --- the first thread: to the disk -------------------------------------------------------

    def _keep(self, spool: Spool) -> None:
        while True:
            with self._arrived:
                while not self._waiting and not self._stopping:
                    self._arrived.wait()
                group, self._waiting = self._waiting, []
            if not group:
                return
            self._write(spool, [line for line, _ in group])
            for _, answer in group:
                _tell(answer)

    def _write(self, spool: Spool, lines: Sequence[bytes]) -> None:
        try:
            spool.append(lines)
            self._spooled.set()
        except OSError as error:
            # No room on the disk: the store may still have some. The reader is answered either way.
            log.error("the spool cannot be written (%s); hits go straight to the store", error.strerror)
            if not self._record(lines):
                log.error("%d hits were lost: neither the spool nor the store took them", len(lines))

    # --- the second thread: from the disk into the store ---------------------------------------

    def _bring_in(self, spool: Spool) -> None:
        adopt_at = clock.monotonic_seconds()
        while True:
            self._spooled.clear()
            last = self._finished.is_set()
            went_well = self._empty(spool)
            if went_well and clock.monotonic_seconds() >= adopt_at:
                went_well = self._adopt(spool)
                adopt_at = clock.monotonic_seconds() + ADOPT_SECONDS
            if last:
                return
            if went_well:
                self._spooled.wait(ADOPT_SECONDS)
            else:
                self._finished.wait(RETRY_SECONDS)

    def _empty(self, spool: Spool) -> bool:
        """Bring in all of our own spool; False when the store did not take it."""
        while True:
            lines, offset = spool.peek(GROUP)
            if lines and not self._record(lines):
                return False
            with self._recorded:
                spool.taken(offset)
                self._recorded.notify_all()
            if not lines:
                return True

    def _adopt(self, spool: Spool) -> bool:
        """Bring in the files of processes that were killed."""
        try:
            for path in spools.spool_files(self.folder):
                if path != spool.path and not self._adopt_one(path):
                    return False
        except OSError as error:
            log.error("a spool file left behind cannot be read: %s", error)
        return True

    def _adopt_one(self, path: Path) -> bool:
        # The file goes only when all of it is in the store.
        try:
            with spools.left_behind(path) as file:
                for lines in spools.lines_of(file, GROUP) if file is not None else ():
                    if not self._record(lines):
                        raise _StoreDown
        except _StoreDown:
            return False
        return True

    def _record(self, lines: Sequence[bytes]) -> bool:
        """Record the hits in some lines; False when the store is down."""
        found = [Hit.from_line(line) for line in lines]
        hits = [hit for hit in found if hit is not None]
        if len(hits) < len(lines):
            log.warning("%d lines of the spool are no hits and were left out", len(lines) - len(hits))
        try:
            self._record_group(hits)
        except NurtureError as error:
            log.warning(
                "the store does not take hits now; they wait in the spool: %s", error.findings[0].what
            )
            return False
        return True

    def _record_group(self, hits: Sequence[Hit]) -> None:
        try:
            with self._store.write() as connection:
                record_hits(connection, hits, self._zone)
        except DBAPIError as error:
            if len(hits) <= 1:
                # One hit that no database takes must not stop all that come after it.
                log.error("a hit was left out: %s", type(error.orig).__name__)
                return
            for hit in hits:
                self._record_group([hit])


class _StoreDown(Exception):
    """Leaves the block that would remove a spool file."""


def _tell(answer: Callable[[], None]) -> None:
    try:
        answer()
    except RuntimeError:
        # The event loop has ended: nobody waits for this answer any more.
        log.debug("a reader went away before the answer")
