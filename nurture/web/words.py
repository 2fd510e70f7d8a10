"""What the pages say: texts by key and language, in `texts/<part>.<language>.yaml`.

In:  a part of the web ("reader" or "console") and the languages wanted, most wanted first.
Out: Words: a text by its key. English stands in where a language lacks one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from nurture.documents import read

Part = Literal["reader", "console"]

TEXTS = Path(__file__).parent / "texts"
LANGUAGE_NAMES = {"ja": "日本語", "en": "English", "zh": "中文"}


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by key in one language."""

    language: str
    texts: Mapping[str, str]
    fallback: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with values put in; the key itself where no language knows it."""
        text = self.texts.get(key) or self.fallback.get(key) or key
        return text.format(**values) if values else text


def words_for(part: Part, *locales: str | None) -> Words:
    """The words of the first of some locales whose language we speak, else English."""
    for locale in (*locales, "en"):
        language = language_of(locale)
        if language in languages(part):
            return Words(language, _texts(part, language), _texts(part, "en"))
    raise AssertionError("English is always there")


@cache
def languages(part: Part) -> tuple[str, ...]:
    """The languages that a part of the web speaks."""
    return tuple(sorted(path.name.split(".")[1] for path in TEXTS.glob(f"{part}.*.yaml")))


def language_of(locale: str | None) -> str:
    """
    >>> language_of("zh-Hant-TW"), language_of("en_GB"), language_of(None)
    ('zh', 'en', '')
    """
    return (locale or "").replace("_", "-").split("-")[0].lower()


@cache
def _texts(part: Part, language: str) -> Mapping[str, str]:
    path = TEXTS / f"{part}.{language}.yaml"
    return dict(read(path, path.name).data)
