"""Make one customer of two, with the history of both.

In:  the address to keep, and the other one.
Out: one customer. What the kept one does not know is filled in; purchases, activities, consents,
     emails and clicks of both are its own; a refusal of either holds for the kept address.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, func, literal, select, update

from nurture.customers.card import customer_id
from nurture.customers.write_consents import REFUSALS
from nurture.errors import Finding, InputError
from nurture.store import tables as t
from nurture.store import totals
from nurture.store.totals import insert_ignoring

_FILLED = (
    *("family_name", "given_name", "family_kana", "given_kana", "honorific", "title", "department", "phone"),
    *("locale", "time_zone", "owner", "company_id"),
)
# One row of these belongs to a customer: the kept one's stays.
_ONE_EACH = (t.totals, t.lead_states)
# Where both have a row with this key, the other's is the same fact told twice.
_SAME_FACT = {t.consents: ("basis", "given_on"), t.topic_refusals: ("topic",), t.special_days: ("name",)}
# Where both have a row with this key, they are two facts: the moved one's key is told apart.
_TWO_FACTS = {
    t.purchases: (("external_id",), "external_id"),
    t.activities: (("kind", "external_id"), "external_id"),
    t.deliveries: (("run_id", "step", "occurrence"), "occurrence"),
}
OTHER_ADDRESSES = "other_addresses"


def merge_customers(connection: Connection, keep: str, other: str, now: datetime) -> None:
    """Move everything of the customer `other` to the customer `keep`, and delete `other`.

    Raises:
        NotFound: nobody has one of the addresses.
        InputError: both are the same customer.
    """
    kept, gone = customer_id(connection, keep), customer_id(connection, other)
    if kept == gone:
        raise InputError(Finding(other, "Both addresses are the same customer."))
    _fill(connection, kept, gone, now)
    _refuse(connection, kept, gone)
    received = _received(connection, (kept, gone))
    for table in _ONE_EACH:
        connection.execute(delete(table).where(table.c.customer_id == gone))
    for table in t.METADATA.sorted_tables:
        if table is not t.customers and _leads_to_customers(table) and table not in _ONE_EACH:
            _move(connection, table, kept, gone)
    connection.execute(delete(t.customers).where(t.customers.c.id == gone))
    totals.refresh(connection, [kept], ["purchases", "activities", "opens", "clicks"])
    connection.execute(update(t.totals).where(t.totals.c.customer_id == kept).values(received))


def _leads_to_customers(table: Table) -> bool:
    return any(key.column.table is t.customers for key in table.foreign_keys)


def _move(connection: Connection, table: Table, kept: int, gone: int) -> None:
    """Give the rows of one customer to the other, past what may stand there only once."""
    c, theirs = table.c, table.alias()
    if table in _SAME_FACT:
        same = and_(theirs.c.customer_id == kept, *(theirs.c[name] == c[name] for name in _SAME_FACT[table]))
        connection.execute(delete(table).where(c.customer_id == gone, exists().where(same)))
    if table in _TWO_FACTS:
        names, apart = _TWO_FACTS[table]
        same = and_(theirs.c.customer_id == kept, *(theirs.c[name] == c[name] for name in names))
        told_apart = c[apart] + literal(f"#{gone}")
        connection.execute(
            update(table).where(c.customer_id == gone, exists().where(same)).values({apart: told_apart})
        )
    connection.execute(update(table).where(c.customer_id == gone).values(customer_id=kept))


def _fill(connection: Connection, kept: int, gone: int, now: datetime) -> None:
    """What the kept customer does not know, the other one may; of two wishes the stricter one holds."""
    rows = connection.execute(select(t.customers).where(t.customers.c.id.in_((kept, gone))))
    found = {row.id: row for row in rows}
    ours, theirs = found[kept]._mapping, found[gone]._mapping
    values: dict[str, Any] = {
        name: theirs[name] for name in _FILLED if ours[name] is None and theirs[name] is not None
    }
    if ours["birthday_md"] is None or (ours["birthday"], ours["birthday_md"]) == (
        None,
        theirs["birthday_md"],
    ):
        values |= {"birthday": theirs["birthday"], "birthday_md": theirs["birthday_md"]}
    others = [*ours["attributes"].get(OTHER_ADDRESSES, []), *theirs["attributes"].get(OTHER_ADDRESSES, [])]
    values["attributes"] = {
        **theirs["attributes"],
        **ours["attributes"],
        OTHER_ADDRESSES: list(dict.fromkeys([*others, theirs["email"]])),
    }
    values["tracking"] = ours["tracking"] and theirs["tracking"]
    values["paused_until"] = max(filter(None, (ours["paused_until"], theirs["paused_until"])), default=None)
    values["max_per_month"] = min(
        (limit for limit in (ours["max_per_month"], theirs["max_per_month"]) if limit is not None),
        default=None,
    )
    values["created_at"] = min(ours["created_at"], theirs["created_at"])
    connection.execute(update(t.customers).where(t.customers.c.id == kept).values(**values, updated_at=now))


def _refuse(connection: Connection, kept: int, gone: int) -> None:
    """A person who refused at one address has refused at both."""
    c, s = t.customers.c, t.suppressions.c
    theirs = select(s.reason, s.evidence, s.at).join(t.customers, c.address_hash == s.address_hash)
    refused = connection.execute(theirs.where(c.id == gone, s.reason.in_(REFUSALS))).one_or_none()
    if refused is not None:
        ours = connection.execute(select(c.address_hash, c.email).where(c.id == kept)).one()
        row = dict(refused._mapping) | dict(ours._mapping)
        connection.execute(insert_ignoring(connection, t.suppressions), [row])
        standing = and_(t.consents.c.customer_id.in_((kept, gone)), t.consents.c.withdrawn_at.is_(None))
        connection.execute(update(t.consents).where(standing).values(withdrawn_at=refused.at))


def _received(connection: Connection, both: tuple[int, int]) -> dict[str, Any]:
    """Totals that are counted up and not computed from events: the sum, and the later day."""
    c = t.totals.c
    sums = [func.coalesce(func.sum(c[name]), 0).label(name) for name in ("received", "bounces")]
    days = [func.max(c[name]).label(name) for name in ("last_received_on", "last_bounce_on")]
    row = connection.execute(select(*sums, *days).where(c.customer_id.in_(both))).one()
    return dict(row._mapping)
