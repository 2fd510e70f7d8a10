"""Carry out, when a run is compiled, what is known by then: brand, sender, campaign, workspace.

In:  a resolved tree, and the values known now.
Out: the tree in which every value, `if`, `for` and macro call that needs nothing else has become text,
     and in which an `if` whose question is known has only the branch that counts.

What cannot be evaluated here without doubt stays, and is evaluated for each recipient with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import TemplateSyntaxError, meta

from nurture.templates.environment import GLOBALS, TemplateEnvironment
from nurture.templates.faults import FAULTS
from nurture.templates.limits import limited
from nurture.templates.parts import Node, Part, Statement, flat, statements, written
from nurture.templates.resolve import Resolver
from nurture.templates.source import FolderLoader

# Objects that change as they are used must be used once, in the order of the template.
STATEFUL = re.compile(r"\b(cycler|joiner|namespace|varargs|kwargs|caller)\b")
SET_ONE = re.compile(r"set\s+(\w+)\s*(?:=|$|\|)")
ASSIGNED = {
    "for": re.compile(r"for\s+(.*?)\s+in\b", re.DOTALL),
    "set": re.compile(r"set\s+([^=|]*)"),
    "with": re.compile(r"with\s+(.*)", re.DOTALL),
    "macro": re.compile(r"macro\s+(.*)", re.DOTALL),
    "call": re.compile(r"call\s*\((.*?)\)", re.DOTALL),
    "import": re.compile(r".*\bas\s+(\w+)", re.DOTALL),
    "from": re.compile(r"from\s+.*?\bimport\b(.*)", re.DOTALL),
}
IMPORT = re.compile(r"""(?:import|from)\s+(["'])(?P<name>[^"'\\]+)\1\s*(?P<rest>.*)""", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")
SECONDS = 10.0


class Known:
    """What is known at compile time, and the evaluation of everything that depends on it alone."""

    def __init__(self, resolver: Resolver, values: Mapping[str, Any]) -> None:
        self._resolver = resolver
        self._environment = TemplateEnvironment(loader=FolderLoader(resolver.folder))
        self._environment.globals |= values
        self._names = set(values)
        # Statements that define known names, in their order; they come before whatever is evaluated.
        self._prelude = ""
        self._outcomes: dict[str, str | None] = {}

    def evaluated(self, nodes: Sequence[Node]) -> list[Node]:
        """The tree with all that is known carried out."""
        assigned = _assigned(nodes)
        # A name that the template assigns is known only if it is assigned once, for all, at the top.
        self._names -= {name for name, count in assigned.items() if count}
        with limited(SECONDS):
            result = self._all(self._definitions(nodes, assigned))
        return _without_unused(result)

    def _definitions(self, nodes: Sequence[Node], assigned: Mapping[str, int]) -> list[Node]:
        """Learn the names that are set, imported and defined at the top; known macros leave the tree."""
        rest: list[Node] = []
        for node in nodes:
            if isinstance(node, Statement) and node.word in ("set", "macro", "import", "from"):
                names = _names_of(node)
                once = all(assigned.get(name, 0) == 1 for name in names)
                if names and once and self._is_known_definition(node):
                    self._prelude += written(list(flat([node])))
                    self._names |= names
            rest.append(node)
        return rest

    def _is_known_definition(self, node: Statement) -> bool:
        source = written(list(flat([node])))
        if STATEFUL.search(source):
            return False
        if node.word in ("import", "from"):
            found = IMPORT.fullmatch(node.tags[0].text)
            return found is not None and self._is_known_file(found["name"], node.tags[0], 0)
        return self._is_known(source)

    def _is_known_file(self, name: str, by: Part, depth: int) -> bool:
        """Whether an imported file needs nothing but what is known, in all that it imports too."""
        nodes = self._resolver.tree(name, by)
        source = written(list(flat(nodes)))
        if depth > 5 or STATEFUL.search(source):
            return False
        for statement in statements(nodes):
            if statement.word in ("extends", "include", "block"):
                return False
            if statement.word in ("import", "from"):
                found = IMPORT.fullmatch(statement.tags[0].text)
                if found is None or not self._is_known_file(found["name"], statement.tags[0], depth + 1):
                    return False
        free = meta.find_undeclared_variables(self._environment.parse(source))
        # An imported file sees what is given to every template, not what this one sets.
        return free <= set(self._environment.globals)

    def _is_known(self, source: str) -> bool:
        if STATEFUL.search(source):
            return False
        try:
            free = meta.find_undeclared_variables(self._environment.parse(source))
        except TemplateSyntaxError:
            return False
        return free <= self._names | set(GLOBALS)

    def _all(self, nodes: Sequence[Node]) -> list[Node]:
        result: list[Node] = []
        for node in nodes:
            if isinstance(node, Part):
                result.append(self._value(node))
            elif node.word in ("set", "macro", "import", "from"):
                result.append(node if node.word != "set" else self._inside(node))
            else:
                result += self._statement(node)
        return result

    def _value(self, part: Part) -> Part:
        if part.kind != "print":
            return part
        text = self._outcome(part.source())
        return part if text is None else Part("data", text, part.where, part.line, fixed=True)

    def _statement(self, node: Statement) -> list[Node]:
        text = self._outcome(written(list(flat([node]))))
        if text is not None:
            first = node.tags[0]
            return [Part("data", text, first.where, first.line, fixed=True)] if text else []
        if node.word == "if":
            return self._choice(node)
        return [self._inside(node)]

    def _inside(self, node: Statement) -> Statement:
        return Statement(node.tags, [self._all(body) for body in node.bodies])

    def _choice(self, node: Statement) -> list[Node]:
        """An `if`, without the branches that are known not to be taken."""
        tags: list[Part] = []
        bodies: list[list[Node]] = []
        for tag, body in zip(node.tags, node.bodies, strict=False):
            answer = "1" if tag.word == "else" else self._answer(tag)
            if answer == "":
                continue
            if answer == "1" and not tags:
                return self._all(body)
            taken = answer == "1" and tag.word != "else"
            text = "else" if taken else tag.text if tags else re.sub(r"^elif\b", "if", tag.text)
            tags.append(Part("block", text, tag.where, tag.line))
            bodies.append(self._all(body))
            if answer == "1":
                break
        return [Statement([*tags, node.tags[-1]], bodies)] if tags else []

    def _answer(self, tag: Part) -> str | None:
        """`1` or nothing for a question that is known, None for one that is not."""
        question = tag.text.removeprefix(tag.word)
        return self._outcome(f"{{% if {question} %}}1{{% endif %}}")

    def _outcome(self, source: str) -> str | None:
        """What a piece of a template writes, or None if that is not known or fails."""
        if source not in self._outcomes:
            self._outcomes[source] = self._rendered(source)
        return self._outcomes[source]

    def _rendered(self, source: str) -> str | None:
        if not self._is_known(source):
            return None
        try:
            return self._environment.from_string(self._prelude + source).render()
        except FAULTS:
            # It fails for every recipient alike; there the error is told with its place.
            return None


def _assigned(nodes: Sequence[Node]) -> dict[str, int]:
    """How often each name is given a value anywhere in the tree."""
    counts: dict[str, int] = {}
    for statement in statements(nodes):
        top = any(statement is node for node in nodes)
        for name in _names_of(statement):
            # Anything but a definition at the top counts twice: it is not known.
            definition = top and statement.word in ("set", "macro", "import", "from")
            counts[name] = counts.get(name, 0) + (1 if definition else 2)
        if statement.word == "macro":
            for name in _macro_arguments(statement):
                counts[name] = counts.get(name, 0) + 2
    return counts


def _macro_arguments(statement: Statement) -> set[str]:
    text = statement.tags[0].text.removeprefix("macro").strip()
    return set(WORD.findall(text.partition("(")[2]))


def _names_of(statement: Statement) -> set[str]:
    """The names that a statement gives values to; too many rather than too few."""
    pattern = ASSIGNED.get(statement.word)
    found = pattern.match(statement.tags[0].text) if pattern else None
    if found is None:
        return set()
    text = found[1]
    if statement.word == "macro":
        return {WORD.findall(text)[0]}
    if statement.word == "from":
        names = [one.split(" as ")[-1] for one in re.sub(r"\bwith(out)? context\b", "", text).split(",")]
        return {word for name in names for word in WORD.findall(name)}
    if statement.word == "with":
        return set(re.findall(r"(\w+)\s*=(?!=)", text))
    return set(WORD.findall(text))


def _without_unused(nodes: list[Node]) -> list[Node]:
    """The tree without macros and imports that nothing in it calls any more."""
    while True:
        definitions = [n for n in nodes if isinstance(n, Statement) and n.word in ("macro", "import", "from")]
        for definition in definitions:
            rest = [node for node in nodes if node is not definition]
            if not _names_of(definition) & _used(flat(rest)):
                nodes = rest
                break
        else:
            return nodes


def _used(parts: Iterable[Part]) -> set[str]:
    return {word for part in parts if part.kind != "data" for word in WORD.findall(part.text)}
