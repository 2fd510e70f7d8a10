"""Find out how the text of a file is encoded.

In:  the bytes of a file, and how likely it is that the head of a decoded text is ours.
Out: the name of the encoding, and the number of lines.

A file that is all UTF-8 is UTF-8. Otherwise the encodings of Japanese, Chinese and Western exports
compete: which one decodes without an error, and gives a head whose columns are known?
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nurture.errors import Finding, InputError

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CANDIDATES = ("cp932", "euc_jp", "gb18030", "big5", "cp1252")
SAMPLE_BYTES = 512_000
BLOCK_BYTES = 1 << 20
# A UTF-8 file with a few damaged bytes is still UTF-8; the rows that hold them are set aside. In other
# encodings, what looks like UTF-8 by chance is far rarer than what does not.
SOUND_FOR_ONE_DAMAGED = 4


@dataclass(frozen=True, slots=True)
class TextShape:
    """How a text file is written. `lines` counts line feeds, for a progress bar."""

    encoding: str
    lines: int


@dataclass(frozen=True, slots=True)
class _Scan:
    lines: int
    # Where the first byte stands that is not UTF-8; None when all of it is.
    broken_at: int | None
    damaged: int
    foreign: int
    zeros: int


def detect(path: Path, where: str, recognised: Callable[[str], int]) -> TextShape:
    """How the file is encoded; `recognised` says how many columns of a head it knows.

    Raises:
        InputError: it is empty, is not text, or is text in an encoding that we cannot tell.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE_BYTES)
    if not start.strip():
        raise InputError(Finding(where, "This file is empty.", "The first line must name the columns."))
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return TextShape(encoding, _scan(path).lines)
    scan = _scan(path)
    if scan.zeros > 2 and scan.zeros > scan.lines:
        raise InputError(_not_text(where))
    if scan.broken_at is None:
        return TextShape("utf-8", scan.lines)
    if scan.foreign > SOUND_FOR_ONE_DAMAGED * scan.damaged:
        return TextShape("utf-8", scan.lines)
    best = _best(start, _around(path, scan.broken_at), recognised)
    if best is None:
        raise InputError(_not_text(where))
    return TextShape(best, scan.lines)


def _scan(path: Path) -> _Scan:
    """One pass over the file: is it UTF-8, and if not, how nearly?"""
    lines = zeros = damaged = foreign = position = 0
    broken_at: int | None = None
    rest = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            lines, zeros = lines + block.count(b"\n"), zeros + block.count(b"\0")
            if block.isascii() and not rest:
                position += len(block)
                continue
            data = rest + block
            whole, rest = _split_off_tail(data)
            text, first_bad = _decoded(whole)
            if first_bad is not None:
                broken_at = (
                    position - (len(data) - len(block)) + first_bad if broken_at is None else broken_at
                )
                # U+DC80 to U+DCFF stand for bytes that are not UTF-8.
                damaged += sum(1 for char in text if "\udc80" <= char <= "\udcff")
            foreign += len(text) - len(text.encode("ascii", "ignore"))
            position += len(block)
    foreign -= damaged
    if rest:
        damaged += len(rest)
        broken_at = position - len(rest) if broken_at is None else broken_at
    return _Scan(lines, broken_at, damaged, foreign, zeros)


def _decoded(data: bytes) -> tuple[str, int | None]:
    """The text, and where its first byte stands that is not UTF-8."""
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return data.decode("utf-8", "surrogateescape"), error.start


def _split_off_tail(data: bytes) -> tuple[bytes, bytes]:
    """The bytes without, and then only, the beginning of a character that the next block ends."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (data[:-back], data[-back:]) if back < needed else (data, b"")
    return data, b""


def _around(path: Path, at: int) -> bytes:
    """The bytes from a little before a place on, beginning with a whole line."""
    with path.open("rb") as file:
        begin = max(0, at - SAMPLE_BYTES // 4)
        file.seek(begin)
        data = file.read(SAMPLE_BYTES)
    return data if begin == 0 else data.partition(b"\n")[2]


def _best(start: bytes, around: bytes, recognised: Callable[[str], int]) -> str | None:
    """The candidate that decodes both samples and makes most sense of them; the first of equals."""
    scores: dict[str, tuple[int, float]] = {}
    for encoding in CANDIDATES:
        try:
            head = _whole_lines(start).decode(encoding)
            body = _whole_lines(around).decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in head:
            continue
        scores[encoding] = (recognised(head), -_strangeness(head[:20_000] + body[:100_000]))
    return max(scores, key=lambda encoding: scores[encoding]) if scores else None


def _whole_lines(data: bytes) -> bytes:
    return data.rpartition(b"\n")[0] or data


def _strangeness(text: str) -> float:
    """The share of characters that a wrong decoding makes and people seldom write."""
    foreign = [char for char in text if char > "\x7f"]
    strange = sum(1 for char in foreign if _is_strange(char))
    return round(strange / len(foreign), 2) if foreign else 0.0


def _is_strange(char: str) -> bool:
    if "\uff61" <= char <= "\uff9f" or "\ue000" <= char <= "\uf8ff" or "\x80" <= char <= "\x9f":
        return True
    if "\u4e00" <= char <= "\u9fff":
        # Characters of daily use are in both national basic sets; mojibake is mostly beyond them.
        return not (_in(char, "euc_jp", 0xCF) or _in(char, "gb2312", 0xD7))
    return unicodedata.category(char) in ("Cn", "Co", "So")


def _in(char: str, encoding: str, last_row: int) -> bool:
    """Whether a character is in the first level (the common ones) of a national set."""
    try:
        raw = char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and 0xB0 <= raw[0] <= last_row


def _not_text(where: str) -> Finding:
    return Finding(
        where,
        "This is not a text file, or its encoding is not one we know.",
        "Save it as CSV in UTF-8 (or in the Shift-JIS of Excel), and import that.",
    )
