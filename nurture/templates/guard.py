"""Count what a template does, by rewriting its syntax tree before Jinja compiles it.

In:  the tree of a parsed template.
Out: the same tree, in which every loop item, macro call and include spends from the allowance
     (`nurture.templates.limits`), and every `~` checks the length of what it makes.

Jinja's sandbox bounds `range` and intercepts operators; it does not count nested loops, recursive
macros or `{% set x = x ~ x %}`, each of which could otherwise run for ever or eat the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from jinja2 import TemplateSyntaxError, nodes, pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, markup_join, str_join
from jinja2.visitor import NodeTransformer

from nurture.templates.limits import check_size, spend

# What an include is taken to write, at least; its own loops are counted on their own.
INCLUDE_CHARS = 10_000


@pass_context
def counted(_context: Context, items: Iterable[Any], static_chars: int) -> Iterator[Any]:
    """The items of a loop, each paid for with one step and the fixed text of the loop's body."""
    for item in items:
        spend(1, static_chars)
        yield item


@pass_context
def charged(_context: Context, value: Any, static_chars: int) -> Any:
    """`value`; the characters are paid for."""
    spend(1, static_chars)
    return value


@pass_eval_context
def joined(context: EvalContext, values: list[Any]) -> str:
    """What `a ~ b` gives, refused when it would be larger than an email can be."""
    texts = [value if isinstance(value, str) else str(value) for value in values]
    check_size(sum(map(len, texts)))
    spend(len(texts))
    return markup_join(values) if context.autoescape else str_join(values)


GUARDS: dict[str, Callable[..., Any]] = {"_counted": counted, "_charged": charged, "_joined": joined}


class Guard(NodeTransformer):
    """Puts the counting into a tree. What only weakens safety is refused here too."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # the name is Jinja's
        self.generic_visit(node)
        node.iter = _filter(cast(nodes.Expr, node.iter), "_counted", _static_chars(node.body))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, _charge(node, _static_chars(node.body)))
        return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, _charge(node, _static_chars(node.body)))
        return node

    def visit_Include(self, node: nodes.Include) -> Any:
        return [_charge(node, INCLUDE_CHARS), node]

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), "_joined")

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier) -> nodes.Node:
        raise TemplateSyntaxError("Escaping cannot be switched off: remove {% autoescape %}.", node.lineno)


def _filter(node: nodes.Expr, name: str, *args: int) -> nodes.Filter:
    constants = [nodes.Const(arg, lineno=node.lineno) for arg in args]
    return nodes.Filter(node, name, constants, [], None, None, lineno=node.lineno)


def _charge(node: nodes.Node, chars: int) -> nodes.ExprStmt:
    return nodes.ExprStmt(_filter(nodes.Const(0, lineno=node.lineno), "_charged", chars), lineno=node.lineno)


def _static_chars(body: list[nodes.Node]) -> int:
    """How much fixed text stands in a body, without what stands in loops and macros inside it."""
    total = 0
    for node in body:
        if isinstance(node, nodes.TemplateData):
            total += len(node.data)
        elif not isinstance(node, (nodes.For, nodes.Macro, nodes.CallBlock)):
            total += _static_chars(list(node.iter_child_nodes()))
    return total
