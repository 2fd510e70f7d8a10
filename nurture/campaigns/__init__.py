"""Campaigns: a trigger, an audience and steps, from `campaigns/<name>.yaml` to an accepted run.

spec      what a campaign file may say
planning  who is owed what; pure, nothing is written
starting  freeze the emails and accept the run
control   pause, resume, cancel
status    where a campaign stands, counted from the rows
"""

from nurture.campaigns.control import cancel, pause, resume
from nurture.campaigns.planning import CampaignPlan, plan_campaign
from nurture.campaigns.spec import Campaign, campaign_names, load_campaign
from nurture.campaigns.starting import start_campaign
from nurture.campaigns.status import CampaignStatus, campaign_status

__all__ = [
    "Campaign",
    "CampaignPlan",
    "CampaignStatus",
    "campaign_names",
    "campaign_status",
    "cancel",
    "load_campaign",
    "pause",
    "plan_campaign",
    "resume",
    "start_campaign",
]
