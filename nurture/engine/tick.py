"""tick(now): start what is due, judge what came back, end what is done.

In:  the workspace, the store, the time.
Out: what was moved. Running it twice, or in two processes at once, does nothing twice: every step
     is a row that is unique in the database.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from nurture.campaigns import Campaign, campaign_names, load_campaign, start_campaign
from nurture.campaigns.spec import occurrence_at, scheduled_at
from nurture.campaigns.status import STALE_AFTER
from nurture.config import Workspace
from nurture.errors import InputError
from nurture.leads import judge_leads
from nurture.outbox.sweep import finish_runs
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.totals import insert_ignoring
from nurture.tracking import judge_all

# So old may the states of leads become when nobody clicks.
LEADS_AGE = timedelta(hours=1)
LEADS_MARK = "leads judged"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did: campaigns that started, hits judged, lead states that changed, runs that ended."""

    started: tuple[str, ...]
    judged: int
    leads_changed: int
    finished: int

    @property
    def anything(self) -> bool:
        return bool(self.started or self.judged or self.leads_changed or self.finished)


def tick(workspace: Workspace, store: Store, now: datetime) -> Ticked:
    """Everything that is due at `now`."""
    started = _start_due(workspace, store, now)
    judged = judge_all(store, workspace, now)
    changed = _judge_leads(workspace, store, now, anew=bool(judged.clicks_added or judged.clicks_removed))
    with store.write() as connection:
        finished = finish_runs(connection, now)
    return Ticked(started, judged.hits, changed, finished)


def due_campaigns(workspace: Workspace, store: Store, now: datetime) -> list[Campaign]:
    """The campaigns whose time has come, is not long past, and whose run does not exist yet."""
    due = []
    for name in campaign_names(workspace):
        at = scheduled_at(workspace, name)
        if at is None or not now - STALE_AFTER < at <= now or _accepted(store, name, at):
            continue
        try:
            due.append(load_campaign(workspace, name))
        except InputError as error:
            # Its author sees every finding in `campaigns check`; the others must not wait for that.
            logger.warning("campaign %s does not start: %s", name, error.findings[0].place)
    return due


def _start_due(workspace: Workspace, store: Store, now: datetime) -> tuple[str, ...]:
    started = []
    for campaign in due_campaigns(workspace, store, now):
        try:
            accepted = start_campaign(store, workspace, campaign, now, allow_empty=True)
        except InputError as error:
            logger.warning("campaign %s does not start: %s", campaign.name, error.findings[0].place)
            continue
        if accepted.new:
            started.append(campaign.name)
    return tuple(started)


def _judge_leads(workspace: Workspace, store: Store, now: datetime, *, anew: bool) -> int:
    """Judge the leads when clicks have come, and otherwise once in a while: days pass, leads cool."""
    mark = t.marks.c
    with store.read() as connection:
        judged_at = connection.scalar(select(mark.at).where(mark.name == LEADS_MARK))
    if not anew and judged_at is not None and now - judged_at < LEADS_AGE:
        return 0
    try:
        with store.write() as connection:
            connection.execute(insert_ignoring(connection, t.marks).values(name=LEADS_MARK, at=now))
            connection.execute(update(t.marks).where(mark.name == LEADS_MARK).values(at=now))
            return judge_leads(connection, workspace, now).changed
    except InputError as error:
        logger.warning("the leads are not judged: %s", error.findings[0].place)
        return 0


def _accepted(store: Store, name: str, at: datetime) -> bool:
    runs = t.runs.c
    known = exists().where(runs.campaign == name, runs.occurrence == occurrence_at(at))
    with store.read() as connection:
        return bool(connection.scalar(select(known)))
