"""Tables of what customers did: purchases, activities, and the totals that make questions fast.

`happened_on` and `purchased_on` are days of the workspace time zone, fixed when the event is
written, so that "within 30 days" is a comparison of dates on every database.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from nurture.store.types import Json, Money, RowId, UtcDateTime


class Purchase(SQLModel, table=True):
    """What a customer bought. `external_id` is the shop's own; one is derived where it has none."""

    __tablename__ = "purchases"
    __table_args__ = (
        UniqueConstraint("customer_id", "external_id"),
        Index("ix_purchases_customer_day", "customer_id", "purchased_on"),
        Index("ix_purchases_day", "purchased_on"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    product: str = Field(index=True)
    amount: Decimal = Field(default=Decimal(0), sa_column=Column(Money, nullable=False))
    currency: str = "JPY"
    purchased_on: date
    external_id: str
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Activity(SQLModel, table=True):
    """What a customer did, other than buying or reading email: a visit, an inquiry, a webinar, an answer."""

    __tablename__ = "activities"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "external_id"),
        Index("ix_activities_customer_kind_day", "customer_id", "kind", "happened_on"),
        Index("ix_activities_kind_day", "kind", "happened_on"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), nullable=False))
    kind: str
    happened_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    happened_on: date
    detail: str | None = None
    value: Decimal | None = Field(default=None, sa_column=Column(Money, nullable=True))
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    external_id: str
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Totals(SQLModel, table=True):
    """One row per customer, kept in the transaction that writes the event (see `nurture.store.totals`)."""

    __tablename__ = "totals"

    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), primary_key=True))
    purchases: int = 0
    spent: Decimal = Field(default=Decimal(0), sa_column=Column(Money, nullable=False, index=True))
    first_purchase_on: date | None = None
    last_purchase_on: date | None = Field(default=None, index=True)
    activities: int = 0
    last_activity_on: date | None = Field(default=None, index=True)
    received: int = 0
    last_received_on: date | None = Field(default=None, index=True)
    opens: int = 0
    last_open_on: date | None = None
    clicks: int = 0
    last_click_on: date | None = Field(default=None, index=True)
    bounces: int = 0
    last_bounce_on: date | None = None
