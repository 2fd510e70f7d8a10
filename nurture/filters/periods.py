"""Days in words: durations, calendar periods, and the ranges of days they mean.

In:  what a marketer writes: `90 days`, `last quarter`, `this fiscal year`, `2026-04`, `3 weeks ago`.
Out: values that know nothing of today, and the range of days they mean on a given day.

A range holds its first and its last day. Weeks begin on Monday. Months keep within themselves: one
month before 31 March is the last day of February.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "half", "year"]

# Beyond a lifetime of companies nothing is meant, and `date` ends at the year 9999.
MAX_YEARS = 200
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_DURATION = re.compile(r"(\d{1,6})\s+(day|week|month|quarter|year)s?", re.ASCII)
_CALENDAR = re.compile(r"(this|last|next)\s+(fiscal\s+)?(week|month|quarter|half|year)")
_NAMED_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_OFFSETS = {"last": -1, "this": 0, "next": 1}


@dataclass(frozen=True, slots=True)
class DayRange:
    """The days from `first` to `last`, both included; None leaves that side open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of days, weeks, months, quarters or years."""

    amount: int
    unit: Unit

    @property
    def days(self) -> int | None:
        """How many days it is, None where that depends on the month."""
        return self.amount * _DAYS[self.unit] if self.unit in _DAYS else None

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """Days that are the same whenever one asks: a day, a month, a year."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Shifted:
    """The day that lies a duration before (`sign` -1) or after (+1) today."""

    duration: Duration
    sign: Literal[-1, 1]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A day, week, month, quarter, half or year, `offset` of them from the present one."""

    unit: Unit
    offset: int
    fiscal: bool = False


Period = Fixed | Shifted | Calendar


def parse_duration(value: object) -> Duration | None:
    """The duration that `90 days` or `1 year` says, None if it says none.

    >>> parse_duration("90 days")
    Duration(amount=90, unit='day')
    """
    match = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        return None
    found = Duration(int(match[1]), match[2])  # type: ignore[arg-type]  # the pattern allows units only
    days = found.days if found.days is not None else found.amount * _MONTHS[found.unit] * 31
    return found if 0 < days <= MAX_YEARS * 366 else None


def parse_period(value: object) -> Period | None:
    """The day or days that a value says, None if it says none.

    >>> parse_period("2026-04")
    Fixed(first=datetime.date(2026, 4, 1), last=datetime.date(2026, 4, 30))
    """
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return Fixed(value, value)
    if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9998:
        return Fixed(date(value, 1, 1), date(value, 12, 31))
    if not isinstance(value, str):
        return None
    return _in_words(" ".join(value.lower().split()))


def _in_words(text: str) -> Period | None:
    if text in _NAMED_DAYS:
        return Calendar("day", _NAMED_DAYS[text])
    if match := _CALENDAR.fullmatch(text):
        fiscal = bool(match[2])
        if fiscal and match[3] in ("week", "month"):
            return None
        return Calendar(match[3], _OFFSETS[match[1]], fiscal)  # type: ignore[arg-type]  # as above
    if text.endswith(" ago"):
        duration = parse_duration(text.removesuffix(" ago"))
        return Shifted(duration, -1) if duration else None
    if text.startswith("in "):
        duration = parse_duration(text.removeprefix("in "))
        return Shifted(duration, 1) if duration else None
    return _written_out(text)


def _written_out(text: str) -> Period | None:
    """`2026`, `2026-04` or `2026-04-01`"""
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", text, re.ASCII) or text[:4] == "9999":
        return None
    parts = [int(part) for part in text.split("-")]
    try:
        if len(parts) == 3:
            day = date(*parts)
            return Fixed(day, day)
        first_month, last_month = (parts[1], parts[1]) if len(parts) == 2 else (1, 12)
        return Fixed(date(parts[0], first_month, 1), _month_end(parts[0], last_month))
    except ValueError:
        return None


def moved(day: date, duration: Duration, sign: int) -> date:
    """The day that lies a duration before or after another.

    >>> moved(date(2024, 3, 31), Duration(1, "month"), -1)
    datetime.date(2024, 2, 29)
    """
    if duration.days is not None:
        return day + timedelta(days=sign * duration.days)
    return _months_from(day, sign * duration.amount * _MONTHS[duration.unit])


def resolve(period: Period, today: date, fiscal_month: int) -> DayRange:
    """The days a period means, asked on a day.

    >>> resolve(Calendar("year", -1, fiscal=True), date(2026, 11, 2), 4)
    DayRange(first=datetime.date(2025, 4, 1), last=datetime.date(2026, 3, 31))
    """
    if isinstance(period, Fixed):
        return DayRange(period.first, period.last)
    if isinstance(period, Shifted):
        day = moved(today, period.duration, period.sign)
        return DayRange(day, day)
    if period.unit in _DAYS:
        length = timedelta(days=_DAYS[period.unit])
        start = today - timedelta(days=today.weekday() if period.unit == "week" else 0)
        first = start + length * period.offset
        return DayRange(first, first + length - timedelta(days=1))
    months = _MONTHS[period.unit]
    year_start = fiscal_month if period.fiscal or period.unit == "half" else 1
    into = (today.month - year_start) % 12 % months
    first = _months_from(today.replace(day=1), months * period.offset - into)
    return DayRange(first, _months_from(first, months) - timedelta(days=1))


def _months_from(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = _month_end(year, month + 1)
    return last.replace(day=min(day.day, last.day))


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
