"""The links of a campaign: which were followed, by how many people, and by how many machines.

In:  a campaign's name, or one of its runs.
Out: a LinkReport: every link of its emails in document order, the ones nobody followed too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Select, case, func, null, select

from nurture.config import Workspace
from nurture.reports import figures as f
from nurture.reports.runs import RunLine, find_runs, of_runs
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """One link of an email: clicks by people, how many people, and raw hits by machines.

    A personal link leads every reader to an address of their own; it is one line, its `url` the part
    that all share, without the personal query.
    """

    step: int
    slot: int
    label: str
    tag: str | None
    url: str
    personal: bool
    clicks: int
    people: int
    machine_hits: int
    undecided_hits: int
    share: float | None


@dataclass(frozen=True, slots=True)
class LinkReport:
    """The links of a campaign as of `at`; `share` of each is people of people reached."""

    campaign: str
    at: datetime
    runs: tuple[RunLine, ...]
    reached: int
    links: tuple[LinkFigures, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "at": self.at,
            "people_reached": self.reached,
            "links": [asdict(link) for link in self.links],
        }


def link_report(
    connection: Connection, workspace: Workspace, campaign: str, now: datetime, occurrence: str | None = None
) -> LinkReport:
    """Every link of a campaign's emails: of all its runs, or of the one with that occurrence.

    The same link in the same place of several runs is one line.

    Raises:
        NotFound: no such campaign, or no such run.
    """
    lines = find_runs(connection, workspace, campaign, occurrence)
    runs = of_runs(campaign, lines)
    reached = f.people_reached(connection, runs)
    clicks = {_key(row): (int(row[3]), int(row[4])) for row in connection.execute(_clicks(runs))}
    hits = {_key(row): (int(row[3]), int(row[4])) for row in connection.execute(_hits(runs))}
    links = []
    for row in connection.execute(_links(runs)):
        clicked, people = clicks.get(_key(row), (0, 0))
        machine, undecided = hits.get(_key(row), (0, 0))
        step, slot, shared, example, label, tag = row
        links.append(
            LinkFigures(
                step=step,
                slot=slot,
                label=label or "",
                tag=tag,
                url=shared if shared is not None else _without_query(example),
                personal=shared is None,
                clicks=clicked,
                people=people,
                machine_hits=machine,
                undecided_hits=undecided,
                share=round(people / reached, 4) if reached else None,
            )
        )
    return LinkReport(campaign, now, lines, reached, tuple(links))


def _shared_url() -> ColumnElement[Any]:
    """The address of a link that is the same for every reader; NULL for a personal one."""
    # Personal links have keys of the form "<slot>-<hash of the address>".
    return case((t.links.c.key.contains("-"), null()), else_=t.links.c.url)


def _key(row: Any) -> tuple[int, int, str | None]:
    return row[0], row[1], row[2]


def _links(runs: Select[tuple[int]]) -> Select[Any]:
    columns, shared = t.links.c, _shared_url().label("shared")
    return (
        select(
            columns.step,
            columns.slot,
            shared,
            func.min(columns.url),
            func.max(columns.label),
            func.max(columns.tag),
        )
        .where(columns.run_id.in_(runs))
        .group_by(columns.step, columns.slot, shared)
        .order_by(columns.step, columns.slot, shared)
    )


def _clicks(runs: Select[tuple[int]]) -> Select[Any]:
    link, shared = t.links.c, _shared_url().label("shared")
    return (
        select(
            link.step,
            link.slot,
            shared,
            func.count(),
            func.count(t.clicks.c.customer_id.distinct()),
        )
        .select_from(t.clicks.join(t.links, link.id == t.clicks.c.link_id))
        .where(t.clicks.c.run_id.in_(runs))
        .group_by(link.step, link.slot, shared)
    )


def _hits(runs: Select[tuple[int]]) -> Select[Any]:
    link, shared, verdict = t.links.c, _shared_url().label("shared"), t.verdicts.c.verdict
    decided = verdict.in_((*f.MACHINE, *f.HUMAN))
    return (
        select(
            link.step,
            link.slot,
            shared,
            func.coalesce(func.sum(f.one_if(verdict.in_(f.MACHINE))), 0),
            func.count() - func.coalesce(func.sum(f.one_if(decided)), 0),
        )
        .select_from(f.judged_hits().join(t.links, link.id == t.hits.c.link_id))
        .where(t.hits.c.run_id.in_(runs), t.hits.c.kind == "click")
        .group_by(link.step, link.slot, shared)
    )


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path
