"""Deliver a batch: claim, render, put into wire form, hand to the relay, record.

In:  a batch of ids that a worker was woken for.
Out: rows in their next state; every claimed row has exactly one outcome, also when we stop halfway.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from nurture import clock
from nurture.config import Workspace
from nurture.delivery.guard import stop_if_failing
from nurture.delivery.kit import Kit, Kits
from nurture.delivery.rest import Rest
from nurture.delivery.transport import Outcome, OutgoingEmail, Transport
from nurture.errors import InputError, OutsideError
from nurture.outbox import Batch, Claimed, Recorded, claim, record, release
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.totals import insert_ignoring
from nurture.templates import contexts

# Outcomes are written at most this many at once, and at most this long after they became known.
GROUP_ROWS = 100
GROUP_SECONDS = 0.1
# A worker that is told to stop waits this long for a store that is away.
STOP_SECONDS = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed delivery, rendered and sealed."""

    claimed: Claimed
    email: OutgoingEmail
    address: str
    language: str


class Deliverer:
    """Delivers batches for one worker process; its methods may be called from several threads."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        transport: Transport,
        loop: asyncio.AbstractEventLoop,
        worker: str,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._transport = transport
        self._loop = loop
        self._worker = worker
        self._kits = Kits(workspace)
        self.stopping = threading.Event()
        self.rest = Rest()

    def deliver(self, batch: Batch) -> None:
        """Send what is due of a batch. Nothing outside makes it raise: the rows keep what is still to do."""
        if self.stopping.is_set() or self.rest.resting:
            return
        try:
            claimed = self._claim(batch)
            if claimed:
                self._send(claimed)
        except OutsideError as error:
            # The lease, or the silence of a worker without a store, brings the rows back.
            logger.warning("a batch was left to be swept: %s", error.findings[0].what)

    def _claim(self, batch: Batch) -> Sequence[Claimed]:
        now = clock.now()
        lease = timedelta(seconds=self._workspace.config.sending.lease_seconds)
        with self._store.write() as connection:
            return claim(
                connection,
                batch,
                worker=self._worker,
                now=now,
                today=clock.day(now, self._workspace.zone),
                lease_until=now + lease,
            )

    def _send(self, claimed: Sequence[Claimed]) -> None:
        try:
            ready, refused = self._prepared(claimed)
        except BaseException:
            # Not one byte has left: whatever went wrong, the rows must not wait for their lease.
            self._release(claimed, "the emails could not be made ready")
            raise
        self._record(refused)
        by_id = {one.email.delivery_id: one for one in ready}
        for group in self._outcomes([one.email for one in ready]):
            recorded = [_recorded(by_id.pop(outcome.delivery_id), outcome) for outcome in group]
            self._record(recorded)
            self._note_trouble(group, recorded)
        now = clock.now()
        left = "the worker stopped before the relay answered"
        self._record([Recorded(one.claimed, "in_doubt", now, reply=left) for one in by_id.values()])

    def _prepared(self, claimed: Sequence[Claimed]) -> tuple[list[Ready], list[Recorded]]:
        """Render and seal; an email that cannot be made is held with the reason, and the others go on."""
        ready: list[Ready] = []
        held: list[Recorded] = []
        personal: list[dict[str, Any]] = []
        now = clock.now()
        with self._store.read() as connection:
            for kit, those in self._by_kit(connection, claimed):
                found = contexts(
                    connection,
                    self._workspace,
                    [one.customer_id for one in those],
                    now=now,
                    needs=kit.compiled.needs,
                )
                for one in those:
                    context = found.get(one.customer_id)
                    if context is None:
                        held.append(Recorded(one, "held", now, reason="suppressed:erased"))
                        continue
                    try:
                        ready.append(self._made(kit, one, context, personal))
                    except InputError as error:
                        held.append(Recorded(one, "held", now, reason=_reason(error)))
        self._register(personal)
        return ready, held

    def _by_kit(
        self, connection: Connection, claimed: Sequence[Claimed]
    ) -> Iterator[tuple[Kit, list[Claimed]]]:
        for key in sorted({(one.run_id, one.step) for one in claimed}):
            kit = self._kits.get(connection, *key)
            yield kit, [one for one in claimed if (one.run_id, one.step) == key]

    def _made(
        self, kit: Kit, one: Claimed, context: Mapping[str, Any], personal: list[dict[str, Any]]
    ) -> Ready:
        rendered = kit.render(one, context)
        email = kit.sealed(one, context, rendered)
        personal += [kit.personal_link(key, url) for key, url in rendered.personal_links.items()]
        return Ready(one, email, context["customer"]["email"], rendered.language)

    def _register(self, personal: Sequence[dict[str, Any]]) -> None:
        """Write the personal links before the emails go out, so that every link leads somewhere."""
        if personal:
            with self._store.write() as connection:
                connection.execute(insert_ignoring(connection, t.links), list(personal))

    def _outcomes(self, emails: Sequence[OutgoingEmail]) -> Iterator[list[Outcome]]:
        """Outcomes in groups, as they come in from the event loop that talks to the relay."""
        if not emails:
            return
        arrived: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()

        async def pump() -> None:
            try:
                async for outcome in self._transport.deliver(emails):
                    arrived.put(outcome)
            finally:
                arrived.put(None)

        pumping = asyncio.run_coroutine_threadsafe(pump(), self._loop)
        while (group := _group(arrived)) is not None:
            yield group
        with contextlib.suppress(CancelledError):
            pumping.result()

    def _record(self, outcomes: Sequence[Recorded]) -> None:
        """Write outcomes, however long the store is away: to forget them would mean to send twice."""
        wait = 0.1
        lease = self._workspace.config.sending.lease_seconds
        until = clock.monotonic_seconds() + (STOP_SECONDS if self.stopping.is_set() else lease)
        while outcomes:
            try:
                self._write(outcomes)
                return
            except OutsideError as error:
                if clock.monotonic_seconds() > until:
                    raise
                logger.warning("%d outcomes wait for the store: %s", len(outcomes), error.findings[0].what)
                threading.Event().wait(wait)
                wait = min(wait * 2, 2.0)

    def _write(self, outcomes: Sequence[Recorded]) -> None:
        today = clock.day(clock.now(), self._workspace.zone)
        attempts = self._workspace.config.sending.max_attempts
        with self._store.write() as connection:
            record(connection, outcomes, today=today, max_attempts=attempts)

    def _release(self, claimed: Sequence[Claimed], reason: str) -> None:
        with self._store.write() as connection:
            release(connection, claimed, now=clock.now(), reason=reason)

    def _note_trouble(self, group: Sequence[Outcome], recorded: Sequence[Recorded]) -> None:
        unoffered = [outcome for outcome in group if not outcome.offered]
        if unoffered:
            self.rest.longer(unoffered[0].reply)
        else:
            self.rest.over()
        failing = {one.claimed.run_id for one in recorded if one.state == "failed"}
        for run_id in failing:
            with self._store.write() as connection:
                stop_if_failing(connection, run_id, self._workspace.config.sending)


def _group(arrived: queue.SimpleQueue[Outcome | None]) -> list[Outcome] | None:
    """The next outcomes: waits for the first, then collects for a moment. None at the end."""
    first = arrived.get()
    if first is None:
        return None
    group = [first]
    until = clock.monotonic_seconds() + GROUP_SECONDS
    while len(group) < GROUP_ROWS:
        try:
            found = arrived.get(timeout=max(0.0, until - clock.monotonic_seconds()))
        except queue.Empty:
            break
        if found is None:
            arrived.put(None)
            break
        group.append(found)
    return group


def _recorded(ready: Ready, outcome: Outcome) -> Recorded:
    return Recorded(
        claimed=ready.claimed,
        state=outcome.state,
        at=clock.now(),
        address=ready.address,
        language=ready.language,
        code=outcome.code,
        enhanced=outcome.enhanced,
        reply=outcome.reply or None,
        reason=outcome.reply or None if outcome.state in ("failed", "deferred") else None,
        offered=outcome.offered,
    )


def _reason(error: InputError) -> str:
    finding = error.findings[0]
    return f"{finding.place}: {finding.what}"[:500]
