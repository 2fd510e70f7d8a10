"""Plan a campaign: who would be mailed if it started now, and who would be held, and why.

In:  a campaign, a connection, the time.
Out: counts. Nothing is written and nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, exists, select

from nurture import clock
from nurture.campaigns.spec import Campaign
from nurture.config import Workspace
from nurture.filters import select_customers
from nurture.outbox.accept import plan
from nurture.outbox.gate import Gate
from nurture.segments import load_segment, scope_for
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """How many are owed an email, and how many of the audience are held, by reason.

    `accepted` says that this occurrence has been started already: then nothing more is owed.
    """

    campaign: str
    occurrence: str
    owed: int
    held: Mapping[str, int]
    accepted: bool


def plan_campaign(
    connection: Connection,
    workspace: Workspace,
    campaign: Campaign,
    now: datetime,
    occurrence: str | None = None,
) -> CampaignPlan:
    """What starting the campaign at `now` would accept; planning twice, or after a start, is harmless."""
    name = occurrence or campaign.occurrence
    known = exists().where(t.runs.c.campaign == campaign.name, t.runs.c.occurrence == name)
    if connection.scalar(select(known)):
        return CampaignPlan(campaign.name, name, 0, {}, True)
    gate = Gate(now, clock.day(now, workspace.zone), campaign.topic)
    owed, held = plan(connection, audience_of(workspace, campaign, now), gate)
    return CampaignPlan(campaign.name, name, owed, held, False)


def audience_of(workspace: Workspace, campaign: Campaign, now: datetime) -> Select[tuple[int]]:
    """The ids of everyone in the audience who is in none of the excluded segments, as one query."""
    scope = scope_for(workspace, now)
    chosen = select_customers(load_segment(workspace, campaign.audience).filter, scope)
    for name in campaign.exclude:
        excluded = select_customers(load_segment(workspace, name).filter, scope)
        chosen = chosen.where(t.customers.c.id.not_in(excluded))
    return chosen
