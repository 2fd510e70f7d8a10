"""A transport without a relay: for previews, dry runs and tests.

In:  OutgoingEmail values, and a rule that says how each is answered.
Out: outcomes as a relay would give them; the emails it took are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from nurture.delivery.smtp_reply import Reply
from nurture.delivery.transport import Outcome, OutgoingEmail


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay says in the end; `code` None: it is gone after the body, before its reply."""

    code: int | None
    text: str

    def outcome(self, delivery_id: int) -> Outcome:
        if self.code is None:
            return Outcome(delivery_id, "in_doubt", reply=self.text)
        return Reply(self.code, (self.text,)).outcome(delivery_id)


Rule = Callable[[OutgoingEmail], Answer]

ACCEPTED = Answer(250, "2.0.0 Ok")
REFUSED = Answer(550, "5.1.1 No such user here")
PUT_OFF = Answer(451, "4.7.1 Try again later")
LOST = Answer(None, "The body was sent and no reply came: it closed the connection")


def accept(_: OutgoingEmail) -> Answer:
    """The rule that takes everything."""
    return ACCEPTED


class MemoryTransport:
    """Keeps what it is given; `Transport` says what it promises.

    `emails` holds every email that may have been taken, those in doubt included, in the order of delivery.
    """

    def __init__(self, rule: Rule = accept, *, eightbit: bool = True, smtputf8: bool = True) -> None:
        self.emails: list[OutgoingEmail] = []
        self.contents: list[bytes] = []
        self._rule = rule
        self._eightbit = eightbit
        self._smtputf8 = smtputf8
        self._closed = False

    async def deliver(self, emails: Sequence[OutgoingEmail]) -> AsyncIterator[Outcome]:
        """Exactly one outcome for each email."""
        for email in emails:
            # Others get their turn between two emails, as they do while a relay is waited for.
            await asyncio.sleep(0)
            yield self._outcome(email)

    async def close(self) -> None:
        """Take nothing more."""
        self._closed = True

    def _outcome(self, email: OutgoingEmail) -> Outcome:
        if self._closed:
            reason = "The transport was closed before this email was offered"
            return Outcome(email.delivery_id, "deferred", reply=reason, offered=False)
        if email.needs_utf8 and not self._smtputf8:
            reason = "The relay does not offer SMTPUTF8, which this email's addresses need"
            return Outcome(email.delivery_id, "failed", None, "5.6.7", reason)
        content = email.content(self._eightbit or email.needs_utf8)
        outcome = self._rule(email).outcome(email.delivery_id)
        if outcome.state in ("sent", "in_doubt"):
            self.emails.append(email)
            self.contents.append(content)
        return outcome
