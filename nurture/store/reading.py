"""Tables of what came back: raw hits, verdicts on them, clicks by people, and lead states."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from nurture.store.types import Json, RowId, UtcDateTime


class Hit(SQLModel, table=True):
    """One raw request on a tracked link, a pixel or a page; never changed once written.

    `kind` is click, open, unsubscribe_page, preferences_page, view, or unsubscribe (the opt-out itself).
    `uid` is made where the request is answered, so that a replay from the spool adds nothing twice.
    `network` is coarse: /24 or /48.
    """

    __tablename__ = "hits"
    __table_args__ = (
        Index("ix_hits_delivery_at", "delivery_id", "at"),
        Index("ix_hits_run_kind", "run_id", "kind"),
        Index("ix_hits_customer_kind_day", "customer_id", "kind", "happened_on"),
        Index("ix_hits_at", "at"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    uid: str = Field(unique=True)
    delivery_id: int = Field(sa_column=Column(RowId, ForeignKey("deliveries.id"), nullable=False))
    run_id: int = Field(sa_column=Column(RowId, ForeignKey("runs.id"), nullable=False))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    link_id: int | None = Field(default=None, sa_column=Column(RowId, ForeignKey("links.id"), nullable=True))
    kind: str
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    happened_on: date
    method: str
    user_agent: str = ""
    network: str = ""
    headers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))


class Verdict(SQLModel, table=True):
    """What the judge of a version makes of a hit.

    `verdict` is human, likely_human, unknown, likely_scanner or scanner; `settled` once the settle
    window has passed and the verdict no longer waits for more hits.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        # What the judge still has to look at: few rows, however many hits there are.
        Index(
            "ix_verdicts_unsettled",
            "hit_id",
            sqlite_where=text("settled = 0"),
            postgresql_where=text("NOT settled"),
        ),
    )

    hit_id: int = Field(sa_column=Column(RowId, ForeignKey("hits.id"), primary_key=True))
    version: int = Field(primary_key=True)
    verdict: str
    reasons: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    settled: bool
    judged_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Click(SQLModel, table=True):
    """A click: one human event, whatever number of hits it made. Rebuilt when hits are judged again."""

    __tablename__ = "clicks"
    __table_args__ = (
        Index("ix_clicks_customer_day", "customer_id", "happened_on"),
        Index("ix_clicks_run", "run_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    hit_id: int = Field(sa_column=Column(RowId, ForeignKey("hits.id"), unique=True, nullable=False))
    delivery_id: int = Field(sa_column=Column(RowId, ForeignKey("deliveries.id"), index=True, nullable=False))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    run_id: int = Field(sa_column=Column(RowId, ForeignKey("runs.id"), nullable=False))
    link_id: int | None = Field(default=None, sa_column=Column(RowId, ForeignKey("links.id"), nullable=True))
    campaign: str
    template: str
    url: str
    tag: str | None = None
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    happened_on: date


class LeadState(SQLModel, table=True):
    """Where a customer stands for sales now, since when, and why."""

    __tablename__ = "lead_states"

    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), primary_key=True))
    state: str = Field(index=True)
    contact: bool = False
    reasons: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    since: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    judged_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class LeadChange(SQLModel, table=True):
    """One change of a customer's lead state, with the reasons of that day."""

    __tablename__ = "lead_changes"
    __table_args__ = (Index("ix_lead_changes_customer_at", "customer_id", "at"),)

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    old_state: str | None = None
    new_state: str | None = None
    reasons: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
