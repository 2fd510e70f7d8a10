"""Figures, and the questions to the store that give them: counted in SQL, never row by row.

In:  a subquery with the ids of runs.
Out: plain numbers. Every figure says what it is a share of, because a percentage without its
     denominator means whatever the reader wants it to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, case, func, select

from nurture.outbox.states import ACCEPTED_BY_RELAY, DELIVERY_STATES, UNFINISHED
from nurture.store import tables as t

# The states of a delivery, by what they mean to the person who asks "where are my emails?".
WAITING = UNFINISHED
MAILED = ACCEPTED_BY_RELAY
ARRIVED = tuple(state for state in MAILED if state != "bounced")
STATES = DELIVERY_STATES

MACHINE = ("scanner", "likely_scanner")
HUMAN = ("human", "likely_human")


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and what it is a share of; `share` is None where there is nothing to be a share of.

    `reliable` is False for what mail programs do without their reader, such as loading pictures.
    """

    name: str
    count: int
    of: str | None = None
    of_count: int | None = None
    reliable: bool = True
    note: str = ""

    @property
    def share(self) -> float | None:
        """Between 0 and 1, to four places."""
        return round(self.count / self.of_count, 4) if self.of_count else None

    def as_json(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "of": self.of,
            "of_count": self.of_count,
            "share": self.share,
            "reliable": self.reliable,
        }


@dataclass(frozen=True, slots=True)
class Hits:
    """Raw requests on links: made by people, by machines, and those nobody has judged for good."""

    total: int
    human: int
    machine: int
    undecided: int


def delivery_counts(connection: Connection, runs: Select[tuple[int]]) -> dict[tuple[str, str], int]:
    """How many deliveries are in each state, by (state, reason); no reason is an empty one."""
    columns = t.deliveries.c
    reason = func.coalesce(columns.reason, "")
    rows = connection.execute(
        select(columns.state, reason, func.count())
        .where(columns.run_id.in_(runs))
        .group_by(columns.state, reason)
    )
    return {(state, why): number for state, why, number in rows}


def by_state(counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The same, by state; every state is there."""
    states = dict.fromkeys(STATES, 0)
    for (state, _), number in counts.items():
        states[state] = states.get(state, 0) + number
    return states


def by_reason(counts: Mapping[tuple[str, str], int], *states: str) -> dict[str, int]:
    """The reasons for some states, the most frequent first."""
    reasons: dict[str, int] = {}
    for (state, reason), number in counts.items():
        if state in states:
            name = reason or "no reason given"
            reasons[name] = reasons.get(name, 0) + number
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def people_reached(connection: Connection, runs: Select[tuple[int]]) -> int:
    """How many customers have at least one email that arrived."""
    columns = t.deliveries.c
    return _number(
        connection,
        select(func.count(columns.customer_id.distinct())).where(
            columns.run_id.in_(runs), columns.state.in_(ARRIVED)
        ),
    )


def click_counts(connection: Connection, runs: Select[tuple[int]]) -> tuple[int, int]:
    """How many clicks people made, and how many people made them."""
    columns = t.clicks.c
    row = connection.execute(
        select(func.count(), func.count(columns.customer_id.distinct())).where(columns.run_id.in_(runs))
    ).one()
    return int(row[0]), int(row[1])


def people_with_hits(connection: Connection, runs: Select[tuple[int]], kind: str) -> int:
    """How many customers made a hit of a kind: `open`, or `unsubscribe` for an opt-out from these emails."""
    columns = t.hits.c
    made = select(func.count(columns.customer_id.distinct())).where(
        columns.run_id.in_(runs), columns.kind == kind
    )
    return _number(connection, made)


def hit_counts(connection: Connection, runs: Select[tuple[int]]) -> Hits:
    """The raw hits on links, by the latest verdict on each."""
    verdict = t.verdicts.c.verdict
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(one_if(verdict.in_(HUMAN))), 0),
            func.coalesce(func.sum(one_if(verdict.in_(MACHINE))), 0),
        )
        .select_from(judged_hits())
        .where(t.hits.c.run_id.in_(runs), t.hits.c.kind == "click")
    ).one()
    total, human, machine = (int(number) for number in row)
    return Hits(total, human, machine, total - human - machine)


def judged_hits() -> FromClause:
    """Every hit, with the verdict of the newest judge beside it where there is one."""
    older = t.verdicts.alias("versions")
    newest = (
        select(func.max(older.c.version))
        .where(older.c.hit_id == t.hits.c.id)
        .correlate(t.hits)
        .scalar_subquery()
    )
    mine = and_(t.verdicts.c.hit_id == t.hits.c.id, t.verdicts.c.version == newest)
    return t.hits.outerjoin(t.verdicts, mine)


def one_if(condition: Any) -> Any:
    """1 where a condition holds and 0 elsewhere, to be summed up on any database."""
    return case((condition, 1), else_=0)


def _number(connection: Connection, query: Select[Any]) -> int:
    return int(connection.scalar(query) or 0)
