"""Read single values of a filter from YAML, and keep a finding for each that is wrong.

In:  a value, what it must be, and its place in the document.
Out: the value as nurture knows it; None, and a finding more, where it is wrong.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from nurture.documents import Document
from nurture.errors import Finding, did_you_mean
from nurture.filters.fields import Field, FieldCatalogue
from nurture.filters.periods import Duration, Fixed, Period, parse_duration, parse_period

Location = tuple[str | int, ...]
Value = TypeVar("Value")

MAX_TEXT = 500
MAX_LIST = 1_000
# Every number up to here is exact in both databases, hundredths included.
MAX_NUMBER = 10**13
MAX_COUNT = 10**9

DAY_FIX = (
    'Write a day (2026-04-01), a month (2026-04), a year (2026), "today", "30 days ago", "in 2 weeks", '
    '"this month", "last quarter", "next year" or "this fiscal year".'
)
DURATION_FIX = 'Write a number and a unit: "90 days", "2 weeks", "6 months" or "1 year".'


class Reader:
    """Reads values of one document and collects what is wrong with them."""

    def __init__(self, document: Document, catalogue: FieldCatalogue) -> None:
        self.document = document
        self.catalogue = catalogue
        self.findings: list[Finding] = []

    def wrong(self, what: str, fix: str, at: Location) -> None:
        self.findings.append(self.document.finding(what, fix, at))

    def unknown(self, kind: str, name: object, known: Sequence[str], at: Location) -> None:
        self.wrong(f'There is no {kind} called "{name}".', did_you_mean(str(name), known), at)

    def line(self, at: Location) -> int | None:
        return self.document.line(at)

    def many(
        self,
        value: Any,
        at: Location,
        one: Callable[[Any, Location], Value | None],
        limit: int = MAX_LIST,
    ) -> tuple[Value, ...] | None:
        """One value, or a list of them, each read by `one`."""
        if not isinstance(value, list):
            single = one(value, at)
            return None if single is None else (single,)
        if not 0 < len(value) <= limit:
            what = "This list is empty." if not value else f"This list holds more than {limit:,} values."
            self.wrong(what, "Write at least one value." if not value else "Use a declared attribute.", at)
            return None
        found = [one(item, (*at, index)) for index, item in enumerate(value)]
        return (
            None if any(item is None for item in found) else tuple(item for item in found if item is not None)
        )

    def text(self, value: Any, at: Location, field: Field | None = None) -> str | None:
        """A piece of text without control characters; one of the field's choices where it has such."""
        if not isinstance(value, str):
            self.wrong(f"This must be text, and it is {_named(value)}.", "Put quotes around it.", at)
        elif not value.strip():
            self.wrong("This text is empty.", 'To ask for blanks, write "not set".', at)
        elif len(value) > MAX_TEXT:
            self.wrong(f"This text is longer than {MAX_TEXT} characters.", "Write a shorter one.", at)
        elif any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
            self.wrong("This text holds control characters.", "Take them out.", at)
        elif field is not None and field.choices and value not in field.choices:
            self.unknown(f"{field.name}", value, field.choices, at)
        else:
            return str(value)
        return None

    def number(self, value: Any, at: Location, field: Field | None = None) -> Decimal | None:
        """A number: whole where the field counts things, of at most two decimals where it is money."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            fix = "Write it in digits, without quotes, commas and units: 3000000."
            self.wrong(f"This must be a number, and it is {_named(value)}.", fix, at)
            return None
        number = Decimal(repr(float(value)) if isinstance(value, float) else int(value))
        if abs(number) > (MAX_COUNT if field is None or field.whole else MAX_NUMBER):
            self.wrong("This number is too large to mean anything here.", "Write a smaller one.", at)
        elif (field is None or field.whole) and number != int(number):
            self.wrong("This counts things, so it must be a whole number.", "Leave out the fraction.", at)
        elif field is not None and field.kind == "amount" and number * 100 != int(number * 100):
            self.wrong("An amount has at most two decimals.", "Leave out the others.", at)
        else:
            return number
        return None

    def flag(self, value: Any, at: Location) -> bool | None:
        if isinstance(value, bool):
            return value
        self.wrong(f"This must be true or false, and it is {_named(value)}.", "Write true or false.", at)
        return None

    def period(self, value: Any, at: Location) -> Period | None:
        """A day, or a span of days with a name."""
        found = parse_period(value)
        if found is None:
            fix = "Write the day alone: nurture counts in days." if isinstance(value, datetime) else DAY_FIX
            self.wrong(f"This is not a day: {_shown(value)}.", fix, at)
        return found

    def duration(self, value: Any, at: Location) -> Duration | None:
        found = parse_duration(value)
        if found is None:
            self.wrong(f"This is not a length of time: {_shown(value)}.", DURATION_FIX, at)
        return found

    def pair(
        self, value: Any, at: Location, one: Callable[[Any, Location], Value | None]
    ) -> tuple[Value, Value] | None:
        """A list of exactly two values."""
        if not isinstance(value, list) or len(value) != 2:
            self.wrong("This needs two values, the lower one first.", "Write: between: [1, 10]", at)
            return None
        low, high = (one(item, (*at, index)) for index, item in enumerate(value))
        return None if low is None or high is None else (low, high)

    def mapping(self, value: Any, at: Location, fix: str) -> Mapping[str, Any] | None:
        """Keys and values, with text for keys and at least one of them."""
        if not isinstance(value, dict) or not value:
            self.wrong("Here must be keys and values.", fix, at)
            return None
        odd = [key for key in value if not isinstance(key, str)]
        for key in odd:
            self.wrong(
                f"This key must be text, and it is {_named(key)}.", "Put quotes around it.", (*at, key)
            )
        return None if odd else value


def backwards(low: Decimal | Period, high: Decimal | Period) -> bool:
    """Whether two bounds are surely the wrong way round."""
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        return low > high
    return isinstance(low, Fixed) and isinstance(high, Fixed) and low.first > high.last


def _named(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a yes or no)"
    if isinstance(value, (int, float)):
        return f"the number {_shown(value)}"
    if isinstance(value, date):
        return f"the day {value.isoformat()}"
    if isinstance(value, str):
        return f'the text "{_shown(value)}"'
    return (
        "a list"
        if isinstance(value, list)
        else "a set of keys"
        if isinstance(value, dict)
        else "something else"
    )


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)) or value is None:
        return _named(value)
    # Python refuses to print integers of thousands of digits.
    text = "a very long number" if isinstance(value, int) and abs(value) > 10**100 else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
