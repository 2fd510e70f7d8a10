"""Tables of what we owe and what became of it: runs, their emails and links, deliveries, doubts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from nurture.store.types import Json, RowId, UtcDateTime


class Run(SQLModel, table=True):
    """One occurrence of a campaign. Its definition is kept as it was when it started.

    `state` is running, paused, stopped (by itself, with a reason), finished or cancelled.
    """

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("campaign", "occurrence"),)

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    campaign: str
    occurrence: str
    state: str
    reason: str | None = None
    topic: str | None = None
    on_doubt: str = "resend"
    definition: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    content_hash: str
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    accepted_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class RunEmail(SQLModel, table=True):
    """The compiled email of one step of a run: workers need no template files."""

    __tablename__ = "run_emails"

    run_id: int = Field(sa_column=Column(RowId, ForeignKey("runs.id"), primary_key=True))
    step: int = Field(primary_key=True)
    template: str
    compiled: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class Link(SQLModel, table=True):
    """One link of a run: `/c/<token>/<key>` leads to `url`, and to nowhere else.

    `slot` counts the links of an email in document order; a link whose address is personal has
    one row per distinct address.
    """

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("run_id", "step", "key"),)

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    run_id: int = Field(sa_column=Column(RowId, ForeignKey("runs.id"), nullable=False))
    step: int
    key: str
    slot: int
    url: str
    tag: str | None = None
    label: str = ""


class Delivery(SQLModel, table=True):
    """One email owed to one customer, from `queued` to its end.

    `state` is queued, sending, sent, delivered, bounced, complained, held, deferred, failed, in_doubt
    or cancelled. Message-ID and Date follow from the row, so every attempt carries the same.
    `attempts` counts claims; `worker` holds the row until `lease_until`.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("run_id", "step", "customer_id", "occurrence"),
        Index("ix_deliveries_run_state", "run_id", "state", "id"),
        Index("ix_deliveries_customer_sent", "customer_id", "sent_at"),
        Index(
            "ix_deliveries_due",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'deferred')"),
            postgresql_where=text("state IN ('queued', 'deferred')"),
        ),
        Index(
            "ix_deliveries_lease",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    run_id: int = Field(sa_column=Column(RowId, ForeignKey("runs.id"), nullable=False))
    step: int
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    occurrence: str = ""
    state: str
    reason: str | None = None
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    accepted_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    worker: str | None = None
    attempts: int = 0
    address: str | None = None
    language: str | None = None
    code: int | None = None
    enhanced: str | None = None
    reply: str | None = None
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class Doubt(SQLModel, table=True):
    """The ledger of emails that may or may not have gone out, and how each doubt was resolved.

    `resolution` is resent, held, or evidence (a click, a bounce or an event showed it had arrived);
    None while nobody has decided.
    """

    __tablename__ = "doubts"
    __table_args__ = (UniqueConstraint("delivery_id", "attempt"),)

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    delivery_id: int = Field(sa_column=Column(RowId, ForeignKey("deliveries.id"), index=True, nullable=False))
    attempt: int
    cause: str
    noticed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    resolution: str | None = None
    resolved_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class Mark(SQLModel, table=True):
    """When a piece of work that all processes share was last done, by its name."""

    __tablename__ = "marks"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Worker(SQLModel, table=True):
    """A process that claims deliveries, and when it last said that it is alive.

    What a worker holds is taken back soon after it falls silent, long before its leases end.
    """

    __tablename__ = "workers"

    id: str = Field(primary_key=True)
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
