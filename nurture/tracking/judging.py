"""Judge hits: read what waits for a verdict, write verdicts, clicks and totals.

In:  hits without a verdict that is final, and the time.
Out: rows of `verdicts` and `clicks`, and the totals of the customers concerned, in one transaction.

Deliveries are judged whole: a new hit may change what the earlier ones are taken for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, literal, or_, select

from nurture.config import Workspace
from nurture.store import Store, totals
from nurture.store import tables as t
from nurture.tracking.hits import JUDGED, VERSION, WAITING
from nurture.tracking.seen import SeenDelivery, load_seen
from nurture.tracking.signals import Rules
from nurture.tracking.verdicts import Verdict, clicks_among, judge_delivery, spread_over_companies

# How many deliveries are judged in one transaction.
GROUP = 500
# One program in one network that follows links in the emails of this many companies is a gateway.
MANY_COMPANIES = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging did. `next_after` is the last delivery looked at; None when none is left."""

    deliveries: int = 0
    hits: int = 0
    clicks_added: int = 0
    clicks_removed: int = 0
    next_after: int | None = None

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            self.deliveries + other.deliveries,
            self.hits + other.hits,
            self.clicks_added + other.clicks_added,
            self.clicks_removed + other.clicks_removed,
            other.next_after,
        )


def rules_of(workspace: Workspace) -> Rules:
    """The limits in config.yaml, as spans of time."""
    tracking = workspace.config.tracking
    return Rules(
        instant=timedelta(seconds=tracking.instant_seconds),
        burst=timedelta(seconds=tracking.burst_seconds),
        settle=timedelta(minutes=tracking.settle_minutes),
    )


def judge_all(store: Store, workspace: Workspace, now: datetime) -> Judged:
    """Judge everything that waits, in transactions of a few hundred deliveries."""
    done, after = Judged(), 0
    while True:
        with store.write() as connection:
            group = judge(connection, workspace, now, after)
        done += group
        if group.next_after is None:
            return done
        after = group.next_after


def judge(connection: Connection, workspace: Workspace, now: datetime, after: int = 0) -> Judged:
    """Judge the next group of deliveries with hits that wait for a verdict, or for a final one."""
    rules = rules_of(workspace)
    chosen = connection.scalars(_waiting(rules, now, after).limit(GROUP)).all()
    if not chosen:
        return Judged()
    seen = load_seen(connection, chosen, rules, VERSION)
    verdicts = {
        verdict.hit_id: verdict for delivery in seen for verdict in _verdicts_on(delivery, rules, now)
    }
    _write_verdicts(connection, seen, verdicts, now)
    added, removed = _write_clicks(connection, seen, verdicts)
    more = chosen[-1] if len(chosen) == GROUP else None
    return Judged(len(seen), len(verdicts), added, removed, more)


def rejudge(store: Store, workspace: Workspace, now: datetime) -> Judged:
    """Judge every hit again: after the rules in config.yaml have changed, or with a newer judge."""
    with store.write() as connection:
        connection.execute(delete(t.verdicts).where(t.verdicts.c.version == VERSION))
    adopt(store)
    return judge_all(store, workspace, now)


def adopt(store: Store) -> None:
    """Put hits before this version of the judge that only older ones have seen. Done once, at a start."""
    hits, verdicts = t.hits.c, t.verdicts.c
    known = exists().where(verdicts.hit_id == hits.id, verdicts.version == VERSION)
    values: dict[str, Any] = {
        "hit_id": hits.id,
        "version": literal(VERSION),
        "verdict": literal("unknown"),
        "reasons": literal([WAITING], t.verdicts.c.reasons.type),
        "settled": literal(False),
        "judged_at": hits.at,
    }
    new = select(*values.values()).where(hits.kind.in_(JUDGED), ~known)
    with store.write() as connection:
        connection.execute(insert(t.verdicts).from_select(list(values), new))


def _waiting(rules: Rules, now: datetime, after: int) -> Select[int]:
    """Deliveries to judge now: with new hits, with hits whose burst window or settle window has passed."""
    hits, verdicts = t.hits.c, t.verdicts.c
    due = or_(
        verdicts.judged_at <= hits.at,
        hits.at <= now - rules.settle,
        and_(hits.at <= now - rules.burst, verdicts.verdict == "unknown"),
    )
    return (
        select(hits.delivery_id)
        .join_from(t.verdicts, t.hits, hits.id == verdicts.hit_id)
        .where(~verdicts.settled, verdicts.version == VERSION, due, hits.delivery_id > after)
        .group_by(hits.delivery_id)
        .order_by(hits.delivery_id)
    )


def _verdicts_on(delivery: SeenDelivery, rules: Rules, now: datetime) -> Iterable[Verdict]:
    hits = {hit.id: hit for hit in delivery.hits}
    for verdict in judge_delivery(delivery.hits, delivery.sent_at, delivery.links, rules, now):
        companies = delivery.companies.get(verdict.hit_id, 0)
        yield spread_over_companies(verdict, hits[verdict.hit_id], companies, MANY_COMPANIES, rules)


def _write_verdicts(
    connection: Connection, seen: Sequence[SeenDelivery], verdicts: Mapping[int, Verdict], now: datetime
) -> None:
    """Put the new verdicts in place of the old ones; what did not change is not written."""
    old = {hit_id: known for delivery in seen for hit_id, known in delivery.known.items()}
    changed = [verdict for verdict in verdicts.values() if verdict != old.get(verdict.hit_id)]
    for start in range(0, len(changed), GROUP):
        group = changed[start : start + GROUP]
        ids = [verdict.hit_id for verdict in group]
        connection.execute(
            delete(t.verdicts).where(t.verdicts.c.version == VERSION, t.verdicts.c.hit_id.in_(ids))
        )
        rows = [
            {
                "hit_id": verdict.hit_id,
                "version": VERSION,
                "verdict": verdict.verdict,
                "reasons": list(verdict.reasons),
                "settled": verdict.settled,
                "judged_at": now,
            }
            for verdict in group
        ]
        connection.execute(totals.insert_ignoring(connection, t.verdicts), rows)


def _write_clicks(
    connection: Connection, seen: Sequence[SeenDelivery], verdicts: Mapping[int, Verdict]
) -> tuple[int, int]:
    """Make the clicks of these deliveries the ones that follow from the verdicts; (added, removed)."""
    wanted = {hit_id: one for one in seen for hit_id in clicks_among(one.hits, verdicts)}
    clicks = t.clicks.c
    ids = [delivery.id for delivery in seen]
    rows = connection.execute(select(clicks.hit_id, clicks.customer_id).where(clicks.delivery_id.in_(ids)))
    there = {row.hit_id: row.customer_id for row in rows}
    gone = sorted(there.keys() - wanted.keys())
    new = sorted(wanted.keys() - there.keys())
    for start in range(0, len(gone), GROUP):
        connection.execute(delete(t.clicks).where(clicks.hit_id.in_(gone[start : start + GROUP])))
    for start in range(0, len(new), GROUP):
        _add_clicks(connection, new[start : start + GROUP])
    touched = {there[hit_id] for hit_id in gone} | {wanted[hit_id].customer_id for hit_id in new}
    totals.refresh(connection, touched, ["clicks"])
    return len(new), len(gone)


def _add_clicks(connection: Connection, hit_ids: Sequence[int]) -> None:
    hits, links, emails = t.hits.c, t.links.c, t.run_emails.c
    values = {
        "hit_id": hits.id,
        "delivery_id": hits.delivery_id,
        "customer_id": hits.customer_id,
        "run_id": hits.run_id,
        "link_id": hits.link_id,
        "campaign": t.runs.c.campaign,
        "template": func.coalesce(emails.template, ""),
        "url": links.url,
        "tag": links.tag,
        "at": hits.at,
        "happened_on": hits.happened_on,
    }
    rows = (
        select(*values.values())
        .select_from(t.hits)
        .join(t.links, links.id == hits.link_id)
        .join(t.runs, t.runs.c.id == hits.run_id)
        .outerjoin(t.run_emails, and_(emails.run_id == links.run_id, emails.step == links.step))
        .where(hits.id.in_(hit_ids))
        .order_by(hits.at, hits.id)
    )
    connection.execute(insert(t.clicks).from_select(list(values), rows))
