"""What a test of a day means on the day of asking: the ranges of days that pass it."""

from __future__ import annotations

from datetime import timedelta

from nurture.filters.periods import DayRange, moved, resolve
from nurture.filters.scope import Scope
from nurture.filters.tree import DayBetween, DayDistance, DayIn, DaySide, DayTest

_ONE = timedelta(days=1)


def ranges(test: DayTest, scope: Scope) -> tuple[DayRange, ...]:
    """The ranges of days that pass a test; a day passes when it is in any of them."""
    if isinstance(test, DayIn):
        return tuple(resolve(period, scope.today, scope.fiscal_month) for period in test.periods)
    if isinstance(test, DayBetween):
        first = resolve(test.first, scope.today, scope.fiscal_month).first
        last = resolve(test.last, scope.today, scope.fiscal_month).last
        return (DayRange(first, last),)
    return (_side(test, scope) if isinstance(test, DaySide) else _distance(test, scope),)


def _side(test: DaySide, scope: Scope) -> DayRange:
    period = resolve(test.period, scope.today, scope.fiscal_month)
    if period.first is None or period.last is None:
        return period
    return {
        "before": DayRange(None, period.first - _ONE),
        "after": DayRange(period.last + _ONE, None),
        "since": DayRange(period.first, None),
        "until": DayRange(None, period.last),
    }[test.side]


def _distance(test: DayDistance, scope: Scope) -> DayRange:
    today = scope.today
    if test.side in ("in_the_last", "at_least_ago"):
        edge = moved(today, test.duration, -1)
        return DayRange(edge + _ONE, today) if test.side == "in_the_last" else DayRange(None, edge)
    edge = moved(today, test.duration, 1)
    return DayRange(today, edge - _ONE) if test.side == "in_the_next" else DayRange(edge, None)
