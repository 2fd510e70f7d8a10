"""Forget a person: everything goes but the hash of the address, so that no import brings it back.

In:  an address.
Out: how many rows of each table went. Every table that leads to a customer is found by its foreign
     keys: a table that is added later is erased from too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select

from nurture.customers.card import customer_id
from nurture.customers.upsert import insert_or_update
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key


def erase_customer(connection: Connection, email: str, now: datetime) -> dict[str, int]:
    """Delete all that is known about the customer with this address; keep a suppression by hash.

    Raises:
        NotFound: nobody has the address.
    """
    erased = erasable(connection, email)
    who = customer_id(connection, email)
    written = connection.scalar(select(t.customers.c.email_key).where(t.customers.c.id == who))
    for table, mine in _rows_of(who).items():
        connection.execute(delete(table).where(mine))
    row = {"address_hash": address_hash(str(written)), "email": None, "reason": "erased", "evidence": None}
    # An older suppression may hold the address itself; it goes too.
    insert_or_update(
        connection, t.suppressions, [row | {"at": now}], ["address_hash"], ["email", "reason", "evidence"]
    )
    return erased


def erasable(connection: Connection, email: str) -> dict[str, int]:
    """How many rows of each table belong to the customer with this address.

    Raises:
        NotFound: nobody has the address.
    """
    who = customer_id(connection, email_key(email))
    counted = {
        table.name: connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
        for table, mine in _rows_of(who).items()
    }
    return {name: count for name, count in counted.items() if count}


def _rows_of(who: int) -> Mapping[Table, ColumnElement[bool]]:
    """For each table that leads to a customer: which rows are theirs. Dependent tables come first."""
    mine: dict[Table, ColumnElement[bool]] = {t.customers: t.customers.c.id == who}
    for table in t.METADATA.sorted_tables:
        conditions = [
            foreign.parent.in_(select(foreign.column).where(mine[foreign.column.table]))
            for foreign in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if table is not t.customers and foreign.column.table in mine
        ]
        if conditions:
            mine[table] = or_(*conditions)
    return dict(reversed(mine.items()))
