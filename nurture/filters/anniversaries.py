"""Anniversaries: days that come round every year, and when exactly they do.

In:  `anniversary: today`, `{within_next: 30 days}`, `{on: this month, nth: 10, leap_day: mar 1}`.
Out: the Anniversary, and for a day of asking, the years and month-days that it looks for.

29 February comes round on 28 February in other years unless `leap_day` says otherwise. With
`shift: before`, an anniversary on a weekend or a public holiday is kept on the business day before.
"""

from __future__ import annotations

import calendar
import functools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, get_args

from nurture.filters.periods import DayRange, Period, moved, parse_duration, resolve
from nurture.filters.reader import Location, Reader
from nurture.filters.scope import Scope
from nurture.filters.tree import Anniversary, LeapDay, Shift, Upcoming
from nurture.store.types import month_day

OPTIONS = ("on", "within_next", "nth", "every", "leap_day", "shift")
MAX_NTH = 300
FEB_29 = 229
# The longest row of days off in a calendar, and some: how far a shift can move an anniversary.
_SHIFT_DAYS = 31
_FIX = 'Write a day or a period ("today", "in 7 days", "this month"), or: {within_next: 30 days}'


def read_anniversary(reader: Reader, value: Any, at: Location) -> Anniversary | None:
    """The anniversary that stands behind the operator; None, and findings, where it is wrong."""
    if not isinstance(value, dict):
        period = reader.period(value, at)
        return None if period is None else Anniversary(period)
    options = reader.mapping(value, at, _FIX)
    if options is None:
        return None
    for name in options:
        if name not in OPTIONS:
            reader.unknown("option of anniversary", name, OPTIONS, (*at, name))
    if ("on" in options) == ("within_next" in options):
        reader.wrong('An anniversary needs either "on" or "within_next".', _FIX, at)
        return None
    when: Period | Upcoming | None
    if "on" in options:
        when = reader.period(options["on"], (*at, "on"))
    else:
        when = _upcoming(reader, options["within_next"], (*at, "within_next"))
    nth = _numbers(reader, options, "nth", at)
    every = _numbers(reader, options, "every", at)
    leap_day = _choice(reader, options, "leap_day", get_args(LeapDay), "feb 28", at)
    shift = _choice(reader, options, "shift", get_args(Shift), "none", at)
    if when is None or nth is None or every is None or len(every) > 1:
        return None
    return Anniversary(when, nth, every[0] if every else None, leap_day, shift)


def _upcoming(reader: Reader, value: Any, at: Location) -> Upcoming | None:
    duration = parse_duration(value)
    if duration is None or moved(date(2023, 1, 1), duration, 1) > date(2024, 1, 1):
        reader.wrong("This must be a length of time of up to a year.", "Write: within_next: 30 days", at)
        return None
    return Upcoming(duration)


def _numbers(reader: Reader, options: Any, name: str, at: Location) -> tuple[int, ...] | None:
    if name not in options:
        return ()
    found = reader.many(options[name], (*at, name), reader.number)
    if found is None:
        return None
    if any(not 1 <= number <= MAX_NTH for number in found) or (name == "every" and len(found) != 1):
        reader.wrong(f'"{name}" must be from 1 to {MAX_NTH}.', f"Write: {name}: 10", (*at, name))
        return None
    return tuple(int(number) for number in found)


def _choice(
    reader: Reader, options: Any, name: str, choices: tuple[str, ...], default: str, at: Location
) -> Any:
    value = options.get(name, default)
    if value not in choices:
        reader.unknown(f"choice for {name}", value, choices, (*at, name))
        return default
    return value


def period_of(anniversary: Anniversary, scope: Scope) -> tuple[date, date]:
    """The first and the last day on which the anniversary is looked for."""
    if isinstance(anniversary.when, Upcoming):
        end = moved(scope.today, anniversary.when.duration, 1) - timedelta(days=1)
        return scope.today, end
    found: DayRange = resolve(anniversary.when, scope.today, scope.fiscal_month)
    assert found.first is not None and found.last is not None  # noqa: S101  # a period has two ends
    return found.first, found.last


def month_days(anniversary: Anniversary, scope: Scope) -> dict[int, tuple[int, ...]]:
    """For each year of the period, the month-days whose anniversary is kept within it."""
    first, last = period_of(anniversary, scope)
    found: dict[int, set[int]] = {}
    margin = timedelta(days=_SHIFT_DAYS if anniversary.shift != "none" else 0)
    for day in _days(first - margin, last + margin):
        if first <= shifted(day, anniversary.shift, scope.country) <= last:
            found.setdefault(day.year, set()).update(_celebrated_on(day, anniversary.leap_day))
    return {year: tuple(sorted(days)) for year, days in found.items()}


def base_years(anniversary: Anniversary, year: int) -> tuple[int, ...] | None:
    """The years whose asked-for anniversary falls in `year`; None when every earlier year counts."""
    if not anniversary.nth and anniversary.every is None:
        return None
    counts = set(anniversary.nth)
    if anniversary.every is not None:
        counts.update(range(anniversary.every, MAX_NTH + 1, anniversary.every))
    return tuple(sorted(year - count for count in counts if year - count >= 1))


def kept_in(day: date, year: int, leap_day: LeapDay) -> date | None:
    """The day on which an anniversary comes round in a year, before any shift; None if it does not."""
    if (day.month, day.day) != (2, 29) or calendar.isleap(year):
        return day.replace(year=year)
    return {"feb 28": date(year, 2, 28), "mar 1": date(year, 3, 1), "feb 29 only": None}[leap_day]


def shifted(day: date, shift: Shift, country: str) -> date:
    """The business day that stands for a day: itself, or the one before or after it."""
    step = timedelta(days={"none": 0, "before": -1, "after": 1}[shift])
    while step and not is_business_day(day, country):
        day += step
    return day


def is_business_day(day: date, country: str) -> bool:
    """Neither a weekend nor a public holiday; where the country's holidays are not known, weekends alone."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


@functools.lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    # Imported here because it takes long, and few filters ask for it.
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        # How the library says that it knows no holidays of this country: then no day is one.
        return frozenset()


def _celebrated_on(day: date, leap_day: LeapDay) -> Iterator[int]:
    own = month_day(day)
    if own is not None:
        yield own
    if not calendar.isleap(day.year) and (day.month, day.day) == {"feb 28": (2, 28), "mar 1": (3, 1)}.get(
        leap_day
    ):
        yield FEB_29


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
