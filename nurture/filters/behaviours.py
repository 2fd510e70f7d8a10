"""Read what customers did: `bought: {within: 1 year, times: {at_least: 2}}`.

In:  what stands behind the name of a source of events.
Out: a Behaviour: which events count, and how many or how much of them there must be.

A word alone is the short form: `bought: never`, `did: inquiry`, `consent: valid`, `suppressed: false`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from nurture.errors import did_you_mean
from nurture.filters.fields import DAY, Field, Source
from nurture.filters.operators import DAY_OPERATORS, canonical, read_test, read_tests
from nurture.filters.patterns import parse_pattern
from nurture.filters.reader import Location, Reader
from nurture.filters.tree import (
    Behaviour,
    EventCondition,
    FlagIs,
    Fold,
    FoldTest,
    NumberIn,
    NumberTest,
    Test,
    TextIn,
    TextLike,
)

# "within" is how people say it of what happened; it is the same test as in_the_last.
WITHIN = "within"
_COUNT = Field("times", "number", "event", "times", "how often", whole=True)
PICKS = ("first", "latest")
_NEVER = (NumberIn((Decimal(0),)),)


def read_behaviour(reader: Reader, source: Source, value: Any, at: Location, text: str) -> Behaviour | None:
    """The behaviour that stands behind a source's name; None, and findings, where it is wrong."""
    line = reader.line(at)
    if not isinstance(value, dict):
        where = _short(reader, source, value, at)
        if where is None:
            return None
        never = value is False or value in ("never", "none")
        return Behaviour(source, where, times=_NEVER if never else (), text=text, line=line)
    options = reader.mapping(value, at, f"Write: {source.name}: {{within: 30 days}}")
    if options is None:
        return None
    before = len(reader.findings)
    found = _Options(reader, source, at)
    for name in options:
        found.read(name, options[name], (*at, name))
    if len(reader.findings) > before:
        return None
    return Behaviour(
        source,
        tuple(found.where),
        tuple(found.times),
        tuple(found.days),
        tuple(found.folds),
        found.pick,
        tuple(found.picked),
        text,
        line,
    )


def _short(reader: Reader, source: Source, value: Any, at: Location) -> tuple[EventCondition, ...] | None:
    """What a single word or a list says: ever, never, or something about the source's main field."""
    if (
        value in ("ever", "never")
        or isinstance(value, bool)
        or (source.name == "consent" and value == "none")
    ):
        return ()
    flag = source.field(value) if isinstance(value, str) else None
    if flag is not None and flag.kind == "flag":
        return (EventCondition(flag, FlagIs(True)),)
    main = source.field(source.main) if source.main else None
    if main is None:
        words = [field.name for field in source.fields if field.kind == "flag"] + ["none"]
        reader.unknown(f"state of {source.name}", value, words, at)
        return None
    return tuple(EventCondition(main, *tested) for tested in _of_event(reader, value, at, main)) or None


def _of_event(reader: Reader, value: Any, at: Location, field: Field) -> list[tuple[Test, bool]]:
    """Tests on an event's own field; a text with `*` or `?` is a pattern there."""
    tests = [(test, negated) for test, negated in read_tests(reader, value, at, field)]
    if isinstance(value, dict):
        return tests
    return [(_as_pattern(test), negated) for test, negated in tests]


def _as_pattern(test: Test) -> Test:
    if isinstance(test, TextIn) and any(sign in value for value in test.values for sign in "*?"):
        return TextLike(tuple(parse_pattern(value) for value in test.values))
    return test


class _Options:
    """The keys of one behaviour, sorted by what they say."""

    def __init__(self, reader: Reader, source: Source, at: Location) -> None:
        self.reader = reader
        self.source = source
        self.at = at
        self.where: list[EventCondition] = []
        self.times: list[NumberTest] = []
        self.days: list[NumberTest] = []
        self.folds: list[FoldTest] = []
        self.pick: Any = None
        self.picked: list[EventCondition] = []

    def read(self, name: str, value: Any, at: Location) -> None:
        if name == "times":
            self.times += self.counts(value, at)
        elif name == "days":
            self.days += self.counts(value, at)
        elif name in get_args(Fold):
            self.fold(name, value, at)
        elif name in PICKS:
            self.pick_one(name, value, at)
        else:
            self.where += self.event(name, value, at)

    def event(self, name: str, value: Any, at: Location) -> list[EventCondition]:
        """A condition on the event: on its day, or on one of its own fields."""
        key, negated = canonical(name)
        field = self.source.field(name)
        if field is not None:
            return [EventCondition(field, *tested) for tested in _of_event(self.reader, value, at, field)]
        if key == WITHIN:
            key = "in_the_last"
        if key in DAY_OPERATORS and key != "set":
            tested = read_test(self.reader, f"not_{key}" if negated else key, value, at, DAY)
            return [] if tested is None else [EventCondition(DAY, *tested)]
        known = [*(each.name for each in self.source.fields), WITHIN, *DAY_OPERATORS]
        known = [*known, "times", "days", *get_args(Fold), *PICKS]
        self.reader.wrong(f'"{self.source.name}" has no key "{name}".', did_you_mean(name, known), at)
        return []

    def counts(self, value: Any, at: Location) -> list[NumberTest]:
        """Tests on a number of events or days: `2`, `{at_least: 2}`."""
        found = []
        for test, negated in read_tests(self.reader, value, at, _COUNT):
            if negated or not isinstance(test, NumberTest):
                self.reader.wrong("A count is never blank.", "Write: {at_least: 2}, {at_most: 5} or 0", at)
            else:
                found.append(test)
        return found

    def fold(self, name: Any, value: Any, at: Location) -> None:
        """`sum: {amount: {at_least: 100000}}`"""
        numbers = [field.name for field in self.source.fields if field.kind == "amount"]
        fix = f"Write: {name}: {{{numbers[0]}: {{at_least: 1000}}}}" if numbers else "Count them with times."
        keys = self.reader.mapping(value, at, fix)
        for key in keys or ():
            field = self.source.field(key)
            if field is None or field.name not in numbers:
                self.reader.wrong(f'There is no {name} of "{key}" here.', fix, (*at, key))
                continue
            for test, negated in read_tests(self.reader, value[key], (*at, key), field):
                if negated or not isinstance(test, NumberTest):
                    self.reader.wrong("Compare this with a number.", fix, (*at, key))
                else:
                    self.folds.append(FoldTest(name, field, test))

    def pick_one(self, name: str, value: Any, at: Location) -> None:
        """`latest: {product: "LG*", within: 30 days}`"""
        if self.pick is not None:
            self.reader.wrong("Only one of first and latest can be asked here.", "Write two conditions.", at)
            return
        self.pick = name
        fix = f"Write: {name}: {{within: 30 days}}"
        keys: Mapping[str, Any] = self.reader.mapping(value, at, fix) or {}
        for key in keys:
            self.picked += self.event(key, keys[key], (*at, key))
