"""Make one template of many files: `extends`, `block`, `super()` and `include` are carried out.

In:  the name of a template file, and its folder.
Out: one tree without them, that renders as Jinja would have rendered the files; or Unresolved, with the
     reason, where that cannot be promised: names chosen at run time, blocks inside loops, `self.x()`.

Scopes are kept: what an included file or a block sets stays in it (a `with` is put around it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jinja2 import TemplateSyntaxError, nodes

from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.parts import Node, Part, Statement, cut, flat, statements, tree
from nurture.templates.source import Source, TemplateFolder

MAX_DEPTH = 12
MAX_BLOCKS = 40
LITERAL = re.compile(r"""(?:extends|include)\s+(["'])(?P<name>[^"'\\]+)\1\s*(?P<rest>.*)""", re.DOTALL)
BLOCK = re.compile(r"block\s+(?P<name>\w+)\s*(?P<rest>.*)", re.DOTALL)
SUPER = re.compile(r"super\s*\(\s*\)")
SELF = re.compile(r"\b(self|super)\b")
LOOP = re.compile(r"\bloop\b")
# Bodies whose names a block inside does not see in Jinja, but would see once it is written in place.
OWN_SCOPE = {"for", "with", "macro", "call", "filter", "set"}
SETTERS = {"set", "macro", "import", "from"}


class Unresolved(Exception):
    """This template cannot be made into one file; the reason is its text."""


@dataclass
class _Blocks:
    """The bodies of each block, the most derived first."""

    bodies: dict[str, list[list[Node]]] = field(default_factory=dict)

    def add(self, nodes: Sequence[Node]) -> None:
        for statement in statements(nodes):
            if statement.word == "block":
                self.bodies.setdefault(_block_name(statement), []).append(statement.bodies[0])


@dataclass(frozen=True)
class _At:
    """Where the expansion stands: inside which block, how many scopes and includes deep."""

    blocks: _Blocks
    includes: int
    scopes: int = 0
    depth: int = 0
    block: tuple[str, int] | None = None


class Resolver:
    """Resolves the files of one folder; each file is read and cut once."""

    def __init__(self, environment: TemplateEnvironment, folder: TemplateFolder) -> None:
        self.environment = environment
        self.folder = folder
        self.sources: dict[str, Source] = {}
        self._trees: dict[str, list[Node]] = {}

    def tree(self, name: str, by: Part | None = None) -> list[Node]:
        """The tree of one file, as it was written.

        Raises:
            InputError: it is not there, or is not Jinja; `by` is the tag that asked for it.
        """
        if name not in self._trees:
            source = self._source(name, by)
            self._trees[name] = tree(parse(self.environment, source))
            self.sources[name] = source
        return self._trees[name]

    def resolve(self, name: str, by: Part | None = None, depth: int = 0) -> list[Node]:
        """One tree for a file and everything that it extends and includes.

        Raises:
            Unresolved: it cannot be done with the same result.
            InputError: a file is missing, is not Jinja, or includes itself.
        """
        if depth > MAX_DEPTH and by is not None:
            what = f'"{name}" is included {MAX_DEPTH} levels deep: does it include itself?'
            raise InputError(Finding(by.where, what, "Take one of the includes out.", by.line))
        blocks = _Blocks()
        ahead: list[Node] = []
        nodes = self.tree(name, by)
        seen = {name}
        while (parent := _parent(nodes)) is not None:
            blocks.add(nodes)
            ahead = [*_settings(nodes), *ahead]
            tag, parent_name = parent
            if parent_name in seen:
                raise InputError(Finding(tag.where, f'"{parent_name}" extends itself.', "", tag.line))
            seen.add(parent_name)
            nodes = self.tree(parent_name, tag)
        blocks.add(nodes)
        return self._expanded([*ahead, *nodes], _At(blocks, includes=depth))

    def _source(self, name: str, by: Part | None) -> Source:
        try:
            return self.folder.source(name)
        except NotFound as error:
            if by is None:
                raise
            missing = error.findings[0]
            raise InputError(Finding(by.where, f'There is no file "{name}".', missing.fix, by.line)) from None

    def _expanded(self, nodes: Sequence[Node], at: _At) -> list[Node]:
        result: list[Node] = []
        for node in nodes:
            if isinstance(node, Part):
                result += self._printed(node, at)
            elif node.word == "block":
                if at.scopes:
                    raise Unresolved(f"{_place(node.tags[0])} has a block inside a loop or another scope")
                result += self._block(_block_name(node), 0, node.tags[0], at)
            elif node.word == "include":
                result += self._included(node.tags[0], at)
            elif node.word == "extends":
                raise Unresolved(f"{_place(node.tags[0])} extends a file under a condition")
            else:
                if any(SELF.search(tag.text) for tag in node.tags):
                    raise Unresolved(f"{_place(node.tags[0])} uses self or super")
                inner = replace(at, scopes=at.scopes + (node.word in OWN_SCOPE))
                tags = [replace(tag) for tag in node.tags]
                result.append(Statement(tags, [self._expanded(body, inner) for body in node.bodies]))
        return result

    def _printed(self, part: Part, at: _At) -> list[Node]:
        """A printed value, or for `super()` the body of the block beneath this one."""
        if part.kind != "print" or not SELF.search(part.text):
            # A file may be included twice: each time it gets parts of its own.
            return [replace(part)]
        if not SUPER.fullmatch(part.text) or at.block is None or at.scopes:
            raise Unresolved(f"{_place(part)} uses {part.text}")
        name, level = at.block
        if level + 1 >= len(at.blocks.bodies[name]):
            what = f'There is no block "{name}" above this one for super() to write.'
            raise InputError(Finding(part.where, what, "Take super() out.", part.line))
        return self._block(name, level + 1, part, at)

    def _block(self, name: str, level: int, by: Part, at: _At) -> list[Node]:
        if at.depth > MAX_BLOCKS:
            raise InputError(Finding(by.where, f'The block "{name}" holds itself.', "", by.line))
        inner = replace(at, block=(name, level), depth=at.depth + 1, scopes=0)
        return _scoped(self._expanded(at.blocks.bodies[name][level], inner))

    def _included(self, tag: Part, at: _At) -> list[Node]:
        found = LITERAL.fullmatch(tag.text)
        if found is None or found["rest"].strip() not in ("", "with context"):
            raise Unresolved(f"{_place(tag)} includes a file by an expression or without context")
        nodes = self.resolve(found["name"], tag, at.includes + 1)
        # In Jinja, an included file does not see the `loop` of the loop around it.
        if at.scopes and any(LOOP.search(part.text) for part in flat(nodes) if part.kind != "data"):
            raise Unresolved(f"{_place(tag)} includes a file that uses loop, inside a loop")
        return _scoped(nodes)


def parse(environment: TemplateEnvironment, source: Source) -> list[Part]:
    """The parts of a source file.

    Raises:
        InputError: it is not Jinja; the finding says what and on which line.
    """
    try:
        syntax = environment.parse(source.body, source.where)
        unknown = _unknown(environment, syntax, source)
        if unknown:
            raise InputError(unknown)
        return cut(environment, source.body, source.where, source.first_line)
    except TemplateSyntaxError as error:
        line = error.lineno + source.first_line - 1
        raise InputError(Finding(source.where, *explained(error), line)) from None
    except RecursionError:
        what = "The statements of this file are nested too deeply."
        raise InputError(Finding(source.where, what, "Take some of them apart.")) from None


def explained(error: TemplateSyntaxError) -> tuple[str, str]:
    """What is wrong with a template in Jinja's words, and what to do about it in ours."""
    message = (error.message or "This is not valid Jinja").rstrip(".")
    if "Encountered unknown tag" in message:
        known = "if, for, set, with, block, extends, include, import, macro, call and filter"
        return f"{message}.", f"Jinja knows {known}."
    return f"{message}.", ""


def _unknown(environment: TemplateEnvironment, syntax: nodes.Template, source: Source) -> list[Finding]:
    """Filters and tests that do not exist; Jinja itself tells only when it comes to them."""
    found = []
    for kind, known in ((nodes.Filter, environment.filters), (nodes.Test, environment.tests)):
        for node in syntax.find_all(kind):
            if node.name not in known:
                names = [name for name in known if not name.startswith("_")]
                what = f'There is no {kind.__name__.lower()} called "{node.name}".'
                line = node.lineno + source.first_line - 1
                found.append(Finding(source.where, what, did_you_mean(node.name, names), line))
    return found


def _parent(nodes: Sequence[Node]) -> tuple[Part, str] | None:
    """The file that this one extends, and the tag that says so."""
    for node in nodes:
        if isinstance(node, Statement) and node.word == "extends":
            tag = node.tags[0]
            found = LITERAL.fullmatch(tag.text)
            if found is None or found["rest"].strip():
                raise Unresolved(f"{_place(tag)} extends a file by an expression")
            return tag, found["name"]
        if not (isinstance(node, Part) and not node.text.strip()):
            if isinstance(node, Part):
                # Jinja prints what stands before `extends`.
                late = any(isinstance(one, Statement) and one.word == "extends" for one in nodes)
                if late:
                    raise Unresolved(f"{_place(node)} has text before extends")
            elif node.word not in SETTERS:
                _refuse_late(nodes)
                return None
    return None


def _refuse_late(nodes: Sequence[Node]) -> None:
    for node in nodes:
        if isinstance(node, Statement) and node.word == "extends":
            raise Unresolved(f"{_place(node.tags[0])} extends a file, but not first of all")


def _settings(nodes: Sequence[Node]) -> list[Node]:
    """What a file that extends another does outside its blocks: it may set names, and print nothing."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Part) or node.word in ("block", "extends"):
            continue
        if node.word not in SETTERS:
            raise Unresolved(f"{_place(node.tags[0])} has statements outside its blocks")
        found.append(node)
    return found


def _block_name(statement: Statement) -> str:
    found = BLOCK.fullmatch(statement.tags[0].text)
    if found is None or found["rest"].strip() not in ("", "scoped"):
        raise Unresolved(f"{_place(statement.tags[0])} has a block with modifiers")
    return found["name"]


def _scoped(nodes: list[Node]) -> list[Node]:
    """The nodes in a scope of their own, where they set anything."""
    if not any(statement.word in SETTERS for statement in statements(nodes)):
        return nodes
    first = next(flat(nodes))
    opening = Part("block", "with", first.where, first.line)
    return [Statement([opening, Part("block", "endwith", first.where, first.line)], [nodes])]


def _place(part: Part) -> str:
    return f"{part.where}, line {part.line},"
