"""Everything a filter may ask about one customer, as plain values.

In:  ids of customers, and the filter that will be asked.
Out: Person values, loaded with a few statements however many people they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from nurture import clock
from nurture.errors import Finding, NotFound
from nurture.filters import past
from nurture.filters.audience import AUDIENCE
from nurture.filters.facts import Fact, load_facts
from nurture.filters.fields import Source
from nurture.filters.rows import rows_of
from nurture.filters.scope import Scope
from nurture.filters.tree import Behaviour, Colleagues, CompanySize, FieldTest, Filter, SegmentRef, parts
from nurture.filters.tree import Sequence as FilterSequence
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
    """One customer as a filter sees them. `company`, `totals` and `lead` are empty where there is none.

    `facts` hold places and scores by the part of the filter that asks for them; `company_people` is
    everyone at the company, this customer included, where the filter asks about them.
    """

    id: int
    customer: Row
    company: Row = field(default_factory=dict)
    totals: Row = field(default_factory=dict)
    lead: Row = field(default_factory=dict)
    special_days: tuple[SpecialDay, ...] = ()
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    facts: Mapping[Filter, Fact] = field(default_factory=dict)
    company_people: Sequence[Person] = field(default=(), repr=False, compare=False)


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
    asked = list(parts_of(filter_, scope))
    found: dict[int, Person] = {}
    for start in range(0, len(customer_ids), CHUNK):
        found |= _Loading(connection, scope, asked).people(customer_ids[start : start + CHUNK])
    return found


def parts_of(filter_: Filter, scope: Scope) -> Iterator[Filter]:
    """A filter and everything in it, the filters of its segments included, each segment once."""
    waiting, seen = [filter_], set()
    while waiting:
        for part in parts(waiting.pop()):
            yield part
            if isinstance(part, SegmentRef) and part.name not in seen:
                seen.add(part.name)
                waiting.append(scope.segments[part.name])


def sources_of(asked: Iterable[Filter]) -> dict[str, Source]:
    """The kinds of events that the parts of a filter ask about, by name."""
    found: dict[str, Source] = {}
    for part in asked:
        if isinstance(part, Behaviour):
            found[part.source.name] = part.source
        elif isinstance(part, FilterSequence):
            found |= {step.source.name: step.source for step in part.steps}
    return found


class _Loading:
    """One loading: what a filter asks for, of the people at hand and of their colleagues where it matters."""

    def __init__(self, connection: Connection, scope: Scope, asked: Sequence[Filter]) -> None:
        self.connection = connection
        self.scope = scope
        self.asked = asked
        self.sources = sources_of(asked)
        # Each table is a question to the database: those that nobody asks about are left out.
        self.places = {part.field.place for part in asked if isinstance(part, FieldTest)}

    def people(self, ids: Sequence[int]) -> dict[int, Person]:
        if not any(isinstance(part, Colleagues | CompanySize) for part in self.asked):
            return self.load(ids, {})
        customers = t.customers.c
        companies = select(customers.company_id).where(
            customers.id.in_(ids), customers.company_id.is_not(None)
        )
        who = select(customers.id, customers.company_id).where(customers.company_id.in_(companies))
        company_of = {row.id: row.company_id for row in self.connection.execute(who)}
        # Everyone of a company shares one list, filled once all of them are there.
        shared: dict[int, list[Person]] = {company: [] for company in company_of.values()}
        everyone = list(dict.fromkeys([*ids, *company_of]))
        found: dict[int, Person] = {}
        for start in range(0, len(everyone), CHUNK):
            found |= self.load(everyone[start : start + CHUNK], shared)
        for number, company in company_of.items():
            shared[company].append(found[number])
        return {number: found[number] for number in ids if number in found}

    def load(self, ids: Sequence[int], shared: Mapping[int, Sequence[Person]]) -> dict[int, Person]:
        customers = _by(self.connection, t.customers, "id", ids)
        company_ids = [row["company_id"] for row in customers.values()]
        if "company" not in self.places:
            company_ids = []
        companies = _by(self.connection, t.companies, "id", company_ids)
        totals, leads = self.standing(ids)
        dated = self.places & {"special_day", "company_special_day"}
        days = _special_days(self.connection, customers) if dated else {}
        events = {
            name: _events(self.connection, source, customers, self.scope)
            for name, source in self.sources.items()
        }
        facts = load_facts(self.connection, ids, self.asked, self.scope)
        return {
            number: Person(
                number,
                row,
                companies.get(row["company_id"], {}),
                totals.get(number, {}),
                leads.get(number, {}),
                tuple(days.get(number, ())),
                {name: tuple(found[number]) for name, found in events.items()},
                {part: known[number] for part, known in facts.items() if number in known},
                shared.get(row["company_id"], ()),
            )
            for number in ids
            if (row := customers.get(number)) is not None
        }

    def standing(self, ids: Sequence[int]) -> tuple[Mapping[int, Row], Mapping[int, Row]]:
        """Totals and lead states, as they are or as they were."""
        if not self.scope.as_of:
            tables = {"totals": t.totals, "lead": t.lead_states}
            totals, leads = (
                _by(self.connection, table, "customer_id", ids if place in self.places else [])
                for place, table in tables.items()
            )
            return totals, leads
        totals_then = {name: past.total(name, AUDIENCE, self.scope) for name in past.TOTALS}
        leads_then = {name: past.lead(name, AUDIENCE, self.scope) for name in ("state", "since")}
        return self.then(ids, totals_then), self.then(ids, leads_then)

    def then(self, ids: Sequence[int], values: Mapping[str, Any]) -> Mapping[int, Row]:
        columns = [value.label(name) for name, value in values.items()]
        asked = select(t.customers.c.id, *columns).where(t.customers.c.id.in_(ids))
        return {row["id"]: dict(row) for row in self.connection.execute(asked).mappings()}


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
