"""What a template sees of a customer: plain data, loaded for many customers at once.

In:  a connection, customer ids, what the template needs.
Out: for each id a context: `customer` and `today`. Empty values are None, never "", so that
     `{{ customer.title or "ご担当" }}` always works; a customer without a company has `company` None.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from nurture import clock
from nurture.config import Workspace
from nurture.store import tables as t

# Nobody reads more in one email.
MOST_EVENTS = 50
CHUNK = 500

CUSTOMER = (
    *("email", "family_name", "given_name", "family_kana", "given_kana", "honorific", "title"),
    *("department", "phone", "locale", "time_zone", "owner", "birthday", "tracking"),
)
COMPANY = ("name", "industry", "country", "stage", "owner", "founded_on")
TOTALS = ("spent", "first_purchase_on", "last_purchase_on", "last_activity_on", "last_click_on")
PURCHASE = ("product", "amount", "currency", "purchased_on")
ACTIVITY = ("kind", "happened_on", "detail", "value")
# Lists that cost a statement of their own: loaded only for templates that name them.
LISTS = ("purchases", "activities", "special_days")


def contexts(
    connection: Connection,
    workspace: Workspace,
    customer_ids: Sequence[int],
    *,
    now: datetime,
    needs: Collection[str] = LISTS,
) -> dict[int, dict[str, Any]]:
    """The context of each customer, by id; ids that are not in the store are left out.

    A handful of statements, however many customers. `needs` (see `CompiledEmail.needs`) says which of
    `purchases`, `activities` and `special_days` are loaded; the others are empty.
    """
    found: dict[int, dict[str, Any]] = {}
    today = clock.day(now, workspace.zone)
    for start in range(0, len(customer_ids), CHUNK):
        ids = list(customer_ids[start : start + CHUNK])
        people = {row.id: row for row in connection.execute(_people(ids))}
        events = {name: _LOADERS[name](connection, ids) for name in LISTS if name in needs}
        for customer_id, row in people.items():
            lists = {name: events.get(name, {}).get(customer_id) for name in LISTS}
            found[customer_id] = {"customer": _customer(workspace, row, lists), "today": today}
    return found


def recipient_urls(public_url: str, token: str) -> dict[str, str]:
    """The reader's own pages, and the open pixel; nothing in them tells who it is."""
    return {
        "unsubscribe_url": f"{public_url}/u/{token}",
        "preferences_url": f"{public_url}/p/{token}",
        "view_url": f"{public_url}/v/{token}",
        "open_url": f"{public_url}/o/{token}.gif",
    }


def _people(ids: Sequence[int]) -> Select[Any]:
    customers, companies, totals = t.customers, t.companies, t.totals
    return (
        select(
            customers.c.id,
            *(customers.c[name] for name in CUSTOMER),
            customers.c.attributes,
            customers.c.company_id,
            companies.c.attributes.label("company_attributes"),
            *(companies.c[name].label(f"company_{name}") for name in COMPANY),
            *(totals.c[name] for name in TOTALS),
        )
        .outerjoin(companies, companies.c.id == customers.c.company_id)
        .outerjoin(totals, totals.c.customer_id == customers.c.id)
        .where(customers.c.id.in_(ids))
    )


def _customer(workspace: Workspace, row: Row[Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    values = row._mapping
    declared = workspace.config.attributes
    company = None
    if row.company_id is not None:
        company = {name: _filled(values[f"company_{name}"]) for name in COMPANY}
        company["attributes"] = _attributes(declared, row.company_attributes)
    return {
        **{name: _filled(values[name]) for name in CUSTOMER},
        **{name: _filled(values[name]) for name in TOTALS},
        "tracking": bool(row.tracking),
        "attributes": _attributes(declared, row.attributes),
        "company": company,
        "purchases": lists["purchases"] or [],
        "activities": lists["activities"] or [],
        "special_days": lists["special_days"] or {},
    }


def _attributes(declared: Mapping[str, str], values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every declared attribute, None where the customer has none; dates are dates."""
    values = values or {}
    return {name: _attribute(kind, values.get(name)) for name, kind in declared.items()}


def _attribute(kind: str, value: Any) -> Any:
    if kind == "date" and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return _filled(value)


def _filled(value: Any) -> Any:
    """The value, or None for blank text."""
    return None if isinstance(value, str) and not value.strip() else value


def _purchases(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    return _newest(connection, t.purchases, "purchased_on", PURCHASE, ids)


def _activities(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    return _newest(connection, t.activities, "happened_at", ACTIVITY, ids)


def _newest(
    connection: Connection, table: Any, by: str, names: Sequence[str], ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """The latest events of each customer, newest first."""
    order = (table.c[by].desc(), table.c.id.desc())
    rank = func.row_number().over(partition_by=table.c.customer_id, order_by=order).label("rank")
    columns = (table.c.customer_id, *(table.c[name] for name in names), rank)
    ranked = select(*columns).where(table.c.customer_id.in_(ids)).subquery()
    query = select(ranked).where(ranked.c.rank <= MOST_EVENTS).order_by(ranked.c.customer_id, ranked.c.rank)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        values = row._mapping
        found.setdefault(row.customer_id, []).append({name: _filled(values[name]) for name in names})
    return found


def _special_days(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, date]]:
    """The named days of each customer; those of the company count where the customer has none."""
    days, customers = t.special_days, t.customers
    own = select(days.c.customer_id, days.c.name, days.c.day).where(days.c.customer_id.in_(ids))
    houses = (
        select(customers.c.id.label("customer_id"), days.c.name, days.c.day)
        .join(days, days.c.company_id == customers.c.company_id)
        .where(customers.c.id.in_(ids))
    )
    found: dict[int, dict[str, date]] = {}
    for query in (houses, own):
        for row in connection.execute(query):
            found.setdefault(row.customer_id, {})[row.name] = row.day
    return found


_LOADERS: dict[str, Any] = {
    "purchases": _purchases,
    "activities": _activities,
    "special_days": _special_days,
}
