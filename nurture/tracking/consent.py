"""Opt-outs and wishes: what a reader decides on the unsubscribe and the preferences page.

In:  the delivery whose link was used: it stands for its customer, nothing else has to be proved.
Out: suppressions, withdrawn consents, refused topics, and the customer's own wishes.

Everything here is idempotent: the same decision handed in twice leaves the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, exists, insert, select, update

from nurture.store import tables as t
from nurture.store.people import address_hash
from nurture.store.totals import insert_ignoring


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a reader wants: topics refused, at most so many a month, nothing until a day, a language."""

    refused: frozenset[str] = frozenset()
    max_per_month: int | None = None
    paused_until: date | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a delivery, as the public pages need them."""

    customer_id: int
    run_id: int
    step: int
    unsubscribed: bool
    wishes: Wishes


def find_reader(connection: Connection, delivery_id: int) -> Reader | None:
    """The reader a delivery went to; None when the delivery or the customer is gone."""
    customer, delivery = t.customers.c, t.deliveries.c
    suppressed = exists().where(t.suppressions.c.address_hash == customer.address_hash)
    row = connection.execute(
        select(
            delivery.customer_id,
            delivery.run_id,
            delivery.step,
            customer.max_per_month,
            customer.paused_until,
            customer.locale,
            suppressed.label("suppressed"),
        )
        .join_from(t.deliveries, t.customers)
        .where(delivery.id == delivery_id)
    ).one_or_none()
    if row is None:
        return None
    refused = connection.scalars(
        select(t.topic_refusals.c.topic).where(t.topic_refusals.c.customer_id == row.customer_id)
    )
    wishes = Wishes(frozenset(refused), row.max_per_month, row.paused_until, row.locale)
    return Reader(row.customer_id, row.run_id, row.step, bool(row.suppressed), wishes)


def unsubscribe(connection: Connection, delivery_ids: Sequence[int], at: datetime, source: str) -> int:
    """Never mail the customers of these deliveries again; how many customers that were.

    Their address is suppressed, and the one the email went to if it has changed since; consents not yet
    withdrawn are withdrawn. An address that is suppressed already keeps its first reason and date.
    `source` says how it was done and becomes the evidence: "one-click", "page", "preferences".
    """
    customer, delivery = t.customers.c, t.deliveries.c
    rows = connection.execute(
        select(delivery.id, delivery.customer_id, delivery.address, customer.email)
        .join_from(t.deliveries, t.customers)
        .where(delivery.id.in_(delivery_ids))
        .order_by(delivery.id)
    ).all()
    suppressed = {
        address_hash(address): {
            "address_hash": address_hash(address),
            "email": address,
            "reason": "unsubscribed",
            "evidence": f"{source}, delivery {row.id}",
            "at": at,
        }
        for row in rows
        for address in (row.address, row.email)
        if address
    }
    customers = {row.customer_id for row in rows}
    if not customers:
        return 0
    connection.execute(insert_ignoring(connection, t.suppressions), list(suppressed.values()))
    connection.execute(
        update(t.consents)
        .where(t.consents.c.customer_id.in_(customers), t.consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    )
    return len(customers)


def save_wishes(connection: Connection, customer_id: int, wishes: Wishes, at: datetime) -> None:
    """Keep a reader's wishes in place of the ones before; a topic refused already keeps its date."""
    connection.execute(
        update(t.customers)
        .where(t.customers.c.id == customer_id)
        .values(
            max_per_month=wishes.max_per_month,
            paused_until=wishes.paused_until,
            locale=wishes.locale,
            updated_at=at,
        )
    )
    mine = t.topic_refusals.c.customer_id == customer_id
    known = set(connection.scalars(select(t.topic_refusals.c.topic).where(mine)))
    connection.execute(
        delete(t.topic_refusals).where(mine, t.topic_refusals.c.topic.in_(known - wishes.refused))
    )
    new: list[Mapping[str, object]] = [
        {"customer_id": customer_id, "topic": topic, "at": at} for topic in sorted(wishes.refused - known)
    ]
    if new:
        connection.execute(insert(t.topic_refusals), new)
