"""What is handed to a relay, what comes of it, and the seam between the two.

In:  OutgoingEmail values, ready for the wire.
Out: one Outcome for each of them, as it becomes known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nurture.delivery.addresses import CONTROLS
from nurture.delivery.parts import Part
from nurture.errors import Finding, InputError

State = Literal["sent", "deferred", "failed", "in_doubt"]

LONGEST_REPLY = 1000


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """One email to one recipient, built by `nurture.delivery.wire.WireBuilder`.

    `mail_from` (empty for the null return path) and `rcpt_to` are in wire form, without angle brackets.
    `head` ends with a line end and lacks only the Content-Type of the whole.

    Raises:
        InputError: an address of the envelope could break out of its command.
    """

    delivery_id: int
    mail_from: str
    rcpt_to: str
    head: bytes
    boundary: bytes
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for address, where in ((self.mail_from, "return path"), (self.rcpt_to, "recipient")):
            unquoted = address if '"' not in address else address.rpartition("@")[2]
            if CONTROLS.search(address) or any(char in unquoted for char in " <>"):
                raise InputError(Finding(where, "This address cannot be sent to.", "Correct the address."))
        if not self.rcpt_to:
            raise InputError(
                Finding("recipient", "The email has no recipient.", "Give the customer an address.")
            )

    @property
    def needs_utf8(self) -> bool:
        """Whether only a relay with SMTPUTF8 (RFC 6531) can take it."""
        return not (self.rcpt_to.isascii() and self.mail_from.isascii() and self.head.isascii())

    def content(self, eightbit: bool) -> bytes:
        """Headers and body with CRLF line ends, not dot-stuffed, ending with CRLF.

        `eightbit` says that the relay offers 8BITMIME; without it everything is ASCII.
        """
        pieces = [self.head, b'Content-Type: multipart/alternative; boundary="', self.boundary, b'"\r\n\r\n']
        for one in self.parts:
            pieces += (b"--", self.boundary, b"\r\n", one.written(eightbit), b"\r\n")
        pieces += (b"--", self.boundary, b"--\r\n")
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one email.

    - `sent`: the relay has taken responsibility.
    - `deferred`: not now (4xx), try again later. With `offered` False the relay never saw the email, because
      it could not be reached or stopped talking: the delivery may go back to `queued` as if never claimed.
    - `failed`: never (5xx, or we know beforehand that the relay cannot take it: `code` is None then).
    - `in_doubt`: the body went out and no reply came back; it may or may not have been taken.

    `code` is the SMTP reply code, `enhanced` the RFC 3463 status, `reply` the relay's words or our reason;
    `reply` never holds control characters.
    """

    delivery_id: int
    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    offered: bool = True

    def __post_init__(self) -> None:
        if len(self.reply) > LONGEST_REPLY or CONTROLS.search(self.reply):
            object.__setattr__(self, "reply", CONTROLS.sub(" ", self.reply)[:LONGEST_REPLY])


class Transport(Protocol):
    """Takes emails to a relay. A transport belongs to the event loop that first delivers with it."""

    def deliver(self, emails: Sequence[OutgoingEmail]) -> AsyncIterator[Outcome]:
        """Exactly one outcome for each email, in the order in which they become known.

        Nothing outside (network, relay) makes it raise: that is told in the outcomes. It may be called
        again, also while an earlier call is still running. Whoever stops iterating early gets no outcome
        for the rest: those on the wire may or may not go out.
        """
        ...

    async def close(self) -> None:
        """Finish what is on the wire and offer nothing more.

        Calls of `deliver` that still run end soon: the emails not yet offered come back `deferred`, with
        `offered` False.
        """
        ...
