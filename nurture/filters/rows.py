"""Where each kind of event stands in the store, in one shape for all of them.

In:  a source, and the fields of it that a condition needs.
Out: Rows: what to select from, whose event it is, its day, its order in time, its values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, or_

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

    `key` on the event says whose it is, `owner` on the customer is what it must equal. `order` tells
    earlier from later, and no two events of a customer apart by less than their id.
    """

    table: FromClause
    key: ColumnElement[Any]
    id: ColumnElement[int]
    day: Column
    order: tuple[ColumnElement[Any], ...]
    values: Mapping[str, Column]
    where: tuple[ColumnElement[bool], ...] = ()
    owner: str = "id"

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
# What a field's column is called in the table, where the names differ.
_RENAMED = {"activity": "kind"}


def rows_of(source: Source, needed: Set[str], scope: Scope) -> Rows:
    """The events of a source, with the columns of the fields that are needed."""
    if source.name == "bounced":
        return _bounced(needed, source)
    build = _BUILDS[source.name]
    events = build.table()
    table, values = _values(source, events, needed)
    if source.name == "consent":
        values |= _consent(events, source, scope)
    key = events.c.address_hash if source.name == "suppressed" else events.c.customer_id
    return Rows(
        table,
        key,
        events.c.id,
        plain_column(events.c[build.day], DAY),
        (events.c[build.at or build.day], events.c.id),
        values,
        build.where(events),
        "address_hash" if source.name == "suppressed" else "id",
    )


def _bounced(needed: Set[str], source: Source) -> Rows:
    """Deliveries that came back; dated by the day we heard of it, or else the day they went out."""
    events = t.deliveries.alias()
    table, values = _values(source, events, needed)
    at = func.coalesce(events.c.ended_at, events.c.sent_at, events.c.accepted_at, type_=events.c.sent_at.type)
    return Rows(
        table,
        events.c.customer_id,
        events.c.id,
        Column(at, "moment"),
        (at, events.c.id),
        values,
        (events.c.state == "bounced",),
    )


def _values(source: Source, events: FromClause, needed: Set[str]) -> tuple[FromClause, dict[str, Column]]:
    """The columns that are needed, and the events joined with the tables that hold them."""
    found: dict[str, Column] = {}
    table = events
    runs, emails = t.runs.alias(), t.run_emails.alias()
    asked = [each for each in source.fields if each.column in needed]
    missing = {each.column for each in asked if _RENAMED.get(each.column, each.column) not in events.c}
    if missing & {"campaign", "topic"}:
        table = table.join(runs, runs.c.id == events.c.run_id)
    if "template" in missing:
        step = events.c.step if "step" in events.c else None
        if step is None:
            # A hit knows its delivery, and the delivery knows the step.
            deliveries = t.deliveries.alias()
            table = table.join(deliveries, deliveries.c.id == events.c.delivery_id)
            step = deliveries.c.step
        table = table.join(emails, and_(emails.c.run_id == events.c.run_id, emails.c.step == step))
    for each in asked:
        name = _RENAMED.get(each.column, each.column)
        holder = next((part for part in (events, runs, emails) if name in part.c), None)
        if holder is not None:
            found[each.column] = plain_column(holder.c[name], each)
    return table, found


def _consent(events: FromClause, source: Source, scope: Scope) -> dict[str, Column]:
    kept = events.c.withdrawn_at.is_(None)
    over = and_(events.c.expires_on.is_not(None), events.c.expires_on < scope.today)
    flags = {
        "valid": and_(kept, or_(events.c.expires_on.is_(None), events.c.expires_on >= scope.today)),
        "withdrawn": events.c.withdrawn_at.is_not(None),
        "expired": and_(kept, over),
    }
    return {name: plain_column(flag, each) for name, flag in flags.items() if (each := source.field(name))}
