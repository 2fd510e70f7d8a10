"""The variants way: each layout that customers bring about is compiled once, and their values filled in.

In:  MJML in which marks stand for values (`nurture.templates.captured`), and those values.
Out: the HTML and the text of the email.

Two customers with the same skeleton differ in nothing but values that no layout depends on. Values that
MJML or a style sheet computes with belong to the skeleton: see `Outline.deciding`.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Generic, TypeVar

from nurture.templates.captured import Values
from nurture.templates.elements import ENDING, OPAQUE, TEXT_ONLY, VERBATIM, is_mjml
from nurture.templates.markup import MARK, Place, mark, read
from nurture.templates.parts import Part
from nurture.templates.pipeline import to_html
from nurture.templates.streamed import ATTRIBUTE_SELECTOR, NAMESAKE, rule_heads
from nurture.templates.text import text_parts, tidied

MOST_SKELETONS = 256
MOST_CHARS = 40_000_000
SLOT = re.compile(r"xqp(\d+)q")
PIXEL_SLOT = -1
COMPUTED = frozenset({"mj-head", "mj-carousel"})

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class CacheCount:
    """How a cache of skeletons did: found, compiled, and kept now, of at most `most`."""

    hits: int = 0
    misses: int = 0
    size: int = 0
    most: int = MOST_SKELETONS


class Cache(Generic[Key, Kept]):
    """Keeps what was used last, up to a number of things and of characters. Threads may share it."""

    def __init__(self, most: int = MOST_SKELETONS, most_chars: int = MOST_CHARS) -> None:
        self._most = most
        self._most_chars = most_chars
        self._kept: OrderedDict[Key, tuple[Kept, int]] = OrderedDict()
        self._chars = 0
        self._hits = self._misses = 0
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], tuple[Kept, int]]) -> Kept:
        """What is kept under a key; `make` gives it, and how many characters it has, where there is none.

        Two threads may make the same thing at the same time; both get the one that was there first.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                self._hits += 1
                return found[0]
            self._misses += 1
        made = make()
        with self._lock:
            if key in self._kept:
                return self._kept[key][0]
            self._kept[key] = made
            self._chars += made[1]
            while len(self._kept) > self._most or (self._chars > self._most_chars and len(self._kept) > 1):
                self._chars -= self._kept.popitem(last=False)[1][1]
        return made[0]

    def count(self) -> CacheCount:
        """How it did so far."""
        with self._lock:
            return CacheCount(self._hits, self._misses, len(self._kept), self._most)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """MJML with marks, and the numbers of those whose values decide the layout; None: all of them may."""

    mjml: str
    deciding: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Filling:
    """A text with gaps, and the number of the value that goes into each."""

    pieces: tuple[str, ...]
    slots: tuple[tuple[int, int], ...]

    def filled(self, values: Sequence[str], pixel: str = "") -> str:
        """The text with values in its gaps; number -1 is the open pixel."""
        pieces = list(self.pieces)
        for place, number in self.slots:
            pieces[place] = values[number] if number >= 0 else pixel
        return "".join(pieces)

    @property
    def chars(self) -> int:
        return sum(map(len, self.pieces))


@dataclass(frozen=True, slots=True)
class Document:
    """A compiled skeleton."""

    html: Filling
    text: Filling | None


class Skeletons:
    """The skeletons of one language of an email, compiled as customers come to need them.

    `finish` completes MJML (language, preheader) before it is compiled; `with_text` makes the text too.
    `where` is how the marketer knows the template.
    """

    def __init__(self, finish: Callable[[str, str | None], str], where: str, *, with_text: bool) -> None:
        self._finish = finish
        self._where = where
        self._with_text = with_text
        self._outlines: Cache[tuple[str, bool], Outline] = Cache()
        self._documents: Cache[tuple[Outline, tuple[str, ...]], Document] = Cache()

    def count(self) -> CacheCount:
        """How many emails found their skeleton compiled, and how many had to wait for it."""
        return self._documents.count()

    def rendered(self, mjml: str, values: Values, preheader: str, pixel: str) -> tuple[str, str | None]:
        """The HTML and text of an email: its MJML with marks, and their values.

        `preheader` is what `finish` is to put in, escaped; nothing where the MJML has it already.

        Raises:
            InputError: this is not MJML.
        """
        values.html[0] = preheader
        preview = mark(0) if preheader.strip() else None
        outline = self._outlines.get((mjml, preview is not None), lambda: self._outlined(mjml, preview))
        decided = tuple(values.html[number] for number in outline.deciding or ())
        if outline.deciding is None or any(NAMESAKE.search(value) for value in decided):
            html = to_html(MARK.sub(lambda found: _value(values.html, found), outline.mjml), self._where)
            return html.replace("</body>", f"{pixel}</body>"), None
        document = self._documents.get((outline, decided), lambda: self._compiled(outline, decided))
        text = document.text
        html = document.html.filled(values.html, pixel)
        return html, None if text is None else tidied(text.filled(values.words))

    def _outlined(self, mjml: str, preview: str | None) -> tuple[Outline, int]:
        numbers = [int(found[1]) for found in MARK.finditer(mjml)]
        complete = self._finish(mjml, preview)
        # Marks stand once each, in their order; what does not look so did not come from us.
        ordered = all(left < right for left, right in pairwise(numbers))
        outline = Outline(complete, _deciding(complete) if ordered else None)
        return outline, len(mjml) + len(complete)

    def _compiled(self, outline: Outline, decided: Sequence[str]) -> tuple[Document, int]:
        given = dict(zip(outline.deciding or (), decided, strict=True))
        html = to_html(MARK.sub(lambda found: _given(given, int(found[1])), outline.mjml), self._where)
        parts = list(_parts(html))
        text = _filling(text_parts(parts)) if self._with_text else None
        document = Document(_filling(_with_pixel(parts)), text)
        return document, document.html.chars + (text.chars if text else 0)


def _deciding(mjml: str) -> tuple[int, ...] | None:
    """The numbers of the values that decide the layout; None where they cannot be told apart."""
    markup = read(mjml)
    if any(not problem.warning for problem in markup.problems) or NAMESAKE.search(mjml):
        return None
    by_attribute = any(ATTRIBUTE_SELECTOR.search(head) for head in rule_heads(markup))
    return tuple(
        number
        for number, place in sorted(markup.places.items())
        if not _is_free(place, by_attribute=by_attribute)
    )


def _is_free(place: Place, *, by_attribute: bool) -> bool:
    """Whether a value at this place leaves the layout alone."""
    element = place.element
    if element is None:
        return False
    if place.spot == "attribute":
        return place.attribute in VERBATIM and not by_attribute and not element.inside(COMPUTED)
    layout = is_mjml(element.name) and element.name not in ENDING and element.name not in TEXT_ONLY
    return place.spot == "text" and not layout and not element.inside(OPAQUE)


def _given(given: dict[int, str], number: int) -> str:
    value = given.get(number)
    return f"xqp{number}q" if value is None else value


def _value(values: Sequence[str], found: re.Match[str]) -> str:
    number = int(found[1])
    return values[number] if number < len(values) else ""


def _parts(html: str) -> Iterator[Part]:
    last = 0
    for found in SLOT.finditer(html):
        yield Part("data", html[last : found.start()], "", 0, fixed=True)
        yield Part("print", found[1], "", 0)
        last = found.end()
    yield Part("data", html[last:], "", 0, fixed=True)


def _with_pixel(parts: Sequence[Part]) -> list[Part]:
    """The parts with a gap for the open pixel as the last thing in the body."""
    result = list(parts)
    for index in range(len(result) - 1, -1, -1):
        part = result[index]
        before, closing, after = part.text.rpartition("</body>") if part.kind == "data" else ("", "", "")
        if closing:
            middle = Part("print", str(PIXEL_SLOT), "", 0)
            ends = [Part("data", one, "", 0, fixed=True) for one in (before, closing + after)]
            return [*result[:index], ends[0], middle, ends[1], *result[index + 1 :]]
    return result


def _filling(parts: Sequence[Part]) -> Filling:
    pieces = tuple("" if part.kind == "print" else part.text for part in parts)
    slots = tuple((place, int(part.text)) for place, part in enumerate(parts) if part.kind == "print")
    return Filling(pieces, slots)
