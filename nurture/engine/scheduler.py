"""The scheduler: calls `tick` again and again, until it is told to stop.

Several may run at once, on one machine or many; what a tick does is unique in the database.
"""

from __future__ import annotations

import logging
import threading

from nurture import clock
from nurture.config import Workspace
from nurture.engine.tick import tick
from nurture.errors import OutsideError
from nurture.store import Store

TICK_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Scheduler:
    """Ticks once a second in a thread of its own."""

    def __init__(self, workspace: Workspace, store: Store) -> None:
        self._workspace = workspace
        self._store = store
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the tick that is under way, and end."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            try:
                done = tick(self._workspace, self._store, clock.now())
            except OutsideError as error:
                logger.warning("a tick was missed: %s", error.findings[0].what)
                continue
            for name in done.started:
                logger.info("campaign %s started", name)
