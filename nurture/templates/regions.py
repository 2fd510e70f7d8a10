"""Where a value that is printed goes straight into the email, and may be taken out of it.

In:  the syntax trees of all files of a template.
Out: the same trees, in which each such value passes through `nurture.templates.captured`.

A value printed inside `{% set x %}...{% endset %}` or a filter block, or by a macro whose result is used
for anything but being printed, may be compared, counted or cut: there it stays what it is. Names are
taken together over all files, so that one doubtful use of a name counts for everything of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jinja2 import nodes

# Names that Jinja gives to what was written elsewhere.
WRITERS = frozenset({"super", "caller", "loop"})


class NotCapturable(Exception):
    """Nothing can be taken out of this template; the text says why, to a marketer."""


@dataclass
class Regions:
    """What is known of the names in a template: which macros there are, which of them are used as values."""

    macros: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=lambda: {"self"})
    # Macros, blocks and files whose output may be looked at rather than written.
    closed: set[str] = field(default_factory=set)
    closed_blocks: set[str] = field(default_factory=set)
    closed_files: set[str] = field(default_factory=set)
    renamed: set[tuple[str, str]] = field(default_factory=set)

    def called(self, expression: nodes.Expr) -> str | None:
        """The name of the macro, block or body whose output an expression is; None for values."""
        if not isinstance(expression, nodes.Call):
            return None
        callee = expression.node
        if isinstance(callee, nodes.Name) and callee.name in self.macros | WRITERS:
            return callee.name
        if (
            isinstance(callee, nodes.Getattr)
            and isinstance(callee.node, nodes.Name)
            and callee.node.name in self.modules
            and (callee.attr in self.macros or callee.node.name == "self")
        ):
            return callee.attr
        return None

    def size(self) -> int:
        return len(self.closed) + len(self.closed_blocks) + len(self.closed_files)


def regions_of(trees: Mapping[str, nodes.Template]) -> Regions:
    """The regions of a template, found over all of its files.

    Raises:
        NotCapturable: the output of its files or blocks is used as a value somewhere.
    """
    regions = Regions()
    for tree in trees.values():
        _collect(tree, regions)
    before = -1
    while regions.size() != before:
        before = regions.size()
        for name, tree in trees.items():
            _Reader(regions).walk(tree.body, name not in regions.closed_files)
        regions.closed |= {name for name, other in regions.renamed if other in regions.closed}
    used = sorted((regions.modules | {"super"}) & regions.closed)
    if used:
        raise NotCapturable(f'what "{used[0]}" writes is used as a value')
    if "*" in regions.closed_files:
        raise NotCapturable(
            "it includes a file chosen by an expression inside a block that is kept or filtered"
        )
    return regions


def _collect(tree: nodes.Template, regions: Regions) -> None:
    regions.macros |= {macro.name for macro in tree.find_all(nodes.Macro)}
    regions.modules |= {found.target for found in tree.find_all(nodes.Import)}
    for found in tree.find_all(nodes.FromImport):
        for one in found.names:
            name, alias = one if isinstance(one, tuple) else (one, one)
            regions.macros.add(alias)
            if alias != name:
                regions.renamed.add((name, alias))


class _Walk:
    """Walks the statements of a template; `is_open` where what is printed goes straight into the email."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions

    def walk(self, body: Iterable[nodes.Node], is_open: bool) -> None:
        for node in body:
            self._statement(node, is_open)

    def _statement(self, node: nodes.Node, is_open: bool) -> None:
        closed = self.regions.closed
        if isinstance(node, nodes.Output):
            self.output(node, is_open)
        elif isinstance(node, nodes.Macro):
            self.values(node.defaults)
            self.walk(node.body, node.name not in closed)
        elif isinstance(node, nodes.CallBlock):
            self._call_block(node, is_open)
        elif isinstance(node, nodes.FilterBlock):
            self.filter_block(node, is_open)
            self.walk(node.body, False)
        elif isinstance(node, nodes.AssignBlock):
            self.values([one for one in (node.filter,) if one is not None])
            self.walk(node.body, False)
        elif isinstance(node, nodes.For):
            self.values([node.iter, *([node.test] if node.test else [])])
            inner = is_open and not (node.recursive and "loop" in closed)
            self.walk([*node.body, *node.else_], inner)
        elif isinstance(node, nodes.Block):
            if not is_open:
                self.regions.closed_blocks.add(node.name)
            self.walk(node.body, is_open and node.name not in self.regions.closed_blocks)
        else:
            self._other(node, is_open)

    def _other(self, node: nodes.Node, is_open: bool) -> None:
        """Statements whose bodies are written where they stand: if, with, include ..."""
        if isinstance(node, nodes.Include) and not is_open:
            self.regions.closed_files |= _names(node.template)
        for child in node.iter_child_nodes():
            if isinstance(child, nodes.Expr):
                self.values([child])
            else:
                self._statement(child, is_open)

    def _call_block(self, node: nodes.CallBlock, is_open: bool) -> None:
        regions = self.regions
        name = regions.called(node.call)
        self.values(node.defaults)
        self.values(_arguments(node.call) if name is not None and is_open else [node.call])
        inside = is_open and name is not None and not regions.closed & {name, "caller"}
        self.walk(node.body, inside)

    def output(self, node: nodes.Output, is_open: bool) -> None:
        """Something is printed."""
        raise NotImplementedError

    def filter_block(self, node: nodes.FilterBlock, is_open: bool) -> None:
        """The output of a block passes through a filter."""
        raise NotImplementedError

    def values(self, expressions: Iterable[nodes.Node]) -> None:
        """Expressions that are computed, not printed."""
        raise NotImplementedError


class _Reader(_Walk):
    """Finds the names whose output is used as a value."""

    def output(self, node: nodes.Output, is_open: bool) -> None:
        for child in node.nodes:
            self._printed(child, is_open)

    def _printed(self, child: nodes.Expr, is_open: bool) -> None:
        if isinstance(child, nodes.CondExpr):
            self.values([child.test])
            for branch in (child.expr1, child.expr2):
                if branch is not None:
                    self._printed(branch, is_open)
        elif is_open and self.regions.called(child) is not None and isinstance(child, nodes.Call):
            # What goes into a macro is computed; what it writes is printed.
            self.values(_arguments(child))
        else:
            self.values([child])

    def filter_block(self, node: nodes.FilterBlock, is_open: bool) -> None:  # noqa: ARG002  # as its neighbours
        self.values([node.filter])

    def values(self, expressions: Iterable[nodes.Node]) -> None:
        for node in expressions:
            if isinstance(node, nodes.Name):
                self.regions.closed.add(node.name)
            elif isinstance(node, nodes.Getattr):
                self.regions.closed.add(node.attr)
                if isinstance(node.node, nodes.Name) and node.node.name == "loop":
                    continue  # `loop.index` is no call of the loop
            elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
                self.regions.closed.add(str(node.arg.value))
            self.values(node.iter_child_nodes())


class Capture(_Walk):
    """Rewrites a syntax tree, so that values that are printed can be taken out of the email."""

    def rewritten(self, name: str | None, tree: nodes.Template) -> nodes.Template:
        """The tree of the file `name`."""
        self.walk(tree.body, name not in self.regions.closed_files)
        return tree

    def output(self, node: nodes.Output, is_open: bool) -> None:
        if is_open:
            node.nodes = [self._wrapped(child) for child in node.nodes]

    def _wrapped(self, child: nodes.Expr) -> nodes.Expr:
        if isinstance(child, (nodes.TemplateData, nodes.Const)):
            return child
        if isinstance(child, nodes.CondExpr):
            child.expr1 = self._wrapped(child.expr1)
            child.expr2 = None if child.expr2 is None else self._wrapped(child.expr2)
            return child
        return _filtered(child, "_captured" if self.regions.called(child) is None else "_passed")

    def filter_block(self, node: nodes.FilterBlock, is_open: bool) -> None:
        if is_open:
            node.filter = _filtered(node.filter, "_filtered")

    def values(self, expressions: Iterable[nodes.Node]) -> None:
        pass


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _arguments(call: nodes.Call) -> list[nodes.Node]:
    rest = [one for one in (call.dyn_args, call.dyn_kwargs) if one is not None]
    return [*call.args, *call.kwargs, *rest]


def _names(template: nodes.Expr) -> set[str]:
    """The files that an include may mean; `*` where only the rendering knows."""
    if isinstance(template, nodes.Const):
        many = isinstance(template.value, (tuple, list))
        return {str(one) for one in (template.value if many else [template.value])}
    if isinstance(template, (nodes.List, nodes.Tuple)):
        return set().union(*(_names(item) for item in template.items))
    return {"*"}
