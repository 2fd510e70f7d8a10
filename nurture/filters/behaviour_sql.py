"""A behaviour as SQL: EXISTS over the customer's events.

Where events are counted or added up, they are grouped by customer once, and the customer looks
itself up in the result: the database reads the events once, however many customers ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    select,
    true,
    type_coerce,
)

from nurture.filters import constructs as c
from nurture.filters.audience import Audience
from nurture.filters.columns import condition, met, numbers, passes_zero
from nurture.filters.fields import DAY
from nurture.filters.lookup import among, are_few, events_of
from nurture.filters.rows import Rows, rows_of
from nurture.filters.scope import Scope
from nurture.filters.tree import Behaviour, EventCondition, FoldTest, NumberIn, NumberTest
from nurture.store.types import to_hundredths


def behaviour(asked: Behaviour, audience: Audience, scope: Scope) -> ColumnElement[bool]:
    """True where the customer's events are as the behaviour says, false everywhere else."""
    found = []
    if asked.times or asked.days or asked.folds or asked.pick is None:
        found.append(_amount(asked, audience, scope))
    if asked.pick is not None:
        found.append(_picked(asked, audience, scope))
    return and_(*found)


def _rows(asked: Behaviour, scope: Scope) -> Rows:
    conditions = [*asked.where, *asked.picked]
    needed = {each.field.column for each in conditions} | {each.field.column for each in asked.folds}
    return rows_of(asked.source, needed, scope)


def conditions_met(
    conditions: Iterable[EventCondition], rows: Rows, scope: Scope
) -> list[ColumnElement[bool]]:
    return [
        met(
            condition(each.test, rows.day if each.field == DAY else rows.values[each.field.column], scope),
            each.negated,
        )
        for each in conditions
    ]


def _amount(asked: Behaviour, audience: Audience, scope: Scope) -> ColumnElement[bool]:
    """As many events, on as many days, as large as said."""
    rows = _rows(asked, scope)
    where = [*rows.where, *conditions_met(asked.where, rows, scope)]
    owner = audience.customers.c[rows.owner]
    if not (asked.days or asked.folds):
        answers = {_accepts(asked.times, number) for number in _telling(asked.times)}
        one = events_of(rows.table, rows.key, owner, where, are_few(asked.where, scope))
        if answers == {True}:
            return true() if asked.times and _accepts(asked.times, 0) else one
        if answers == {False}:
            return not_(one) if _accepts(asked.times, 0) else false()
    having = and_(*_having(asked, rows, scope))
    without = _accepts(asked.times, 0) and _accepts(asked.days, 0) and all(map(_sums_to_nothing, asked.folds))
    grouped = select(rows.key).select_from(rows.table).where(*where).group_by(rows.key)
    if without:
        # Those without any event meet it too, so the others are the ones to be named.
        return not_(among(grouped.having(not_(having)), owner))
    return among(grouped.having(having), owner)


def _accepts(tests: Iterable[NumberTest], number: int) -> bool:
    return all(Decimal(number) in (test.values if isinstance(test, NumberIn) else test) for test in tests)


def _telling(tests: Iterable[NumberTest]) -> set[int]:
    """Numbers from 1 on between which no test changes its answer: what they all say, every number says."""
    edges = {int(number) + step for test in tests for number in _named(test) for step in (-1, 0, 1)}
    return {1} | {edge for edge in edges if edge >= 1}


def _named(test: NumberTest) -> list[Decimal]:
    if isinstance(test, NumberIn):
        return list(test.values)
    return [bound for bound in (test.low, test.high) if bound is not None]


def _sums_to_nothing(test: FoldTest) -> bool:
    return test.fold == "sum" and passes_zero(test.test)


def _having(asked: Behaviour, rows: Rows, scope: Scope) -> Iterable[ColumnElement[bool]]:
    for test in asked.times:
        yield numbers(test, func.count(), "whole")
    for test in asked.days:
        day = rows.day.value
        if rows.day.storage == "moment":
            day = c.local_day(day, scope.zone, scope.now)
        yield numbers(test, func.count(day.distinct()), "whole")
    for fold in asked.folds:
        yield _fold(fold, rows)


def _fold(asked: FoldTest, rows: Rows) -> ColumnElement[bool]:
    """Amounts are whole hundredths in the store, so sums and averages are compared exactly."""
    hundredths = type_coerce(rows.values[asked.field.column].value, BigInteger)
    total = type_coerce(func.sum(hundredths), BigInteger)
    if asked.fold == "sum":
        return _compare(asked.test, func.coalesce(total, 0), literal(1, BigInteger))
    if asked.fold == "average":
        return _compare(asked.test, total, func.count(hundredths))
    edge = func.min(hundredths) if asked.fold == "minimum" else func.max(hundredths)
    return _compare(asked.test, edge, literal(1, BigInteger))


def _compare(test: NumberTest, value: ColumnElement[int], times: ColumnElement[int]) -> ColumnElement[bool]:
    """`value / times` against the test, without dividing."""

    def bound(number: Decimal) -> ColumnElement[int]:
        return literal(to_hundredths(number), BigInteger) * times

    if isinstance(test, NumberIn):
        return value.in_([bound(number) for number in test.values])
    parts = []
    if test.low is not None:
        parts.append(value > bound(test.low) if test.low_excluded else value >= bound(test.low))
    if test.high is not None:
        parts.append(value < bound(test.high) if test.high_excluded else value <= bound(test.high))
    return and_(*parts)


def _picked(asked: Behaviour, audience: Audience, scope: Scope) -> ColumnElement[bool]:
    """The first or the latest of the events is as said; who has none has neither."""
    rows, others = _rows(asked, scope), _rows(asked, scope)
    order = [column.asc() if asked.pick == "first" else column.desc() for column in others.order]
    chosen = (
        select(others.id)
        .select_from(others.table)
        .where(others.mine(audience), *others.where, *conditions_met(asked.where, others, scope))
        .order_by(*order)
        .limit(1)
        .correlate(audience.customers)
        .scalar_subquery()
    )
    return (
        exists()
        .select_from(rows.table)
        .where(rows.id == chosen, *conditions_met(asked.picked, rows, scope))
        .correlate(audience.customers)
    )
