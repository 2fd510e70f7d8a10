"""Keep the totals of customers true, in the transaction that writes the events.

Totals are recomputed from the events of the customers concerned, never counted up, so that an
import run twice, a purchase corrected or a hit judged anew leaves them right.
The one exception is `received`, which grows with every delivery recorded as sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from nurture.store import tables as t

Part = Literal["purchases", "activities", "opens", "clicks"]

CHUNK = 500


def insert_ignoring(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves rows alone whose unique key is already there, on either database."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def add_customers(connection: Connection, customer_ids: Sequence[int]) -> None:
    """Give new customers their row of totals; those who have one keep it."""
    who = t.customers.c.id
    for chunk in _chunks(customer_ids):
        zeros = select(who, *(literal(0, type_=t.totals.c[name].type) for name in _COUNTED))
        connection.execute(
            insert_ignoring(connection, t.totals).from_select(
                ["customer_id", *_COUNTED], zeros.where(who.in_(chunk))
            )
        )


def refresh(connection: Connection, customer_ids: Iterable[int], parts: Sequence[Part]) -> None:
    """Recompute parts of the totals of some customers from their events."""
    values = {name: value for part in parts for name, value in _COLUMNS[part]().items()}
    for chunk in _chunks(customer_ids):
        add_customers(connection, chunk)
        connection.execute(update(t.totals).where(t.totals.c.customer_id.in_(chunk)).values(values))


def count_received(connection: Connection, customer_ids: Iterable[int], on: date) -> None:
    """Add one email, received on a day, to each customer named (named twice: added twice)."""
    counted: dict[int, int] = {}
    for customer_id in customer_ids:
        counted[customer_id] = counted.get(customer_id, 0) + 1
    for number in set(counted.values()):
        for chunk in _chunks(who for who, times in counted.items() if times == number):
            add_customers(connection, chunk)
            connection.execute(
                update(t.totals)
                .where(t.totals.c.customer_id.in_(chunk))
                .values(received=t.totals.c.received + number, last_received_on=on)
            )


def _chunks(customer_ids: Iterable[int]) -> Iterator[list[int]]:
    # In order, so that two processes that lock the same rows never wait for each other.
    ordered = iter(sorted(set(customer_ids)))
    while chunk := list(islice(ordered, CHUNK)):
        yield chunk


def _of(table: Table, value: Any, *where: ColumnElement[bool]) -> Any:
    """A value over one customer's events, as a scalar beside their row of totals."""
    mine = table.c.customer_id == t.totals.c.customer_id
    return select(value).where(mine, *where).correlate(t.totals).scalar_subquery()


def _purchases() -> dict[str, Any]:
    bought = t.purchases
    return {
        "purchases": _of(bought, func.count()),
        "spent": _of(bought, func.coalesce(func.sum(bought.c.amount), 0)),
        "first_purchase_on": _of(bought, func.min(bought.c.purchased_on)),
        "last_purchase_on": _of(bought, func.max(bought.c.purchased_on)),
    }


def _activities() -> dict[str, Any]:
    did = t.activities
    return {
        "activities": _of(did, func.count()),
        "last_activity_on": _of(did, func.max(did.c.happened_on)),
    }


def _opens() -> dict[str, Any]:
    hit = t.hits
    return {
        "opens": _of(hit, func.count(), hit.c.kind == "open"),
        "last_open_on": _of(hit, func.max(hit.c.happened_on), hit.c.kind == "open"),
    }


def _clicks() -> dict[str, Any]:
    click = t.clicks
    return {"clicks": _of(click, func.count()), "last_click_on": _of(click, func.max(click.c.happened_on))}


_COLUMNS = {"purchases": _purchases, "activities": _activities, "opens": _opens, "clicks": _clicks}
_COUNTED = ("purchases", "spent", "activities", "received", "opens", "clicks", "bounces")
