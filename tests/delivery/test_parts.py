"""Each part takes the encoding that its text and the relay allow."""

from __future__ import annotations

import base64
import re

import pytest

from nurture.delivery.parts import LONGEST_LINE, part


def encoding(content: str, *, eightbit: bool) -> str:
    found = re.search(rb"Content-Transfer-Encoding: (\S+)\r\n", part("html", content).written(eightbit))
    assert found is not None
    return found[1].decode()


@pytest.mark.parametrize(
    ("content", "with_8bitmime", "without"),
    [
        ("<p>Hello</p>", "7bit", "7bit"),
        ("<p>こんにちは、世界</p>", "8bit", "base64"),
        ("<p>" + "Hello " * 50 + "café</p>", "8bit", "quoted-printable"),
        ("x" * LONGEST_LINE, "7bit", "7bit"),
        ("x" * (LONGEST_LINE + 1), "quoted-printable", "quoted-printable"),
        ("あ" * 400, "base64", "base64"),
        ("ok\n" * 5000 + "あ" * 332 + "xx\n", "8bit", "quoted-printable"),
        ("ok\n" * 5000 + "あ" * 332 + "xxx\n", "quoted-printable", "quoted-printable"),
        ("nul\0byte", "quoted-printable", "quoted-printable"),
        ("", "7bit", "7bit"),
    ],
    ids=lambda value: value[:12],
)
def test_the_encoding_of_a_part(content: str, with_8bitmime: str, without: str) -> None:
    assert (encoding(content, eightbit=True), encoding(content, eightbit=False)) == (with_8bitmime, without)


@pytest.mark.parametrize("content", ["a\nb", "a\r\nb", "a\rb"])
def test_every_line_end_becomes_crlf(content: str) -> None:
    assert part("plain", content).body == b"a\r\nb"


@pytest.mark.parametrize("length", [1, 57, 76 * 64 * 3 // 4, 20_000, 20_001])
def test_base64_lines_are_76_long_and_hold_everything(length: int) -> None:
    written = part("plain", "あ" * length + "\n" * 2).written(False).split(b"\r\n\r\n", 1)[1]
    lines = written.split(b"\r\n")
    assert {len(line) for line in lines[:-1]} <= {76}
    assert 0 < len(lines[-1]) <= 76
    assert base64.b64decode(written, validate=False).decode() == "あ" * length + "\r\n" * 2


def test_quoted_printable_lines_stay_short_and_never_begin_a_lone_dot() -> None:
    written = part("plain", ("a" * 75 + ".\n") * 30 + "é" + "b" * 2000 + " \n.").written(False)
    body = written.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"=C3=A9" in body
    assert b" \r\n" not in body
