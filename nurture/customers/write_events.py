"""Write a batch of purchases or activities, once each by their own ids, and keep the totals true.

In:  PurchaseRow or ActivityRow values, a connection inside a transaction.
Out: which rows were added, changed or were there already; which belong to nobody we know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from nurture.customers.journal import Journal
from nurture.customers.rows import ActivityRow, PurchaseRow, Rejected
from nurture.customers.upsert import chunks, ids_by, insert_or_update
from nurture.customers.write_customers import Written
from nurture.store import tables as t
from nurture.store import totals

UNKNOWN = "No customer has this address; import the customers first."
TWICE = (
    'The same customer has "{id}" twice in this file, with different content. '
    "Is it the number of a whole order? Each row needs an id of its own."
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What purchases and activities differ in."""

    table: Table
    key: tuple[str, ...]
    content: tuple[str, ...]
    part: totals.Part


_PURCHASES = _Shape(
    t.purchases,
    ("customer_id", "external_id"),
    ("product", "amount", "currency", "purchased_on"),
    "purchases",
)
_ACTIVITIES = _Shape(
    t.activities,
    ("customer_id", "kind", "external_id"),
    ("happened_at", "happened_on", "detail", "value", "data"),
    "activities",
)


def write_purchases(
    connection: Connection, rows: Sequence[PurchaseRow], journal: Journal, now: datetime
) -> Written:
    """Write purchases; one with an id that is there already changes it."""
    return _write(connection, _PURCHASES, rows, journal, now)


def write_activities(
    connection: Connection, rows: Sequence[ActivityRow], journal: Journal, now: datetime
) -> Written:
    """Write activities; one with an id that is there already changes it."""
    return _write(connection, _ACTIVITIES, rows, journal, now)


def _write(
    connection: Connection,
    shape: _Shape,
    rows: Sequence[PurchaseRow] | Sequence[ActivityRow],
    journal: Journal,
    now: datetime,
) -> Written:
    written = Written()
    ids = ids_by(connection, t.customers, "email_key", (row.key for row in rows))
    written.rejected += [Rejected(row.line, (UNKNOWN,)) for row in rows if row.key not in ids]
    wanted = _once(shape, [row for row in rows if row.key in ids], ids, journal, written)
    known = _known(connection, shape, wanted)
    new = [values for key, values in wanted.items() if known.get(key) != _content(shape, values)]
    insert_or_update(
        connection, shape.table, [values | {"created_at": now} for values in new], shape.key, shape.content
    )
    totals.refresh(connection, {int(values["customer_id"]) for values in new}, [shape.part])
    written.added = sum(1 for key in wanted if key not in known)
    written.changed = len(new) - written.added
    written.unchanged = len(wanted) - len(new)
    return written


def _once(
    shape: _Shape,
    rows: Sequence[PurchaseRow | ActivityRow],
    ids: Mapping[str, int],
    journal: Journal,
    written: Written,
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows as values by their key: each event of the file once, those without an id given one."""
    values = [_values(shape, row) | {"customer_id": ids[row.key]} for row in rows]
    contents = ["\x1f".join(str(cell[name]) for name in sorted(cell)) for cell in values]
    before = journal.times([f"content {content}" for content in contents])
    named = [f"id {[cell[name] for name in shape.key]!r}" for cell in values if cell["external_id"]]
    times = iter(journal.times(named))
    wanted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row, cell, content, earlier in zip(rows, values, contents, before, strict=True):
        if cell["external_id"] is None:
            # The second of two equal rows is a second purchase, on every import of the file.
            cell["external_id"] = "row-" + hashlib.sha256(f"{content}\x1f{earlier}".encode()).hexdigest()[:24]
        elif next(times) and not earlier:
            written.rejected.append(Rejected(row.line, (TWICE.format(id=cell["external_id"]),)))
            continue
        elif earlier:
            written.repeated += 1
            continue
        wanted[tuple(cell[name] for name in shape.key)] = cell
    return wanted


def _values(shape: _Shape, row: PurchaseRow | ActivityRow) -> dict[str, Any]:
    names = (*(name for name in shape.key if name != "customer_id"), *shape.content)
    values = {name: getattr(row, name) for name in names}
    if "data" in values:
        values["data"] = dict(values["data"])
    return values


def _known(
    connection: Connection, shape: _Shape, wanted: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What is there already of these events: their content by their key."""
    c = shape.table.c
    statement = select(*(c[name] for name in (*shape.key, *shape.content)))
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for chunk in chunks(sorted(wanted.values(), key=lambda values: int(values["customer_id"])), 500):
        customers = {values["customer_id"] for values in chunk}
        named = {values["external_id"] for values in chunk}
        where = and_(c.customer_id.in_(sorted(customers)), c.external_id.in_(sorted(named)))
        for row in connection.execute(statement.where(where)):
            known[tuple(row[: len(shape.key)])] = tuple(row[len(shape.key) :])
    return known


def _content(shape: _Shape, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in shape.content)
