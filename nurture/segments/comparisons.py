"""Segments beside each other, and one segment beside itself at an earlier moment.

In:  a connection, segments, the scopes in which they are asked.
Out: how many customers two segments share; who came into a segment, who left it, and why.

The past is asked of what has a history: events, consents given and withdrawn, lead states, and when
a customer was added. A title, an industry or an attribute is taken as it is now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, func, select

from nurture.clock import midnight
from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.filters import Condition, Filter, Scope, audience_from, compile_filter, explain, load_people
from nurture.filters.explain import Explanation
from nurture.filters.periods import parse_period, resolve
from nurture.filters.reader import DAY_FIX
from nurture.segments.files import Segment
from nurture.store import tables as t

AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many customers are in both of two segments; for a segment and itself, how many are in it."""

    first: str
    second: str
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """One customer who came into a segment (`came`) or left it, and the conditions that changed."""

    email: str
    came: bool
    reasons: tuple[str, ...]


def overlaps(connection: Connection, segments: Sequence[Segment], scope: Scope) -> list[Overlap]:
    """Every pair of segments, in order, each with itself too; the customers are gone through once."""
    flags = [
        _flag(compile_filter(segment.filter, scope)).label(f"in_{number}")
        for number, segment in enumerate(segments)
    ]
    asked = select(*flags).select_from(audience_from()).subquery()
    pairs = [(first, second) for first in range(len(segments)) for second in range(first, len(segments))]
    columns = list(asked.c)
    sums = [func.coalesce(func.sum(columns[first] * columns[second]), 0) for first, second in pairs]
    found = connection.execute(select(*sums)).one()
    return [
        Overlap(segments[first].name, segments[second].name, int(count))
        for (first, second), count in zip(pairs, found, strict=True)
    ]


def changes(connection: Connection, filter_: Filter, now: Scope, then: Scope) -> Iterator[Change]:
    """Who came and who left between two moments, in the order customers were added.

    `then` must ask `as_of`. The connection must stay open until the last one has been read.
    """
    customers = t.customers.c
    known = customers.created_at <= then.now
    is_in, was_in = (
        _flag(compile_filter(filter_, now)),
        _flag(and_(known, compile_filter(filter_, then))),
    )
    asked = (
        select(customers.id, customers.email, is_in.label("is_in"), known.label("known"))
        .select_from(audience_from())
        .where(is_in != was_in)
        .order_by(customers.id)
    )
    rows = connection.execute(asked).all()
    for start in range(0, len(rows), AT_A_TIME):
        some = rows[start : start + AT_A_TIME]
        ids = [row.id for row in some]
        people_now = load_people(connection, ids, now, filter_)
        people_then = load_people(connection, ids, then, filter_)
        for row in some:
            if row.known:
                reasons = changed(
                    explain(filter_, then, people_then[row.id]), explain(filter_, now, people_now[row.id])
                )
            else:
                reasons = ("added since",)
            yield Change(row.email, bool(row.is_in), reasons)


def moment_of(connection: Connection, now: Scope, since: str | None, campaign: str | None) -> datetime:
    """The moment to compare with: the beginning of a day, or the latest run of a campaign.

    Raises:
        InputError: neither or both are given, the day is none, or it lies ahead.
        NotFound: the campaign has not run.
    """
    if (since is None) == (campaign is None):
        raise InputError(Finding("diff", "Say since when.", "Give --since DAY or --since-run CAMPAIGN."))
    if campaign is not None:
        runs = t.runs.c
        accepted: datetime | None = connection.scalar(
            select(func.max(runs.accepted_at)).where(runs.campaign == campaign)
        )
        if accepted is None:
            known = list(connection.scalars(select(runs.campaign).distinct()))
            what = f'No campaign called "{campaign}" has run.'
            raise NotFound(Finding("--since-run", what, did_you_mean(campaign, known)))
        return accepted
    period = parse_period(since)
    first = None if period is None else resolve(period, now.today, now.fiscal_month).first
    if first is None or first > now.today:
        raise InputError(Finding("--since", f'"{since}" is not a day of the past.', DAY_FIX))
    # The last moment of the day before: a day is a day, and what happened on it is news.
    return midnight(first, now.zone) - timedelta(microseconds=1)


def changed(then: Explanation, now: Explanation) -> tuple[str, ...]:
    """The innermost conditions whose answer is another one now, each with what was found then and now."""
    before = {(each.line, each.depth, each.condition): each for each in then.conditions}
    return tuple(
        f"{each.condition}: {old.found} -> {each.found}"
        for position, each in enumerate(now.conditions)
        if (old := before.get((each.line, each.depth, each.condition))) is not None
        and old.met != each.met
        and not _has_parts(now.conditions, position)
    )


def _has_parts(conditions: Sequence[Condition], position: int) -> bool:
    following = conditions[position + 1 : position + 2]
    return bool(following) and following[0].depth > conditions[position].depth


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0).cast(Integer)
