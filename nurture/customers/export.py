"""Customers as a file that can be imported again.

In:  a store connection, the attributes of the workspace.
Out: columns and rows, read as they are asked for; importing them changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from nurture.customers.write_consents import REFUSALS
from nurture.store import tables as t

_PERSON = (
    *("email", "family_name", "given_name", "family_kana", "given_kana", "honorific", "title", "department"),
    *("phone", "locale", "time_zone", "owner", "birthday"),
)
_COMPANY = {
    "company": "name",
    "industry": "industry",
    "company_founded_on": "founded_on",
    "company_country": "country",
    "company_stage": "stage",
    "company_owner": "owner",
}
_CONSENT = ("consent_basis", "consent_date", "consent_evidence", "consent_recorded_by", "consent_expires_on")


def export_columns(connection: Connection, declared: Sequence[str]) -> tuple[str, ...]:
    """The columns of the export: ours, and every attribute that is declared or that someone has."""
    found = dict.fromkeys(declared)
    for (attributes,) in connection.execute(select(t.customers.c.attributes)):
        found |= dict.fromkeys(attributes)
    return (*_PERSON, *_COMPANY, *_CONSENT, "opted_out", *(f"attributes.{name}" for name in found))


def export_rows(connection: Connection, columns: Sequence[str]) -> Iterator[list[object]]:
    """One row per customer, in order of the address, with the newest consent that is still valid."""
    names = [name.removeprefix("attributes.") for name in columns if name.startswith("attributes.")]
    fixed = len(columns) - len(names)
    for row in connection.execution_options(yield_per=1000).execute(_statement()):
        attributes = row.attributes
        yield [*_written(row, fixed), *(_cell(attributes.get(name)) for name in names)]


def _statement() -> Any:
    c, company, consent, suppression = t.customers.c, t.companies.c, t.consents.c, t.suppressions.c
    newest = (
        select(func.max(consent.id))
        .where(consent.customer_id == c.id, consent.withdrawn_at.is_(None))
        .correlate(t.customers)
        .scalar_subquery()
    )
    birthday_md = case((c.birthday.is_(None), c.birthday_md))
    return (
        select(
            *(c[name] for name in _PERSON),
            *(company[column].label(name) for name, column in _COMPANY.items()),
            consent.basis,
            consent.given_on,
            consent.evidence,
            consent.recorded_by,
            consent.expires_on,
            suppression.reason.in_(REFUSALS).label("opted_out"),
            birthday_md.label("month_day"),
            c.attributes,
        )
        .select_from(
            t.customers.outerjoin(t.companies, company.id == c.company_id)
            .outerjoin(t.consents, and_(consent.customer_id == c.id, consent.id == newest))
            .outerjoin(t.suppressions, suppression.address_hash == c.address_hash)
        )
        .order_by(c.email_key)
    )


def _written(row: Any, width: int) -> list[object]:
    values = list(row[:width])
    birthday = _PERSON.index("birthday")
    if row.month_day is not None:
        # A birthday whose year nobody told us.
        values[birthday] = f"{row.month_day // 100:02d}-{row.month_day % 100:02d}"
    values[-1] = "yes" if values[-1] else ""
    return values


def _cell(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return value.isoformat() if isinstance(value, date) else value
