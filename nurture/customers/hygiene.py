"""What is untidy in the data, with counts and examples.

In:  a store connection, what counts as today.
Out: Checks: how many records, and which. `nurture.customers.hygiene_fixes` offers what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Select, String, and_, cast, func, or_, select

from nurture.customers.address_parts import domain, local_part
from nurture.customers.write_companies import NAME_CHOSEN
from nurture.store import tables as t

# Nobody bought, did, clicked or opened anything for this long: ask whether the person is still there.
STALE = timedelta(days=730)
# Two dead mailboxes say more than one, and a domain with living ones is not dead.
DEAD_MAILBOXES = 2
DEAD_SHARE = 0.5
EXAMPLES = 5
# Mailboxes that belong to a task and not to a person: RFC 2142, and what companies use.
ROLES = (
    *("info", "sales", "contact", "office", "admin", "support", "service", "help", "webmaster", "postmaster"),
    *("hostmaster", "abuse", "noreply", "no-reply", "marketing", "mail", "soumu", "eigyo", "jinji", "keiri"),
    *(
        "kobai",
        "koubai",
        "shiryo",
        "toiawase",
        "hr",
        "jobs",
        "press",
        "team",
        "all",
        "reception",
        "accounting",
    ),
)
# Companies do not share these domains; people do.
FREE_MAIL = (
    *("gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "outlook.com", "outlook.jp", "hotmail.com"),
    *("hotmail.co.jp", "icloud.com", "me.com", "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp"),
    *("i.softbank.jp", "qq.com", "163.com", "126.com", "sina.com", "live.jp", "live.com", "nifty.com"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of untidiness: its key, what it means, how many records have it, a few of them."""

    key: str
    title: str
    count: int
    examples: tuple[str, ...]


def check_hygiene(connection: Connection, today: date, now: datetime) -> list[Check]:
    """Every check, also those that found nothing."""
    checks = [_checked(connection, key, title, where) for key, title, where in customer_checks(today, now)]
    companies = [
        _company_check(connection, "spellings", "Company names in several spellings", spellings()),
        _company_check(connection, "same_domain", "Companies that share a domain of email", shared_domains()),
    ]
    return [*checks, *companies]


def customer_checks(today: date, now: datetime) -> list[tuple[str, str, ColumnElement[bool]]]:
    """The checks of single customers: key, title, and who has it."""
    c, totals = t.customers.c, t.totals.c
    last = (totals.last_purchase_on, totals.last_activity_on, totals.last_click_on, totals.last_open_on)
    idle = and_(*(or_(day.is_(None), day < today - STALE) for day in last))
    consent = select(t.consents.c.id).where(t.consents.c.customer_id == c.id)
    refusal = select(t.suppressions.c.id).where(t.suppressions.c.address_hash == c.address_hash)
    return [
        ("stale", "Nothing heard for two years", and_(idle, c.created_at < now - STALE)),
        ("status", "No consent and no refusal recorded", and_(~consent.exists(), ~refusal.exists())),
        ("phone", "No telephone number", _blank(c.phone)),
        ("owner", "No sales rep", _blank(c.owner)),
        ("notes", "No notes", _blank(cast(c.attributes["notes"].as_string(), String))),
        ("company", "No company", c.company_id.is_(None)),
        ("role", "Addresses of a task, not of a person", local_part().in_(ROLES)),
        ("dead_domain", "Domains that bounce", domain().in_(dead_domains())),
    ]


def spellings() -> Select[Any]:
    """Companies whose name was written in several ways, while nobody has chosen the one to show."""
    attributes = t.companies.c.attributes
    several = attributes["spellings"].as_string().is_not(None)
    chosen = attributes[NAME_CHOSEN].as_string().is_not(None)
    return select(t.companies.c.id, t.companies.c.name).where(several, ~chosen)


def shared_domains() -> Select[Any]:
    """Companies whose people share a domain with people of another company."""
    c = t.customers.c
    several = (
        select(domain())
        .where(c.company_id.is_not(None), domain().not_in(FREE_MAIL))
        .group_by(domain())
        .having(func.count(c.company_id.distinct()) > 1)
    )
    ids = select(c.company_id).where(domain().in_(several), c.company_id.is_not(None))
    return select(t.companies.c.id, t.companies.c.name).where(t.companies.c.id.in_(ids))


def dead_domains() -> Select[Any]:
    """Domains at which most of our customers have bounced for good."""
    s = t.suppressions.c
    dead = func.count(s.id)
    return (
        select(domain())
        .select_from(
            t.customers.outerjoin(
                t.suppressions, and_(s.address_hash == t.customers.c.address_hash, s.reason == "hard_bounce")
            )
        )
        .group_by(domain())
        .having(dead >= DEAD_MAILBOXES, cast(dead, Float) >= func.count() * DEAD_SHARE)
    )


def _blank(column: Any) -> ColumnElement[bool]:
    return or_(column.is_(None), column == "")


def _checked(connection: Connection, key: str, title: str, where: ColumnElement[bool]) -> Check:
    rows = t.customers.outerjoin(t.totals, t.totals.c.customer_id == t.customers.c.id)
    count = connection.execute(select(func.count()).select_from(rows).where(where)).scalar_one()
    some = select(t.customers.c.email).select_from(rows).where(where).order_by(t.customers.c.id)
    examples: Sequence[str] = connection.scalars(some.limit(EXAMPLES)).all() if count else ()
    return Check(key, title, int(count), tuple(examples))


def _company_check(connection: Connection, key: str, title: str, statement: Select[Any]) -> Check:
    found = statement.subquery()
    count = connection.execute(select(func.count()).select_from(found)).scalar_one()
    some = select(found.c.name).order_by(found.c.id).limit(EXAMPLES)
    return Check(key, title, int(count), tuple(connection.scalars(some)) if count else ())
