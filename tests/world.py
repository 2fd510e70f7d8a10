"""The smallest worlds that tests need: customers who may be mailed, runs that owe them something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from nurture.outbox import Accepted, NewRun, StepEmail, accept
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key
from nurture.store.totals import add_customers

AT = datetime.fromisoformat("2026-11-02T01:00:00+00:00")  # 10:00 on a Monday in Tokyo
TODAY = date(2026, 11, 2)


def customer(connection: Connection, email: str, *, consent: bool = True, **values: Any) -> int:
    """A customer, by default with a valid consent; further values are columns."""
    row = {
        "email": email,
        "email_key": email_key(email),
        "address_hash": address_hash(email),
        "tracking": True,
        "attributes": {},
        "created_at": AT,
        "updated_at": AT,
    }
    key = int(
        connection.execute(insert(t.customers).values(row | values).returning(t.customers.c.id)).scalar_one()
    )
    add_customers(connection, [key])
    if consent:
        basis = {"customer_id": key, "basis": "customer", "given_on": date(2025, 1, 1), "created_at": AT}
        connection.execute(insert(t.consents).values(basis))
    return key


def customers(connection: Connection, number: int) -> list[int]:
    """Some customers, `p1@x.example` and so on."""
    return [customer(connection, f"p{count}@x.example") for count in range(1, number + 1)]


def suppress(connection: Connection, email: str, reason: str = "unsubscribed") -> None:
    values = {"address_hash": address_hash(email), "email": email, "reason": reason, "at": AT}
    connection.execute(insert(t.suppressions).values(values))


def start_run(
    connection: Connection,
    *,
    campaign: str = "newsletter",
    occurrence: str = "1",
    on_doubt: str = "resend",
    topic: str | None = None,
    due_at: datetime = AT,
    only: Sequence[int] | None = None,
    links: Sequence[dict[str, Any]] = (),
    compiled: dict[str, Any] | None = None,
) -> Accepted:
    """A run of one email to everybody, or to some."""
    audience = select(t.customers.c.id)
    if only is not None:
        audience = audience.where(t.customers.c.id.in_(only))
    email = StepEmail(0, campaign, compiled or {}, links)
    run = NewRun(campaign, occurrence, {"audience": "all"}, "hash", topic, on_doubt, due_at, [email])
    return accept(connection, run, audience, now=AT, today=TODAY)


def states(connection: Connection) -> list[str]:
    """The state of every delivery, in order of id."""
    return list(connection.scalars(select(t.deliveries.c.state).order_by(t.deliveries.c.id)))
