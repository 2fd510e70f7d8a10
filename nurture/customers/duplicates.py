"""Find people who are in the store twice.

In:  a store connection.
Out: groups of addresses that are probably one person: the same name at the same company, or one
     mailbox written in two ways (a +tag; dots at Gmail).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, or_, select

from nurture.customers.upsert import found_by
from nurture.store import tables as t

Cause = Literal["same name and company", "same mailbox"]
# Gmail does not read dots in the local part, and has two domains for one mailbox.
_GMAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Addresses of probably one person; the first has the longest history, and is the one to keep."""

    cause: Cause
    emails: tuple[str, ...]
    name: str
    company: str | None


def find_duplicates(connection: Connection) -> Iterator[Duplicates]:
    """Every group, each once."""
    told: set[frozenset[str]] = set()
    for found in (*_same_mailbox(connection), *_same_name(connection)):
        if (group := frozenset(found.emails)) not in told:
            told.add(group)
            yield found


def _same_name(connection: Connection) -> Iterator[Duplicates]:
    c = t.customers.c
    family, given = _folded(c.family_name), _folded(c.given_name)
    groups = (
        select(c.company_id, family.label("family"), given.label("given"))
        .where(c.company_id.is_not(None), c.family_name.is_not(None), c.given_name.is_not(None))
        .group_by(c.company_id, family, given)
        .having(func.count() > 1)
        .subquery()
    )
    same = (groups.c.company_id == c.company_id) & (groups.c.family == family) & (groups.c.given == given)
    statement = _people().join(groups, same)
    people: dict[tuple[Any, ...], list[Any]] = {}
    for row in connection.execute(statement.add_columns(c.company_id, family, given)):
        people.setdefault(tuple(row[-3:]), []).append(row)
    for group in people.values():
        yield _group("same name and company", group)


def _same_mailbox(connection: Connection) -> Iterator[Duplicates]:
    """Only addresses that have a second way to be written are looked at: they are few."""
    c = t.customers.c
    unusual = or_(c.email_key.contains("+"), *(c.email_key.endswith(f"@{domain}") for domain in _GMAIL))
    people = {row.email_key: row for row in connection.execute(_people().where(unusual))}
    plain = {mailbox(key) for key in people}
    people |= {row.email_key: row for row in found_by(connection, _people(), c.email_key, plain)}
    groups: dict[str, list[Any]] = {}
    for key, row in people.items():
        groups.setdefault(mailbox(key), []).append(row)
    for group in groups.values():
        if len(group) > 1:
            yield _group("same mailbox", group)


def mailbox(key: str) -> str:
    """The plainest way to write the mailbox of an address.

    >>> mailbox("t.yamada+news@googlemail.com"), mailbox("yamada+x@asagiri.example")
    ('tyamada@gmail.com', 'yamada@asagiri.example')
    """
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@{_GMAIL[0]}"
    return f"{local}@{domain}"


def _people() -> Any:
    c = t.customers.c
    return (
        select(
            c.email_key,
            c.email,
            c.family_name,
            c.given_name,
            t.companies.c.name.label("company"),
            func.coalesce(t.totals.c.purchases, 0).label("purchases"),
            c.created_at,
        )
        .outerjoin(t.companies, t.companies.c.id == c.company_id)
        .outerjoin(t.totals, t.totals.c.customer_id == c.id)
    )


def _folded(column: Any) -> Any:
    return func.replace(func.lower(column), " ", "")


def _group(cause: Cause, rows: list[Any]) -> Duplicates:
    ordered = sorted(rows, key=lambda row: (-row.purchases, row.created_at, row.email_key))
    first = ordered[0]
    name = " ".join(part for part in (first.family_name, first.given_name) if part)
    return Duplicates(cause, tuple(row.email for row in ordered), name, first.company)
