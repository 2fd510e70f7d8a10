"""The body parts of an email, and how each may be encoded.

In:  the text or the HTML of one email.
Out: a Part: CRLF line ends, and bytes for a relay with or without 8BITMIME.
"""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from functools import cache
from typing import Literal

from nurture.errors import Finding, InputError

Subtype = Literal["plain", "html"]

# RFC 5322 section 2.1.1: 998 characters and CRLF.
LONGEST_LINE = 998
BASE64_LINE = 76

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ASCII = bytes(range(128))
_LINES = struct.Struct(f"{BASE64_LINE}s" * 64)


@dataclass(frozen=True, slots=True)
class Part:
    """One `text/*` part. `body` has CRLF line ends only; `raw` says that it may go as it is."""

    subtype: Subtype
    body: bytes
    ascii: bool
    raw: bool

    def written(self, eightbit: bool) -> bytes:
        """The part with its header fields, the blank line, and no line end after it."""
        if self.raw and self.ascii:
            return _header(self.subtype, "7bit") + self.body
        if self.raw and eightbit:
            return _header(self.subtype, "8bit") + self.body
        if _mostly_ascii(self.body):
            return _header(self.subtype, "quoted-printable") + _quoted_printable(self.body)
        return _header(self.subtype, "base64") + _base64(self.body)


def part(subtype: Subtype, content: str) -> Part:
    """The part that carries a text; every kind of line end becomes CRLF.

    Raises:
        InputError: the text holds half of a character (a lone surrogate), which no charset can carry.
    """
    try:
        body = content.encode()
    except UnicodeEncodeError:
        raise InputError(
            Finding(
                f"{'text' if subtype == 'plain' else 'HTML'} of the email",
                "It holds half of a character, as broken data does.",
                "Correct the customer's data or the template.",
            )
        ) from None
    body = _LINE_END.sub(b"\r\n", body) if b"\r" in body else body.replace(b"\n", b"\r\n")
    # NUL may not be sent as it is (RFC 2045 section 2.8).
    return Part(subtype, body, body.isascii(), b"\0" not in body and not _has_long_line(body))


@cache
def _header(subtype: Subtype, encoding: str) -> bytes:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii")


def _has_long_line(body: bytes) -> bool:
    start = 0
    while len(body) - start > LONGEST_LINE:
        end = body.rfind(b"\n", start, start + LONGEST_LINE + 2)
        if end < 0:
            return True
        start = end + 1
    return False


def _mostly_ascii(body: bytes) -> bool:
    """Whether quoted-printable is the shorter and more readable of the two encodings."""
    return len(body.translate(None, _ASCII)) * 6 < len(body)


def _quoted_printable(body: bytes) -> bytes:
    # The encoder takes its line end from the first one it sees, and LF when there is none.
    return binascii.b2a_qp(body + b"\r\n", istext=True)[:-2]


def _base64(body: bytes) -> bytes:
    encoded = binascii.b2a_base64(body, newline=False)
    lines: list[bytes] = []
    whole = len(encoded) - len(encoded) % _LINES.size
    # Cutting 64 lines with one call takes half the time of cutting them one by one.
    for at in range(0, whole, _LINES.size):
        lines += _LINES.unpack_from(encoded, at)
    lines += [encoded[at : at + BASE64_LINE] for at in range(whole, len(encoded), BASE64_LINE)]
    return b"\r\n".join(lines)
