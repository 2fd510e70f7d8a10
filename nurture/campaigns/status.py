"""Where a campaign stands: counted from the delivery rows, never from counters that can drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from nurture.campaigns.spec import Campaign
from nurture.outbox.states import DELIVERY_STATES
from nurture.store import tables as t

# A campaign that should have started longer ago than this does not start by itself any more.
STALE_AFTER = timedelta(days=1)

RATE_WINDOW = timedelta(seconds=60)
SHOWN_DOUBTS = 1000


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line of the in-doubt ledger: which delivery, which attempt, why, and what was decided."""

    delivery_id: int
    email: str
    attempt: int
    cause: str
    noticed_at: datetime
    resolution: str | None


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """The latest run of a campaign.

    `state` is ready (never started), scheduled, missed, or the state of the run. `reasons` counts held,
    deferred and failed deliveries by state and reason. `rate` is emails per second over the last minute;
    `doubts` are the newest lines of the ledger, at most a thousand of `doubts_total`.
    """

    campaign: str
    state: str
    occurrence: str | None
    run_id: int | None
    reason: str | None
    counts: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]
    rate: float
    next_due_at: datetime | None
    doubts: Sequence[Doubt]
    doubts_total: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the present rate; None when nothing moves."""
        left = self.counts["queued"] + self.counts["sending"]
        return left / self.rate if self.rate else None


def campaign_status(
    connection: Connection, campaign: str, now: datetime, spec: Campaign | None = None
) -> CampaignStatus:
    """The status of a campaign's latest run; `spec` tells of a start that is still to come."""
    runs = t.runs.c
    columns = (runs.id, runs.state, runs.occurrence, runs.reason)
    run = connection.execute(
        select(*columns).where(runs.campaign == campaign).order_by(runs.id.desc()).limit(1)
    ).first()
    if run is None or (
        spec is not None and spec.at is not None and _still_to_come(run.occurrence, spec, now)
    ):
        empty = dict.fromkeys(DELIVERY_STATES, 0)
        return CampaignStatus(campaign, _unstarted(spec, now), None, None, None, empty, {}, 0.0, None, (), 0)
    counts, reasons = _counted(connection, run.id)
    doubts, doubts_total = _doubts(connection, run.id)
    return CampaignStatus(
        campaign=campaign,
        state=run.state,
        occurrence=run.occurrence,
        run_id=run.id,
        reason=run.reason,
        counts=counts,
        reasons=reasons,
        rate=_rate(connection, run.id, now),
        next_due_at=_next_due(connection, run.id),
        doubts=doubts,
        doubts_total=doubts_total,
    )


def _still_to_come(occurrence: str, spec: Campaign | None, now: datetime) -> bool:
    return spec is not None and spec.at is not None and spec.at > now and occurrence != spec.occurrence


def _unstarted(spec: Campaign | None, now: datetime) -> str:
    if spec is None or spec.at is None:
        return "ready"
    return "scheduled" if spec.at > now - STALE_AFTER else "missed"


def _counted(connection: Connection, run_id: int) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    delivery = t.deliveries.c
    query = (
        select(delivery.state, delivery.reason, func.count())
        .where(delivery.run_id == run_id)
        .group_by(delivery.state, delivery.reason)
    )
    counts: dict[str, int] = dict.fromkeys(DELIVERY_STATES, 0)
    reasons: dict[str, dict[str, int]] = {}
    for state, reason, number in connection.execute(query):
        counts[state] += number
        if reason is not None and state in ("held", "deferred", "failed", "queued"):
            reasons.setdefault(state, {})[reason] = number
    return counts, reasons


def _rate(connection: Connection, run_id: int, now: datetime) -> float:
    delivery = t.deliveries.c
    # The last thousand answers are enough to tell a pace, and cost the same in a run of a million.
    latest = (
        select(delivery.sent_at)
        .where(delivery.run_id == run_id, delivery.state == "sent")
        .order_by(delivery.id.desc())
        .limit(1000)
        .subquery()
    )
    number, first = connection.execute(
        select(func.count(), func.min(latest.c.sent_at)).where(latest.c.sent_at > now - RATE_WINDOW)
    ).one()
    return number / max((now - first).total_seconds(), 1.0) if first else 0.0


def _next_due(connection: Connection, run_id: int) -> datetime | None:
    delivery = t.deliveries.c
    found: datetime | None = connection.scalar(
        select(func.min(delivery.due_at)).where(delivery.run_id == run_id, delivery.state == "deferred")
    )
    return found


def _doubts(connection: Connection, run_id: int) -> tuple[list[Doubt], int]:
    doubt, delivery = t.doubts.c, t.deliveries.c
    joined: Any = t.doubts.join(t.deliveries).join(t.customers)
    total = connection.scalar(
        select(func.count()).select_from(t.doubts.join(t.deliveries)).where(delivery.run_id == run_id)
    )
    columns = (
        doubt.delivery_id,
        func.coalesce(delivery.address, t.customers.c.email),
        doubt.attempt,
        doubt.cause,
        doubt.noticed_at,
        doubt.resolution,
    )
    rows = connection.execute(
        select(*columns)
        .select_from(joined)
        .where(delivery.run_id == run_id)
        .order_by(doubt.id.desc())
        .limit(SHOWN_DOUBTS)
    )
    return [Doubt(*row) for row in rows], total or 0
