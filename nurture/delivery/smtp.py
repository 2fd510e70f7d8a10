"""The SMTP transport: a few pooled connections that share the emails of a batch.

In:  SmtpSettings, OutgoingEmail values.
Out: outcomes. Trouble with the relay is told in them: what was never offered comes back with `offered` False.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from nurture.delivery.smtp_batch import Batch
from nurture.delivery.smtp_connection import Lost, Unreachable
from nurture.delivery.smtp_dialogue import Dialogue
from nurture.delivery.smtp_session import Capabilities, Session, close_all, open_session
from nurture.delivery.smtp_settings import SmtpSettings
from nurture.delivery.transport import Outcome, OutgoingEmail
from nurture.errors import Finding, OutsideError

# A further connection is worth its greeting (and its TLS handshake) from this many emails on.
EMAILS_PER_CONNECTION = 10
# A connection that has rested longer may have been dropped by a router without a word.
LONGEST_REST_SECONDS = 30.0
# So many connections in a row without one reply to an email: the relay is in no state to work with.
MOST_FRUITLESS = 3


class SmtpTransport:
    """Delivers over SMTP; `Transport` says what it promises."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Nothing is connected yet.

        Raises:
            InputError: the certificates of `settings.ca_file` cannot be read.
        """
        self.settings = settings
        self._context = settings.tls_context()
        self._slots = asyncio.Semaphore(settings.connections)
        self._resting: list[Session] = []
        self._batches: set[Batch] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def deliver(self, emails: Sequence[OutgoingEmail]) -> AsyncIterator[Outcome]:
        """Exactly one outcome for each email, as it becomes known."""
        self._bind()
        count = min(self.settings.connections, -(-len(emails) // EMAILS_PER_CONNECTION))
        batch = Batch(emails, count)
        self._batches.add(batch)
        if self._closed:
            batch.stop("The transport is closed")
        workers = [asyncio.create_task(self._work(batch)) for _ in range(count)]
        self._workers.update(workers)
        try:
            async for outcome in batch.outcomes():
                yield outcome
            # A mistake of ours in a worker must not pass unseen; the outcomes have been told by then.
            await asyncio.gather(*workers)
        finally:
            batch.stop("Nobody waits for the outcomes any more")
            self._batches.discard(batch)

    async def close(self) -> None:
        """Finish what is on the wire, offer nothing more, and say good-bye to the relay.

        It may take as long as the relay takes to answer. Cancelling it drops the connections; emails whose
        body has been sent are in doubt then.
        """
        self._closed = True
        for batch in self._batches:
            batch.stop("The transport was closed before this email was offered")
        try:
            await asyncio.gather(*self._workers, return_exceptions=True)
        finally:
            resting, self._resting = self._resting, []
            await close_all(resting)

    async def check(self) -> Capabilities:
        """Connect, log in and leave again; returns what the relay offers.

        Raises:
            OutsideError: the relay cannot be used; the finding says why.
        """
        try:
            session = await open_session(self.settings, self._context)
        except Unreachable as error:
            raise OutsideError(Finding("config.yaml, smtp", str(error))) from error
        await session.quit()
        return session.offers

    def _bind(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError("an SmtpTransport belongs to the event loop that first delivered with it")

    async def _work(self, batch: Batch) -> None:
        """One connection's share of a batch."""
        try:
            async with self._slots:
                await self._work_off(batch)
        except Unreachable as error:
            batch.trouble = str(error)
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._workers.discard(task)
            batch.leave()

    async def _work_off(self, batch: Batch) -> None:
        fruitless = 0
        while batch.waiting:
            session = await self._session()
            before = session.answered
            try:
                await Dialogue(session, batch).run()
            except Lost as lost:
                session.connection.abort()
                # Many relays close a connection after so many emails without a word: go on with a new one.
                fruitless = 0 if session.answered > before else fruitless + 1
                if fruitless >= MOST_FRUITLESS:
                    raise Unreachable(f"{self.settings.place} takes no emails now: {lost}") from None
                continue
            except BaseException:
                session.connection.abort()
                raise
            session.rest()
            self._resting.append(session)

    async def _session(self) -> Session:
        while self._resting:
            session = self._resting.pop()
            if session.connection.usable and session.idle_seconds < LONGEST_REST_SECONDS:
                return session
            session.connection.abort()
        return await open_session(self.settings, self._context)
