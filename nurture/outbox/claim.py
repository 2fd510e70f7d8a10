"""Claim: take due deliveries under a lease, before the first byte goes out.

One statement finds the rows that are due and unclaimed, asks the gate again, marks those that may
go as `sending` and the others as `held` with the reason. Two workers never get the same row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Select, case, literal, select, update

from nurture.outbox.gate import Gate
from nurture.outbox.states import WAITING
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class Batch:
    """Which deliveries a worker is asked to look at: a run and a range of ids, both ends included."""

    run_id: int
    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery that is now ours to send. `attempt` counts from 1 and names this very claim."""

    delivery_id: int
    run_id: int
    step: int
    customer_id: int
    attempt: int
    accepted_at: datetime


def claim(
    connection: Connection,
    batch: Batch,
    *,
    worker: str,
    now: datetime,
    today: date,
    lease_until: datetime,
) -> Sequence[Claimed]:
    """The deliveries of a batch that this worker may send now, in order of id.

    Those that consent, suppression or the reader's wishes forbid have become `held`. Nothing is
    taken from a run that is paused, stopped, cancelled or finished.
    """
    due = _due(batch, now, today).subquery("due")
    held = due.c.refusal.is_not(None)
    delivery = t.deliveries.c
    statement = (
        update(t.deliveries)
        .where(delivery.id == due.c.id)
        .values(
            state=case((held, literal("held")), else_=literal("sending")),
            reason=due.c.refusal,
            worker=case((held, None), else_=literal(worker)),
            lease_until=case((held, None), else_=literal(lease_until, delivery.lease_until.type)),
            attempts=case((held, delivery.attempts), else_=delivery.attempts + 1),
            ended_at=case((held, literal(now, delivery.ended_at.type)), else_=None),
        )
        .returning(
            delivery.id,
            delivery.run_id,
            delivery.step,
            delivery.customer_id,
            delivery.attempts,
            delivery.accepted_at,
            delivery.state,
        )
    )
    rows = connection.execute(statement).all()
    return sorted(
        (Claimed(*row[:6]) for row in rows if row.state == "sending"), key=lambda claimed: claimed.delivery_id
    )


def _due(batch: Batch, now: datetime, today: date) -> Select[tuple[int, str | None]]:
    delivery = t.deliveries.c
    topic = select(t.runs.c.topic).where(t.runs.c.id == batch.run_id).scalar_subquery()
    return (
        select(delivery.id, Gate(now, today, topic).refusal().label("refusal"))
        .join(t.customers, t.customers.c.id == delivery.customer_id)
        .join(t.runs, t.runs.c.id == delivery.run_id)
        .where(
            delivery.run_id == batch.run_id,
            delivery.id.between(batch.first_id, batch.last_id),
            delivery.state.in_(WAITING),
            delivery.due_at <= now,
            t.runs.c.state == "running",
        )
        .with_for_update(of=t.deliveries, skip_locked=True)
    )
