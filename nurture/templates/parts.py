"""A template cut into parts: fixed text, printed values, statements.

In:  the source of one template file.
Out: a list of parts, each of which knows its file and line, and the tree that the statements make
     of them (`if` with its branches, `for` with its body ...), from which source can be written again.

Whitespace control (`{%- -%}`) has been applied, comments are gone, `{% raw %}` has become text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from jinja2 import Environment

Kind = Literal["data", "print", "block"]

# Statements that end with a tag of their own, and the tags that may stand between.
CLOSED_BY = {
    "if": "endif",
    "for": "endfor",
    "with": "endwith",
    "block": "endblock",
    "macro": "endmacro",
    "call": "endcall",
    "filter": "endfilter",
    "set": "endset",
}
MIDDLE = {"elif", "else"}
# `{% set x = 1 %}` stands alone; `{% set x %}...{% endset %}` does not.
INLINE_SET = re.compile(r"set\b[^=|]*=(?!=)")
DELIMITERS = re.compile(r"\{(?=[{%#]|\Z)")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of a template: `text` is what stands in it, for a tag without its delimiters.

    `fixed` says that all of it comes from line `line`, however many lines it has.
    """

    kind: Kind
    text: str
    where: str
    line: int
    fixed: bool = False

    @property
    def word(self) -> str:
        """The first word of a statement: `if`, `endfor` ..."""
        found = re.match(r"\w+", self.text)
        return found.group() if self.kind == "block" and found else ""

    def source(self) -> str:
        """The part as Jinja source. A tag starts a new line of its own, so that a line of the compiled
        template names one tag, and with it the place it was written at."""
        if self.kind == "data":
            return DELIMITERS.sub("{{ '{' }}", self.text)
        opening, closing = ("{{", "}}") if self.kind == "print" else ("{%", "%}")
        return f"{opening}\n{self.text} {closing}"


@dataclass(slots=True)
class Statement:
    """A statement: its tags, and the bodies between them; a lone tag has no body."""

    tags: list[Part]
    bodies: list[list[Node]] = field(default_factory=list)

    @property
    def word(self) -> str:
        return self.tags[0].word


Node = Part | Statement


def cut(environment: Environment, source: str, where: str, first_line: int = 1) -> list[Part]:
    """The parts of a template whose first line is line `first_line` of `where`.

    Raises:
        jinja2.TemplateSyntaxError: the source is not Jinja.
    """
    parts: list[Part] = []
    inside: list[str] | None = None
    started = 0
    for line, token, value in environment.lexer.tokeniter(source, where):
        if token in ("variable_begin", "block_begin"):
            inside, started = [], line
        elif token in ("variable_end", "block_end"):
            kind: Kind = "print" if token == "variable_end" else "block"  # noqa: S105  # a token of Jinja
            # The line is that of the tag's first word, where a marketer would look.
            text = "".join(inside or [])
            ahead = len(text) - len(text.lstrip())
            at = started + text[:ahead].count("\n")
            parts.append(Part(kind, text.strip(), where, at + first_line - 1))
            inside = None
        elif inside is not None:
            inside.append(value)
        elif token == "data" and value:  # noqa: S105
            parts.append(Part("data", value, where, line + first_line - 1))
    return parts


def tree(parts: Sequence[Part]) -> list[Node]:
    """The parts as a tree. They must come from source that Jinja accepts."""
    root: list[Node] = []
    stack: list[tuple[Statement, list[Node]]] = []
    body = root
    for part in parts:
        word = part.word
        if stack and word == CLOSED_BY[stack[-1][0].word]:
            statement, body = stack.pop()
            statement.tags.append(part)
        elif stack and word in MIDDLE:
            statement, _ = stack[-1]
            statement.tags.append(part)
            body = []
            statement.bodies.append(body)
        elif opens(part):
            statement = Statement([part], [[]])
            body.append(statement)
            stack.append((statement, body))
            body = statement.bodies[0]
        else:
            body.append(part if part.kind != "block" else Statement([part]))
    return root


def opens(part: Part) -> bool:
    """Whether a part starts a statement that ends with a tag of its own."""
    word = part.word
    return word in CLOSED_BY and not (word == "set" and INLINE_SET.match(part.text))


def flat(nodes: Sequence[Node]) -> Iterator[Part]:
    """The parts of a tree, in their order."""
    for node in nodes:
        if isinstance(node, Part):
            yield node
            continue
        for index, tag in enumerate(node.tags):
            yield tag
            if index < len(node.bodies):
                yield from flat(node.bodies[index])


def statements(nodes: Sequence[Node]) -> Iterator[Statement]:
    """Every statement of a tree, outer ones first."""
    for node in nodes:
        if isinstance(node, Statement):
            yield node
            for body in node.bodies:
                yield from statements(body)


def written(parts: Sequence[Part]) -> str:
    """The parts as one Jinja source."""
    return "".join(part.source() for part in parts)


def origins(parts: Sequence[Part]) -> list[tuple[int, str, int]]:
    """Which line of `written(parts)` comes from where: (line, file, line of the file), in order.

    A line belongs to the last entry at or before it.
    """
    found: list[tuple[int, str, int]] = []
    line = 1
    for part in parts:
        text = part.source()
        if part.kind != "data":
            found.append((line + 1, part.where, part.line))
        line += text.count("\n")
    return found
