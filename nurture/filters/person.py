"""Everything a filter may ask about one customer, as plain values.

In:  ids of customers, and the filter that will be asked.
Out: Person values, loaded with a few statements however many people they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from nurture import clock
from nurture.errors import Finding, NotFound
from nurture.filters.fields import Source
from nurture.filters.rows import rows_of
from nurture.filters.scope import Scope
from nurture.filters.tree import All, AnyOf, Behaviour, FieldTest, Filter, Not, SegmentRef
from nurture.store import tables as t

CHUNK = 500
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its day in the workspace, its moment where one is known, its values."""

    id: int
    day: date
    at: datetime | date
    values: Row


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A named day, of the customer or (`of_company`) of the company."""

    name: str
    day: date
    of_company: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One customer as a filter sees them. `company`, `totals` and `lead` are empty where there is none."""

    id: int
    customer: Row
    company: Row = field(default_factory=dict)
    totals: Row = field(default_factory=dict)
    lead: Row = field(default_factory=dict)
    special_days: tuple[SpecialDay, ...] = ()
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)


def load_person(connection: Connection, customer_id: int, scope: Scope, filter_: Filter) -> Person:
    """What a filter may ask about one customer.

    Raises:
        NotFound: there is no such customer.
    """
    found = load_people(connection, [customer_id], scope, filter_)
    if not found:
        raise NotFound(Finding(f"customer {customer_id}", "There is no customer with this number."))
    return found[customer_id]


def load_people(
    connection: Connection, customer_ids: Sequence[int], scope: Scope, filter_: Filter
) -> dict[int, Person]:
    """What a filter may ask about some customers, by their ids, in the order given."""
    found: dict[int, Person] = {}
    sources = list({source.name: source for source in sources_of(filter_, scope)}.values())
    for start in range(0, len(customer_ids), CHUNK):
        ids = customer_ids[start : start + CHUNK]
        found |= _load(connection, ids, scope, sources)
    return found


def direct_parts(filter_: Filter) -> Iterator[Filter]:
    """A filter and everything written in it; its segments stay names."""
    yield filter_
    match filter_:
        case All() | AnyOf():
            for part in filter_.parts:
                yield from direct_parts(part)
        case Not():
            yield from direct_parts(filter_.part)
        case SegmentRef() | FieldTest() | Behaviour():
            pass


def parts_of(filter_: Filter, scope: Scope) -> Iterator[Filter]:
    """A filter and everything in it, the filters of its segments included, each segment once."""
    waiting, seen = [filter_], set()
    while waiting:
        for part in direct_parts(waiting.pop()):
            yield part
            if isinstance(part, SegmentRef) and part.name not in seen:
                seen.add(part.name)
                waiting.append(scope.segments[part.name])


def sources_of(filter_: Filter, scope: Scope) -> Iterator[Source]:
    """The kinds of events that a filter asks about."""
    return (part.source for part in parts_of(filter_, scope) if isinstance(part, Behaviour))


def _load(
    connection: Connection, ids: Sequence[int], scope: Scope, sources: Sequence[Source]
) -> dict[int, Person]:
    customers = _by(connection, t.customers, "id", ids)
    companies = _by(connection, t.companies, "id", [row["company_id"] for row in customers.values()])
    totals = _by(connection, t.totals, "customer_id", ids)
    leads = _by(connection, t.lead_states, "customer_id", ids)
    special_days = _special_days(connection, customers)
    events = {source.name: _events(connection, source, customers, scope) for source in sources}
    return {
        customer_id: Person(
            customer_id,
            row,
            companies.get(row["company_id"], {}),
            totals.get(customer_id, {}),
            leads.get(customer_id, {}),
            tuple(special_days[customer_id]),
            {name: tuple(found[customer_id]) for name, found in events.items()},
        )
        for customer_id in ids
        if (row := customers.get(customer_id)) is not None
    }


def _by(connection: Connection, table: Table, key: str, ids: Sequence[Any]) -> dict[Any, Row]:
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    rows = connection.execute(select(table).where(table.c[key].in_(wanted))).mappings()
    return {row[key]: dict(row) for row in rows}


def _special_days(connection: Connection, customers: Mapping[int, Row]) -> dict[int, list[SpecialDay]]:
    found: dict[int, list[SpecialDay]] = defaultdict(list)
    days = t.special_days.c
    companies = {row["company_id"] for row in customers.values() if row["company_id"] is not None}
    asked = select(days.customer_id, days.company_id, days.name, days.day).where(
        or_(days.customer_id.in_(list(customers)), days.company_id.in_(companies))
    )
    for row in connection.execute(asked):
        for customer_id, customer in customers.items():
            of_company = row.company_id is not None and row.company_id == customer["company_id"]
            if row.customer_id == customer_id or of_company:
                found[customer_id].append(SpecialDay(row.name, row.day, row.customer_id != customer_id))
    return found


def _events(
    connection: Connection, source: Source, customers: Mapping[int, Row], scope: Scope
) -> dict[int, list[Event]]:
    rows = rows_of(source, {each.column for each in source.fields}, scope)
    owners: dict[Any, list[int]] = defaultdict(list)
    for customer_id, customer in customers.items():
        owners[customer[rows.owner]].append(customer_id)
    values = {name: column.value.label(f"value_{name}") for name, column in rows.values.items()}
    asked = (
        select(
            rows.key.label("owner"),
            rows.id,
            rows.order[0].label("at"),
            rows.day.value.label("day"),
            *values.values(),
        )
        .select_from(rows.table)
        .where(rows.key.in_(list(owners)), *rows.where)
        .order_by(*rows.order)
    )
    found: dict[int, list[Event]] = defaultdict(list)
    for row in connection.execute(asked).mappings():
        day = row["day"]
        on = clock.day(day, scope.zone) if isinstance(day, datetime) else day
        own = {name: row[f"value_{name}"] for name in values}
        for customer_id in owners[row["owner"]]:
            found[customer_id].append(Event(row["id"], on, row["at"], own))
    return found
