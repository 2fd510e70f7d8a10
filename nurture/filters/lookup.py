"""Look a customer up among those whom a statement names.

PostgreSQL answers EXISTS best: it plans it as a join, and never falls back to reading a list for each
customer when the list outgrows its memory. SQLite plans no such join: there, `IN (SELECT ...)` is run
once and may be begun with, which pays where it names few; else a look into the index for each
customer, by EXISTS, costs less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, select

from nurture.filters.constructs import either
from nurture.filters.days import ranges
from nurture.filters.fields import DAY
from nurture.filters.scope import Scope
from nurture.filters.tree import Anniversary, EventCondition, IsSet

# Events of so many days are few beside those of years.
FEW_DAYS = 45


def are_few(conditions: Iterable[EventCondition], scope: Scope) -> bool:
    """Whether conditions on events leave only those of the last weeks."""
    return any(
        all(days.first is not None and (scope.today - days.first).days <= FEW_DAYS for days in found)
        for each in conditions
        if each.field == DAY and not each.negated and not isinstance(each.test, Anniversary | IsSet)
        if (found := ranges(each.test, scope))  # type: ignore[arg-type]  # the field is a day
    )


def events_of(
    table: FromClause,
    key: ColumnElement[Any],
    owner: ColumnElement[Any],
    where: Sequence[ColumnElement[bool]],
    few: bool,
) -> ColumnElement[bool]:
    """True where the owner has an event that meets all of `where`."""
    beside = exists(select(1).select_from(table).where(key == owner, *where).correlate(owner.table))
    if not few:
        return beside
    inside = select(key).select_from(table).where(*where)
    return either(owner.in_(inside), beside)


def among(statement: Select[Any], owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """True where the owner is among those whom a statement of one column names, worked out once."""
    named = statement.subquery()
    (key,) = named.c
    beside = exists(select(1).select_from(named).where(key == owner).correlate(owner.table))
    return either(owner.in_(statement), beside)
