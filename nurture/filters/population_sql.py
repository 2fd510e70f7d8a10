"""What sets a customer beside others, as SQL: sequences, colleagues, samples, ranks and scores.

Wherever all customers have to be looked at to answer for one, they are looked at once, in a table of
its own within the statement, and the customer looks itself up in it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    select,
    type_coerce,
)

from nurture.filters import constructs as c
from nurture.filters.audience import Audience
from nurture.filters.behaviour_sql import conditions_met
from nurture.filters.columns import Column, column_of, in_range, numbers
from nurture.filters.days import ranges
from nurture.filters.lookup import among, are_few
from nurture.filters.rows import Rows, rows_of
from nurture.filters.scope import Scope
from nurture.filters.tree import CompanySize, DayDistance, Rfm, Sample, Sequence, Step, Top
from nurture.store import tables as t

# The numbers of the drawing: primes, and a square between them so that neighbours do not stay together.
# `nurture.filters.evaluate.drawn` does the same sum. Every product stays below 2**63.
DRAW_PRIME = 2_147_483_647
DRAW_FACTOR = 48_271
DRAW_SHARES = 10_000


def sequence(asked: Sequence, audience: Audience, scope: Scope) -> ColumnElement[bool]:
    """True where the events followed each other as said."""
    first, *others = asked.steps
    rows = _step(first, scope)
    owner = audience.customers.c[rows.owner]
    tables = [rows.table]
    where = [*rows.where, *conditions_met(first.where, rows, scope)]
    before = rows
    for step in others:
        following = _step(step, scope)
        tables.append(following.table)
        where += [following.key == rows.key, *following.where]
        where += conditions_met(step.where, following, scope)
        where += _after(before, following, step.within_days, scope)
        before = following
    beside = exists(
        select(1).select_from(*tables).where(rows.key == owner, *where).correlate(audience.customers)
    )
    if not are_few(first.where, scope):
        return beside
    return c.either(owner.in_(select(rows.key).select_from(*tables).where(*where)), beside)


def _step(step: Step, scope: Scope) -> Rows:
    return rows_of(step.source, {each.field.column for each in step.where}, scope)


def _after(before: Rows, rows: Rows, within_days: int | None, scope: Scope) -> list[ColumnElement[bool]]:
    """That one event is later than another, and not too late."""
    first, second = _day(before, scope), _day(rows, scope)
    found: list[ColumnElement[bool]] = []
    if before.moment is not None and rows.moment is not None:
        found.append(rows.moment > before.moment)
    else:
        found.append(second >= first)
        if before.name == rows.name:
            found.append(rows.id != before.id)
    if within_days is not None:
        found.append(second <= c.days_later(first, literal(within_days, BigInteger)))
    return found


def _day(rows: Rows, scope: Scope) -> ColumnElement[Any]:
    value = rows.day.value
    return c.local_day(value, scope.zone, scope.now) if rows.day.storage == "moment" else value


def colleagues(
    met: ColumnElement[bool], other: Audience, audience: Audience, others: bool
) -> ColumnElement[bool]:
    """True where someone (else) at the company meets a condition over `other`."""
    mine, theirs = audience.customers, other.customers
    if others:
        # Who the other is matters here, so that each customer looks at their own colleagues.
        where = [theirs.c.company_id == mine.c.company_id, theirs.c.id != mine.c.id, met]
        return exists(select(1).select_from(other.joined(met)).where(*where).correlate(mine))
    companies = (
        select(theirs.c.company_id)
        .select_from(other.joined(met))
        .where(theirs.c.company_id.is_not(None), met)
    )
    return among(companies, mine.c.company_id)


def company_size(asked: CompanySize, audience: Audience) -> ColumnElement[bool]:
    """True where the company has as many customers as said; without a company, never."""
    everyone = t.customers.alias()
    sizes = (
        select(everyone.c.company_id)
        .where(everyone.c.company_id.is_not(None))
        .group_by(everyone.c.company_id)
        .having(and_(*(numbers(test, func.count(), "whole") for test in asked.tests)))
    )
    return among(sizes, audience.customers.c.company_id)


def sample(asked: Sample, audience: Audience) -> ColumnElement[bool]:
    """True for the customers drawn, by a sum over their number."""
    number = type_coerce(audience.customers.c.id, BigInteger)
    prime = literal(DRAW_PRIME, BigInteger)
    mixed = (number % prime * literal(DRAW_FACTOR, BigInteger) + literal(asked.seed, BigInteger)) % prime
    squared = (mixed * mixed + number % prime) % prime
    return squared % literal(DRAW_SHARES, BigInteger) < literal(asked.share, BigInteger)


def top(
    asked: Top, part: ColumnElement[bool] | None, other: Audience, audience: Audience, scope: Scope
) -> ColumnElement[bool]:
    """True for those with the largest values among the customers of `other`."""
    statement, value = ranked(asked, part, other, scope)
    first = statement.order_by(value.desc(), other.customers.c.id).limit(asked.count)
    return among(first, audience.customers.c.id)


def ranked(
    asked: Top, part: ColumnElement[bool] | None, other: Audience, scope: Scope
) -> tuple[Select[Any], ColumnElement[Any]]:
    """Everyone who has a place in a ranking, and the value that decides it."""
    column = column_of(asked.by, other, scope)
    where: list[ColumnElement[bool]] = [column.value.is_not(None)]
    if column.missing_is_zero:
        where.append(column.value > 0)
    if part is not None:
        where.append(part)
    joined = other.joined(and_(*where))
    return select(other.customers.c.id).select_from(joined).where(*where), column.value


def rfm(asked: Rfm, audience: Audience, scope: Scope) -> ColumnElement[bool]:
    """True where every score that is asked for is as said."""
    scores = rfm_scores(asked, scope).subquery()
    wanted = {"recency": asked.recency, "frequency": asked.frequency, "monetary": asked.monetary}
    where = [numbers(test, scores.c[name], "whole") for name, tests in wanted.items() for test in tests]
    return among(select(scores.c.customer_id).where(*where), audience.customers.c.id)


def rfm_scores(asked: Rfm, scope: Scope) -> Select[Any]:
    """The three scores of everyone who bought within the time."""
    bought = t.purchases.alias()
    (days,) = ranges(DayDistance("in_the_last", asked.within), scope)
    values = {
        "recency": func.max(bought.c.purchased_on),
        "frequency": func.count(),
        "monetary": func.sum(type_coerce(bought.c.amount, BigInteger)),
    }
    scores = [_score(value).label(name) for name, value in values.items()]
    return (
        select(bought.c.customer_id, *scores)
        .where(in_range(Column(bought.c.purchased_on, "date"), days, scope))
        .group_by(bought.c.customer_id)
    )


def _score(value: ColumnElement[Any]) -> ColumnElement[int]:
    """1, and one more for each fifth of the buyers who are strictly behind."""
    behind = func.rank().over(order_by=value.asc()) - 1
    found: ColumnElement[int] = literal(1, BigInteger) + (behind * 5) // func.count().over()
    return found
