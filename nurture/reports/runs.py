"""Which runs a report is about: all of a campaign, or one occurrence of it.

In:  the name of a campaign, as a marketer types it.
Out: its runs, oldest first; a NotFound that names the nearest campaign when there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from nurture.config import Workspace
from nurture.errors import Finding, NotFound, did_you_mean
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of a campaign: when it was due, where it stands, and why when it stopped by itself."""

    id: int
    occurrence: str
    state: str
    reason: str | None
    due_at: datetime
    accepted_at: datetime
    ended_at: datetime | None


def campaign_names(connection: Connection, workspace: Workspace) -> tuple[str, ...]:
    """Every campaign there is to report on: those with a file, and those that ever ran."""
    files = {path.stem for path in workspace.campaigns.glob("*.yaml")}
    ran = set(connection.scalars(select(t.runs.c.campaign).distinct()))
    return tuple(sorted(files | ran))


def find_runs(
    connection: Connection, workspace: Workspace, campaign: str, occurrence: str | None = None
) -> tuple[RunLine, ...]:
    """The runs of a campaign, oldest first; empty for a campaign that has not been started.

    Raises:
        NotFound: there is no such campaign, or it has no run with that occurrence.
    """
    columns = t.runs.c
    rows = connection.execute(
        select(
            columns.id,
            columns.occurrence,
            columns.state,
            columns.reason,
            columns.due_at,
            columns.accepted_at,
            columns.ended_at,
        )
        .where(columns.campaign == campaign)
        .order_by(columns.due_at, columns.id)
    )
    runs = tuple(RunLine(*row) for row in rows)
    if not runs:
        _check_known(connection, workspace, campaign)
    if occurrence is None:
        return runs
    chosen = tuple(run for run in runs if run.occurrence == occurrence)
    if not chosen:
        known = [run.occurrence for run in runs]
        fix = did_you_mean(occurrence, known) or "It has not been started yet."
        raise NotFound(Finding(f"campaign {campaign}", f'It has no run called "{occurrence}".', fix))
    return chosen


def of_runs(campaign: str, runs: tuple[RunLine, ...]) -> Select[tuple[int]]:
    """The ids of runs, as a subquery: all of a campaign without naming each (it may have thousands)."""
    query = select(t.runs.c.id).where(t.runs.c.campaign == campaign)
    return query.where(t.runs.c.id == runs[0].id) if len(runs) == 1 else query


def _check_known(connection: Connection, workspace: Workspace, campaign: str) -> None:
    known = campaign_names(connection, workspace)
    if campaign not in known:
        fix = did_you_mean(campaign, known) or "There are no campaigns yet: campaigns/<name>.yaml makes one."
        raise NotFound(Finding(f"campaign {campaign}", f'There is no campaign called "{campaign}".', fix))
