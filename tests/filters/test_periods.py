"""Days in words: what each means on days that are hard, written out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from nurture.filters import Scope
from nurture.filters.anniversaries import is_business_day, kept_in, shifted
from nurture.filters.constructs import _offsets
from nurture.filters.periods import Duration, moved, parse_duration, parse_period, resolve

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", "2026-11-02", "2026-11-02"),
        ("yesterday", "2026-11-01", "2026-11-01"),
        ("this week", "2026-11-02", "2026-11-08"),
        ("last week", "2026-10-26", "2026-11-01"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("this fiscal year", "2026-04-01", "2027-03-31"),
        ("last fiscal quarter", "2026-07-01", "2026-09-30"),
        ("this half", "2026-10-01", "2027-03-31"),
        ("next fiscal half", "2027-04-01", "2027-09-30"),
        ("3 months ago", "2026-08-02", "2026-08-02"),
        ("in 2 weeks", "2026-11-16", "2026-11-16"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        (" This  Month ", "2026-11-01", "2026-11-30"),
    ],
)
def test_a_period_in_words_is_these_days(words: str, first: str, last: str) -> None:
    period = parse_period(words)
    assert period is not None
    found = resolve(period, MONDAY, fiscal_month=4)
    assert (str(found.first), str(found.last)) == (first, last)


@pytest.mark.parametrize(
    ("day", "duration", "sign", "found"),
    [
        (date(2026, 3, 31), Duration(1, "month"), -1, date(2026, 2, 28)),
        (date(2024, 3, 31), Duration(1, "month"), -1, date(2024, 2, 29)),
        (date(2024, 2, 29), Duration(1, "year"), 1, date(2025, 2, 28)),
        (date(2026, 1, 31), Duration(1, "quarter"), 1, date(2026, 4, 30)),
        (date(2026, 11, 2), Duration(2, "week"), -1, date(2026, 10, 19)),
    ],
)
def test_months_stay_within_themselves(day: date, duration: Duration, sign: int, found: date) -> None:
    assert moved(day, duration, sign) == found


@pytest.mark.parametrize(
    "text", ["0 days", "90", "90days", "-1 day", "1 hour", "９０ days", "1e3 days", "", "days"]
)
def test_what_is_no_length_of_time_is_none(text: str) -> None:
    assert parse_duration(text) is None


def test_a_day_begins_at_midnight_of_the_workspace_and_not_of_utc() -> None:
    before = datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)
    after = datetime(2026, 3, 31, 15, 0, 0, tzinfo=UTC)
    days = [Scope(now, ZoneInfo("Asia/Tokyo")).today for now in (before, after)]
    assert days == [date(2026, 3, 31), date(2026, 4, 1)]


def test_a_leap_day_comes_round_as_the_policy_says() -> None:
    born = date(1996, 2, 29)
    found = [kept_in(born, year, "feb 28") for year in (2026, 2028)]
    assert found == [date(2026, 2, 28), date(2028, 2, 29)]
    assert kept_in(born, 2026, "mar 1") == date(2026, 3, 1)
    assert kept_in(born, 2026, "feb 29 only") is None


def test_an_anniversary_on_a_holiday_moves_to_the_business_day_beside_it() -> None:
    # 3 November 2026 is 文化の日, a Tuesday; 21 to 23 September are a long weekend with two holidays.
    assert shifted(date(2026, 11, 3), "before", "JP") == date(2026, 11, 2)
    assert shifted(date(2026, 11, 3), "after", "JP") == date(2026, 11, 4)
    assert shifted(date(2026, 9, 21), "before", "JP") == date(2026, 9, 18)
    assert shifted(date(2026, 11, 3), "none", "JP") == date(2026, 11, 3)


def test_where_holidays_are_not_known_weekends_count() -> None:
    assert [is_business_day(day, "XX") for day in (date(2026, 1, 1), date(2026, 1, 3))] == [True, False]


def test_the_clock_changes_of_a_zone_are_found_to_the_second() -> None:
    changes = _offsets(ZoneInfo("America/New_York"), 2007)
    assert (datetime(2007, 3, 11, 7, 0, tzinfo=UTC), -4 * 3600) in changes
    assert (datetime(2007, 11, 4, 6, 0, tzinfo=UTC), -5 * 3600) in changes
    assert [seconds for _, seconds in _offsets(ZoneInfo("Asia/Tokyo"), 2026)] == [9 * 3600]
