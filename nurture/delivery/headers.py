"""Header fields, written so that every reader reads back what was meant.

In:  values in Unicode.
Out: complete fields ending with CRLF, folded between words only; ASCII but for addresses that need SMTPUTF8.
"""

from __future__ import annotations

import re
from binascii import b2a_base64

from nurture.delivery.addresses import CONTROLS
from nurture.errors import Finding, InputError

# RFC 2047 section 2: an encoded word has at most 75 characters, a line that holds one at most 76.
LINE = 76
_WORD_FRAME = len("=?utf-8?B??=")

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PRINTABLE = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")


def checked(value: str, where: str) -> str:
    """The value itself, if it may stand in a header.

    Raises:
        InputError: it holds a control character (a line break would start a header of its own).
    """
    if CONTROLS.search(value):
        fix = "Take it out of the template, the configuration or the customer's data."
        raise InputError(Finding(where, "It holds a line break or another control character.", fix))
    return value


def text_field(name: str, value: str) -> str:
    """An unstructured field such as Subject.

    >>> text_field("Subject", "Hello")
    'Subject: Hello\\r\\n'
    >>> text_field("Subject", "こんにちは")
    'Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?=\\r\\n'
    """
    checked(value, name)
    if value and (not _PRINTABLE.fullmatch(value) or "=?" in value or _longest_word(value) > LINE - 20):
        return f"{name}: {_encoded_words(value, len(name) + 2)}\r\n"
    return f"{name}: {_folded(value, len(name) + 2)}\r\n"


def address_field(name: str, display: str, address: str) -> str:
    """A field with one mailbox; `address` is in wire form already.

    >>> address_field("To", "Sato, Hanako", "hanako@sample.example")
    'To: "Sato, Hanako" <hanako@sample.example>\\r\\n'
    """
    checked(display, name)
    if not display:
        return f"{name}: {address}\r\n"
    phrase = _phrase(display, len(name) + 2)
    used = len(f"{name}: {phrase}".rpartition("\n")[2])
    fold = "\r\n" if used + len(address) + 3 > LINE else ""
    return f"{name}: {phrase}{fold} <{address}>\r\n".replace(": \r\n", ":\r\n", 1)


def _phrase(display: str, used: int) -> str:
    if len(display) < LINE - used and "=?" not in display:
        if _ATOMS.fullmatch(display):
            return display
        if display.isascii():
            return '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if _room(used) < len(display.encode()) <= _room(1):
        # A name that fits into one word gets a line of its own: some readers show a space where two words
        # of a name meet (Python 3.11 does).
        return "\r\n " + _encoded_words(display, 1)
    return _encoded_words(display, used)


def _longest_word(value: str) -> int:
    return max(map(len, value.split(" "))) if len(value) > LINE - 20 else 0


def _folded(value: str, used: int) -> str:
    """ASCII words, each line within the limit; only a single space may become a fold."""
    if used + len(value) <= LINE:
        return value
    lines, line = [], ""
    for word in value.split(" "):
        if line and used + len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded_words(value: str, used: int) -> str:
    """RFC 2047 words in UTF-8 and base64, split between characters only."""
    data = value.encode()
    words, start = [], 0
    while start < len(data):
        end = min(start + _room(used), len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?B?{b2a_base64(data[start:end], newline=False).decode('ascii')}?=")
        start, used = end, 1
    return "\r\n ".join(words)


def _room(used: int) -> int:
    """The octets that an encoded word can hold on a line with `used` columns taken."""
    return (LINE - used - _WORD_FRAME) // 4 * 3
