"""Accept a run: the one door through which deliveries come to exist.

In:  a new run, its compiled emails, and the SQL that selects its audience.
Out: the run's id and how many are owed and held. Accepting the same occurrence again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, insert, literal, select

from nurture.outbox.gate import Gate
from nurture.store import tables as t
from nurture.store.totals import insert_ignoring


@dataclass(frozen=True, slots=True)
class StepEmail:
    """The email of one step: its template, its frozen form, and its links (key, slot, url, tag, label)."""

    step: int
    template: str
    compiled: Mapping[str, Any]
    links: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class NewRun:
    """One occurrence of a campaign that is about to start.

    `definition` is the campaign as its author wrote it, `content_hash` that of definition and emails.
    """

    campaign: str
    occurrence: str
    definition: Mapping[str, Any]
    content_hash: str
    topic: str | None
    on_doubt: str
    due_at: datetime
    emails: Sequence[StepEmail]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting did. `new` is False when this occurrence had been accepted before."""

    run_id: int
    new: bool
    owed: int
    held: Mapping[str, int]


def accept(
    connection: Connection, run: NewRun, audience: Select[tuple[int]], *, now: datetime, today: date
) -> Accepted:
    """Write the run, its emails, its links, and one delivery for everyone in the audience.

    Those who may not be mailed get a row too: held, with the reason. All of it is one transaction,
    the caller's; the deliveries are one INSERT ... SELECT.
    """
    run_id = _add_run(connection, run, now)
    if run_id is None:
        known = _known_run(connection, run)
        return Accepted(known, False, *_counted(connection, known))
    for email in run.emails:
        values = {"run_id": run_id, "step": email.step}
        connection.execute(
            insert(t.run_emails).values(
                values | {"template": email.template, "compiled": dict(email.compiled)}
            )
        )
        if email.links:
            connection.execute(insert(t.links), [values | dict(link) for link in email.links])
    _add_deliveries(connection, run_id, run, audience, Gate(now, today, run.topic))
    return Accepted(run_id, True, *_counted(connection, run_id))


def plan(connection: Connection, audience: Select[tuple[int]], gate: Gate) -> tuple[int, dict[str, int]]:
    """How many of an audience would be mailed, and how many held by reason. Nothing is written."""
    judged = _judged(audience, gate).subquery()
    rows = connection.execute(select(judged.c.refusal, func.count()).group_by(judged.c.refusal))
    counts = {reason: int(number) for reason, number in rows}
    return counts.pop(None, 0), dict(sorted(counts.items()))


def _add_run(connection: Connection, run: NewRun, now: datetime) -> int | None:
    """The id of the run, or None when the occurrence is already there."""
    values = {
        "campaign": run.campaign,
        "occurrence": run.occurrence,
        "state": "running",
        "topic": run.topic,
        "on_doubt": run.on_doubt,
        "definition": dict(run.definition),
        "content_hash": run.content_hash,
        "due_at": run.due_at,
        "accepted_at": now,
    }
    statement = insert_ignoring(connection, t.runs).values(values).returning(t.runs.c.id)
    found: int | None = connection.scalar(statement)
    return found


def _known_run(connection: Connection, run: NewRun) -> int:
    runs = t.runs.c
    query = select(runs.id).where(runs.campaign == run.campaign, runs.occurrence == run.occurrence)
    return int(connection.execute(query).scalar_one())


def _judged(audience: Select[tuple[int]], gate: Gate) -> Select[Any]:
    return select(t.customers.c.id, gate.refusal().label("refusal")).where(t.customers.c.id.in_(audience))


def _add_deliveries(
    connection: Connection, run_id: int, run: NewRun, audience: Select[tuple[int]], gate: Gate
) -> None:
    judged = _judged(audience, gate).subquery()
    refused = judged.c.refusal.is_not(None)
    for email in run.emails:
        columns = {
            "run_id": literal(run_id),
            "step": literal(email.step),
            "customer_id": judged.c.id,
            "occurrence": literal(""),
            "state": case((refused, literal("held")), else_=literal("queued")),
            "reason": judged.c.refusal,
            "due_at": literal(run.due_at, t.deliveries.c.due_at.type),
            "accepted_at": literal(gate.now, t.deliveries.c.accepted_at.type),
            "ended_at": case((refused, literal(gate.now, t.deliveries.c.ended_at.type)), else_=None),
            "attempts": literal(0),
        }
        # In order of id, so that a range of ids is a range of rows on disk.
        chosen = select(*columns.values()).order_by(judged.c.id)
        connection.execute(insert(t.deliveries).from_select(list(columns), chosen))


def _counted(connection: Connection, run_id: int) -> tuple[int, dict[str, int]]:
    """Of a run: how many deliveries are not held, and how many are held by reason."""
    delivery = t.deliveries.c
    reason = case((delivery.state == "held", delivery.reason), else_=None)
    rows = connection.execute(select(reason, func.count()).where(delivery.run_id == run_id).group_by(reason))
    counts = {found: int(number) for found, number in rows}
    return counts.pop(None, 0), dict(sorted(counts.items()))
