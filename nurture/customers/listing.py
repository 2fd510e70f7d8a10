"""Many customers, one line each.

In:  a few simple filters.
Out: rows as plain dicts, in order of their address, read as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from nurture.customers.company_names import match_key
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What `nurture customers list` can be narrowed by; None means no matter."""

    company: str | None = None
    owner: str | None = None
    search: str | None = None


def list_customers(
    connection: Connection, wanted: ListFilter, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Customers with company, owner, totals and whether the address is suppressed."""
    statement = _narrowed(_statement(), wanted).order_by(t.customers.c.email_key)
    if limit is not None:
        statement = statement.limit(limit)
    result = connection.execution_options(yield_per=1000).execute(statement)
    for row in result:
        yield dict(row._mapping)


def count_customers(connection: Connection, wanted: ListFilter) -> int:
    """How many customers there are."""
    counted = _narrowed(select(func.count()).select_from(_joined()), wanted)
    return int(connection.execute(counted).scalar_one())


def _joined() -> Any:
    c = t.customers
    return (
        c.outerjoin(t.companies, t.companies.c.id == c.c.company_id)
        .outerjoin(t.totals, t.totals.c.customer_id == c.c.id)
        .outerjoin(t.suppressions, t.suppressions.c.address_hash == c.c.address_hash)
    )


def _statement() -> Select[Any]:
    c = t.customers.c
    return select(
        c.email,
        c.family_name,
        c.given_name,
        t.companies.c.name.label("company"),
        c.department,
        c.title,
        c.owner,
        c.locale,
        t.totals.c.purchases,
        t.totals.c.last_purchase_on,
        t.suppressions.c.reason.label("suppressed"),
    ).select_from(_joined())


def _narrowed(statement: Select[Any], wanted: ListFilter) -> Select[Any]:
    if wanted.company is not None:
        key = match_key(wanted.company)
        by_key = t.companies.c.match_key.contains(key, autoescape=True)
        statement = statement.where(
            or_(by_key, t.companies.c.name.icontains(wanted.company, autoescape=True))
        )
    if wanted.owner is not None:
        statement = statement.where(t.customers.c.owner == wanted.owner)
    if wanted.search is not None:
        columns = (t.customers.c.email, t.customers.c.family_name, t.customers.c.given_name)
        named = (column.icontains(wanted.search, autoescape=True) for column in columns)
        statement = statement.where(or_(*named))
    return statement
