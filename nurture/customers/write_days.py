"""Write special days of customers and companies, each name once per owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from nurture.customers.rows import CustomerRow
from nurture.customers.upsert import chunks, found_by
from nurture.store import tables as t
from nurture.store.types import month_day

Owner = Literal["customer_id", "company_id"]


def write_days(connection: Connection, rows: Sequence[CustomerRow], ids: Mapping[str, int]) -> set[str]:
    """Write the special days of customers; whose have changed."""
    days: dict[int, dict[str, date]] = {}
    for row in rows:
        if row.days:
            days[ids[row.key]] = days.get(ids[row.key], {}) | dict(row.days)
    changed = replace_days(connection, "customer_id", days)
    return {row.key for row in rows if ids[row.key] in changed} if changed else set()


def replace_days(connection: Connection, owner: Owner, days: Mapping[int, Mapping[str, date]]) -> set[int]:
    """Write the named days of each owner; days with other names stay. Says for whom something changed."""
    if not days:
        return set()
    column = t.special_days.c[owner]
    statement = select(column, t.special_days.c.name, t.special_days.c.day, t.special_days.c.id)
    known = {(row[0], row[1]): (row[2], row[3]) for row in found_by(connection, statement, column, days)}
    new = [
        (who, name, on)
        for who, named in days.items()
        for name, on in named.items()
        if (who, name) not in known or known[who, name][0] != on
    ]
    # The unique key of this table holds empty columns, which no database takes for equal: no ON CONFLICT.
    for chunk in chunks(known[who, name][1] for who, name, _ in new if (who, name) in known):
        connection.execute(delete(t.special_days).where(t.special_days.c.id.in_(chunk)))
    if new:
        rows = [{owner: who, "name": name, "day": on, "md": month_day(on)} for who, name, on in new]
        connection.execute(insert(t.special_days), rows)
    return {who for who, _, _ in new}
