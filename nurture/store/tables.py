"""Every table, as SQLAlchemy Core sees it: what set-based statements are written with.

from nurture.store import tables as t
select(t.customers.c.id).join(t.totals, ...)
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from nurture.store import events, people, reading, sending


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on table classes
    return table


companies = _table(people.Company)
customers = _table(people.Customer)
special_days = _table(people.SpecialDay)
consents = _table(people.Consent)
suppressions = _table(people.Suppression)
topic_refusals = _table(people.TopicRefusal)
purchases = _table(events.Purchase)
activities = _table(events.Activity)
totals = _table(events.Totals)
runs = _table(sending.Run)
run_emails = _table(sending.RunEmail)
links = _table(sending.Link)
deliveries = _table(sending.Delivery)
doubts = _table(sending.Doubt)
workers = _table(sending.Worker)
marks = _table(sending.Mark)
hits = _table(reading.Hit)
verdicts = _table(reading.Verdict)
clicks = _table(reading.Click)
lead_states = _table(reading.LeadState)
lead_changes = _table(reading.LeadChange)

METADATA = SQLModel.metadata
