"""Tables of who we know: companies, customers, their special days, and whether we may mail them."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from nurture.store.types import Json, RowId, UtcDateTime


class Company(SQLModel, table=True):
    """The organisation a customer works for. `name` is as written, `match_key` is for comparing."""

    __tablename__ = "companies"

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    name: str
    match_key: str = Field(unique=True)
    industry: str | None = Field(default=None, index=True)
    country: str | None = None
    stage: str | None = None
    owner: str | None = None
    founded_on: date | None = None
    founded_md: int | None = Field(default=None, index=True)
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Customer(SQLModel, table=True):
    """A person with an email address.

    `email` is as written, `email_key` its lower-case form (unique), `address_hash` what a
    suppression knows it by. `max_per_month` and `paused_until` are the reader's own wishes.
    """

    __tablename__ = "customers"

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    email: str
    email_key: str = Field(unique=True)
    address_hash: str = Field(index=True)
    family_name: str | None = None
    given_name: str | None = None
    family_kana: str | None = None
    given_kana: str | None = None
    honorific: str | None = None
    title: str | None = None
    department: str | None = None
    phone: str | None = None
    locale: str | None = Field(default=None, index=True)
    time_zone: str | None = None
    owner: str | None = Field(default=None, index=True)
    birthday: date | None = None
    birthday_md: int | None = Field(default=None, index=True)
    company_id: int | None = Field(
        default=None, sa_column=Column(RowId, ForeignKey("companies.id"), index=True, nullable=True)
    )
    tracking: bool = True
    paused_until: date | None = None
    max_per_month: int | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class SpecialDay(SQLModel, table=True):
    """A day worth remembering, of a customer or of a company."""

    __tablename__ = "special_days"
    __table_args__ = (
        UniqueConstraint("customer_id", "company_id", "name"),
        Index("ix_special_days_name_md", "name", "md"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    customer_id: int | None = Field(
        default=None, sa_column=Column(RowId, ForeignKey("customers.id"), index=True, nullable=True)
    )
    company_id: int | None = Field(
        default=None, sa_column=Column(RowId, ForeignKey("companies.id"), index=True, nullable=True)
    )
    name: str
    day: date
    md: int


class Consent(SQLModel, table=True):
    """Why we may mail someone. It is valid while it is neither withdrawn nor expired.

    `basis` is opt_in, business_card, customer or published.
    """

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("customer_id", "basis", "given_on"),)

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), index=True, nullable=False))
    basis: str
    given_on: date
    evidence: str | None = None
    recorded_by: str | None = None
    expires_on: date | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Suppression(SQLModel, table=True):
    """An address never to be mailed again, and why.

    The address itself may be forgotten (erasure); the hash stays, so that no import brings it back.
    `reason` is unsubscribed, hard_bounce, complaint, soft_bounces, manual, imported or erased.
    """

    __tablename__ = "suppressions"

    id: int | None = Field(default=None, sa_column=Column(RowId, primary_key=True))
    address_hash: str = Field(unique=True)
    email: str | None = None
    reason: str
    evidence: str | None = None
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class TopicRefusal(SQLModel, table=True):
    """A topic that a reader switched off on the preferences page."""

    __tablename__ = "topic_refusals"

    customer_id: int = Field(sa_column=Column(RowId, ForeignKey("customers.id"), primary_key=True))
    topic: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


def email_key(email: str) -> str:
    """What two spellings of one address have in common.

    >>> email_key(" Hanako.Sato@Example.EXAMPLE ")
    'hanako.sato@example.example'
    """
    return email.strip().lower()


def address_hash(email: str) -> str:
    """What remains of an address after erasure: SHA-256 of its key, in hex."""
    return hashlib.sha256(email_key(email).encode("utf-8", "surrogatepass")).hexdigest()
