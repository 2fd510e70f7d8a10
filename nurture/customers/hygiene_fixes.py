"""Offer fixes as rows to review and import: what is missing stands empty, what we can guess is filled in.

In:  a store connection, the checks of `nurture.customers.hygiene`.
Out: rows of a CSV with the columns of an import. Its last two columns (line, reason) are for the
     reader: the import passes over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, case, func, select

from nurture.customers.address_parts import domain
from nurture.customers.columns import SET_ASIDE_COLUMNS
from nurture.customers.hygiene import FREE_MAIL, customer_checks, spellings
from nurture.store import tables as t

_FIELDS = ("email", "family_name", "given_name", "company", "company_display_name", "owner", "phone")
FIX_COLUMNS = (*_FIELDS, "attributes.notes", *SET_ASIDE_COLUMNS)
# A name with its legal form written out reads best (FIELD: 株式会社 spelled out in salutations).
_SPELLED_OUT = ("株式会社", "有限会社", "合同会社", "有限公司", "Ltd", "Inc", "GmbH", "Corporation")


def fix_rows(connection: Connection, today: date, now: datetime) -> Iterator[list[object]]:
    """One row per customer or company that something can be done about."""
    found = chain(_spelling_fixes(connection), _customer_fixes(connection, today, now))
    for line, row in enumerate(found, start=2):
        yield [*(row.get(name) for name in FIX_COLUMNS[:-2]), line, row["reason"]]


def _spelling_fixes(connection: Connection) -> Iterator[dict[str, Any]]:
    """For each company with several spellings: one of its customers, and the name that reads best."""
    c, person = t.customers.c, t.customers.alias()
    written = spellings().add_columns(t.companies.c.attributes).subquery()
    anyone = select(func.min(person.c.id)).where(person.c.company_id == written.c.id)
    one_each = anyone.correlate(written).scalar_subquery()
    statement = select(c.email, written.c.name, written.c.attributes).select_from(
        t.customers.join(written, c.id == one_each)
    )
    for email, name, attributes in connection.execute(statement.order_by(written.c.name)):
        others = attributes["spellings"]
        best = best_spelling([name, *others])
        yield {
            "email": email,
            "company": name,
            "company_display_name": best,
            "reason": f"Also written: {', '.join(others)}. The display name is ours to choose.",
        }


def best_spelling(names: list[str]) -> str:
    """The spelling to show: the legal form written out, then the longest, then the first.

    >>> best_spelling(["㈱朝霧精機", "株式会社朝霧精機", "朝霧精機"])
    '株式会社朝霧精機'
    """
    return max(names, key=lambda name: (any(form in name for form in _SPELLED_OUT), len(name)))


def _customer_fixes(connection: Connection, today: date, now: datetime) -> Iterator[dict[str, Any]]:
    """Each customer with a finding, with what colleagues suggest."""
    c = t.customers.c
    checks = customer_checks(today, now)
    flags = [case((where, 1), else_=0).label(f"check_{key}") for key, _, where in checks]
    usual = _companies_of_domains()
    statement = (
        select(
            *(c[name] for name in ("email", "family_name", "given_name", "owner", "phone")),
            t.companies.c.name.label("company"),
            c.attributes["notes"].as_string().label("notes"),
            _owner_of_colleagues().label("usual_owner"),
            usual.c.company.label("usual_company"),
            *flags,
        )
        .outerjoin(t.companies, t.companies.c.id == c.company_id)
        .outerjoin(t.totals, t.totals.c.customer_id == c.id)
        .outerjoin(usual, usual.c.domain == domain())
        .order_by(c.email_key)
    )
    for row in connection.execution_options(yield_per=1000).execute(statement):
        found = [(key, title) for key, title, _ in checks if row._mapping[f"check_{key}"]]
        if found:
            yield _fixed(row._mapping, found)


def _fixed(row: Any, found: list[tuple[str, str]]) -> dict[str, Any]:
    keys = {key for key, _ in found}
    reasons = [title for _, title in found]
    values = {name: row[name] for name in ("email", "family_name", "given_name", "owner", "phone", "company")}
    values["attributes.notes"] = row["notes"]
    if "owner" in keys and row["usual_owner"]:
        values["owner"] = row["usual_owner"]
        reasons.append("suggested: the sales rep of a colleague")
    if "company" in keys and row["usual_company"]:
        values["company"] = row["usual_company"]
        reasons.append("suggested: the company of others at this domain")
    return {**values, "reason": "; ".join(reasons)}


def _owner_of_colleagues() -> Any:
    """A sales rep of someone at the same company, the first by name; the company's own before that."""
    c, colleague = t.customers.c, t.customers.alias()
    theirs = select(func.min(colleague.c.owner)).where(colleague.c.company_id == c.company_id)
    return func.coalesce(t.companies.c.owner, theirs.correlate(t.customers).scalar_subquery())


def _companies_of_domains() -> Any:
    """The company of the people at a domain, when all of them are at the same one."""
    firm = t.companies.alias()
    return (
        select(domain().label("domain"), func.min(firm.c.name).label("company"))
        .join(firm, firm.c.id == t.customers.c.company_id)
        .where(domain().not_in(FREE_MAIL))
        .group_by(domain())
        .having(func.count(t.customers.c.company_id.distinct()) == 1)
        .subquery()
    )
