"""Column types that mean the same on SQLite and PostgreSQL, and the shapes columns share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

# SQLite only numbers rows by itself in a column that is exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes go in and come out, in UTC.

    Naive datetimes are refused, because what they mean depends on who reads them.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        # SQLite compares moments as text, so all of them are written in one zone.
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount, exact to hundredths of its currency, kept as an integer.

    Sums and comparisons are therefore exact on SQLite too, which has no decimal type.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | float | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_hundredths(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 100


def to_hundredths(value: Decimal | float) -> int:
    """An amount as the integer that `Money` stores.

    >>> to_hundredths(Decimal("12.50"))
    1250
    """
    return int((Decimal(str(value)) * 100).to_integral_value())


def month_day(on: date | None) -> int | None:
    """Month and day as one number, which an index can find anniversaries by.

    >>> month_day(date(1964, 11, 3))
    1103
    """
    return None if on is None else on.month * 100 + on.day
