"""Sweep: take back what dead workers held, settle doubts, and say what waits to be woken.

A row that is `sending` while its worker is silent, or past its lease, may or may not have gone out:
exactly those become `in_doubt`, each with a line in the ledger. Then the run's `on_doubt` decides,
after the evidence has been heard: whoever clicked did receive it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, or_, select, update

from nurture.outbox.claim import Batch
from nurture.outbox.record import retry_after
from nurture.outbox.states import UNFINISHED, WAITING
from nurture.store import tables as t
from nurture.store.totals import count_received, insert_ignoring

# A worker says that it is alive every BEAT; after SILENCE it is taken for dead.
BEAT = timedelta(seconds=2)
SILENCE = timedelta(seconds=10)
FORGOTTEN = timedelta(days=1)

# A delivery with an open doubt: its id, attempts, customer, and when it was accepted.
Doubted = Row[int, int, int, datetime]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: rows newly in doubt, and how doubts were settled."""

    doubted: int
    resent: int
    held: int
    evident: int


def beat(connection: Connection, worker: str, now: datetime) -> None:
    """Say that a worker is alive."""
    known = connection.execute(update(t.workers).where(t.workers.c.id == worker).values(seen_at=now))
    if known.rowcount == 0:
        values = {"id": worker, "started_at": now, "seen_at": now}
        connection.execute(insert_ignoring(connection, t.workers).values(values))


def leave(connection: Connection, worker: str) -> None:
    """Say that a worker has ended in order; it must hold nothing any more."""
    connection.execute(t.workers.delete().where(t.workers.c.id == worker))


def sweep(connection: Connection, now: datetime, *, today: date, max_attempts: int) -> Swept:
    """Take back abandoned claims and settle every open doubt."""
    doubted = _doubt_abandoned(connection, now)
    evident = _open(connection, _seen())
    _settle(connection, evident, "evidence", now, [_known_sent(row, now) for row in evident])
    count_received(connection, (row.customer_id for row in evident), today)
    resent = _open(connection, _decided("resend"))
    _settle(connection, resent, "resent", now, [_again(row, now, max_attempts) for row in resent])
    held = _open(connection, _decided("hold"))
    _settle(connection, held, "held", now, [_left_in_doubt(row, now) for row in held])
    connection.execute(t.workers.delete().where(t.workers.c.seen_at < now - FORGOTTEN))
    return Swept(doubted, len(resent), len(held), len(evident))


def waiting(connection: Connection, now: datetime, size: int, most: int) -> Sequence[Batch]:
    """Batches of deliveries that are due and unclaimed: about `size` rows each, at most `most` per run."""
    delivery = t.deliveries.c
    batches = []
    for run_id in connection.scalars(select(t.runs.c.id).where(t.runs.c.state == "running")).all():
        for state in WAITING:
            # One state at a time: then the index hands the rows over in order, and nothing is sorted.
            query = (
                select(delivery.id)
                .where(delivery.run_id == run_id, delivery.state == state, delivery.due_at <= now)
                .order_by(delivery.id)
                .limit(size * most)
            )
            ids = connection.scalars(query).all()
            batches += [
                Batch(run_id, ids[start], ids[min(start + size, len(ids)) - 1])
                for start in range(0, len(ids), size)
            ]
    return batches


def finish_runs(connection: Connection, now: datetime) -> int:
    """End the running runs that owe nothing any more; how many there were."""
    owing = exists().where(
        t.deliveries.c.run_id == t.runs.c.id,
        or_(t.deliveries.c.state.in_(UNFINISHED), and_(t.deliveries.c.state == "in_doubt", _open_doubt())),
    )
    done = connection.execute(
        update(t.runs)
        .where(t.runs.c.state == "running", ~owing.correlate(t.runs))
        .values(state="finished", ended_at=now)
    )
    return done.rowcount


def _abandoned(now: datetime) -> ColumnElement[bool]:
    delivery = t.deliveries.c
    alive = exists().where(t.workers.c.id == delivery.worker, t.workers.c.seen_at >= now - SILENCE)
    return and_(
        delivery.state == "sending",
        or_(delivery.lease_until < now, ~alive.correlate(t.deliveries)),
    )


def _doubt_abandoned(connection: Connection, now: datetime) -> int:
    delivery = t.deliveries.c
    taken = connection.execute(
        update(t.deliveries)
        .where(_abandoned(now))
        .values(state="in_doubt", worker=None, lease_until=None)
        .returning(delivery.id, delivery.attempts)
    ).all()
    if taken:
        cause = "the worker ended while it was sending"
        rows = [
            {"delivery_id": row.id, "attempt": row.attempts, "cause": cause, "noticed_at": now}
            for row in sorted(taken)
        ]
        connection.execute(insert_ignoring(connection, t.doubts), rows)
    return len(taken)


def _open_doubt() -> ColumnElement[bool]:
    """That the delivery has a doubt which nobody has settled."""
    doubt = t.doubts.c
    return (
        exists()
        .where(doubt.delivery_id == t.deliveries.c.id, doubt.resolution.is_(None))
        .correlate(t.deliveries)
    )


def _seen() -> ColumnElement[bool]:
    """Evidence: only who received the email can have asked for its links."""
    return exists().where(t.hits.c.delivery_id == t.deliveries.c.id).correlate(t.deliveries)


def _decided(on_doubt: str) -> ColumnElement[bool]:
    run = t.runs.c
    return exists().where(run.id == t.deliveries.c.run_id, run.on_doubt == on_doubt).correlate(t.deliveries)


def _open(connection: Connection, condition: ColumnElement[bool]) -> Sequence[Doubted]:
    """The deliveries with an open doubt for which a condition holds, in order of id, locked."""
    delivery = t.deliveries.c
    columns = (delivery.id, delivery.attempts, delivery.customer_id, delivery.accepted_at)
    query = select(*columns).where(delivery.state == "in_doubt", _open_doubt(), condition)
    return connection.execute(query.order_by(delivery.id).with_for_update(skip_locked=True)).all()


def _known_sent(row: Doubted, now: datetime) -> dict[str, Any]:
    # When it went out is not known; it was not before it was accepted.
    return {"state": "sent", "reason": None, "due_at": now, "sent_at": row.accepted_at, "ended_at": now}


def _again(row: Doubted, now: datetime, max_attempts: int) -> dict[str, Any]:
    if row.attempts >= max_attempts:
        reason = f"in doubt after each of {row.attempts} attempts"
        return {"state": "failed", "reason": reason, "due_at": now, "sent_at": None, "ended_at": now}
    # The first time at once; a relay that keeps swallowing answers must not be hammered.
    wait = timedelta() if row.attempts <= 1 else retry_after(row.attempts, row.id)
    return {"state": "queued", "reason": None, "due_at": now + wait, "sent_at": None, "ended_at": None}


def _left_in_doubt(_row: Doubted, now: datetime) -> dict[str, Any]:
    reason = "may or may not have gone out"
    return {"state": "in_doubt", "reason": reason, "due_at": now, "sent_at": None, "ended_at": now}


def _settle(
    connection: Connection,
    rows: Sequence[Doubted],
    resolution: str,
    now: datetime,
    values: Sequence[dict[str, Any]],
) -> None:
    """Move doubted deliveries to their next state, and write the resolution into the ledger."""
    if not rows:
        return
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in values[0]}
    connection.execute(
        update(t.deliveries).where(t.deliveries.c.id == bindparam("key")).values(changed),
        [
            {"key": row.id} | {f"new_{name}": value for name, value in new.items()}
            for row, new in zip(rows, values, strict=True)
        ],
    )
    connection.execute(
        update(t.doubts)
        .where(t.doubts.c.delivery_id == bindparam("key"), t.doubts.c.resolution.is_(None))
        .values(resolution=resolution, resolved_at=now),
        [{"key": row.id} for row in rows],
    )
