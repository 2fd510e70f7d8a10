"""The report of one campaign: what was owed, what became of it, and what people did with it.

In:  a campaign's name, or one of its runs.
Out: a CampaignReport. Its parts add up: planned = waiting + mailed + held + failed + in doubt +
     cancelled, and mailed = arrived + bounced. Shares of people are shares of people reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from nurture.config import Workspace
from nurture.reports import figures as f
from nurture.reports.figures import Figure, Hits
from nurture.reports.runs import RunLine, find_runs, of_runs

OPENS_NOTE = "unreliable: mail programs load pictures without their reader, and others never do"


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """What happened in a campaign, as of `at`. `states` holds the deliveries by state, all of them."""

    campaign: str
    at: datetime
    runs: tuple[RunLine, ...]
    states: Mapping[str, int]
    held: Mapping[str, int]
    failed: Mapping[str, int]
    reached: int
    clicks: int
    hits: Hits
    figures: tuple[Figure, ...]

    @property
    def planned(self) -> int:
        """The emails that were owed: every delivery row, whatever became of it."""
        return sum(self.states.values())

    @property
    def traffic(self) -> tuple[Figure, ...]:
        """Clicks, and the raw requests on links by who made them."""
        hits = self.hits

        def of_hits(name: str, count: int, note: str) -> Figure:
            return Figure(name, count, "requests", hits.total, note=note)

        return (
            Figure("clicks", self.clicks, note="by people; two requests may be one click"),
            Figure("requests", hits.total, note="on links, by people and machines"),
            of_hits("human_hits", hits.human, "by people"),
            of_hits("machine_hits", hits.machine, "by mail scanners"),
            of_hits("undecided_hits", hits.undecided, "not judged, or nobody can tell"),
        )

    def figure(self, name: str) -> Figure:
        """One of the figures, by its name."""
        return next(figure for figure in self.figures if figure.name == name)

    def as_json(self) -> dict[str, Any]:
        """The report for programs: every figure with its denominator."""
        return {
            "campaign": self.campaign,
            "at": self.at,
            "runs": [asdict(run) for run in self.runs],
            "planned": self.planned,
            "counts": dict(self.states),
            "held": dict(self.held),
            "failed": dict(self.failed),
            "people_reached": self.reached,
            "clicks": self.clicks,
            "hits": asdict(self.hits),
            "figures": {figure.name: figure.as_json() for figure in self.figures},
        }


def campaign_report(
    connection: Connection, workspace: Workspace, campaign: str, now: datetime, occurrence: str | None = None
) -> CampaignReport:
    """What happened in a campaign: all its runs, or the one with that occurrence.

    Raises:
        NotFound: no such campaign, or no such run.
    """
    lines = find_runs(connection, workspace, campaign, occurrence)
    runs = of_runs(campaign, lines)
    counts = f.delivery_counts(connection, runs)
    reached = f.people_reached(connection, runs)
    clicks, clicked = f.click_counts(connection, runs)
    states = f.by_state(counts)
    people = [
        Figure(
            "opened",
            f.people_with_hits(connection, runs, "open"),
            "people reached",
            reached,
            False,
            OPENS_NOTE,
        ),
        Figure("clicked", clicked, "people reached", reached),
        Figure(
            "unsubscribed", f.people_with_hits(connection, runs, "unsubscribe"), "people reached", reached
        ),
    ]
    return CampaignReport(
        campaign=campaign,
        at=now,
        runs=lines,
        states=states,
        held=f.by_reason(counts, "held"),
        failed=f.by_reason(counts, "failed", "bounced"),
        reached=reached,
        clicks=clicks,
        hits=f.hit_counts(connection, runs),
        figures=(*_funnel(states), *people),
    )


def _funnel(states: Mapping[str, int]) -> list[Figure]:
    """What became of the emails that were owed, in the order they go through it."""
    planned = sum(states.values())
    mailed = sum(states[state] for state in f.MAILED)

    def of_planned(name: str, *parts: str, note: str = "") -> Figure:
        return Figure(name, sum(states[part] for part in parts), "planned", planned, note=note)

    def of_mailed(name: str, *parts: str, note: str = "") -> Figure:
        return Figure(name, sum(states[part] for part in parts), "mailed", mailed, note=note)

    return [
        Figure("planned", planned, note="emails owed"),
        of_planned("held", "held", note="not sent, with a reason"),
        of_planned("cancelled", "cancelled"),
        of_planned("waiting", *f.WAITING, note="queued, being sent, or to be tried again"),
        of_planned("failed", "failed", note="refused by the relay"),
        of_planned("in_doubt", "in_doubt", note="may or may not have gone out"),
        of_planned("mailed", *f.MAILED, note="taken by the relay"),
        of_mailed("bounced", "bounced", note="came back"),
        of_mailed("complained", "complained", note="reported as spam"),
        of_mailed("arrived", *f.ARRIVED, note="mailed and not come back"),
    ]
