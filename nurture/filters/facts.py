"""What only a look at everybody can tell of one person: places in rankings, and scores.

In:  a connection, some customers, the parts of a filter that compare people.
Out: for each such part, the place (1 is first) and value, or the three scores, of those who have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from nurture.filters.audience import another_audience
from nurture.filters.population_sql import ranked, rfm_scores
from nurture.filters.scope import Scope
from nurture.filters.sql import compile_filter
from nurture.filters.tree import Filter, Rfm, Top


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a ranking, 1 being the first, and the value that gives it."""

    place: int
    value: Any


@dataclass(frozen=True, slots=True)
class Scores:
    """Recency, frequency and monetary value, each from 1 to 5."""

    recency: int
    frequency: int
    monetary: int


Fact = Place | Scores


def load_facts(
    connection: Connection, ids: Sequence[int], parts: Iterable[Filter], scope: Scope
) -> Mapping[Filter, Mapping[int, Fact]]:
    """The facts that the parts of a filter ask for, by part and by customer."""
    found: dict[Filter, Mapping[int, Fact]] = {}
    for part in parts:
        if isinstance(part, Top) and part not in found:
            found[part] = _places(connection, ids, part, scope)
        elif isinstance(part, Rfm) and part not in found:
            found[part] = _scores(connection, ids, part, scope)
    return found


def _places(connection: Connection, ids: Sequence[int], asked: Top, scope: Scope) -> dict[int, Fact]:
    """Counted by those who are ahead, so that nobody has to be sorted."""
    other = another_audience()
    among = None if asked.among is None else compile_filter(asked.among, scope, other)
    statement, value = ranked(asked, among, other, scope)
    number = other.customers.c.id
    found: dict[int, Fact] = {}
    for row in connection.execute(statement.add_columns(value.label("value")).where(number.in_(ids))):
        ahead = statement.where(or_(value > row.value, and_(value == row.value, number < row.id))).subquery()
        place = (connection.scalar(select(func.count()).select_from(ahead)) or 0) + 1
        found[row.id] = Place(place, row.value)
    return found


def _scores(connection: Connection, ids: Sequence[int], asked: Rfm, scope: Scope) -> dict[int, Fact]:
    scores = rfm_scores(asked, scope).subquery()
    rows = connection.execute(select(scores).where(scores.c.customer_id.in_(ids)))
    return {row.customer_id: Scores(int(row.recency), int(row.frequency), int(row.monetary)) for row in rows}
