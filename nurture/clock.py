"""The time: the one module that reads the clock.

Everything else is handed `now`, an aware datetime in UTC, so that tests, simulations and
reruns can say what time it is. A day is always a day of the workspace time zone.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Seconds that only ever grow: for measuring and for time limits, never for a date."""
    return time.monotonic()


def day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day of a moment in a time zone.

    >>> day(datetime(2026, 11, 2, 15, 30, tzinfo=UTC), ZoneInfo("Asia/Tokyo"))
    datetime.date(2026, 11, 3)
    """
    return at.astimezone(zone).date()


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day in a time zone, in UTC.

    >>> midnight(date(2026, 11, 3), ZoneInfo("Asia/Tokyo")).isoformat()
    '2026-11-02T15:00:00+00:00'
    """
    return datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
