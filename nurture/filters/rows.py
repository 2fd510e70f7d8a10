"""Where each kind of event stands in the store, in one shape for all of them.

In:  a source, and the fields of it that a condition needs.
Out: Rows: what to select from, whose event it is, its day, its order in time, its values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, func, not_, or_

from nurture.filters.audience import Audience
from nurture.filters.columns import Column, plain_column
from nurture.filters.fields import DAY, Source
from nurture.filters.scope import Scope
from nurture.store import tables as t

RECEIVED_STATES = ("sent", "delivered", "complained")
VISIT, ANSWER = "visit", "answer"


@dataclass(frozen=True, slots=True)
class Rows:
    """Events of one kind, as a query sees them; every use gets its own alias.

    `moment` is the event's time where it is known.
    `key` on the event says whose it is, `owner` on the customer is what it must equal. `order` tells
    earlier from later, and no two events of a customer apart by less than their id.
    """

    name: str
    table: FromClause
    key: ColumnElement[Any]
    id: ColumnElement[int]
    day: Column
    order: tuple[ColumnElement[Any], ...]
    values: Mapping[str, Column]
    where: tuple[ColumnElement[bool], ...] = ()
    owner: str = "id"
    moment: ColumnElement[Any] | None = None

    def mine(self, audience: Audience) -> ColumnElement[bool]:
        return self.key == audience.customers.c[self.owner]


@dataclass(frozen=True, slots=True)
class _Build:
    """What a source is built from: the table, and which of its columns mean what."""

    table: Callable[[], FromClause]
    day: str
    at: str | None = None
    where: Callable[[FromClause], tuple[ColumnElement[bool], ...]] = field(default=lambda _events: ())


_BUILDS: Mapping[str, _Build] = {
    "bought": _Build(t.purchases.alias, "purchased_on"),
    "did": _Build(t.activities.alias, "happened_on", "happened_at"),
    "visited": _Build(t.activities.alias, "happened_on", "happened_at", lambda e: (e.c.kind == VISIT,)),
    "answered": _Build(t.activities.alias, "happened_on", "happened_at", lambda e: (e.c.kind == ANSWER,)),
    "clicked": _Build(t.clicks.alias, "happened_on", "at"),
    "opened": _Build(t.hits.alias, "happened_on", "at", lambda e: (e.c.kind == "open",)),
    "received": _Build(
        t.deliveries.alias,
        "sent_at",
        "sent_at",
        lambda e: (e.c.state.in_(RECEIVED_STATES), e.c.sent_at.is_not(None)),
    ),
    "consent": _Build(t.consents.alias, "given_on"),
    "suppressed": _Build(t.suppressions.alias, "at", "at"),
}


def rows_of(source: Source, needed: Set[str], scope: Scope) -> Rows:
    """The events of a source, with the columns of the fields that are needed."""
    events = t.deliveries.alias() if source.name == "bounced" else _BUILDS[source.name].table()
    froms, values = _values(source, events, needed)
    if source.name == "consent":
        values |= _consent(events, source, scope)
    if source.name == "bounced":
        # Dated by the moment we heard of it, or else the moment it went out.
        dates = (events.c.ended_at, events.c.sent_at, events.c.accepted_at)
        heard = func.coalesce(*dates, type_=events.c.sent_at.type)
        moment: ColumnElement[Any] | None = heard
        day, where = Column(heard, "moment"), _only(events.c.state == "bounced")
    else:
        build = _BUILDS[source.name]
        moment = None if build.at is None else events.c[build.at]
        day, where = plain_column(events.c[build.day], DAY), build.where(events)
    if scope.as_of:
        # Asked of the past: what came after that moment is not known yet.
        where += _only(day.value <= scope.today if moment is None else moment <= scope.now)
    owner = "address_hash" if source.name == "suppressed" else "customer_id"
    return Rows(
        source.name,
        froms[0] if len(froms) == 1 else _joined(events, froms),
        events.c[owner],
        events.c.id,
        day,
        (day.value if moment is None else moment, events.c.id),
        values,
        where,
        "address_hash" if source.name == "suppressed" else "id",
        moment,
    )


def _values(
    source: Source, events: FromClause, needed: Set[str]
) -> tuple[list[FromClause], dict[str, Column]]:
    """The columns that are needed, and the tables that hold them, the events' own first."""
    asked = [each for each in source.fields if each.column in needed]
    missing = {each.column for each in asked if each.column not in events.c}
    froms = [events]
    if missing & {"campaign", "topic"}:
        froms.append(t.runs.alias())
    if "template" in missing:
        if "step" not in events.c:
            # A hit knows its delivery, and the delivery knows the step.
            froms.append(t.deliveries.alias())
        froms.append(t.run_emails.alias())
    found = {}
    for each in asked:
        holders = [table for table in froms if each.column in table.c]
        if holders:
            found[each.column] = plain_column(holders[0].c[each.column], each)
    return froms, found


def _joined(events: FromClause, froms: Sequence[FromClause]) -> FromClause:
    """The tables of an event, joined as they belong together."""
    found, step = events, events.c.get("step")
    for table in froms[1:]:
        if "occurrence" in table.c and "campaign" in table.c:
            on = table.c.id == events.c.run_id
        elif "attempts" in table.c:
            on, step = table.c.id == events.c.delivery_id, table.c.step
        else:
            on = and_(table.c.run_id == events.c.run_id, table.c.step == step)
        found = found.join(table, on)
    return found


def _only(condition: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (condition,)


def _consent(events: FromClause, source: Source, scope: Scope) -> dict[str, Column]:
    kept: ColumnElement[bool] = events.c.withdrawn_at.is_(None)
    taken_back: ColumnElement[bool] = events.c.withdrawn_at.is_not(None)
    if scope.as_of:
        taken_back = and_(taken_back, events.c.withdrawn_at <= scope.now)
        kept = not_(func.coalesce(taken_back, false()))
    over = and_(events.c.expires_on.is_not(None), events.c.expires_on < scope.today)
    flags = {
        "valid": and_(kept, or_(events.c.expires_on.is_(None), events.c.expires_on >= scope.today)),
        "withdrawn": taken_back,
        "expired": and_(kept, over),
    }
    return {name: plain_column(flag, each) for name, flag in flags.items() if (each := source.field(name))}
