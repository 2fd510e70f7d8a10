"""Record: write what became of claimed deliveries, many in one transaction.

In:  outcomes with the attempt they belong to.
Out: rows in their next state. An outcome of an attempt that is no longer the row's own changes
     nothing, with one exception that is wanted: proof that an email in doubt did go out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, or_, select, update

from nurture.outbox.claim import Claimed
from nurture.store import tables as t
from nurture.store.totals import count_received, insert_ignoring

FIRST_RETRY_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 6 * 3600.0

# The rows that an outcome may still move: ours, or doubted meanwhile and not claimed again.
_MOVABLE = ("sending", "in_doubt", "queued")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One outcome: sent, deferred, failed, in_doubt or held, and the relay's words or our reason.

    `offered` is False when the relay never saw the email: the attempt does not count.
    """

    claimed: Claimed
    state: Literal["sent", "deferred", "failed", "in_doubt", "held"]
    at: datetime
    address: str | None = None
    language: str | None = None
    code: int | None = None
    enhanced: str | None = None
    reply: str | None = None
    reason: str | None = None
    offered: bool = True


def record(connection: Connection, outcomes: Sequence[Recorded], *, today: date, max_attempts: int) -> None:
    """Write outcomes; the caller's transaction makes them durable together."""
    # In order of id, so that two workers that touch the same rows never wait for each other.
    ordered = sorted(outcomes, key=lambda outcome: outcome.claimed.delivery_id)
    if not ordered:
        return
    delivery = t.deliveries.c
    statement = (
        update(t.deliveries)
        .where(
            delivery.id == bindparam("key"),
            delivery.attempts == bindparam("attempt"),
            # Not IN: its list cannot be expanded in a statement that runs once per outcome.
            or_(*(delivery.state == state for state in _MOVABLE)),
        )
        .values({name: bindparam(f"new_{name}") for name in _WRITTEN})
    )
    connection.execute(statement, [_row(outcome, max_attempts) for outcome in ordered])
    sent = [outcome for outcome in ordered if outcome.state == "sent"]
    count_received(connection, (outcome.claimed.customer_id for outcome in sent), today)
    _settle_doubts(connection, sent)
    _note_doubts(connection, [outcome for outcome in ordered if outcome.state == "in_doubt"])


def release(connection: Connection, claimed: Sequence[Claimed], *, now: datetime, reason: str) -> None:
    """Give back claims whose emails were never offered to the relay; they are due at once."""
    outcomes = [Recorded(one, "deferred", now, reason=reason, offered=False) for one in claimed]
    record(connection, outcomes, today=now.date(), max_attempts=0)


def retry_after(attempt: int, seed: int) -> timedelta:
    """How long a deferred email waits: doubling from a minute to six hours, with jitter.

    The jitter comes from the seed (the delivery's id), so that a crowd deferred together does not
    come back together.
    """
    longest = min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS)
    share = random.Random(seed * 1009 + attempt).uniform(0.75, 1.25)  # noqa: S311  # spreading, not secrecy
    return timedelta(seconds=longest * share)


_WRITTEN = (
    "state",
    "reason",
    "due_at",
    "attempts",
    "worker",
    "lease_until",
    "address",
    "language",
    "code",
    "enhanced",
    "reply",
    "sent_at",
    "ended_at",
)


def _row(outcome: Recorded, max_attempts: int) -> dict[str, Any]:
    claimed = outcome.claimed
    state, reason, due_at = outcome.state, outcome.reason, outcome.at
    if outcome.state == "deferred" and outcome.offered:
        due_at = outcome.at + retry_after(claimed.attempt, claimed.delivery_id)
        if claimed.attempt >= max_attempts:
            state, reason = "failed", f"given up after {claimed.attempt} attempts"
    values = {
        "state": state if outcome.offered else "queued",
        "reason": reason,
        "due_at": due_at,
        "attempts": claimed.attempt if outcome.offered else claimed.attempt - 1,
        "worker": None,
        "lease_until": None,
        "address": outcome.address,
        "language": outcome.language,
        "code": outcome.code,
        "enhanced": outcome.enhanced,
        "reply": outcome.reply,
        "sent_at": outcome.at if outcome.state == "sent" else None,
        "ended_at": outcome.at if state in ("sent", "failed", "held") else None,
    }
    row = {f"new_{name}": values[name] for name in _WRITTEN}
    return row | {"key": claimed.delivery_id, "attempt": claimed.attempt}


def _note_doubts(connection: Connection, outcomes: Sequence[Recorded]) -> None:
    if outcomes:
        rows = [
            {
                "delivery_id": outcome.claimed.delivery_id,
                "attempt": outcome.claimed.attempt,
                "cause": outcome.reply or "the connection broke before the relay answered",
                "noticed_at": outcome.at,
            }
            for outcome in outcomes
        ]
        connection.execute(insert_ignoring(connection, t.doubts), rows)


def _settle_doubts(connection: Connection, sent: Sequence[Recorded]) -> None:
    """A late answer of the relay is evidence: the email of that attempt did go out."""
    if not sent:
        return
    doubt = t.doubts.c
    ids = [outcome.claimed.delivery_id for outcome in sent]
    if connection.scalar(select(doubt.id).where(doubt.delivery_id.in_(ids)).limit(1)) is None:
        return
    connection.execute(
        update(t.doubts)
        .where(
            doubt.delivery_id == bindparam("key"),
            doubt.attempt == bindparam("of_attempt"),
        )
        .values(resolution="evidence", resolved_at=bindparam("settled_at")),
        [
            {
                "key": outcome.claimed.delivery_id,
                "of_attempt": outcome.claimed.attempt,
                "settled_at": outcome.at,
            }
            for outcome in sent
        ],
    )
