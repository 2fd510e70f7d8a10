"""What a relay says: replies, read strictly and within bounds.

In:  bytes as they arrive.
Out: Reply values in order, and what a reply means for an email.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from nurture.delivery.transport import Outcome, State

# RFC 5321 section 4.5.3.1.5 says 512 octets a line; some servers write more. A relay that never ends its
# reply must not fill our memory.
LONGEST_LINE = 4096
MOST_LINES = 256
MOST_PENDING = 64

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


class Garbled(Exception):
    """The relay does not speak SMTP, or not any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, of one line or several."""

    code: int
    lines: tuple[str, ...]

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def go_on(self) -> bool:
        return 300 <= self.code < 400

    @property
    def refused(self) -> bool:
        return self.code >= 400

    @property
    def enhanced(self) -> str | None:
        """The RFC 3463 status, such as `5.1.1`, when the relay gives one."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else None

    @property
    def text(self) -> str:
        return " ".join(line for line in self.lines if line)

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()

    def outcome(self, delivery_id: int) -> Outcome:
        """What the reply says about an email when it ends the transaction."""
        state: State = "sent" if self.good else "deferred" if self.code < 500 else "failed"
        return Outcome(delivery_id, state, self.code, self.enhanced, self.text)


class ReplyReader:
    """Turns arriving bytes into replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []

    @property
    def empty(self) -> bool:
        """Whether no byte of a further reply has arrived."""
        return not self._rest and not self._lines

    def feed(self, data: bytes, replies: deque[Reply]) -> None:
        """Add the replies that are complete now.

        Raises:
            Garbled: this is no SMTP reply, or one that goes on for too long; those before it have been added.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if (reply := self._line(line.removesuffix(b"\r"))) is not None:
                replies.append(reply)
        if len(self._rest) > LONGEST_LINE:
            raise Garbled("a reply line without an end")
        if len(replies) > MOST_PENDING:
            raise Garbled("more replies than there were commands")

    def _line(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None
        if match is None:
            raise Garbled("a line that is no SMTP reply")
        code = int(match[1])
        if self._lines and code != self._code:
            raise Garbled("a reply that changes its code half-way")
        if len(self._lines) >= MOST_LINES:
            raise Garbled("a reply of too many lines")
        self._code = code
        self._lines.append((match[3] or b"").decode("utf-8", "replace"))
        if match[2] == b"-":
            return None
        reply = Reply(code, tuple(self._lines))
        self._lines.clear()
        return reply
