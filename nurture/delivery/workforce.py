"""A worker process: Dramatiq threads that deliver, and a pulse that keeps everything going.

The pulse says that this worker is alive, takes back what dead workers held, and wakes whatever is
due and unclaimed: so losing the broker, a message or a worker only costs time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from datetime import datetime

import dramatiq
from sqlalchemy import exists, or_, select

from nurture import clock
from nurture.config import Workspace
from nurture.delivery.broker import open_broker, register, wake
from nurture.delivery.deliverer import Deliverer
from nurture.delivery.open import open_transport
from nurture.delivery.transport import Transport
from nurture.errors import OutsideError
from nurture.outbox import Batch, sweep
from nurture.outbox.states import WAITING
from nurture.outbox.sweep import BEAT, beat, finish_runs, leave, waiting
from nurture.store import Store
from nurture.store import tables as t

PULSE_SECONDS = 0.25
THREADS = 2
# So many batches are woken ahead of the workers, and none of them again within so many seconds.
AHEAD = 50
WAKE_AGAIN_SECONDS = 10.0
# A relay may take ten minutes to answer; whoever stops us will not wait as long.
LONGEST_STOP_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Workforce:
    """Everything that sends, in one process. `start` it, wait, and `stop` it."""

    def __init__(self, workspace: Workspace, store: Store, transport: Transport | None = None) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._workspace = workspace
        self._store = store
        self._loop = asyncio.new_event_loop()
        self._transport = transport or open_transport(workspace)
        self.deliverer = Deliverer(workspace, store, self._transport, self._loop, self.id)
        self._stopped = threading.Event()
        self._woken: dict[Batch, float] = {}
        self._answering_since: float | None = None
        self._beaten = 0.0
        self._swept_at_beat = -1.0

    def start(self) -> None:
        """Begin to deliver.

        Raises:
            OutsideError: the broker or the database cannot be reached.
        """
        self._broker = open_broker(self._workspace.config.broker)
        register(self._broker, self.deliverer.deliver)
        with self._store.write() as connection:
            beat(connection, self.id, clock.now())
        self._looping = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._looping.start()
        self._worker = dramatiq.Worker(self._broker, worker_threads=THREADS, worker_timeout=100)
        self._worker.start()
        self._pulsing = threading.Thread(target=self._pulse, name="pulse", daemon=True)
        self._pulsing.start()

    def stop(self) -> None:
        """Finish what is on the wire, record it, give back the rest, and end."""
        self.deliverer.stopping.set()
        closing = asyncio.run_coroutine_threadsafe(self._transport.close(), self._loop)
        try:
            closing.result(LONGEST_STOP_SECONDS)
        except TimeoutError:
            self._loop.call_soon_threadsafe(self._give_up)
        self._worker.stop()
        self._stopped.set()
        self._pulsing.join()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._looping.join()
        self._loop.close()
        self._broker.close()
        with self._store.write() as connection:
            leave(connection, self.id)

    def _give_up(self) -> None:
        """Stop waiting for a relay that does not answer: what is on the wire becomes a doubt."""
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def idle(self) -> bool:
        """Whether nothing is due, nothing is being sent by anyone, and no doubt is open."""
        now = clock.now()
        with self._store.read() as connection:
            delivery = t.deliveries.c
            due = exists().where(
                delivery.run_id == t.runs.c.id,
                or_(
                    delivery.state == "sending",
                    delivery.state.in_(WAITING) & (delivery.due_at <= now),
                ),
            )
            busy = select(t.runs.c.id).where(t.runs.c.state == "running", due).limit(1)
            open_doubt = select(t.doubts.c.id).where(t.doubts.c.resolution.is_(None)).limit(1)
            return connection.scalar(busy) is None and connection.scalar(open_doubt) is None

    def _pulse(self) -> None:
        while not self._stopped.wait(PULSE_SECONDS):
            try:
                self._beat(clock.now())
                self._sweep(clock.now())
                self._wake(clock.now())
            except OutsideError as error:
                self._answering_since = None
                logger.warning("the store does not answer: %s", error.findings[0].what)

    def _beat(self, now: datetime) -> None:
        started = clock.monotonic_seconds()
        if started - self._beaten < BEAT.total_seconds():
            return
        with self._store.write() as connection:
            beat(connection, self.id, now)
        self._beaten = clock.monotonic_seconds()
        # When the store kept us waiting it kept the others waiting too: their silence means nothing.
        if self._answering_since is None or self._beaten - started > BEAT.total_seconds() / 2:
            self._answering_since = self._beaten

    def _sweep(self, now: datetime) -> None:
        if self._beaten == self._swept_at_beat or not self._trusts_silence():
            return
        self._swept_at_beat = self._beaten
        with self._store.write() as connection:
            attempts = self._workspace.config.sending.max_attempts
            done = sweep(connection, now, today=clock.day(now, self._workspace.zone), max_attempts=attempts)
            finish_runs(connection, now)
        if done.doubted:
            logger.warning(
                "%d deliveries of a silent worker are in doubt; see campaigns status", done.doubted
            )

    _swept_at_beat = -1.0

    def _trusts_silence(self) -> bool:
        """Whether the store has answered long enough for everyone alive to have said so."""
        since = self._answering_since
        return since is not None and clock.monotonic_seconds() - since > BEAT.total_seconds() * 1.5

    def _wake(self, now: datetime) -> None:
        if self.deliverer.rest.resting:
            return
        with self._store.read() as connection:
            due = waiting(connection, now, self._workspace.config.sending.batch, AHEAD)
        started = clock.monotonic_seconds()
        self._woken = {batch: at for batch, at in self._woken.items() if started - at < WAKE_AGAIN_SECONDS}
        asleep: Sequence[Batch] = [batch for batch in due if batch not in self._woken]
        if wake(self._broker, asleep):
            self._woken |= dict.fromkeys(asleep, started)
