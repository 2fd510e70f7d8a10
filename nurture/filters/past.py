"""Totals and lead states as they were at an earlier moment, for `Scope.as_of`.

In:  the column, the customers it is asked of, the scope with the moment.
Out: the value worked out from what had happened by then, as a scalar of the statement.

Emails received and returned have no day of their own in the totals; their moments are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, func, select

from nurture.filters.audience import Audience
from nurture.filters.constructs import local_day
from nurture.filters.scope import Scope
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class _Total:
    """Which events a total is made of, how they are dated, and what is made of them."""

    fold: Literal["count", "sum", "first", "last"]
    table: Table
    dated: str
    states: tuple[str, ...] = ()


_TAKEN = ("sent", "delivered", "complained", "bounced")
TOTALS: Mapping[str, _Total] = {
    "purchases": _Total("count", t.purchases, "purchased_on"),
    "spent": _Total("sum", t.purchases, "purchased_on"),
    "first_purchase_on": _Total("first", t.purchases, "purchased_on"),
    "last_purchase_on": _Total("last", t.purchases, "purchased_on"),
    "activities": _Total("count", t.activities, "happened_at"),
    "last_activity_on": _Total("last", t.activities, "happened_at"),
    "opens": _Total("count", t.hits, "at"),
    "last_open_on": _Total("last", t.hits, "at"),
    "clicks": _Total("count", t.clicks, "at"),
    "last_click_on": _Total("last", t.clicks, "at"),
    "received": _Total("count", t.deliveries, "sent_at", _TAKEN),
    "last_received_on": _Total("last", t.deliveries, "sent_at", _TAKEN),
    "bounces": _Total("count", t.deliveries, "ended_at", ("bounced",)),
    "last_bounce_on": _Total("last", t.deliveries, "ended_at", ("bounced",)),
}


def total(column: str, audience: Audience, scope: Scope) -> ColumnElement[Any]:
    """A total of a customer, of the events up to the moment of the scope."""
    made = TOTALS[column]
    events = made.table.alias()
    dated = events.c[made.dated]
    by_day = made.dated == "purchased_on"
    where = [events.c.customer_id == audience.customers.c.id]
    where.append(dated <= (scope.today if by_day else scope.now))
    if made.table is t.hits:
        where.append(events.c.kind == "open")
    if made.states:
        where.append(events.c.state.in_(made.states))
    day = dated if by_day else local_day(dated, scope.zone, scope.now)
    values: Mapping[str, ColumnElement[Any]] = {
        "count": func.count(),
        "first": func.min(day),
        "last": func.max(day),
    }
    value = func.sum(events.c.amount) if made.fold == "sum" else values[made.fold]
    return select(value).where(*where).correlate(audience.customers).scalar_subquery()


def lead(column: str, audience: Audience, scope: Scope) -> ColumnElement[Any]:
    """The lead state of a customer at the moment of the scope, or (`since`) when it had begun."""
    changes = t.lead_changes.alias()
    value = changes.c.new_state if column == "state" else changes.c.at
    mine = [changes.c.customer_id == audience.customers.c.id, changes.c.at <= scope.now]
    latest = select(value).where(*mine).order_by(changes.c.at.desc(), changes.c.id.desc()).limit(1)
    return latest.correlate(audience.customers).scalar_subquery()
