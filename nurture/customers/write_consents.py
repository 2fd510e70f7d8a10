"""Write consents and refusals, so that a refusal is never lost and never overturned.

In:  rows with consents, or addresses that refuse; a connection inside a transaction.
Out: whom it changed something for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from nurture.customers.rows import CustomerRow
from nurture.customers.upsert import chunks, found_by, insert_or_update
from nurture.store import tables as t
from nurture.store.people import address_hash
from nurture.store.totals import insert_ignoring

# What a person has said; the rest (bounces) says something about the address only.
REFUSALS = ("unsubscribed", "complaint", "imported", "manual")


def write_consents(
    connection: Connection, rows: Sequence[CustomerRow], ids: Mapping[str, int], now: datetime
) -> set[str]:
    """Record the consents that rows state; one given before a refusal is recorded as withdrawn by it."""
    wanted = {
        (ids[row.key], consent.basis, consent.given_on): (row.key, consent)
        for row in rows
        for consent in row.consents
    }
    if not wanted:
        return set()
    known = _known(connection, {customer for customer, _, _ in wanted})
    refused = _refused(connection, {row.hash: row.key for row in rows if row.consents})
    new, changed = [], set()
    for (customer, basis, given_on), (key, consent) in wanted.items():
        before = (customer, basis, given_on)
        if before in known and consent.expires_on in (None, known[before]):
            continue
        at = refused.get(key)
        withdrawn = at if at is not None and given_on <= at.date() else None
        new.append(
            {
                "customer_id": customer,
                "basis": basis,
                "given_on": given_on,
                "evidence": consent.evidence,
                "recorded_by": consent.recorded_by,
                "expires_on": consent.expires_on,
                "withdrawn_at": withdrawn,
                "created_at": now,
            }
        )
        changed.add(key)
    insert_or_update(connection, t.consents, new, ["customer_id", "basis", "given_on"], ["expires_on"])
    return changed


def write_refusals(
    connection: Connection, refusals: Mapping[str, tuple[str, int]], now: datetime
) -> set[str]:
    """Suppress addresses (key -> address as written, line) and withdraw their consents; who is new to it."""
    if not refusals:
        return set()
    hashes = {address_hash(key): key for key in refusals}
    statement = select(t.suppressions.c.address_hash)
    known = {row[0] for row in found_by(connection, statement, t.suppressions.c.address_hash, hashes)}
    new = {found: key for found, key in hashes.items() if found not in known}
    rows = [
        {
            "address_hash": found,
            "email": refusals[key][0],
            "reason": "imported",
            "evidence": f"opted out in an imported file, line {refusals[key][1]}",
            "at": now,
        }
        for found, key in new.items()
    ]
    if rows:
        connection.execute(insert_ignoring(connection, t.suppressions), rows)
    _withdraw(connection, list(refusals), now)
    return set(new.values())


def _withdraw(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    for chunk in chunks(sorted(keys)):
        who = select(t.customers.c.id).where(t.customers.c.email_key.in_(chunk))
        mine = and_(t.consents.c.customer_id.in_(who), t.consents.c.withdrawn_at.is_(None))
        connection.execute(update(t.consents).where(mine).values(withdrawn_at=now))


def _known(connection: Connection, customers: set[int]) -> dict[tuple[int, str, Any], Any]:
    c = t.consents.c
    statement = select(c.customer_id, c.basis, c.given_on, c.expires_on)
    found = found_by(connection, statement, c.customer_id, customers)
    return {(row.customer_id, row.basis, row.given_on): row.expires_on for row in found}


def _refused(connection: Connection, hashes: Mapping[str, str]) -> dict[str, datetime]:
    """Since when people refuse, by the key of the address."""
    s = t.suppressions.c
    statement = select(s.address_hash, s.at).where(s.reason.in_(REFUSALS))
    return {hashes[row[0]]: row[1] for row in found_by(connection, statement, s.address_hash, hashes)}
