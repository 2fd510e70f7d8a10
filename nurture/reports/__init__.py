"""Reports: what happened, told from the rows of the store.

In:  a connection, and the name of a campaign or the id of a customer.
Out: values with every figure and what it is a share of. The commands, the console, the CSV and the
     JSON all show these values, so they can never differ.
"""

from nurture.reports.campaign import CampaignReport, campaign_report
from nurture.reports.figures import Figure
from nurture.reports.links import LinkFigures, LinkReport, link_report
from nurture.reports.runs import RunLine, campaign_names, find_runs
from nurture.reports.timeline import TimelineEvent, timeline

__all__ = [
    "CampaignReport",
    "Figure",
    "LinkFigures",
    "LinkReport",
    "RunLine",
    "TimelineEvent",
    "campaign_names",
    "campaign_report",
    "find_runs",
    "link_report",
    "timeline",
]
