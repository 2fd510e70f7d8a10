"""Pause, resume and cancel the run of a campaign."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from nurture.errors import Finding, InputError
from nurture.outbox.states import WAITING
from nurture.store import tables as t


def pause(connection: Connection, campaign: str) -> None:
    """Send nothing more until `resume`; what is on the wire still goes out."""
    _move(connection, campaign, "pause", ("running",), "paused")


def resume(connection: Connection, campaign: str) -> None:
    """Go on where a paused or stopped run was."""
    _move(connection, campaign, "resume", ("paused", "stopped"), "running")


def cancel(connection: Connection, campaign: str, now: datetime) -> int:
    """Send nothing more, ever, in this run; how many deliveries were cancelled."""
    run_id = _move(connection, campaign, "cancel", ("running", "paused", "stopped"), "cancelled")
    connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(ended_at=now))
    cancelled = connection.execute(
        update(t.deliveries)
        .where(t.deliveries.c.run_id == run_id, t.deliveries.c.state.in_(WAITING))
        .values(state="cancelled", ended_at=now)
    )
    return cancelled.rowcount


def latest_run(connection: Connection, campaign: str) -> Row[int, str, str] | None:
    """Id, state and occurrence of the run that was accepted last; None when it never started."""
    runs = t.runs.c
    query = select(runs.id, runs.state, runs.occurrence).where(runs.campaign == campaign)
    return connection.execute(query.order_by(runs.id.desc()).limit(1)).first()


def _move(connection: Connection, campaign: str, verb: str, allowed: tuple[str, ...], state: str) -> int:
    """Bring the latest run into a state; gives its id."""
    run = latest_run(connection, campaign)
    if run is None:
        fix = f"Start it: nurture campaigns start {campaign}"
        raise InputError(Finding(campaign, "This campaign has not been started.", fix))
    moved = connection.execute(
        update(t.runs)
        .where(t.runs.c.id == run.id, t.runs.c.state.in_(allowed))
        .values(state=state, reason=None)
    )
    if moved.rowcount == 0:
        what = f"This campaign is {run.state}; only one that is {' or '.join(allowed)} can be told to {verb}."
        raise InputError(Finding(campaign, what))
    return int(run.id)
