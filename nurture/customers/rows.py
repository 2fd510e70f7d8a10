"""One row of a file as plain values: a customer, a purchase or an activity.

In:  the columns of a file, the cells of one row.
Out: a CustomerRow, PurchaseRow or ActivityRow, or a Rejected with every reason at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class CompanyCells:
    """What a row says about the company: its key, its name as written, and what is known of it."""

    key: str
    name: str
    values: Mapping[str, Any]
    days: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentCells:
    """A consent as a row states it."""

    basis: str
    given_on: date
    evidence: str | None
    recorded_by: str | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One row of a customers file. `values` holds only what the row says: an empty cell says nothing."""

    line: int
    email: str
    key: str
    hash: str
    values: Mapping[str, Any]
    attributes: Mapping[str, Any]
    company: CompanyCells | None
    consents: tuple[ConsentCells, ...]
    opted_out: bool
    days: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """One row of a purchases file; `external_id` is None where the shop gave none."""

    line: int
    key: str
    product: str
    amount: Decimal
    currency: str
    purchased_on: date
    external_id: str | None


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One row of an activities file; columns that are not ours are its `data`."""

    line: int
    key: str
    kind: str
    happened_at: datetime
    happened_on: date
    detail: str | None
    value: Decimal | None
    data: Mapping[str, str]
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be imported, and why.

    `refuses` is the address of a row that says "no email, please": that is heard even when the
    rest of the row is wrong.
    """

    line: int
    reasons: tuple[str, ...]
    refuses: str | None = None
