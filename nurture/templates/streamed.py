"""The streamed way: MJML and CSS once per run, Jinja once per recipient.

In:  the parts of a complete template.
Out: the parts of its finished HTML, with every tag at the place where its output belongs; or NotStreamed
     with the reason, where the result could differ from Jinja first, MJML afterwards.

A statement travels through the MJML compiler as a comment, a value as a word of ASCII. That is right
only where neither decides the layout; the rules here say where, and `nurture.templates.probe` then
compares documents. When in doubt, the answer is NotStreamed, which is slower and always right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nurture.errors import InputError
from nurture.templates.elements import (
    ENDING,
    FLOWING,
    OPAQUE,
    TEXT_ONLY,
    VERBATIM,
    is_mjml,
)
from nurture.templates.marked import Marked
from nurture.templates.markup import MARK, Element, Markup, Place, read
from nurture.templates.parts import Node, Part, Statement, flat, tree
from nurture.templates.pipeline import to_html

TOKEN = re.compile(r"<!--xqs(\d+)q-->|xqp(\d+)q")
NAMESAKE = re.compile(r"xq[sp]\d+q")
# Values that may be markup themselves, which the MJML compiler has to see.
MAKES_MARKUP = re.compile(r"\|\s*(safe|urlize|xmlattr)\b|\bcaller\b")
IN_HEAD = frozenset({"mj-head"})
HOISTED = frozenset({"set", "macro", "with"})
LAYOUT_STATEMENTS = frozenset({"import", "from", "call", "include", "extends", "block"})
# Selectors that look at an element's neighbours, which loops and branches change.
NEIGHBOURS = re.compile(r"[+~]|:(?:first|last|nth|only)-")
ATTRIBUTE_SELECTOR = re.compile(r"\[")
RULE_HEAD = re.compile(r"([^{}]*)\{")


class NotStreamed(Exception):
    """This template cannot be streamed; the text says why, to a marketer."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """The parts of a finished HTML, and the definitions that stand before it and end behind it."""

    front: list[Part]
    html: list[Part]
    back: list[Part]

    @property
    def parts(self) -> list[Part]:
        return [*self.front, *self.html, *self.back]


def streamed(parts: Sequence[Part]) -> Streamed:
    """The parts of the HTML of a template.

    Raises:
        NotStreamed: the result could differ from that of the plain pipeline.
        InputError: the MJML compiler refuses it.
    """
    return _Streamer(parts).run()


class _Streamer:
    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.marked = Marked(parts)
        self.markup = read(self.marked.text)
        self.numbers = {part: number for number, part in self.marked.tags.items()}
        self.front: list[Part] = []
        self.back: list[Part] = []
        self.moved: set[int] = set()

    def run(self) -> Streamed:
        if NAMESAKE.search(self.marked.text):
            raise NotStreamed("it holds words that look like our own marks")
        if self.marked.text.count("<mjml") != 1:
            raise NotStreamed("it holds more than one <mjml>")
        self._check(tree(self.parts), free=True)
        if any(not problem.warning for problem in self.markup.problems):
            raise NotStreamed("its elements are opened and closed by different branches")
        self._check_styles()
        return Streamed(self.front, self._html(), self.back)

    # Rules, from here on.

    def _check(self, nodes: Sequence[Node], *, free: bool) -> None:
        """Check every tag; `free` while no condition or loop stands around them."""
        for node in nodes:
            if isinstance(node, Part):
                if node.kind == "print":
                    self._check_print(node, self._place(node))
                continue
            if free and self._hoisted(node):
                # What is kept in front is not in the email; a `with` is around it.
                self._check(node.bodies[0] if node.word == "with" else [], free=True)
                continue
            self._check_statement(node)
            for body in node.bodies:
                self._check(body, free=False)

    def _place(self, part: Part) -> Place:
        return self.markup.places.get(self.numbers[part], Place("tag", None))

    def _check_print(self, part: Part, place: Place) -> None:
        if MAKES_MARKUP.search(part.text):
            raise NotStreamed(f"{_at(part)} writes markup of its own ({part.text})")
        element = place.element
        if place.spot == "attribute" and element is not None:
            self._check_attribute(part, place, element)
        elif place.spot != "text" or element is None:
            raise NotStreamed(f"{_at(part)} has a value inside a tag or comment")
        elif element.name in OPAQUE:
            raise NotStreamed(f"{_at(part)} has a value of the customer in a style sheet")
        elif _is_layout(element):
            raise NotStreamed(f"{_at(part)} writes between MJML elements")

    def _check_attribute(self, part: Part, place: Place, element: Element) -> None:
        if place.attribute not in VERBATIM or element.inside(IN_HEAD):
            raise NotStreamed(
                f'{_at(part)} decides "{place.attribute}" of <{element.name}> for each customer'
            )
        if element.inside(frozenset({"mj-carousel"})):
            raise NotStreamed(f"{_at(part)} changes an mj-carousel for each customer")

    def _check_statement(self, node: Statement) -> None:
        first = node.tags[0]
        if node.word in LAYOUT_STATEMENTS:
            raise NotStreamed(f"{_at(first)} uses {node.word} with values of the customer")
        if any(MAKES_MARKUP.search(tag.text) for tag in node.tags):
            raise NotStreamed(f"{_at(first)} writes markup of its own")
        if node.word in ("macro", "filter", "set"):
            self._check_captured(node)
        places = [self._place(tag) for tag in node.tags]
        if len({(place.spot, id(place.element), place.attribute) for place in places}) > 1:
            raise NotStreamed(f"{_at(first)} opens in one element and ends in another")
        self._check_place(node, places[0])

    def _check_place(self, node: Statement, place: Place) -> None:
        first, element = node.tags[0], place.element
        if element is None or place.spot in ("tag", "comment"):
            raise NotStreamed(f"{_at(first)} has a statement inside a tag, a comment, or around the email")
        if place.spot == "attribute":
            self._check_attribute(first, place, element)
        elif element.name in OPAQUE:
            raise NotStreamed(f"{_at(first)} changes a style sheet for each customer")
        elif _is_layout(element) and element.name not in FLOWING and node.bodies:
            raise NotStreamed(f"{_at(first)} changes what <{element.name}> computes its layout from")
        elif _is_layout(element) and element.name not in FLOWING | {"mj-section", "mj-group"}:
            raise NotStreamed(f"{_at(first)} stands directly in <{element.name}>")

    def _check_captured(self, node: Statement) -> None:
        """What a statement keeps instead of writing it must not hold markup."""
        kept = flat(node.bodies[0]) if node.bodies else ()
        if any(part.kind == "data" and "<" in part.text for part in kept):
            raise NotStreamed(f"{_at(node.tags[0])} keeps markup for later ({node.word})")

    def _hoisted(self, node: Statement) -> bool:
        """Move a definition that holds for the whole email in front of it; whether it was moved."""
        if node.word not in HOISTED:
            return False
        places = [self._place(tag) for tag in node.tags]
        inner = node.tags if node.word == "with" else [part for part in flat([node]) if part.kind != "data"]
        if any(MAKES_MARKUP.search(part.text) for part in inner):
            return False
        if node.word == "with":
            outside = all(place.element is None and place.spot == "text" for place in places)
            if outside:
                self._move(node.tags[0], self.front)
                self._move(node.tags[1], self.back)
            return outside
        if any(place.spot != "text" or not _above_body(place.element) for place in places):
            return False
        self._check_captured(node)
        for part in flat([node]):
            if part.kind == "data":
                self.front.append(part)
            else:
                self._move(part, self.front)
        return True

    def _move(self, part: Part, to: list[Part]) -> None:
        to.append(part)
        self.moved.add(self.numbers[part])

    def _check_styles(self) -> None:
        heads = rule_heads(self.markup)
        flowing = any(part.word in ("if", "for") for part in self.parts)
        if flowing and any(NEIGHBOURS.search(head) for head in heads):
            raise NotStreamed("its style sheet looks at neighbours, which loops and conditions change")
        if self.numbers and any(ATTRIBUTE_SELECTOR.search(head) for head in heads):
            raise NotStreamed("its style sheet looks at attributes, which values change")

    # Through the compiler, from here on.

    def _html(self) -> list[Part]:
        try:
            html = to_html(MARK.sub(self._token, self.marked.text))
        except InputError as error:
            raise NotStreamed(f"the MJML compiler stumbles over it: {error.findings[0].what}") from None
        seen: dict[int, int] = {}
        parts: list[Part] = []
        last = 0
        for found in TOKEN.finditer(html):
            number = int(found[1] or found[2])
            seen[number] = seen.get(number, 0) + 1
            if found.start() > last:
                parts.append(Part("data", html[last : found.start()], "", 0, fixed=True))
            parts.append(self.marked.tags[number])
            last = found.end()
        parts.append(Part("data", html[last:], "", 0, fixed=True))
        self._check_arrived(seen)
        return parts

    def _token(self, found: re.Match[str]) -> str:
        number = int(found[1])
        if number in self.moved:
            return ""
        place = self.markup.places[number]
        textual = place.spot == "attribute" or (place.element is not None and place.element.name in TEXT_ONLY)
        if self.marked.tags[number].kind == "print" or textual:
            return f"xqp{number}q"
        return f"<!--xqs{number}q-->"

    def _check_arrived(self, seen: Mapping[int, int]) -> None:
        for number, part in self.marked.tags.items():
            if number in self.moved:
                continue
            count = seen.get(number, 0)
            if not count:
                raise NotStreamed(f"{_at(part)} stands where the MJML compiler drops it")
            if count > 1 and part.kind == "block" and self.markup.places[number].spot == "text":
                raise NotStreamed(f"{_at(part)} stands where the MJML compiler repeats it")


def rule_heads(markup: Markup) -> list[str]:
    """The selectors of all rules in the style sheets of a template."""
    return [
        head
        for element in markup.elements
        if element.name in ("mj-style", "style")
        for head in RULE_HEAD.findall(markup.text[element.end : element.close])
        if not head.strip().startswith("@")
    ]


def _is_layout(element: Element) -> bool:
    """Whether what stands in an element is MJML elements rather than HTML."""
    return is_mjml(element.name) and element.name not in ENDING and element.name not in TEXT_ONLY


def _above_body(element: Element | None) -> bool:
    """Whether an element stands above or before the body: nothing has been written there yet."""
    return element is None or element.name in ("mjml", "mj-head")


def _at(part: Part) -> str:
    return f"{part.where}, line {part.line},"
