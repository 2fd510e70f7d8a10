"""Read a date or a moment as people write them, in Japan and elsewhere.

In:  the text of a cell; for `01/02/2026`, which of its numbers is the day.
Out: a date, a day of the year, or an aware datetime; Unreadable with a reason otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from nurture.customers.cells import Unreadable, narrow, shown

# Which number of 01/02/2026 comes first: day or month.
Order = Literal["dmy", "mdy"]

_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.]|年 ?)(\d{1,2})(?:[-/.]|月 ?)(\d{1,2})日?(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?: .*)?")
_ERA = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHR])[. ]?(\d{1,2}|元)(?:[-/.]|年 ?)(\d{1,2})(?:[-/.]|月 ?)(\d{1,2})日?"
)
_NAMED = re.compile(
    r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ,]+(\d{4})|([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"
)
_NO_YEAR = re.compile(r"(?:--)?(\d{2})-(\d{2})|(\d{1,2})月 ?(\d{1,2})日")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
# The year before the first of an era: 令和1年 is 2019.
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERAS |= {"M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def day(cell: str, order: Order | None = None) -> date:
    """A date: 2026-11-03, 2026/11/3, 20261103, 2026年11月3日, 令和8年11月3日, 3 Nov 2026, 03/11/2026.

    >>> day("昭和54年4月12日")
    datetime.date(1979, 4, 12)

    Raises:
        Unreadable: there is no such day, or it could be two days and `order` is not known.
    """
    text = narrow(cell)
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _made(cell, int(match[1]), int(match[2]), int(match[3]))
    if match := _ERA.fullmatch(text):
        year = _ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))
        return _made(cell, year, int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(text):
        return _year_last(cell, int(match[1]), int(match[2]), int(match[3]), order)
    if match := _NAMED.fullmatch(text):
        day_of, name, year_of = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if name[:3].lower() in _MONTHS:
            return _made(cell, int(year_of), _MONTHS.index(name[:3].lower()) + 1, int(day_of))
    raise Unreadable(f'"{shown(cell)}" is not a date; write 2026-11-03')


def day_of_year(cell: str, order: Order | None = None) -> tuple[date | None, int]:
    """A date, or a month and a day without a year, with its month and day as one number.

    >>> day_of_year("--02-29"), day_of_year("1984-02-29")
    ((None, 229), (datetime.date(1984, 2, 29), 229))
    """
    match = _NO_YEAR.fullmatch(narrow(cell))
    if match is None:
        on = day(cell, order)
        return on, on.month * 100 + on.day
    # 2000 was a leap year: 29 February is a day of the year too.
    on = _made(cell, 2000, int(match[1] or match[3]), int(match[2] or match[4]))
    return None, on.month * 100 + on.day


def moment(cell: str, zone: ZoneInfo, order: Order | None = None) -> datetime:
    """A moment in UTC; without an offset it is meant in the time zone `zone`, without a time at midnight."""
    text = narrow(cell)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        head, _, rest = text.rpartition(" ")
        clock = _TIME.fullmatch(rest) if head else None
        found = datetime.combine(day(head if clock else text, order), _time(cell, clock))
    try:
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except OverflowError:
        raise Unreadable(f'"{shown(cell)}" is not a moment that ever was') from None


def order_of(cells: Iterable[str]) -> Order | None:
    """Which number is the day in dates such as 01/02/2026, when some of them give it away.

    >>> order_of(["01/02/2026", "25/12/2025"])
    'dmy'
    """
    days_first = months_first = False
    for cell in cells:
        match = _YEAR_LAST.fullmatch(narrow(cell)) if len(cell) < 40 else None
        if match:
            days_first |= int(match[1]) > 12 >= int(match[2])
            months_first |= int(match[2]) > 12 >= int(match[1])
    if days_first == months_first:
        return None
    return "dmy" if days_first else "mdy"


def _year_last(cell: str, first: int, second: int, year: int, order: Order | None) -> date:
    if order is None and first != second and first <= 12 and second <= 12:
        raise Unreadable(
            f'"{shown(cell)}" could be two days; write it as 2026-11-03, or say --dates dmy or mdy'
        )
    day_first = order == "dmy" if order is not None else first > 12
    return _made(cell, year, second if day_first else first, first if day_first else second)


def _made(cell: str, year: int, month: int, day_of: int) -> date:
    try:
        return date(year, month, day_of)
    except ValueError:
        raise Unreadable(f'"{shown(cell)}" is a day that does not exist') from None


def _time(cell: str, match: re.Match[str] | None) -> time:
    if match is None:
        return time()
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        raise Unreadable(f'"{shown(cell)}" holds a time that does not exist') from None
