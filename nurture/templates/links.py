"""Find the links of a template, number them, and let them lead through the click counter.

In:  the parts of a template, and what `markup.read` found in them.
Out: the parts with each tracked address replaced by a tag that writes it per email, and the slots:
     link 0, 1, 2 ... in document order, each with its target, tag and label.

Tracked is every `href` to the web; not tracked are `data-track="off"`, mailto and tel, the reader's own
pages (unsubscribe, preferences, view) and share buttons. `data-tag="price"` names a link for rules.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nurture.errors import Finding
from nurture.templates.addresses import ascii_url, is_safe, is_web
from nurture.templates.compiled import LinkSlot
from nurture.templates.elements import ADDRESSES
from nurture.templates.marked import Marked
from nurture.templates.markup import MARK, Attribute, Element, Markup
from nurture.templates.parts import Part

# Ends the key of a fixed link in a text, where no quote does; no value can hold it.
LINK_END = "\x03"
LINKING = frozenset({"a", "area", "mj-button", "mj-image", "mj-navbar-link", "mj-social-element"})
OWN_PAGES = re.compile(r"\b(unsubscribe_url|preferences_url|view_url)\b")
MAIL_OR_CALL = re.compile(r"\s*(mailto|tel|sms):", re.IGNORECASE)
# Networks whose buttons open the address itself; the others wrap it into a page that shares it.
DIRECT_NETWORKS = frozenset(
    ["instagram", "web", "github", "youtube", "vimeo", "medium", "soundcloud", "dribbble", "snapchat"]
)
HINTS = ("data-track", "data-tag")
TAG = re.compile(r"[\w.-]{1,60}")
LABEL_CHARS = 60


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


@dataclass
class Annotated:
    """A template whose links lead through the counter, its slots, and what is wrong with them."""

    parts: list[Part]
    slots: list[LinkSlot]
    findings: list[Finding]


def annotate(marked: Marked, markup: Markup, first_slot: int = 0) -> Annotated:
    """Number the links of a template and make their addresses changeable."""
    return _Annotator(marked, markup, first_slot).run()


class _Annotator:
    def __init__(self, marked: Marked, markup: Markup, first_slot: int) -> None:
        self.marked = marked
        self.markup = markup
        self.first_slot = first_slot
        self.slots: list[LinkSlot] = []
        self.edits: list[_Edit] = []
        self.findings: list[Finding] = []

    def run(self) -> Annotated:
        for element in self.markup.elements:
            for attribute in element.attributes:
                if attribute.name in ADDRESSES and (element.parent is None or element.name != "mj-class"):
                    self._address(element, attribute)
            self._drop_hints(element)
        return Annotated(self.marked.edited(self._text()), self.slots, self.findings)

    def _address(self, element: Element, attribute: Attribute) -> None:
        tags = [self.marked.tags[int(found[1])] for found in MARK.finditer(attribute.value)]
        literal = html.unescape(MARK.sub("", attribute.value))
        if not is_safe(literal):
            what = f"An address may not start with {literal.strip().split(':')[0].lower()}:"
            self._finding(attribute, what, "Use an address that starts with https://")
            return
        links = attribute.name == "href" and element.name in LINKING
        if not tags:
            if links and is_web(literal) and self._is_tracked(element):
                index = self._slot(element, ascii_url(literal)) - self.first_slot
                self._replace(attribute, self.marked.add(self._tag(attribute, "print", f"_href[{index}]")))
        elif any(OWN_PAGES.search(tag.text) for tag in tags):
            return
        elif links and not MAIL_OR_CALL.match(literal) and self._is_tracked(element):
            self._wrap(attribute, f"filter _link({self._slot(element, None)})")
        else:
            self._wrap(attribute, "filter _url")

    def _is_tracked(self, element: Element) -> bool:
        hint = element.attribute("data-track")
        if hint is not None and hint.value.strip().lower() in ("off", "false", "no"):
            return False
        parent = element.parent
        if element.name == "mj-navbar-link" and parent is not None and parent.attribute("base-url"):
            return False
        if element.name == "mj-social-element":
            network = element.attribute("name")
            name = network.value if network else ""
            return not name or name.endswith("-noshare") or name in DIRECT_NETWORKS
        return True

    def _slot(self, element: Element, url: str | None) -> int:
        slot = self.first_slot + len(self.slots)
        self.slots.append(LinkSlot(slot, url, self._named(element), self._label(element)))
        return slot

    def _named(self, element: Element) -> str | None:
        """The `data-tag` of a link, which may also stand on an element inside it."""
        for inner in self.markup.elements:
            hint = inner.attribute("data-tag")
            if hint is None or not element.start <= inner.start < max(element.close, element.end):
                continue
            if not TAG.fullmatch(hint.value.strip()):
                self._finding(hint, "A data-tag is one word.", 'Write it such as data-tag="price".')
                return None
            return hint.value.strip()
        return None

    def _label(self, element: Element) -> str:
        inner = self.marked.text[element.end : max(element.close, element.end)]
        text = " ".join(html.unescape(MARK.sub("…", re.sub(r"<[^>]*>", " ", inner))).split())
        if not text:
            pictures = [one for one in self.markup.elements if element.start <= one.start < element.close]
            names = [one.attribute("alt") for one in (element, *pictures)]
            text = next((html.unescape(MARK.sub("…", alt.value)) for alt in names if alt and alt.value), "")
        return text[:LABEL_CHARS]

    def _drop_hints(self, element: Element) -> None:
        for attribute in element.attributes:
            if attribute.name in HINTS:
                self.edits.append(_Edit(attribute.start, attribute.end, ""))

    def _wrap(self, attribute: Attribute, text: str) -> None:
        opening = self.marked.add(self._tag(attribute, "block", text))
        closing = self.marked.add(self._tag(attribute, "block", "endfilter"))
        self._replace(attribute, opening + attribute.value + closing)

    def _replace(self, attribute: Attribute, text: str) -> None:
        self.edits.append(_Edit(attribute.value_start, attribute.value_end, text))

    def _tag(self, attribute: Attribute, kind: str, text: str) -> Part:
        where, line = self.marked.origin(attribute.start)
        return Part("print" if kind == "print" else "block", text, where, line)

    def _finding(self, attribute: Attribute, what: str, fix: str) -> None:
        where, line = self.marked.origin(attribute.start)
        self.findings.append(Finding(where, what, fix, line))

    def _text(self) -> str:
        text, last = [], 0
        for edit in sorted(self.edits, key=lambda one: one.start):
            text += [self.marked.text[last : edit.start], edit.text]
            last = edit.end
        return "".join([*text, self.marked.text[last:]])


TEXT_URL = re.compile(r"https?://[^\s<>\"'{}|\\^`　、。，）」』]+[^\s<>\"'{}|\\^`　、。，）」』.,;:!?)\]]")


def annotate_text(parts: Sequence[Part], slots: list[LinkSlot], first_slot: int = 0) -> list[Part]:
    """The parts of a text part with its web addresses counted; targets that the HTML links to share its slot.

    New targets are added to `slots`.
    """
    known = {slot.url: index for index, slot in enumerate(slots) if slot.url is not None}
    result: list[Part] = []
    for part in parts:
        if part.kind != "data":
            result.append(part)
            continue
        last = 0
        for found in TEXT_URL.finditer(part.text):
            url = ascii_url(found.group())
            if url not in known:
                known[url] = len(slots)
                slots.append(LinkSlot(first_slot + len(slots), url, None, found.group()[:LABEL_CHARS]))
            line = part.line + (0 if part.fixed else part.text.count("\n", 0, found.start()))
            result.append(replace(part, text=part.text[last : found.start()]))
            result.append(Part("print", f"_href[{known[url]}]", part.where, line))
            last = found.end()
        result.append(replace(part, text=part.text[last:]))
    return [part for part in result if part.kind != "data" or part.text]
