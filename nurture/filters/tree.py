"""The filter as a tree of values: what the parser makes, and what SQL and words are made from.

A `Filter` says yes or no to one customer, never "unknown": a condition on a value that is blank is
not met, and its negation therefore is.

Every node carries the line it was written on, and leaves carry their own text, for explanations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as value
from decimal import Decimal
from enum import Enum
from typing import Literal, TypeAlias

from nurture.filters.fields import Field, Source
from nurture.filters.periods import Duration, Period


class Wild(Enum):
    """What stands for other characters in a text pattern: `*` any number of them, `?` exactly one."""

    MANY = "*"
    ONE = "?"


Pattern: TypeAlias = tuple["str | Wild", ...]


@dataclass(frozen=True, slots=True)
class IsSet:
    """There is a value: not blank, for a list not empty."""


@dataclass(frozen=True, slots=True)
class TextIn:
    """The text is one of these. Values are folded (A to Z as a to z) unless the field is a code."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextLike:
    """The text has the form of one of these patterns, which are folded as in `TextIn`."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class NumberIn:
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The number lies between two; None leaves a side open, `*_excluded` leaves the bound itself out."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_excluded: bool = False
    high_excluded: bool = False

    def __contains__(self, value: Decimal) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_excluded)
        below = self.high is None or value < self.high or (value == self.high and not self.high_excluded)
        return above and below


@dataclass(frozen=True, slots=True)
class DayIn:
    """The day lies in one of these periods."""

    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class DaySide:
    """The day lies on one side of a period: before or after all of it, since its first or until its last."""

    side: Literal["before", "after", "since", "until"]
    period: Period


@dataclass(frozen=True, slots=True)
class DayBetween:
    """The day lies between the first day of one period and the last day of another, both included."""

    first: Period
    last: Period


@dataclass(frozen=True, slots=True)
class DayDistance:
    """The day is near today or far from it.

    `in_the_last` and `at_least_ago` share the past out between them, without a gap and without an
    overlap: 90 days ago is "at least 90 days ago", the day after it is "in the last 90 days".
    `in_the_next` and `at_least_ahead` do the same for the future, today being its first day.
    """

    side: Literal["in_the_last", "at_least_ago", "in_the_next", "at_least_ahead"]
    duration: Duration


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The days from today for as long as the duration says, today being the first."""

    duration: Duration


LeapDay = Literal["feb 28", "mar 1", "feb 29 only"]
Shift = Literal["none", "before", "after"]


@dataclass(frozen=True, slots=True)
class Anniversary:
    """The day comes round in a period: its first, second ... anniversary, never the day itself.

    `nth` names the anniversaries that count (empty: all of them), `every` one in so many.
    `leap_day` says when 29 February comes round in other years. `shift` moves an anniversary that
    falls on a weekend or public holiday to the business day before or after it.
    """

    when: Period | Upcoming
    nth: tuple[int, ...] = ()
    every: int | None = None
    leap_day: LeapDay = "feb 28"
    shift: Shift = "none"


@dataclass(frozen=True, slots=True)
class FlagIs:
    value: bool


@dataclass(frozen=True, slots=True)
class ListHas:
    """The list has one of these items, or all of them. Items are folded as in `TextIn`."""

    values: tuple[str, ...]
    every: bool = False


DayTest = DayIn | DaySide | DayBetween | DayDistance
NumberTest = NumberIn | NumberRange
Test = IsSet | TextIn | TextLike | NumberTest | DayTest | Anniversary | FlagIs | ListHas


@dataclass(frozen=True, slots=True)
class All:
    """Every part is met. Without parts: everyone."""

    parts: tuple[Filter, ...]
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is met."""

    parts: tuple[Filter, ...]
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A value of the customer passes a test, or does not where `negated`: a blank passes none."""

    field: Field
    test: Test
    negated: bool = False
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """The customer is in another segment."""

    name: str
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class EventCondition:
    """What one event must be like: a value of its own passes a test, or does not where `negated`."""

    field: Field
    test: Test
    negated: bool = False


Fold = Literal["sum", "average", "minimum", "maximum"]


@dataclass(frozen=True, slots=True)
class FoldTest:
    """A sum (of nothing: 0), average, minimum or maximum (of nothing: blank) passes a test."""

    fold: Fold
    field: Field
    test: NumberTest


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The customer's events of one kind, those that meet all of `where`, are as many and as large as said.

    `times` counts them, `days` counts the different days they fell on; with neither and without
    `folds`, one is enough. `pick` looks at only the first or latest of them, which must meet `picked`.
    """

    source: Source
    where: tuple[EventCondition, ...] = ()
    times: tuple[NumberTest, ...] = ()
    days: tuple[NumberTest, ...] = ()
    folds: tuple[FoldTest, ...] = ()
    pick: Literal["first", "latest"] | None = None
    picked: tuple[EventCondition, ...] = ()
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sequence, at most `within_days` after the one before it."""

    source: Source
    where: tuple[EventCondition, ...] = ()
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """The customer's events followed each other in this order.

    Of two events whose moments are known, the later one is later; a purchase is known by its day only,
    and everything else on that day counts as later. No event follows itself.
    """

    steps: tuple[Step, ...]
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Someone at the customer's company meets a filter: anyone, or (`others`) anyone but the customer."""

    part: Filter
    others: bool = False
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CompanySize:
    """The customer's company has as many customers of ours as said."""

    tests: tuple[NumberTest, ...]
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """A share of all customers, in ten-thousandths; the same customers every time, others per seed."""

    share: int
    seed: int = 0
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Top:
    """The customers with the largest values of a field, among those who meet a filter.

    Blanks have no place, nor have zeros of what is counted. Of equals, the one added first is first.
    """

    count: int
    by: Field
    among: Filter | None = None
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rfm:
    """The customer's scores, 1 to 5, among all who bought within a time: how lately, how often, how much.

    A score is 1 plus the fifths of those buyers who are strictly behind; equals have equal scores.
    """

    within: Duration
    recency: tuple[NumberTest, ...] = ()
    frequency: tuple[NumberTest, ...] = ()
    monetary: tuple[NumberTest, ...] = ()
    text: str = value(default="", compare=False)
    line: int | None = value(default=None, compare=False)


Leaf = FieldTest | Behaviour | Sequence | CompanySize | Sample | Top | Rfm
Filter = All | AnyOf | Not | SegmentRef | Colleagues | Leaf


def parts(filter_: Filter) -> Iterator[Filter]:
    """A filter and every filter written in it; its segments stay names."""
    yield filter_
    match filter_:
        case All() | AnyOf():
            inner = filter_.parts
        case Not() | Colleagues():
            inner = (filter_.part,)
        case Top(among=among) if among is not None:
            inner = (among,)
        case _:
            inner = ()
    for part in inner:
        yield from parts(part)
