"""SQL that SQLite and PostgreSQL spell differently, each as one SQLAlchemy construct.

Everything that varies (names, paths, values) is an argument and therefore a bound parameter, so that
statements are cached by their shape and nothing of a user's text becomes SQL.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, ColumnElement, Date, Float, Integer, Numeric, String, case, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from nurture.store.types import UtcDateTime

# The shape of a day in text; SQLite has no regular expressions, so each has its own spelling of it.
_PLACE = re.compile(r"<(\d)>")
_ISO_SQLITE = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
_ISO_POSTGRESQL = "^[0-9]{4}-[01][0-9]-[0-3][0-9]$"


class PlainNumber(TypeDecorator[Any]):
    """A number of a JSON attribute: exact on PostgreSQL; on SQLite as JSON has it there."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(Float() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int(value) if value == int(value) else float(value)


class Predicate(FunctionElement[bool]):
    """A construct that is true, false or NULL by itself."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002  # the signature of SQLAlchemy
        # As it is: SQLAlchemy would write `= 1` behind it for SQLite, which then no index answers.
        return self


class folded(FunctionElement[str]):  # a function in SQL, named like one
    """The text with A to Z as a to z: `nurture.filters.patterns.fold` in SQL."""

    type = String()
    inherit_cache = True


class folded_like(Predicate):
    """Whether a text, folded, has the form of a pattern with `!` for escape. SQLite's LIKE folds too."""

    inherit_cache = True


class attribute_text(FunctionElement[str]):
    """A text attribute; NULL where there is none or it is no text. Arguments: column, name, path."""

    type = String()
    inherit_cache = True


class attribute_day(FunctionElement[str]):
    """A day attribute as text in ISO form; NULL where there is none or it has another form."""

    type = String()
    inherit_cache = True


class attribute_number(FunctionElement[Any]):
    type = PlainNumber()
    inherit_cache = True


class attribute_flag(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


class attribute_has(Predicate):
    """Whether a list attribute has an item, folded. Arguments: column, name, path, folded item."""

    inherit_cache = True


class attribute_filled(Predicate):
    """Whether a list attribute has any item that is a text."""

    inherit_cache = True


class month_day_of(FunctionElement[int]):
    """Month and day of a date column, as `nurture.store.types.month_day` writes them."""

    type = Integer()
    inherit_cache = True


class month_day_of_text(FunctionElement[int]):
    """The same of a day in ISO text."""

    type = Integer()
    inherit_cache = True


class day_at_offset(FunctionElement[date]):
    """The day of a moment that many seconds from UTC. Arguments: moment, seconds."""

    type = Date()
    inherit_cache = True


class either(Predicate):
    """One condition in two forms, each the one that its database answers best: SQLite's, PostgreSQL's."""

    inherit_cache = True


class days_later(FunctionElement[date]):
    """The day so many days after another. Arguments: day, days."""

    type = Date()
    inherit_cache = True


def attribute(kind: type[FunctionElement[Any]], column: ColumnElement[Any], name: str, *more: Any) -> Any:
    """An attribute construct over a JSON column. Names hold only a-z, 0-9 and _ (see `nurture.config`)."""
    return kind(column, literal(name, String), literal(f"$.{name}", String), *more)


def local_day(moment: ColumnElement[Any], zone: ZoneInfo, until: datetime) -> ColumnElement[date]:
    """The day of a moment in a time zone, by the zone's clock changes up to `until`."""
    first, *changes = _offsets(zone, until.year + 1)
    if not changes:
        return day_at_offset(moment, literal(first[1], Integer))
    latest_first = [
        (moment >= literal(at, UtcDateTime), literal(seconds, Integer)) for at, seconds in reversed(changes)
    ]
    return day_at_offset(moment, case(*latest_first, else_=literal(first[1], Integer)))


@functools.lru_cache(maxsize=32)
def _offsets(zone: ZoneInfo, last_year: int) -> tuple[tuple[datetime, int], ...]:
    """The distances from UTC since 2000, in seconds, each with the moment it began."""
    at = datetime(2000, 1, 1, tzinfo=UTC)
    found = [(at, _offset(zone, at))]
    while at.year <= last_year:
        following = at + timedelta(days=1)
        if _offset(zone, following) != found[-1][1]:
            found.append((_change(zone, at, following), _offset(zone, following)))
        at = following
    return tuple(found)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first moment after `before` with the offset of `after`, to the second."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, after):
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> int:
    found = at.astimezone(zone).utcoffset()
    return 0 if found is None else int(found.total_seconds())


def _spelled(element: type[Any], sqlite: str, postgresql: str) -> None:
    """Register both spellings of a construct; <0>, <1> ... are its arguments."""

    def by(form: str) -> Callable[..., str]:
        places = sorted({int(place) for place in _PLACE.findall(form)})

        def write(construct: Any, compiler: Any, **options: Any) -> str:
            clauses = list(construct.clauses)
            # Only what the form names is written: a parameter of the rest would be one too many.
            named = {place: compiler.process(clauses[place], **options) for place in places}
            return _PLACE.sub(lambda match: named[int(match[1])], form)

        return write

    compiles(element, "sqlite")(by(sqlite))
    compiles(element, "postgresql")(by(postgresql))


_spelled(either, "(<0>)", "(<1>)")
_spelled(folded, "lower(<0>)", 'lower(<0> COLLATE "C")')
_spelled(
    folded_like,
    "(<0> LIKE <1> ESCAPE '!')",
    "(lower(<0> COLLATE \"C\") LIKE <1> ESCAPE '!')",
)
_spelled(
    attribute_text,
    "CASE WHEN json_type(<0>, <2>) = 'text' THEN json_extract(<0>, <2>) END",
    "CASE WHEN jsonb_typeof(<0> -> <1>) = 'string' THEN <0> ->> <1> END",
)
_spelled(
    attribute_day,
    f"CASE WHEN json_extract(<0>, <2>) GLOB '{_ISO_SQLITE}' THEN json_extract(<0>, <2>) END",
    f"(CASE WHEN (<0> ->> <1>) ~ '{_ISO_POSTGRESQL}' THEN <0> ->> <1> END COLLATE \"C\")",
)
_spelled(
    attribute_number,
    "CASE WHEN json_type(<0>, <2>) IN ('integer', 'real') THEN json_extract(<0>, <2>) END",
    "CASE WHEN jsonb_typeof(<0> -> <1>) = 'number' THEN CAST(<0> ->> <1> AS NUMERIC) END",
)
_spelled(
    attribute_flag,
    "CASE json_type(<0>, <2>) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
    "CASE WHEN jsonb_typeof(<0> -> <1>) = 'boolean' THEN CAST(<0> ->> <1> AS BOOLEAN) END",
)
_PG_ITEMS = "CASE WHEN jsonb_typeof(<0> -> <1>) = 'array' THEN <0> -> <1> ELSE '[]'::jsonb END"
_spelled(
    attribute_has,
    "(json_type(<0>, <2>) = 'array' AND EXISTS (SELECT 1 FROM json_each(<0>, <2>) AS item"
    " WHERE item.type = 'text' AND lower(item.value) = <3>))",
    f"EXISTS (SELECT 1 FROM jsonb_array_elements({_PG_ITEMS}) AS item"  # noqa: S608  # no user's text
    " WHERE jsonb_typeof(item) = 'string' AND lower((item #>> '{}') COLLATE \"C\") = <3>)",
)
_spelled(
    attribute_filled,
    "(json_type(<0>, <2>) = 'array' AND EXISTS (SELECT 1 FROM json_each(<0>, <2>) AS item"
    " WHERE item.type = 'text'))",
    f"EXISTS (SELECT 1 FROM jsonb_array_elements({_PG_ITEMS}) AS item"  # noqa: S608  # no user's text
    " WHERE jsonb_typeof(item) = 'string')",
)
_spelled(
    month_day_of,
    "CAST(strftime('%m%d', <0>) AS INTEGER)",
    "CAST(extract(month FROM <0>) * 100 + extract(day FROM <0>) AS INTEGER)",
)
_spelled(
    month_day_of_text,
    "CAST(substr(<0>, 6, 2) || substr(<0>, 9, 2) AS INTEGER)",
    "CAST(substr(<0>, 6, 2) || substr(<0>, 9, 2) AS INTEGER)",
)
_spelled(
    day_at_offset,
    "date(<0>, <1> || ' seconds')",
    "CAST((<0> AT TIME ZONE 'UTC') + <1> * INTERVAL '1 second' AS DATE)",
)
_spelled(
    days_later,
    "date(<0>, <1> || ' days')",
    "(<0> + CAST(<1> AS INTEGER))",
)
