"""Write a batch of customer rows: one transaction, a few statements, whatever the size of the batch.

In:  CustomerRow values, a connection inside a transaction.
Out: which rows were added, changed or told us nothing new; which may not be imported.

An empty cell says nothing: what is known stays. A refusal is never overturned, and an address that
was erased never comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from nurture.customers.rows import CustomerRow, Rejected
from nurture.customers.upsert import found_by, insert_or_update
from nurture.customers.write_companies import write_companies
from nurture.customers.write_consents import write_consents, write_refusals
from nurture.customers.write_days import write_days
from nurture.store import tables as t
from nurture.store import totals

ERASED = "This person asked to be erased; the address may not come back."
_VALUES = (
    *("family_name", "given_name", "family_kana", "given_kana", "honorific", "title", "department", "phone"),
    *("locale", "time_zone", "owner", "birthday", "birthday_md", "company_id"),
)
_KNOWN = (
    "id",
    "email",
    "email_key",
    "address_hash",
    *_VALUES,
    "attributes",
    "tracking",
    "created_at",
    "updated_at",
)


@dataclass(slots=True)
class Written:
    """What became of a batch."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    companies: int = 0
    refused: int = 0
    proof: str | None = None
    rejected: list[Rejected] = field(default_factory=list)


def write_customers(
    connection: Connection, rows: Sequence[CustomerRow], now: datetime, earlier: Set[str] = frozenset()
) -> Written:
    """Write the rows; of two rows with the same address the later one has the last word.

    `earlier` holds the keys that earlier batches of the same file had: those rows count as repeated.
    """
    written = Written()
    rows = _without_erased(connection, rows, written)
    companies = write_companies(connection, [row.company for row in rows if row.company], now)
    written.companies = companies.added
    known = _known(connection, [row.key for row in rows])
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = merged.get(row.key) or known.get(row.key) or _blank(now)
        merged[row.key] = _merged(before, row, companies.ids)
    changed = [values for key, values in merged.items() if key not in known or values != known[key]]
    for values in changed:
        values["updated_at"] = now
    _write(connection, changed)
    ids = _ids(connection, merged, known)
    totals.add_customers(connection, [ids[key] for key in merged if key not in known])
    touched = {str(values["email_key"]) for values in changed}
    touched |= {row.key for row in rows if row.company and row.company.key in companies.changed}
    touched |= write_consents(connection, rows, ids, now)
    touched |= write_days(connection, rows, ids)
    refused = write_refusals(connection, _refusals(rows), now)
    fresh = merged.keys() - earlier
    written.refused = len(refused)
    written.added = len(fresh - known.keys())
    written.changed = len(fresh & known.keys() & (touched | refused))
    written.unchanged = len(fresh) - written.added - written.changed
    written.repeated = len(rows) - len(fresh)
    return written


def _without_erased(
    connection: Connection, rows: Sequence[CustomerRow], written: Written
) -> Sequence[CustomerRow]:
    """The rows that may be imported; people who asked to be forgotten are not."""
    hashes = {row.hash: row.key for row in rows}
    erased = select(t.suppressions.c.address_hash).where(t.suppressions.c.reason == "erased")
    gone = {hashes[row[0]] for row in found_by(connection, erased, t.suppressions.c.address_hash, hashes)}
    written.rejected += [Rejected(row.line, (ERASED,)) for row in rows if row.key in gone]
    return [row for row in rows if row.key not in gone] if gone else rows


def _known(connection: Connection, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    # Locked (on PostgreSQL), so that what a reader changes meanwhile on the preferences page is not lost.
    statement = select(*(t.customers.c[name] for name in _KNOWN)).with_for_update()
    found = found_by(connection, statement, t.customers.c.email_key, keys)
    return {row.email_key: dict(row._mapping) for row in found}


def _blank(now: datetime) -> dict[str, Any]:
    return dict.fromkeys(_VALUES) | {"attributes": {}, "tracking": True, "created_at": now, "updated_at": now}


def _merged(before: Mapping[str, Any], row: CustomerRow, companies: Mapping[str, int]) -> dict[str, Any]:
    values = {**before, **row.values, "email_key": row.key, "address_hash": row.hash}
    # The spelling of an address changes only with its letters: Hanako@ and hanako@ are one mailbox to us.
    values.setdefault("email", row.email)
    if row.attributes:
        values["attributes"] = {**before["attributes"], **row.attributes}
    if row.company is not None:
        values["company_id"] = companies[row.company.key]
    if "birthday_md" in row.values and row.values["birthday"] is None:
        # A day without a year does not erase the year that we know of the same day.
        values["birthday"] = before["birthday"] if before["birthday_md"] == values["birthday_md"] else None
    return values


def _write(connection: Connection, changed: Iterable[Mapping[str, Any]]) -> None:
    names = (
        "email",
        "email_key",
        "address_hash",
        *_VALUES,
        "attributes",
        "tracking",
        "created_at",
        "updated_at",
    )
    ordered = sorted(changed, key=lambda values: str(values["email_key"]))
    rows = [{name: values[name] for name in names} for values in ordered]
    insert_or_update(connection, t.customers, rows, ["email_key"], [*_VALUES, "attributes", "updated_at"])


def _ids(
    connection: Connection, keys: Iterable[str], known: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    ids = {key: int(values["id"]) for key, values in known.items()}
    statement = select(t.customers.c.email_key, t.customers.c.id)
    new = [key for key in keys if key not in known]
    return ids | {row[0]: row[1] for row in found_by(connection, statement, t.customers.c.email_key, new)}


def _refusals(rows: Sequence[CustomerRow]) -> dict[str, tuple[str, int]]:
    """Who refuses email in this batch: the address as written and the line, by key."""
    return {row.key: (row.email, row.line) for row in rows if row.opted_out}
