"""The operators on one value: `{at_least: 5}`, `{is_not: x}`, `[a, b]`, `set`.

In:  what stands behind a field's name, and the field's kind.
Out: tests, each negated or not; all of them must be met.

`not_` before any operator negates it, and the negation of a test on a blank is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from nurture.filters import anniversaries
from nurture.filters.fields import Field, Kind
from nurture.filters.patterns import fold, parse_pattern
from nurture.filters.periods import Period
from nurture.filters.reader import MAX_LIST, Location, Reader, backwards
from nurture.filters.tree import (
    DayBetween,
    DayDistance,
    DayIn,
    DaySide,
    FlagIs,
    IsSet,
    ListHas,
    NumberIn,
    NumberRange,
    Test,
    TextIn,
    TextLike,
    Wild,
)

# More would let one pattern keep a database busy for its whole length, squared.
MAX_WILDCARDS = 8
# Each of these is a condition of its own in SQL, and SQLite nests them.
MAX_PATTERNS = 100


class Tested(NamedTuple):
    test: Test
    negated: bool


Operator = Callable[[Reader, Any, Location, Field], "Test | None"]


def read_tests(reader: Reader, value: Any, at: Location, field: Field) -> list[Tested]:
    """The tests that stand behind a field's name; fewer, and findings, where something is wrong."""
    if isinstance(value, dict):
        operators = reader.mapping(value, at, f"Write an operator: {field.name}: {{is: ...}}")
        if operators is None:
            return []
        found = [read_test(reader, name, operators[name], (*at, name), field) for name in operators]
        return [tested for tested in found if tested is not None]
    if value in ("set", "not set"):
        return [Tested(IsSet(), value == "not set")]
    test = _plain(reader, value, at, field)
    return [] if test is None else [Tested(test, False)]


def read_test(reader: Reader, name: str, value: Any, at: Location, field: Field) -> Tested | None:
    """The test of one operator."""
    known = OPERATORS[field.kind]
    key, negated = canonical(name)
    if key not in known:
        what = f'"{field.name}" is {KIND_NAMES[field.kind]}; it has no operator "{name}".'
        reader.wrong(what, _operators_of(known), at)
        return None
    test = known[key](reader, value, at, field)
    if test is None:
        return None
    if isinstance(test, IsSet):
        wanted = reader.flag(value, at)
        return None if wanted is None else Tested(test, negated == wanted)
    return Tested(test, negated)


def canonical(name: str) -> tuple[str, bool]:
    """An operator's own name, and whether it is negated.

    >>> canonical("is not"), canonical("not_in"), canonical("at least")
    (('is', True), ('in', True), ('at_least', False))
    """
    key = "_".join(name.split())
    if key == "is_not":
        return "is", True
    return (key.removeprefix("not_"), True) if key.startswith("not_") else (key, False)


def _operators_of(known: Mapping[str, Operator]) -> str:
    return f"Operators here: {', '.join(known)}; each also with not_ before it."


def _plain(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
    """`industry: machinery`, `purchases: 0`, `owner: [佐藤, 鈴木]`: is, or one of."""
    return OPERATORS[field.kind]["in"](reader, value, at, field)


def _set(_reader: Reader, _value: Any, _at: Location, _field: Field) -> Test | None:
    return IsSet()


def _texts(
    reader: Reader, value: Any, at: Location, field: Field, limit: int = MAX_LIST
) -> tuple[str, ...] | None:
    return reader.many(value, at, lambda item, where: reader.text(item, where, field), limit)


def _text_in(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
    values = _texts(reader, value, at, field)
    return None if values is None else TextIn(values if field.code else tuple(map(fold, values)))


def _text_like(*form: Wild | None) -> Operator:
    """An operator that looks for the text where `form` has None."""

    def read(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
        values = _texts(reader, value, at, field, MAX_PATTERNS)
        if values is None:
            return None
        return TextLike(
            tuple(tuple(part if part is not None else fold(text) for part in form) for text in values)
        )

    return read


def _text_matches(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
    values = _texts(reader, value, at, field, MAX_PATTERNS)
    if values is None:
        return None
    patterns = tuple(parse_pattern(text) for text in values)
    if any(pattern.count(Wild.MANY) > MAX_WILDCARDS for pattern in patterns):
        reader.wrong(f"A pattern has at most {MAX_WILDCARDS} stars.", "Write a simpler one.", at)
        return None
    return TextLike(patterns)


def _number_in(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
    values = reader.many(value, at, lambda item, where: reader.number(item, where, field))
    return None if values is None else NumberIn(values)


def _bound(make: Callable[[Decimal], NumberRange]) -> Operator:
    def read(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
        number = reader.number(value, at, field)
        return None if number is None else make(number)

    return read


def _number_between(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
    pair = reader.pair(value, at, lambda item, where: reader.number(item, where, field))
    if pair is None:
        return None
    if backwards(*pair):
        reader.wrong("The first number is larger than the second.", "Write the lower one first.", at)
        return None
    return NumberRange(*pair)


def _day_in(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
    periods: tuple[Period, ...] | None = reader.many(value, at, reader.period, MAX_PATTERNS)
    return None if periods is None else DayIn(periods)


def _day_side(side: Any) -> Operator:
    def read(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
        period = reader.period(value, at)
        return None if period is None else DaySide(side, period)

    return read


def _day_between(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
    pair: tuple[Period, Period] | None = reader.pair(value, at, reader.period)
    if pair is None:
        return None
    if backwards(*pair):
        reader.wrong("The first day is later than the second.", "Write the earlier one first.", at)
        return None
    return DayBetween(*pair)


def _day_distance(side: Any) -> Operator:
    def read(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
        duration = reader.duration(value, at)
        return None if duration is None else DayDistance(side, duration)

    return read


def _anniversary(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
    return anniversaries.read_anniversary(reader, value, at)


def _flag(reader: Reader, value: Any, at: Location, _field: Field) -> Test | None:
    flag = reader.flag(value, at)
    return None if flag is None else FlagIs(flag)


def _list_has(every: bool) -> Operator:
    def read(reader: Reader, value: Any, at: Location, field: Field) -> Test | None:
        values = _texts(reader, value, at, field, MAX_PATTERNS)
        return None if values is None else ListHas(tuple(fold(text) for text in values), every)

    return read


_MANY = Wild.MANY
_NUMBERS: Mapping[str, Operator] = {
    "is": _number_in,
    "in": _number_in,
    "at_least": _bound(lambda number: NumberRange(low=number)),
    "at_most": _bound(lambda number: NumberRange(high=number)),
    "more_than": _bound(lambda number: NumberRange(low=number, low_excluded=True)),
    "less_than": _bound(lambda number: NumberRange(high=number, high_excluded=True)),
    "between": _number_between,
    "set": _set,
}
DAY_OPERATORS: Mapping[str, Operator] = {
    "is": _day_in,
    "on": _day_in,
    "in": _day_in,
    "before": _day_side("before"),
    "after": _day_side("after"),
    "since": _day_side("since"),
    "until": _day_side("until"),
    "between": _day_between,
    "in_the_last": _day_distance("in_the_last"),
    "in_the_next": _day_distance("in_the_next"),
    "at_least_ago": _day_distance("at_least_ago"),
    "at_least_ahead": _day_distance("at_least_ahead"),
    "anniversary": _anniversary,
    "set": _set,
}
OPERATORS: Mapping[Kind, Mapping[str, Operator]] = {
    "text": {
        "is": _text_in,
        "in": _text_in,
        "contains": _text_like(_MANY, None, _MANY),
        "starts_with": _text_like(None, _MANY),
        "ends_with": _text_like(_MANY, None),
        "matches": _text_matches,
        "set": _set,
    },
    "number": _NUMBERS,
    "amount": _NUMBERS,
    "day": DAY_OPERATORS,
    "flag": {"is": _flag, "in": _flag, "set": _set},
    "list": {
        "is": _list_has(False),
        "in": _list_has(False),
        "has": _list_has(False),
        "contains": _list_has(False),
        "has_all": _list_has(True),
        "set": _set,
    },
}
KIND_NAMES: Mapping[Kind, str] = {
    "text": "text",
    "number": "a number",
    "amount": "an amount",
    "day": "a day",
    "flag": "true or false",
    "list": "a list",
}
