"""The words of the pages: every language has every text, with the same gaps to fill."""

from __future__ import annotations

import re
import string

import pytest

from nurture.web.site import HERE
from nurture.web.words import TEXTS, Part, languages, words_for


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("part", "spoken"), [("reader", ("en", "ja", "zh")), ("console", ("en", "ja"))])
def test_every_language_has_every_text_with_the_same_gaps(part: Part, spoken: tuple[str, ...]) -> None:
    assert languages(part) == spoken
    english = words_for(part, "en").texts
    for language in spoken:
        texts = words_for(part, language).texts
        assert texts.keys() == english.keys()
        assert {key: gaps(text) for key, text in texts.items()} == {
            key: gaps(text) for key, text in english.items()
        }


def test_every_text_that_a_page_names_exists() -> None:
    known = words_for("reader", "en").texts.keys() | words_for("console", "en").texts.keys()
    for path in (HERE / "pages").glob("*.html"):
        named = set(re.findall(r"""words\("([\w ]+)"[,)]""", path.read_text(encoding="utf-8")))
        assert named - known == set(), path.name


@pytest.mark.parametrize(
    ("locales", "language"),
    [
        (("zh-Hant-TW", "ja"), "zh"),
        ((None, "ja"), "ja"),
        (("fr", "ja"), "ja"),
        (("fr", "ko"), "en"),
        (("EN_gb",), "en"),
        ((), "en"),
    ],
)
def test_a_reader_gets_the_first_language_that_we_speak(
    locales: tuple[str | None, ...], language: str
) -> None:
    assert words_for("reader", *locales).language == language


def test_nothing_else_lies_among_the_texts() -> None:
    names = sorted(path.name for path in TEXTS.iterdir())
    assert names == [
        "console.en.yaml",
        "console.ja.yaml",
        "reader.en.yaml",
        "reader.ja.yaml",
        "reader.zh.yaml",
    ]
