"""A filter as SQL: one condition, one statement.

In:  a Filter and the Scope it is asked in.
Out: a condition over `audience_from()`, or a statement that selects the ids of the customers who meet it.

Segments inside segments are written out, so that whatever nests, one statement asks it all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select, true

from nurture.errors import Finding, InputError
from nurture.filters.audience import AUDIENCE, Audience, another_audience, audience_from
from nurture.filters.behaviour_sql import behaviour
from nurture.filters.columns import Column, column_of, condition, met, passes_zero
from nurture.filters.fields import Place
from nurture.filters.population_sql import colleagues, company_size, rfm, sample, sequence, top
from nurture.filters.scope import Scope
from nurture.filters.tree import (
    All,
    AnyOf,
    Behaviour,
    Colleagues,
    CompanySize,
    FieldTest,
    Filter,
    IsSet,
    Leaf,
    Not,
    NumberIn,
    NumberTest,
    Rfm,
    Sample,
    SegmentRef,
    Sequence,
    TextIn,
    Top,
)
from nurture.store import tables as t

# SQLite takes expressions up to 1,000 levels deep, and 32,766 parameters.
MAX_CONDITIONS = 500
MAX_VALUES = 20_000

__all__ = ["audience_from", "compile_filter", "select_customers"]


def compile_filter(filter_: Filter, scope: Scope, audience: Audience = AUDIENCE) -> ColumnElement[bool]:
    """The filter as a condition over `audience_from()`, true for those who meet it.

    For others it is false or NULL, which is the same in a WHERE and in a CASE; negate a filter with
    `Not`, never the condition.

    Raises:
        InputError: with its segments written out, the filter is too large for one statement.
    """
    return _Compiler(scope, audience).condition(filter_)


def select_customers(filter_: Filter, scope: Scope) -> Select[tuple[int]]:
    """One statement that selects the ids of the customers who meet the filter."""
    found = compile_filter(filter_, scope)
    joined = AUDIENCE.joined(found, _certain(filter_, scope))
    return select(t.customers.c.id).select_from(joined).where(found)


def _certain(filter_: Filter, scope: Scope) -> frozenset[Place]:
    """The places of which everyone who meets the filter has a row."""
    match filter_:
        case All():
            return frozenset().union(*(_certain(part, scope) for part in filter_.parts))
        case AnyOf():
            first, *others = (_certain(part, scope) for part in filter_.parts)
            return first.intersection(*others)
        case SegmentRef():
            return _certain(scope.segments[filter_.name], scope)
        case FieldTest(negated=False) if not _passes_without(filter_):
            return frozenset({filter_.field.place})
        case _:
            return frozenset()


def _passes_without(test: FieldTest) -> bool:
    """Whether a customer without the row may pass: where no row means none of them, and none is enough."""
    if test.field.place != "totals" or test.field.kind == "day":
        return False
    return not isinstance(test.test, NumberTest) or passes_zero(test.test)


class _Compiler:
    def __init__(self, scope: Scope, audience: Audience) -> None:
        self.scope = scope
        self.audience = audience
        self.conditions = 0
        self.values = 0

    def condition(self, filter_: Filter) -> ColumnElement[bool]:
        match filter_:
            case All():
                return self.together(and_, filter_.parts)
            case AnyOf():
                return self.together(or_, filter_.parts)
            case Not():
                return met(self.condition(filter_.part), negated=True)
            case SegmentRef():
                return self.condition(self.scope.segments[filter_.name])
            case Colleagues():
                other = another_audience()
                return colleagues(self.within(other, filter_.part), other, self.audience, filter_.others)
            case _:
                self.count(filter_)
                return self.leaf(filter_)

    def leaf(self, filter_: Leaf) -> ColumnElement[bool]:
        match filter_:
            case FieldTest():
                return self.field(filter_)
            case Behaviour():
                return behaviour(filter_, self.audience, self.scope)
            case Sequence():
                return sequence(filter_, self.audience, self.scope)
            case CompanySize():
                return company_size(filter_, self.audience)
            case Sample():
                return sample(filter_, self.audience)
            case Rfm():
                return rfm(filter_, self.audience, self.scope)
            case Top():
                other = another_audience()
                among = None if filter_.among is None else self.within(other, filter_.among)
                return top(filter_, among, other, self.audience, self.scope)

    def within(self, other: Audience, filter_: Filter) -> ColumnElement[bool]:
        """A filter over other customers; its size counts towards this statement's."""
        inner = _Compiler(self.scope, other)
        inner.conditions, inner.values = self.conditions, self.values
        found = inner.condition(filter_)
        self.conditions, self.values = inner.conditions, inner.values
        return found

    def together(self, how: Any, parts: Iterable[Filter]) -> ColumnElement[bool]:
        conditions = [self.condition(part) for part in parts]
        found: ColumnElement[bool] = how(*conditions) if conditions else true()
        return found

    def count(self, leaf: Leaf) -> None:
        """Keep account of the size of the statement; hostile nesting ends here and not in the database."""
        self.conditions += 1
        tests = [leaf.test] if isinstance(leaf, FieldTest) else []
        if isinstance(leaf, Behaviour):
            tests = [each.test for each in (*leaf.where, *leaf.picked)]
        self.values += sum(len(test.values) for test in tests if isinstance(test, TextIn | NumberIn))
        if self.conditions > MAX_CONDITIONS or self.values > MAX_VALUES:
            limit = f"more than {MAX_CONDITIONS} conditions or {MAX_VALUES:,} values"
            fix = "Split it, or put the list into a declared attribute and ask for that."
            raise InputError(Finding("filter", f"With its segments written out, it holds {limit}.", fix))

    def field(self, test: FieldTest) -> ColumnElement[bool]:
        if test.field.place in ("special_day", "company_special_day"):
            found = self.special_day(test)
            return not_(found) if test.negated else found
        return met(
            condition(test.test, column_of(test.field, self.audience, self.scope), self.scope), test.negated
        )

    def special_day(self, test: FieldTest) -> ColumnElement[bool]:
        """Special days stand in rows; any one of the name that passes is enough."""
        days = t.special_days.alias()
        customers = self.audience.customers
        mine = (
            days.c.customer_id == customers.c.id
            if test.field.place == "special_day"
            else days.c.company_id == customers.c.company_id
        )
        parts = [mine, days.c.name == test.field.column]
        if not isinstance(test.test, IsSet):
            parts.append(condition(test.test, Column(days.c.day, "date", days.c.md), self.scope))
        return exists().where(*parts).correlate(customers)
