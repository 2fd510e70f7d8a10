"""Read MJML and HTML as a marketer writes it, and say where everything stands.

In:  the text of a template, in which each Jinja tag has become a mark (`mark(7)`).
Out: its elements with their attributes, the place of every mark (in text, in an attribute value, in a
     comment, inside a tag), and findings for what is not well formed, by offset.

MJML is strict where HTML is not: what is opened must be closed, and attributes need quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from nurture.errors import did_you_mean
from nurture.templates.attributes import ATTRIBUTES
from nurture.templates.elements import (
    ENDING,
    OPAQUE,
    PARENTS,
    TEXT_ONLY,
    UNSUPPORTED,
    VOID,
    is_mjml,
)

# Control characters are refused in template files, so a mark is never somebody's text.
MARK = re.compile("\x02(\\d+)\x03")
MAX_DEPTH = 200

_NAME = re.compile(r"[A-Za-z][\w:.-]*")
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s=<>"'/\x02\x03]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'<>]+)))?"""
)
_SPACE = re.compile(r"[\s/]*")

Spot = Literal["text", "attribute", "tag", "comment"]


def mark(number: int) -> str:
    """What stands for the Jinja tag of this number."""
    return f"\x02{number}\x03"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `start` and `end` span all of it, `value_start` and `value_end` what is in quotes."""

    name: str
    value: str
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(slots=True, eq=False)
class Element:
    """An element; `start` and `end` span its opening tag, `close` is where its closing tag starts."""

    name: str
    start: int
    end: int = 0
    close: int = 0
    attributes: list[Attribute] = field(default_factory=list)
    parent: Element | None = None
    depth: int = 0

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of a name, if the element has it."""
        return next((one for one in self.attributes if one.name == name), None)

    def inside(self, names: frozenset[str]) -> bool:
        """Whether the element is, or stands in, one of these."""
        node: Element | None = self
        while node is not None:
            if node.name in names:
                return True
            node = node.parent
        return False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark stands: in the text of `element`, or in an attribute of it, or inside its tag."""

    spot: Spot
    element: Element | None
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not well formed, at an offset of the text.

    `nesting` says that it is about what opens and closes where, which branches may put right.
    """

    offset: int
    what: str
    fix: str = ""
    warning: bool = False
    nesting: bool = False


@dataclass(slots=True)
class Markup:
    """What `read` found."""

    text: str
    elements: list[Element] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(text: str) -> Markup:
    """The elements and marks of a text, and all that is wrong with it."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Markup(text)
        self.open: Element | None = None
        self.at = 0

    def read(self) -> Markup:
        text = self.text
        while True:
            start = text.find("<", self.at)
            self._text(self.at, len(text) if start < 0 else start)
            if start < 0:
                break
            self.at = start
            self._markup(start)
        node = self.open
        while node is not None:
            self._problem(node.start, f"<{node.name}> is never closed.", f"Add </{node.name}>.", nesting=True)
            node.close = len(text)
            node = node.parent
        self._check_root()
        return self.found

    def _markup(self, start: int) -> None:
        text = self.text
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            if end < 0:
                self._problem(start, "This comment is never closed.", "End it with -->.")
                end = len(text)
            self._marks(start, end, "comment")
            self.at = min(len(text), end + 3)
        elif text.startswith(("<!", "<?"), start):
            end = text.find(">", start)
            self._marks(start, len(text) if end < 0 else end, "comment")
            self.at = len(text) if end < 0 else end + 1
        elif text.startswith("</", start):
            self._closing(start)
        elif _NAME.match(text, start + 1):
            self._opening(start)
        else:
            self._problem(start, "A lone < is not allowed in MJML.", "Write &lt; instead.")
            self.at = start + 1

    def _opening(self, start: int) -> None:
        name_match = _NAME.match(self.text, start + 1)
        assert name_match is not None  # noqa: S101  # the caller has looked
        element = Element(name_match.group(), start, parent=self.open)
        element.depth = self.open.depth + 1 if self.open else 1
        if element.depth > MAX_DEPTH:
            self._problem(start, f"Elements are nested more than {MAX_DEPTH} deep.", "Close some of them.")
            self.at = len(self.text)
            return
        self.at = self._attributes(element, name_match.end())
        element.end = self.at
        self.found.elements.append(element)
        self._check(element)
        empty = self.text[: self.at].endswith("/>")
        if empty or element.name.lower() in VOID:
            element.close = element.end
        elif element.name in OPAQUE or element.name in TEXT_ONLY:
            self._verbatim(element)
        else:
            self.open = element

    def _attributes(self, element: Element, at: int) -> int:
        """Read up to the end of a tag; the offset behind it."""
        text = self.text
        while True:
            space = _SPACE.match(text, at)
            at = space.end() if space else at
            marked = MARK.match(text, at)
            if marked:
                self.found.places[int(marked[1])] = Place("tag", element)
                at = marked.end()
            elif text.startswith(">", at):
                return at + 1
            elif (found := _ATTRIBUTE.match(text, at)) is not None:
                self._attribute(element, found)
                at = found.end()
            else:
                what = f"The tag <{element.name}> is not closed or holds a stray character."
                self._problem(element.start, what, "Check its quotes and its >.")
                end = text.find(">", at)
                return len(text) if end < 0 else end + 1

    def _attribute(self, element: Element, found: re.Match[str]) -> None:
        group = next((name for name in ("double", "single", "bare") if found[name] is not None), None)
        name = found["name"].lower() if not is_mjml(element.name) else found["name"]
        start, end = found.span(group) if group else (found.end(), found.end())
        if group == "bare":
            what = f'The value of "{name}" in <{element.name}> has no quotes.'
            self._problem(found.start(), what, f'Write {name}="{MARK.sub("...", found["bare"])}".')
        for marked in MARK.finditer(found.group()):
            self.found.places[int(marked[1])] = Place("attribute", element, name)
        element.attributes.append(
            Attribute(name, found[group] if group else "", found.start(), found.end(), start, end)
        )

    def _closing(self, start: int) -> None:
        text = self.text
        name_match = _NAME.match(text, start + 2)
        end = text.find(">", start)
        self.at = len(text) if end < 0 else end + 1
        name = name_match.group() if name_match else ""
        for marked in MARK.finditer(text, start, self.at):
            self.found.places[int(marked[1])] = Place("tag", self.open)
        if self.open is not None and self.open.name == name:
            self.open.close = start
            self.open = self.open.parent
            return
        self._mismatch(start, name)

    def _mismatch(self, start: int, name: str) -> None:
        node = self.open
        while node is not None and node.name != name:
            node = node.parent
        if node is None:
            self._problem(start, f"</{name}> closes nothing that is open here.", "Take it out.", nesting=True)
            return
        # What stands between was left open; the finding belongs to it, not to this closing tag.
        while self.open is not None and self.open is not node:
            what = f"<{self.open.name}> is never closed."
            self._problem(self.open.start, what, f"Add </{self.open.name}> before </{name}>.", nesting=True)
            self.open.close = start
            self.open = self.open.parent
        node.close = start
        self.open = node.parent

    def _verbatim(self, element: Element) -> None:
        """Content that holds no elements, up to the closing tag."""
        end = re.compile(rf"</{re.escape(element.name)}\s*>", re.IGNORECASE).search(self.text, element.end)
        stop = end.start() if end else len(self.text)
        for marked in MARK.finditer(self.text, element.end, stop):
            self.found.places[int(marked[1])] = Place("text", element)
        if end is None:
            self._problem(element.start, f"<{element.name}> is never closed.", f"Add </{element.name}>.")
        elif is_mjml(element.name) and (lone := self.text.find("<", element.end, stop)) >= 0:
            self._problem(lone, f"<{element.name}> holds plain text only.", "Write &lt; for a <.")
        element.close = stop
        self.at = end.end() if end else len(self.text)

    def _text(self, start: int, end: int) -> None:
        self._marks(start, end, "text")
        layout = self.open is not None and is_mjml(self.open.name) and self.open.name not in ENDING
        if layout and self.open is not None:
            plain = MARK.sub("", self.text[start:end])
            if plain.strip() and self.open.name not in TEXT_ONLY:
                offset = start + len(plain) - len(plain.lstrip())
                what = f"Text stands directly in <{self.open.name}>."
                self._problem(offset, what, "Put it into an <mj-text>.", warning=True)

    def _marks(self, start: int, end: int, spot: Spot) -> None:
        for marked in MARK.finditer(self.text, start, end):
            self.found.places[int(marked[1])] = Place(spot, self.open)

    def _check(self, element: Element) -> None:
        name = element.name
        if not is_mjml(name):
            return
        if name in UNSUPPORTED:
            self._problem(element.start, f"<{name}> is not supported.", UNSUPPORTED[name])
            return
        self._check_attributes(element)
        if name in PARENTS:
            self._check_parent(element)
        else:
            what = f"There is no MJML element <{name}>."
            self._problem(element.start, what, did_you_mean(name, list(PARENTS)))

    def _check_attributes(self, element: Element) -> None:
        known = ATTRIBUTES.get(element.name)
        if known is None:
            return
        for attribute in element.attributes:
            # A name that a mark is part of is known to the rendering alone.
            if attribute.name not in known and not MARK.search(attribute.name):
                what = f'<{element.name}> has no attribute "{attribute.name}": it does nothing.'
                fix = did_you_mean(attribute.name, sorted(known))
                self._problem(attribute.start, what, fix, warning=True)

    def _check_parent(self, element: Element) -> None:
        name, parent = element.name, element.parent
        if parent is not None and is_mjml(parent.name) and parent.name != "mj-attributes":
            allowed = PARENTS[name]
            if parent.name in PARENTS and parent.name not in allowed:
                inside = " or ".join(f"<{one}>" for one in sorted(allowed)) or "nothing: it is the outermost"
                what = f"<{name}> does not belong into <{parent.name}>."
                self._problem(element.start, what, f"Put it into {inside}.", warning=True)

    def _check_root(self) -> None:
        roots = [element for element in self.found.elements if element.parent is None]
        if not roots:
            self._problem(0, "There is no <mjml> element in this email.", "Start with <mjml><mj-body>.")
        for root in roots[:1]:
            if root.name != "mjml" and all(problem.warning for problem in self.found.problems):
                what = f"An email starts with <mjml>, not with <{root.name}>."
                fix = "Put everything into <mjml><mj-body> ... </mj-body></mjml>."
                self._problem(root.start, what, fix, nesting=True)
        for extra in roots[1:]:
            what = f"<{extra.name}> stands behind the end of the email."
            self._problem(extra.start, what, "Move it in.", nesting=True)

    def _problem(
        self, offset: int, what: str, fix: str = "", *, warning: bool = False, nesting: bool = False
    ) -> None:
        self.found.problems.append(Problem(offset, what, fix, warning, nesting))
