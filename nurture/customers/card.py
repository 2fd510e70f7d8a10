"""Everything that is known about one customer.

In:  an address.
Out: one dict of plain values, complete: what `nurture customers show` prints and what a person gets
     who asks what we hold about them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select

from nurture.errors import Finding, NotFound, nearest
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key

# Keys of rows that mean something only inside the database.
_INNER = frozenset(
    (
        *("id", "customer_id", "company_id", "run_id", "delivery_id", "hit_id", "link_id"),
        *(
            "address_hash",
            "email_key",
            "match_key",
            "birthday_md",
            "founded_md",
            "md",
            "worker",
            "lease_until",
        ),
    )
)


def customer_card(connection: Connection, email: str) -> dict[str, Any]:
    """All that the store holds about the customer with this address, newest events first.

    Raises:
        NotFound: nobody has the address; says so if it is suppressed, or which one is near.
    """
    c = t.customers
    row = connection.execute(select(c).where(c.c.email_key == email_key(email))).one_or_none()
    if row is None:
        raise NotFound(_unknown(connection, email))
    who = row.id
    return {
        **_plain(row),
        "company": _company(connection, row.company_id),
        "special_days": _rows(connection, _of(t.special_days, who).order_by(t.special_days.c.name)),
        "consents": _rows(connection, _of(t.consents, who).order_by(t.consents.c.given_on)),
        "suppression": _suppression(connection, row.address_hash),
        "refused_topics": _rows(connection, _of(t.topic_refusals, who).order_by(t.topic_refusals.c.topic)),
        "totals": _one(connection, _of(t.totals, who)),
        "lead": _one(connection, _of(t.lead_states, who)),
        "lead_changes": _newest(connection, t.lead_changes, "at", who),
        "purchases": _newest(connection, t.purchases, "purchased_on", who),
        "activities": _newest(connection, t.activities, "happened_at", who),
        "deliveries": _rows(connection, _deliveries(who)),
        "hits": _newest(connection, t.hits, "at", who),
        "clicks": _newest(connection, t.clicks, "at", who),
    }


def customer_id(connection: Connection, email: str) -> int:
    """The id of the customer with this address.

    Raises:
        NotFound: nobody has it.
    """
    found = connection.execute(
        select(t.customers.c.id).where(t.customers.c.email_key == email_key(email))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(_unknown(connection, email))
    return int(found)


def _of(table: Table, who: int) -> Select[Any]:
    return select(table).where(table.c.customer_id == who)


def _newest(connection: Connection, table: Table, by: str, who: int) -> list[dict[str, Any]]:
    return _rows(connection, _of(table, who).order_by(table.c[by].desc(), table.c.id.desc()))


def _deliveries(who: int) -> Select[Any]:
    """Emails owed and sent, with the campaign that each belongs to."""
    d = t.deliveries
    return (
        select(t.runs.c.campaign, t.runs.c.occurrence.label("run"), d)
        .join(t.runs, t.runs.c.id == d.c.run_id)
        .where(d.c.customer_id == who)
        .order_by(d.c.due_at.desc(), d.c.id.desc())
    )


def _company(connection: Connection, company_id: int | None) -> dict[str, Any] | None:
    company = _one(connection, select(t.companies).where(t.companies.c.id == company_id))
    if company is not None:
        days = t.special_days
        mine = select(days.c.name, days.c.day).where(days.c.company_id == company_id).order_by(days.c.name)
        company["special_days"] = _rows(connection, mine)
    return company


def _suppression(connection: Connection, hashed: str) -> dict[str, Any] | None:
    return _one(connection, select(t.suppressions).where(t.suppressions.c.address_hash == hashed))


def _one(connection: Connection, statement: Select[Any]) -> dict[str, Any] | None:
    row = connection.execute(statement).one_or_none()
    return None if row is None else _plain(row)


def _rows(connection: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    return [_plain(row) for row in connection.execute(statement)]


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items() if name not in _INNER}


def _unknown(connection: Connection, email: str) -> Finding:
    s = t.suppressions.c
    reason = connection.scalar(select(s.reason).where(s.address_hash == address_hash(email)))
    if reason is not None:
        return Finding(email, f"No customer has this address, and it is suppressed ({reason}).")
    domain = email_key(email).rpartition("@")[2]
    keys = t.customers.c.email_key
    near = connection.scalars(select(keys).where(keys.endswith(f"@{domain}", autoescape=True)).limit(500))
    guess = nearest(email_key(email), list(near))
    fix = f'Did you mean "{guess}"?' if guess else "See who is there: nurture customers list --search ..."
    return Finding(email, "No customer has this address.", fix)
