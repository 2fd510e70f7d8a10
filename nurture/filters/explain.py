"""Why a customer is in or out: every condition of a filter, whether it is met, and what was found.

In:  a Filter, the Scope, and a Person.
Out: an Explanation. It is worked out from plain values, not by asking the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as ListOf
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from nurture.filters.evaluate import (
    behaviour_met,
    chain,
    drawn,
    events_of,
    field_met,
    place_met,
    scores_met,
    size_met,
    special_days,
    value_of,
)
from nurture.filters.facts import Fact, Place, Scores
from nurture.filters.person import Event, Person
from nurture.filters.scope import Scope
from nurture.filters.tree import (
    All,
    AnyOf,
    Behaviour,
    Colleagues,
    CompanySize,
    FieldTest,
    Filter,
    Leaf,
    Not,
    Rfm,
    Sample,
    SegmentRef,
    Sequence,
    Top,
)

BLANK = "blank"
SHOWN_EVENTS = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of an explanation: what was asked, whether it is met, and what was found.

    `depth` counts the groups around it; a group comes before its parts.
    """

    condition: str
    met: bool
    found: str
    depth: int = 0
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a person meets a filter, and every condition of it in the order of the file."""

    member: bool
    conditions: tuple[Condition, ...]


def explain(filter_: Filter, scope: Scope, person: Person) -> Explanation:
    """Why a person meets a filter or does not."""
    conditions = tuple(_Explainer(scope, person).lines(filter_, 0))
    return Explanation(conditions[0].met, conditions)


class _Explainer:
    def __init__(self, scope: Scope, person: Person) -> None:
        self.scope = scope
        self.person = person

    def lines(self, filter_: Filter, depth: int) -> list[Condition]:
        """The line of a filter, and below it those of its parts."""
        match filter_:
            case All():
                return self.group("all of" if filter_.parts else "everyone", filter_, filter_.parts, depth)
            case AnyOf():
                return self.group("any of", filter_, filter_.parts, depth)
            case Not():
                part = self.lines(filter_.part, depth + 1)
                found = "it is met" if part[0].met else "it is not met"
                return [Condition("not", not part[0].met, found, depth, filter_.line), *part]
            case SegmentRef():
                part = self.lines(self.scope.segments[filter_.name], depth + 1)
                found = "a member" if part[0].met else "not a member"
                return [Condition(filter_.text, part[0].met, found, depth, filter_.line), *part]
            case Colleagues():
                return self.colleagues(filter_, depth)
            case _:
                met, found = self.leaf(filter_)
                return [Condition(filter_.text, met, found, depth, filter_.line)]

    def leaf(self, asked: Leaf) -> tuple[bool, str]:
        """Whether a condition without parts is met, and what was found."""
        person, scope = self.person, self.scope
        match asked:
            case FieldTest():
                return field_met(asked, person, scope), self.value(asked)
            case Behaviour():
                events = events_of(asked, person, scope)
                return behaviour_met(asked, events, scope), _events(asked, events)
            case Sequence():
                chained = chain(asked, person, scope)
                return bool(chained), " -> ".join(event.day.isoformat() for event in chained) or "none"
            case CompanySize():
                return size_met(asked, person), str(len(person.company_people) or BLANK)
            case Sample():
                met = drawn(asked, person.id)
                return met, "drawn" if met else "not drawn"
            case Top():
                place = person.facts.get(asked)
                found = (
                    f"place {place.place:,} ({shown(place.value, scope.today)})"
                    if isinstance(place, Place)
                    else ""
                )
                return place_met(asked, person), found or "no place"
            case Rfm():
                return scores_met(asked, person), _scores(person.facts.get(asked))

    def colleagues(self, asked: Colleagues, depth: int) -> list[Condition]:
        """A company is explained by the first of its people who meets the condition."""
        people = [
            each for each in self.person.company_people if not (asked.others and each.id == self.person.id)
        ]
        for each in people:
            lines = _Explainer(self.scope, each).lines(asked.part, depth + 1)
            if lines[0].met:
                return [Condition(asked.text, True, str(each.customer["email"]), depth, asked.line), *lines]
        found = f"none of {len(people):,}" if people else "nobody there"
        return [Condition(asked.text, False, found, depth, asked.line)]

    def group(self, name: str, filter_: All | AnyOf, parts: ListOf[Filter], depth: int) -> list[Condition]:
        below = [self.lines(part, depth + 1) for part in parts]
        met = [lines[0].met for lines in below]
        holds = all(met) if isinstance(filter_, All) else any(met)
        found = f"{sum(met)} of {len(met)} met" if parts else ""
        head = Condition(name, holds, found, depth, filter_.line)
        return [head, *(line for lines in below for line in lines)]

    def value(self, asked: FieldTest) -> str:
        if asked.field.place in ("special_day", "company_special_day"):
            days = special_days(asked.field, self.person)
            return ", ".join(shown(day, self.scope.today) for day in days) or BLANK
        return shown(value_of(asked.field, self.person, self.scope), self.scope.today)


def shown(value: Any, today: date) -> str:
    """A value for the person who reads the explanation.

    >>> shown(date(2026, 10, 30), date(2026, 11, 2))
    '2026-10-30 (3 days ago)'
    """
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f"{value.isoformat()} ({_distance(value, today)})"
    if isinstance(value, Decimal):
        return f"{value:,f}".removesuffix(".00")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _distance(day: date, today: date) -> str:
    days = (day - today).days
    if days == 0:
        return "today"
    number = f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"
    return f"in {number}" if days > 0 else f"{number} ago"


def _events(asked: Behaviour, events: ListOf[Event]) -> str:
    """`3 (2026-09-30, 2026-10-12, 2026-11-01 LG20)`, the latest ones where they are many."""
    if not events:
        return "none"
    parts = list(_each(asked, events[-SHOWN_EVENTS:]))
    more = ["..."] if len(events) > SHOWN_EVENTS else []
    return f"{len(events):,} ({', '.join(more + parts)})"


def _scores(scores: Fact | None) -> str:
    if not isinstance(scores, Scores):
        return "no purchase in this time"
    return f"recency {scores.recency}, frequency {scores.frequency}, monetary {scores.monetary}"


def _each(asked: Behaviour, events: ListOf[Event]) -> Iterator[str]:
    main = asked.source.field(asked.source.main) if asked.source.main else None
    for event in events:
        detail = event.values.get(main.column) if main else event.values.get("basis")
        yield f"{event.day.isoformat()} {detail}" if detail else event.day.isoformat()
