"""The value of a field as SQL, and a test on it.

In:  a field, the tables it is asked of, a test.
Out: a condition, true where the test is met; false or NULL where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Date, String, and_, false, func, literal, not_, or_

from nurture import clock
from nurture.filters import constructs as c
from nurture.filters import past
from nurture.filters.anniversaries import base_years, month_days
from nurture.filters.audience import Audience
from nurture.filters.days import ranges
from nurture.filters.fields import Field
from nurture.filters.patterns import like
from nurture.filters.periods import DayRange
from nurture.filters.scope import Scope
from nurture.filters.tree import (
    Anniversary,
    DayTest,
    FlagIs,
    IsSet,
    ListHas,
    NumberIn,
    NumberTest,
    Test,
    TextIn,
    TextLike,
    Wild,
)
from nurture.store.types import UtcDateTime

Storage = Literal["text", "whole", "amount", "number", "date", "moment", "iso", "flag", "list"]
# Dates that have their month and day beside them, for the same reason.
_MONTH_DAYS = {"birthday": "birthday_md", "founded_on": "founded_md"}
_ATTRIBUTE: Mapping[str, tuple[Any, Storage]] = {
    "text": (c.attribute_text, "text"),
    "number": (c.attribute_number, "number"),
    "day": (c.attribute_day, "iso"),
    "flag": (c.attribute_flag, "flag"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A value in SQL. `missing_is_zero` where no row means none of them."""

    value: ColumnElement[Any]
    storage: Storage
    month_day: ColumnElement[int] | None = None
    exact: bool = False
    missing_is_zero: bool = False
    name: str = ""


def column_of(field: Field, audience: Audience, scope: Scope) -> Column:
    """The column of a field that stands beside the customer (special days do not)."""
    if field.place == "attribute":
        attributes = audience.customers.c.attributes
        if field.kind == "list":
            return Column(attributes, "list", name=field.column)
        construct, storage = _ATTRIBUTE[field.kind]
        return Column(c.attribute(construct, attributes, field.column), storage)
    tables = {
        "customer": audience.customers,
        "company": audience.companies,
        "totals": audience.totals,
        "lead": audience.lead_states,
    }
    if field.place == "totals" and scope.as_of:
        return Column(
            past.total(field.column, audience, scope), _storage(field), missing_is_zero=_counts(field)
        )
    if field.place == "lead" and scope.as_of:
        value = past.lead(field.column, audience, scope)
        return Column(value, "moment" if field.kind == "day" else "text", exact=field.code)
    table = tables[field.place]
    month_day = _MONTH_DAYS.get(field.column)
    return plain_column(
        table.c[field.column],
        field,
        month_day=None if month_day is None else table.c[month_day],
        missing_is_zero=_counts(field),
    )


def _counts(field: Field) -> bool:
    """Whether no row of totals means none of what the field counts."""
    return field.place == "totals" and field.kind != "day"


def plain_column(
    value: ColumnElement[Any],
    field: Field,
    month_day: ColumnElement[int] | None = None,
    missing_is_zero: bool = False,
) -> Column:
    """A column of a table, by the kind of its field."""
    storage = "moment" if isinstance(value.type, UtcDateTime) else _storage(field)
    return Column(value, storage, month_day, field.code or field.folded, missing_is_zero)


def _storage(field: Field) -> Storage:
    kinds: Mapping[str, Storage] = {"day": "date", "number": "whole", "amount": "amount", "flag": "flag"}
    return kinds.get(field.kind, "text")


def condition(test: Test, column: Column, scope: Scope) -> ColumnElement[bool]:
    """True where the value passes the test; false or NULL where it does not, or is blank."""
    if isinstance(test, IsSet):
        return _is_set(column)
    if isinstance(test, TextIn):
        return _text_in(test, column)
    if isinstance(test, TextLike):
        fits = or_(*(c.folded_like(column.value, literal(like(each), String)) for each in test.patterns))
        # "*" alone fits a text of no characters too, but that is a blank.
        takes_any = any(set(each) == {Wild.MANY} for each in test.patterns)
        return and_(column.value != "", fits) if takes_any else fits
    if isinstance(test, NumberTest):
        found = numbers(test, column.value, column.storage)
        zero = column.missing_is_zero and passes_zero(test)
        return or_(found, column.value.is_(None)) if zero else found
    if isinstance(test, FlagIs):
        return column.value if test.value else column.value.is_(False)
    if isinstance(test, ListHas):
        has = [
            c.attribute(c.attribute_has, column.value, column.name, literal(item, String))
            for item in test.values
        ]
        return and_(*has) if test.every else or_(*has)
    if isinstance(test, Anniversary):
        return _anniversary(test, column, scope)
    return _days(test, column, scope)


def met(found: ColumnElement[bool], negated: bool) -> ColumnElement[bool]:
    """A condition, or its negation, in which NULL counts as not met."""
    return not_(func.coalesce(found, false())) if negated else found


def passes_zero(test: NumberTest) -> bool:
    return Decimal(0) in (test.values if isinstance(test, NumberIn) else test)


def numbers(test: NumberTest, value: ColumnElement[Any], storage: Storage) -> ColumnElement[bool]:
    """A test of a number; parameters have the type of what they are compared with."""
    if isinstance(test, NumberIn):
        return value.in_([_number(number, value, storage) for number in test.values])
    parts = []
    if test.low is not None:
        low = _number(test.low, value, storage)
        parts.append(value > low if test.low_excluded else value >= low)
    if test.high is not None:
        high = _number(test.high, value, storage)
        parts.append(value < high if test.high_excluded else value <= high)
    return and_(*parts)


def _number(number: Decimal, value: ColumnElement[Any], storage: Storage) -> ColumnElement[Any]:
    if storage == "whole":
        # Wide enough for any number asked for, even where the column is narrower.
        return literal(int(number), BigInteger)
    return literal(number, value.type)


def _is_set(column: Column) -> ColumnElement[bool]:
    if column.storage == "list":
        filled: ColumnElement[bool] = c.attribute(c.attribute_filled, column.value, column.name)
        return filled
    if column.missing_is_zero:
        return or_(column.value.is_not(None), column.value.is_(None))
    if column.storage == "text":
        return and_(column.value.is_not(None), column.value != "")
    return column.value.is_not(None)


def _text_in(test: TextIn, column: Column) -> ColumnElement[bool]:
    if column.exact:
        return column.value.in_(test.values)
    # Text without letters from A to Z is compared as it is, which an index can answer.
    plain = [text for text in test.values if text == text.upper()]
    lettered = [text for text in test.values if text != text.upper()]
    parts = [column.value.in_(plain)] if plain else []
    return or_(*parts, c.folded(column.value).in_(lettered)) if lettered else parts[0]


def _days(test: DayTest, column: Column, scope: Scope) -> ColumnElement[bool]:
    return or_(*(in_range(column, found, scope) for found in ranges(test, scope)))


def in_range(column: Column, days: DayRange, scope: Scope) -> ColumnElement[bool]:
    """Whether a day, in whatever form it is stored, lies in a range."""
    parts: list[ColumnElement[bool]] = []
    if column.storage == "moment":
        # Midnights are compared, not days, so that an index on the moment answers.
        if days.first is not None:
            parts.append(column.value >= literal(clock.midnight(days.first, scope.zone), UtcDateTime))
        if days.last is not None:
            end = clock.midnight(days.last + timedelta(days=1), scope.zone)
            parts.append(column.value < literal(end, UtcDateTime))
        return and_(*parts)
    if days.first is not None and days.first == days.last:
        return column.value == _day(days.first, column)
    if days.first is not None:
        parts.append(column.value >= _day(days.first, column))
    if days.last is not None:
        parts.append(column.value <= _day(days.last, column))
    return and_(*parts)


def _day(day: date, column: Column) -> ColumnElement[Any]:
    return literal(day.isoformat(), String) if column.storage == "iso" else literal(day, Date)


def _anniversary(test: Anniversary, column: Column, scope: Scope) -> ColumnElement[bool]:
    if column.storage == "moment":
        column = Column(c.local_day(column.value, scope.zone, scope.now), "date")
    month_day = column.month_day
    if month_day is None:
        month_day = (c.month_day_of_text if column.storage == "iso" else c.month_day_of)(column.value)
    parts = []
    for year, days in month_days(test, scope).items():
        years = base_years(test, year)
        spans = [DayRange(None, date(year - 1, 12, 31))] if years is None else map(_year, years)
        of_year = [in_range(column, span, scope) for span in spans]
        parts.append(and_(month_day.in_(days), or_(false(), *of_year)))
    return or_(false(), *parts)


def _year(year: int) -> DayRange:
    return DayRange(date(year, 1, 1), date(year, 12, 31))
