"""Leads: what customers' behaviour means for sales.

In:  the rules in config.yaml (or those that come with nurture), in the filter grammar of segments.
Out: a state for every customer who meets a rule, with reasons in words for those to be contacted.
"""

from nurture.leads.judge import JudgedLeads, judge_leads
from nurture.leads.listing import Lead, LeadChange, find_lead, lead_changes, list_leads
from nurture.leads.rules import Rule, load_rules

__all__ = [
    "JudgedLeads",
    "Lead",
    "LeadChange",
    "Rule",
    "find_lead",
    "judge_leads",
    "lead_changes",
    "list_leads",
    "load_rules",
]
