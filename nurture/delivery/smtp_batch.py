"""The emails of one call of `deliver`, shared by the connections that work on them.

In:  emails.
Out: exactly one outcome for each, whatever happens to the connections.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from nurture.delivery.transport import Outcome, OutgoingEmail

# An email that ends this many connections before its body is asked for is put off, so that it cannot keep the
# others from going out.
MOST_LOSSES = 3


@dataclass(slots=True, eq=False)
class Job:
    """One email, and where it is. `at_risk` says that its whole body may be with the relay."""

    email: OutgoingEmail
    losses: int = 0
    at_risk: bool = False


class Batch:
    """A queue of emails that hands out each once and remembers which have no outcome yet."""

    def __init__(self, emails: Iterable[OutgoingEmail], connections: int) -> None:
        jobs = [Job(email) for email in emails]
        self._waiting = deque(jobs)
        self._open = set(jobs)
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._count = len(jobs)
        self._workers = connections
        self._stopped = False
        self.trouble = "No connection took it"

    @property
    def waiting(self) -> bool:
        return bool(self._waiting) and not self._stopped

    def take(self) -> Job | None:
        """The next email to offer, None when there is none or the transport is closing."""
        return self._waiting.popleft() if self.waiting else None

    def give_back(self, job: Job, why: str, *, blamed: bool) -> None:
        """Put an email that was never begun back to the front, or off when it keeps ending connections."""
        if job not in self._open:
            return
        job.losses += blamed
        if job.losses >= MOST_LOSSES:
            reason = f"The relay ended {job.losses} connections when it was offered this email: {why}"
            self.settle(job, Outcome(job.email.delivery_id, "deferred", reply=reason))
        else:
            self._waiting.appendleft(job)

    def settle(self, job: Job, outcome: Outcome) -> None:
        """Tell the outcome of an email; only the first one counts."""
        if job in self._open:
            self._open.discard(job)
            self._outcomes.put_nowait(outcome)

    def stop(self, why: str) -> None:
        """Hand out nothing more."""
        if not self._stopped:
            self._stopped, self.trouble = True, why

    def leave(self) -> None:
        """One connection has ended its work; the last one settles what nobody could offer."""
        self._workers -= 1
        if self._workers > 0:
            return
        for job in sorted(self._open, key=lambda job: job.email.delivery_id):
            if job.at_risk:
                outcome = Outcome(job.email.delivery_id, "in_doubt", reply=self.trouble)
            else:
                outcome = Outcome(job.email.delivery_id, "deferred", reply=self.trouble, offered=False)
            self.settle(job, outcome)

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Every outcome as it becomes known; ends after the last."""
        for _ in range(self._count):
            yield await self._outcomes.get()
