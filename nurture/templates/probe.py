"""Try the streamed form of a template against the plain pipeline, branch by branch.

In:  the parts of a template and those of its streamed HTML.
Out: the first difference found, or None.

A probe decides every condition and the length of every loop, and puts a word for every value, in both
forms alike. So it needs no customers, and reaches branches that no sample customer would.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from lxml import html as lxml_html
from lxml.etree import ParserError, _Comment, _Element

from nurture.errors import InputError
from nurture.templates.links import OWN_PAGES
from nurture.templates.parts import Node, Part, statements, tree
from nurture.templates.pipeline import to_html

MAX_PROBES = 14
# What a customer may have put into a field, as it looks once Jinja has escaped it.
VALUE = "値 &amp; &lt;b&gt;　\\n"
OWN_PAGE = "https://x.example/u/own"

# A decision is the branch that an `if` takes (its number, past the last for none) or the turns of a loop.
Decisions = Mapping[Part, int]


def difference(template: Sequence[Part], html: Sequence[Part]) -> str | None:
    """What differs between the two forms of a template, in words; None if nothing does."""
    template_tree, html_tree = tree(template), tree(html)
    for decisions in itertools.islice(_probes(template_tree), MAX_PROBES):
        try:
            expected = to_html(expanded(template_tree, decisions))
        except InputError as error:
            return f"one of its branches is not complete MJML: {error.findings[0].what}"
        found = first_difference(expected, expanded(html_tree, decisions))
        if found is not None:
            return f"its layout depends on its conditions or loops ({found})"
    return None


def _probes(nodes: Sequence[Node]) -> Iterator[Decisions]:
    choices = [node for node in statements(nodes) if node.word in ("if", "for")]
    base = {node.tags[0]: 1 if node.word == "for" else 0 for node in choices}
    if not choices:
        yield base
        return
    # All of it, several times; none of it; then each choice on its own the other way.
    yield {node.tags[0]: 3 if node.word == "for" else 0 for node in choices}
    yield {node.tags[0]: 0 if node.word == "for" else len(node.bodies) for node in choices}
    yield base
    for node in choices:
        others = (0,) if node.word == "for" else range(1, len(node.bodies) + 1)
        for other in others:
            yield {**base, node.tags[0]: other}


def first_decisions(nodes: Sequence[Node]) -> Decisions:
    """Every first branch taken, every loop once."""
    return {node.tags[0]: 1 if node.word == "for" else 0 for node in statements(nodes)}


def expanded(nodes: Sequence[Node], decisions: Decisions) -> str:
    """The text of a template when every decision has been taken."""
    return "".join(_written(node, decisions) for node in nodes)


def _written(node: Node, decisions: Decisions) -> str:
    if isinstance(node, Part):
        return node.text if node.kind == "data" else _value(node)
    word = node.word
    if word == "if":
        taken = decisions.get(node.tags[0], 0)
        has_else = node.tags[-2].word == "else"
        if taken >= len(node.bodies):
            return expanded(node.bodies[-1], decisions) if has_else else ""
        return expanded(node.bodies[taken], decisions)
    if word == "for":
        turns = decisions.get(node.tags[0], 0)
        if turns == 0 and len(node.bodies) > 1:
            return expanded(node.bodies[1], decisions)
        return expanded(node.bodies[0], decisions) * turns
    if word == "filter" and re.search(r"_(link|url)\b", node.tags[0].text):
        return escape(f"https://x.example/{len(node.tags[0].text)}?a=1&b=2")
    if word in ("set", "macro"):
        return ""
    return "".join(expanded(body, decisions) for body in node.bodies)


def _value(part: Part) -> str:
    if part.text.startswith("_href["):
        return escape(f"https://x.example/?a=1&b={part.text[6:-1]}")
    return OWN_PAGE if OWN_PAGES.search(part.text) else VALUE


def first_difference(expected: str, found: str) -> str | None:
    """Where two HTML documents differ once parsed, in a few words; None if they are one."""
    if expected == found:
        return None
    for left, right in itertools.zip_longest(nodes_of(expected), nodes_of(found)):
        if left != right:
            return f"expected {_shown(left)}, got {_shown(right)}"
    return None


def nodes_of(html: str) -> Iterator[tuple[object, ...]]:
    """A document as a flat sequence of values: what is equal here looks equal to a mail program."""
    try:
        root = lxml_html.document_fromstring(html)
    except ParserError:
        return
    yield from _walk(root)


def _walk(element: _Element) -> Iterator[tuple[object, ...]]:
    if isinstance(element, _Comment):
        yield ("comment", element.text or "")
    elif isinstance(element.tag, str):
        yield ("element", element.tag, tuple(sorted((str(k), str(v)) for k, v in element.attrib.items())))
        yield ("text", element.text or "")
        for child in element:
            yield from _walk(child)
        yield ("end", element.tag)
    yield ("text", element.tail or "")


def _shown(node: tuple[object, ...] | None) -> str:
    return "nothing" if node is None else str(node)[:120]
