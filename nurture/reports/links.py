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

    The same link with the same words in the same place of several runs is one line.

    Raises:
        NotFound: no such campaign, or no such run.
    """
    lines = find_runs(connection, workspace, campaign, occurrence)
    runs = of_runs(campaign, lines)
    reached = f.people_reached(connection, runs)
    clicks = _pairs(connection, _clicks(runs))
    hits = _pairs(connection, _hits(runs))
    links = []
    for *place, example in connection.execute(_links(runs)):
        clicked, people = clicks.get(tuple(place), (0, 0))
        machine, undecided = hits.get(tuple(place), (0, 0))
        step, slot, shared, label, tag = place
        links.append(
            LinkFigures(
                step=step,
                slot=slot,
                label=label,
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


def _place() -> tuple[ColumnElement[Any], ...]:
    """What makes a link one line of the report."""
    link = t.links.c
    return link.step, link.slot, _shared_url().label("shared"), link.label, link.tag


def _pairs(connection: Connection, query: Select[Any]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Two counts for each place."""
    return {tuple(place): (int(first), int(second)) for *place, first, second in connection.execute(query)}


def _links(runs: Select[tuple[int]]) -> Select[Any]:
    place = _place()
    return (
        select(*place, func.min(t.links.c.url))
        .where(t.links.c.run_id.in_(runs))
        .group_by(*place)
        .order_by(*place)
    )


def _clicks(runs: Select[tuple[int]]) -> Select[Any]:
    place = _place()
    return (
        select(*place, func.count(), func.count(t.clicks.c.customer_id.distinct()))
        .select_from(t.clicks.join(t.links, t.links.c.id == t.clicks.c.link_id))
        .where(t.clicks.c.run_id.in_(runs))
        .group_by(*place)
    )


def _hits(runs: Select[tuple[int]]) -> Select[Any]:
    place, verdict = _place(), t.verdicts.c.verdict
    machine = func.coalesce(func.sum(f.one_if(verdict.in_(f.MACHINE))), 0)
    decided = func.coalesce(func.sum(f.one_if(verdict.in_((*f.MACHINE, *f.HUMAN)))), 0)
    return (
        select(*place, machine, func.count() - decided)
        .select_from(f.judged_hits().join(t.links, t.links.c.id == t.hits.c.link_id))
        .where(t.hits.c.run_id.in_(runs), t.hits.c.kind == "click")
        .group_by(*place)
    )


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path
