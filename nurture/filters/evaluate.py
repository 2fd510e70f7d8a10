"""Whether plain values pass tests: the meaning of the grammar once more, in Python.

In:  a test, and the value of a field or an event of one Person.
Out: yes or no. Nothing here looks at the SQL; a property test holds both equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as ListOf
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nurture import clock
from nurture.filters.anniversaries import MAX_NTH, kept_in, period_of, shifted
from nurture.filters.days import ranges
from nurture.filters.facts import Place, Scores
from nurture.filters.fields import DAY, Field
from nurture.filters.patterns import fits, fold
from nurture.filters.person import Event, Person
from nurture.filters.population_sql import DRAW_FACTOR, DRAW_PRIME, DRAW_SHARES
from nurture.filters.scope import Scope
from nurture.filters.tree import (
    Anniversary,
    Behaviour,
    CompanySize,
    EventCondition,
    FieldTest,
    FlagIs,
    FoldTest,
    IsSet,
    ListHas,
    NumberIn,
    NumberRange,
    NumberTest,
    Rfm,
    Sample,
    Sequence,
    Step,
    Test,
    TextIn,
    TextLike,
    Top,
)

_ISO = re.compile(r"\d{4}-[01]\d-[0-3]\d", re.ASCII)


def value_of(field: Field, person: Person, scope: Scope) -> Any:
    """The value of a field of a person, None where it is blank. (Special days have no single value.)"""
    if field.place == "attribute":
        return _attribute(field, person.customer["attributes"].get(field.column))
    row = {
        "customer": person.customer,
        "company": person.company,
        "totals": person.totals,
        "lead": person.lead,
    }[field.place]
    value = row.get(field.column)
    if value is None and field.place == "totals" and field.kind != "day":
        return Decimal(0)
    return _day(value, scope) if field.kind == "day" else None if value == "" else value


def _attribute(field: Field, value: Any) -> Any:
    """An attribute as its declaration has it; blank where it is stored as anything else."""
    if field.kind == "text":
        return value if isinstance(value, str) and value else None
    if field.kind == "number":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return Decimal(repr(value)) if number else None
    if field.kind == "day":
        try:
            return date.fromisoformat(value) if isinstance(value, str) and _ISO.fullmatch(value) else None
        except ValueError:
            return None
    if field.kind == "flag":
        return value if isinstance(value, bool) else None
    return [item for item in value if isinstance(item, str)] or None if isinstance(value, list) else None


def _day(value: Any, scope: Scope) -> date | None:
    if isinstance(value, datetime):
        return clock.day(value, scope.zone)
    return value if isinstance(value, date) else None


def field_met(asked: FieldTest, person: Person, scope: Scope) -> bool:
    """Whether a person meets a condition on a field."""
    if asked.field.place in ("special_day", "company_special_day"):
        passed = any(passes(asked.test, day, asked.field, scope) for day in special_days(asked.field, person))
    else:
        passed = passes(asked.test, value_of(asked.field, person, scope), asked.field, scope)
    return passed != asked.negated


def special_days(field: Field, person: Person) -> list[date]:
    of_company = field.place == "company_special_day"
    return [
        each.day
        for each in person.special_days
        if each.name == field.column and each.of_company == of_company
    ]


def passes(test: Test, value: Any, field: Field, scope: Scope) -> bool:
    """Whether a value passes a test; a blank passes none."""
    if value is None:
        return False
    match test:
        case IsSet():
            return True
        case TextIn():
            return (value if field.code or field.folded else fold(value)) in test.values
        case TextLike():
            return any(fits(pattern, value) for pattern in test.patterns)
        case NumberIn() | NumberRange():
            return number_passes(test, Decimal(value))
        case FlagIs():
            return bool(value) == test.value
        case ListHas():
            items = {fold(item) for item in value}
            return (all if test.every else any)(each in items for each in test.values)
        case Anniversary():
            return _anniversary(test, value, scope)
        case _:
            return any(value in days for days in ranges(test, scope))


def number_passes(test: NumberTest, value: Decimal) -> bool:
    return value in (test.values if isinstance(test, NumberIn) else test)


def _anniversary(test: Anniversary, day: date, scope: Scope) -> bool:
    first, last = period_of(test, scope)
    for year in range(max(first.year - 1, day.year + 1), last.year + 2):
        kept = kept_in(day, year, test.leap_day)
        if kept is None or not first <= shifted(kept, test.shift, scope.country) <= last:
            continue
        count = year - day.year
        every = test.every is not None and count <= MAX_NTH and count % test.every == 0
        if not (test.nth or test.every) or count in test.nth or every:
            return True
    return False


def events_of(asked: Behaviour, person: Person, scope: Scope) -> list[Event]:
    """The events of a person that a behaviour counts, the earliest first."""
    events = person.events.get(asked.source.name, ())
    found = [event for event in events if event_met(asked.where, event, scope)]
    return sorted(found, key=lambda event: (event.at, event.id))


def event_met(conditions: Iterable[EventCondition], event: Event, scope: Scope) -> bool:
    return all(
        passes(each.test, _event_value(each.field, event), each.field, scope) != each.negated
        for each in conditions
    )


def _event_value(field: Field, event: Event) -> Any:
    value = event.day if field == DAY else event.values.get(field.column)
    return None if value == "" else value


def behaviour_met(asked: Behaviour, events: ListOf[Event], scope: Scope) -> bool:
    """Whether the events that a behaviour counts are as it says."""
    if not (asked.times or asked.days or asked.folds or asked.pick) and not events:
        return False
    days = len({event.day for event in events})
    picked = events[:1] if asked.pick == "first" else events[-1:]
    return (
        all(number_passes(test, Decimal(len(events))) for test in asked.times)
        and all(number_passes(test, Decimal(days)) for test in asked.days)
        and all(_fold_met(fold, events) for fold in asked.folds)
        and (asked.pick is None or any(event_met(asked.picked, event, scope) for event in picked))
    )


def chain(asked: Sequence, person: Person, scope: Scope) -> list[Event]:
    """Events of a person that follow each other as a sequence says; empty when there are none such."""
    return _followed(asked.steps, None, person, scope)


def _followed(
    steps: tuple[Step, ...], before: tuple[Step, Event] | None, person: Person, scope: Scope
) -> list[Event]:
    step, *rest = steps
    for event in person.events.get(step.source.name, ()):
        if not event_met(step.where, event, scope) or not _after(before, step, event):
            continue
        following = _followed(tuple(rest), (step, event), person, scope) if rest else []
        if following or not rest:
            return [event, *following]
    return []


def _after(before: tuple[Step, Event] | None, step: Step, event: Event) -> bool:
    if before is None:
        return True
    earlier = before[1]
    if step.within_days is not None and (event.day - earlier.day).days > step.within_days:
        return False
    if isinstance(event.at, datetime) and isinstance(earlier.at, datetime):
        return event.at > earlier.at
    same = step.source.name == before[0].source.name and event.id == earlier.id
    return event.day >= earlier.day and not same


def drawn(asked: Sample, customer_id: int) -> bool:
    """Whether a customer is in a sample; see the sum in `nurture.filters.population_sql`."""
    mixed = (customer_id % DRAW_PRIME * DRAW_FACTOR + asked.seed) % DRAW_PRIME
    return (mixed * mixed + customer_id % DRAW_PRIME) % DRAW_PRIME % DRAW_SHARES < asked.share


def size_met(asked: CompanySize, person: Person) -> bool:
    size = Decimal(len(person.company_people))
    return size > 0 and all(number_passes(test, size) for test in asked.tests)


def place_met(asked: Top, person: Person) -> bool:
    place = person.facts.get(asked)
    return isinstance(place, Place) and place.place <= asked.count


def scores_met(asked: Rfm, person: Person) -> bool:
    scores = person.facts.get(asked)
    return isinstance(scores, Scores) and all(
        number_passes(test, Decimal(score))
        for tests, score in (
            (asked.recency, scores.recency),
            (asked.frequency, scores.frequency),
            (asked.monetary, scores.monetary),
        )
        for test in tests
    )


def _fold_met(asked: FoldTest, events: ListOf[Event]) -> bool:
    values = [event.values[asked.field.column] for event in events]
    known = [Decimal(value) for value in values if value is not None]
    if asked.fold == "sum":
        return number_passes(asked.test, sum(known, Decimal(0)))
    if not known:
        return False
    if asked.fold == "average":
        # Multiplied, not divided: the average of 1, 1 and 2 has no end.
        return _average(asked.test, sum(known, Decimal(0)), len(known))
    return number_passes(asked.test, min(known) if asked.fold == "minimum" else max(known))


def _average(test: NumberTest, total: Decimal, count: int) -> bool:
    if isinstance(test, NumberIn):
        return total in [value * count for value in test.values]
    low = None if test.low is None else test.low * count
    high = None if test.high is None else test.high * count
    return total in NumberRange(low, high, test.low_excluded, test.high_excluded)
