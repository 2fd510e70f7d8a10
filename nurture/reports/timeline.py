"""Everything that happened between one customer and us, newest first.

In:  a customer's id, and the time zone in which a day is a day.
Out: TimelineEvent values: emails, what was done with them, purchases, activities, consent and lead states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, and_, select

from nurture import clock
from nurture.reports import figures as f
from nurture.store import tables as t

EventKind = Literal[
    "received",
    "held",
    "bounced",
    "complained",
    "failed",
    "opened",
    "clicked",
    "scanned",
    "bought",
    "did",
    "consented",
    "withdrew",
    "suppressed",
    "refused_topic",
    "lead",
]
LIMIT = 200

Events = Iterator["TimelineEvent"]


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened. `at` is None for what is only known by its day, such as a purchase.

    `what` is its subject (a campaign, a product, a link), `detail` the rest in words.
    """

    on: date
    at: datetime | None
    kind: EventKind
    what: str
    detail: str = ""


def timeline(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int = LIMIT
) -> tuple[TimelineEvent, ...]:
    """What happened with a customer, newest first, at most `limit` events."""
    sources = (_emails, _openings, _clicks, _scans, _purchases, _activities, _consents)
    rare = (_suppressions, _refusals, _lead_changes)
    found = chain.from_iterable(source(connection, customer_id, zone, limit) for source in (*sources, *rare))
    # What is only known by its day stands below what has an hour of that day.
    newest = sorted(found, key=lambda event: (event.on, event.at is not None, event.at or 0), reverse=True)
    return tuple(newest[:limit])


def _moment(at: datetime, zone: ZoneInfo, kind: EventKind, what: str, detail: str = "") -> TimelineEvent:
    return TimelineEvent(clock.day(at, zone), at, kind, what, detail)


def _rows(connection: Connection, query: Select[Any], limit: int) -> Iterator[Any]:
    yield from connection.execute(query.limit(limit))


# The state a delivery is in, as the customer met it; those still on their way are no event yet.
_MET: dict[str, EventKind] = {
    "sent": "received",
    "delivered": "received",
    "bounced": "bounced",
    "complained": "complained",
    "held": "held",
    "failed": "failed",
}


def _emails(connection: Connection, customer_id: int, zone: ZoneInfo, limit: int) -> Events:
    mail, run, email = t.deliveries.c, t.runs.c, t.run_emails.c
    query = (
        select(
            mail.state,
            mail.reason,
            mail.sent_at,
            mail.ended_at,
            mail.accepted_at,
            run.campaign,
            email.template,
        )
        .select_from(
            t.deliveries.join(t.runs, run.id == mail.run_id).outerjoin(
                t.run_emails, and_(email.run_id == mail.run_id, email.step == mail.step)
            )
        )
        .where(mail.customer_id == customer_id, mail.state.in_(_MET))
        .order_by(mail.id.desc())
    )
    for state, reason, sent_at, ended_at, accepted_at, campaign, template in _rows(connection, query, limit):
        what = campaign if template in (None, campaign) else f"{campaign}: {template}"
        at = sent_at or ended_at or accepted_at
        if sent_at is not None and state in ("bounced", "complained"):
            yield _moment(sent_at, zone, "received", what)
            at = ended_at or sent_at
        yield _moment(at, zone, _MET[state], what, reason or "")


def _openings(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    query = (
        select(t.hits.c.at, t.runs.c.campaign)
        .select_from(t.hits.join(t.runs, t.runs.c.id == t.hits.c.run_id))
        .where(t.hits.c.customer_id == customer_id, t.hits.c.kind == "open")
        .order_by(t.hits.c.at.desc())
    )
    for at, campaign in _rows(connection, query, limit):
        yield _moment(at, zone, "opened", campaign, "unreliable: a mail program loaded the pictures")


def _clicks(connection: Connection, customer_id: int, zone: ZoneInfo, limit: int) -> Events:
    click = t.clicks.c
    query = (
        select(click.at, click.campaign, click.url, t.links.c.label)
        .select_from(t.clicks.outerjoin(t.links, t.links.c.id == click.link_id))
        .where(click.customer_id == customer_id)
        .order_by(click.at.desc())
    )
    for at, campaign, url, label in _rows(connection, query, limit):
        yield _moment(at, zone, "clicked", label or url, f"{campaign}: {url}")


def _scans(connection: Connection, customer_id: int, zone: ZoneInfo, limit: int) -> Events:
    hit = t.hits.c
    query = (
        select(hit.at, t.links.c.label, t.links.c.url, t.verdicts.c.reasons)
        .select_from(f.judged_hits().join(t.links, t.links.c.id == hit.link_id))
        .where(hit.customer_id == customer_id, hit.kind == "click", t.verdicts.c.verdict.in_(f.MACHINE))
        .order_by(hit.at.desc())
    )
    for at, label, url, reasons in _rows(connection, query, limit):
        yield _moment(at, zone, "scanned", label or url, "; ".join(str(reason) for reason in reasons))


def _purchases(
    connection: Connection, customer_id: int, _zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    bought = t.purchases.c
    query = (
        select(bought.purchased_on, bought.product, bought.amount, bought.currency)
        .where(bought.customer_id == customer_id)
        .order_by(bought.purchased_on.desc(), bought.id.desc())
    )
    for on, product, amount, currency in _rows(connection, query, limit):
        yield TimelineEvent(on, None, "bought", product, f"{_amount(amount)} {currency}")


def _activities(
    connection: Connection, customer_id: int, _zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    did = t.activities.c
    query = (
        select(did.happened_on, did.happened_at, did.kind, did.detail)
        .where(did.customer_id == customer_id)
        .order_by(did.happened_at.desc())
    )
    for on, at, kind, detail in _rows(connection, query, limit):
        yield TimelineEvent(on, at, "did", kind, detail or "")


def _consents(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    consent = t.consents.c
    query = (
        select(consent.basis, consent.given_on, consent.evidence, consent.withdrawn_at)
        .where(consent.customer_id == customer_id)
        .order_by(consent.given_on.desc())
    )
    for basis, given_on, evidence, withdrawn_at in _rows(connection, query, limit):
        yield TimelineEvent(given_on, None, "consented", basis, evidence or "")
        if withdrawn_at is not None:
            yield _moment(withdrawn_at, zone, "withdrew", basis)


def _suppressions(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    out = t.suppressions.c
    query = (
        select(out.at, out.reason, out.evidence)
        .select_from(t.suppressions.join(t.customers, t.customers.c.address_hash == out.address_hash))
        .where(t.customers.c.id == customer_id)
    )
    for at, reason, evidence in _rows(connection, query, limit):
        yield _moment(at, zone, "suppressed", reason, evidence or "")


def _refusals(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    refused = t.topic_refusals.c
    query = select(refused.at, refused.topic).where(refused.customer_id == customer_id)
    for at, topic in _rows(connection, query, limit):
        yield _moment(at, zone, "refused_topic", topic)


def _lead_changes(
    connection: Connection, customer_id: int, zone: ZoneInfo, limit: int
) -> Iterator[TimelineEvent]:
    change = t.lead_changes.c
    query = (
        select(change.at, change.old_state, change.new_state, change.reasons)
        .where(change.customer_id == customer_id)
        .order_by(change.at.desc(), change.id.desc())
    )
    for at, old, new, reasons in _rows(connection, query, limit):
        what = f"{old or 'no lead'} → {new or 'no lead'}"
        yield _moment(at, zone, "lead", what, "; ".join(str(reason) for reason in reasons))


def _amount(amount: Decimal) -> str:
    """
    >>> _amount(Decimal("1200000.00")), _amount(Decimal("12.50"))
    ('1,200,000', '12.50')
    """
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
