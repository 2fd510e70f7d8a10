"""Read a filter from YAML: the tree, or every finding at once.

In:  a document, the place in it where the filter stands, the fields there are.
Out: a Filter. A mapping is met when every key is; `any`, `all`, `not` and `none` nest.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from nurture.documents import Document
from nurture.errors import InputError, did_you_mean
from nurture.filters.behaviours import read_behaviour
from nurture.filters.fields import SOURCES, Field, FieldCatalogue
from nurture.filters.operators import read_tests
from nurture.filters.rankings import plain_numbers, read_rfm, read_sample, read_top
from nurture.filters.reader import Location, Reader
from nurture.filters.sequences import read_sequence
from nurture.filters.tree import All, AnyOf, Colleagues, CompanySize, FieldTest, Filter, Not, SegmentRef

MAX_DEPTH = 40
MAX_CONDITIONS = 500
EVERYONE = "everyone"
LOGIC = ("all", "any", "not", "none", "segment")
OTHERS = (
    "sequence",
    "sample",
    "top",
    "rfm",
    "company.anyone",
    "company.nobody",
    "company.colleague",
    "company.customers",
)
_CUSTOMERS = Field("company.customers", "number", "event", "customers", "how many", whole=True)
_EXAMPLE = "Write a condition such as: industry: machinery"


def parse_filter(document: Document, location: Location, fields: FieldCatalogue) -> Filter:
    """The filter at a place of a document.

    Raises:
        InputError: anything in it is wrong; all findings at once, each with file, line and fix.
    """
    value = document.data
    for step in location:
        value = value[step]
    parser = _Parser(document, fields)
    found = parser.filter(value, tuple(location), 0)
    if parser.reader.findings or found is None:
        raise InputError(dict.fromkeys(parser.reader.findings))
    return found


def flow(value: Any) -> str:
    """A piece of YAML on one line, as a marketer would write it.

    >>> flow({"times": {"at_least": 2}, "link": "*price*", "on": [1, True]})
    '{times: {at_least: 2}, link: *price*, on: [1, true]}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


class _Parser:
    """One reading of one filter. A method returns None when it has noted a finding instead."""

    def __init__(self, document: Document, fields: FieldCatalogue) -> None:
        self.reader = Reader(document, fields)
        self.conditions = 0

    def filter(self, value: Any, at: Location, depth: int) -> Filter | None:
        if depth > MAX_DEPTH:
            self.reader.wrong(f"This nests more than {MAX_DEPTH} levels deep.", "Make it a segment.", at)
            return None
        if value == EVERYONE:
            return All((), self.reader.line(at))
        if isinstance(value, list):
            return self.group(All, value, at, depth)
        keys = self.reader.mapping(value, at, _EXAMPLE)
        if keys is None:
            return None
        parts = [self.condition(key, keys[key], (*at, key), depth + 1) for key in keys]
        found = tuple(part for part in parts if part is not None)
        if len(found) < len(parts):
            return None
        return found[0] if len(found) == 1 else All(found, self.reader.line(at))

    def group(self, kind: type[All] | type[AnyOf], value: Any, at: Location, depth: int) -> Filter | None:
        """The parts of `all` or `any`; `all` takes a mapping too."""
        if kind is All and isinstance(value, dict):
            return self.filter(value, at, depth + 1)
        if not isinstance(value, list) or not value:
            self.reader.wrong("Here must be a list of conditions.", f"- {_EXAMPLE}", at)
            return None
        parts = [self.filter(item, (*at, index), depth + 1) for index, item in enumerate(value)]
        found = tuple(part for part in parts if part is not None)
        return kind(found, self.reader.line(at)) if len(found) == len(parts) else None

    def condition(self, key: str, value: Any, at: Location, depth: int) -> Filter | None:
        """What one key of a mapping says."""
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            if self.conditions == MAX_CONDITIONS + 1:
                self.reader.wrong(f"There are more than {MAX_CONDITIONS:,} conditions.", "Use a segment.", at)
            return None
        if key in LOGIC:
            return self.logic(key, value, at, depth)
        if key in OTHERS:
            return self.others(key, value, at, depth)
        if key in SOURCES:
            return read_behaviour(self.reader, SOURCES[key], value, at, f"{key}: {flow(value)}")
        field = self.reader.catalogue.find(key)
        if field is None:
            self.unknown(key, at)
            return None
        tests = read_tests(self.reader, value, at, field)
        line = self.reader.line(at)
        # Several operators are several conditions, and each is explained on its own.
        texts = (
            [f"{{{name}: {flow(value[name])}}}" for name in value]
            if isinstance(value, dict)
            else [flow(value)]
        )
        found = tuple(
            FieldTest(field, *tested, text=f"{key}: {text}", line=line)
            for tested, text in zip(tests, texts, strict=False)
        )
        return found[0] if len(found) == 1 else All(found, line) if found else None

    def logic(self, key: str, value: Any, at: Location, depth: int) -> Filter | None:
        line = self.reader.line(at)
        if key == "segment":
            return self.segment(value, at)
        if key in ("all", "any"):
            return self.group(All if key == "all" else AnyOf, value, at, depth)
        if key == "none":
            part = self.group(AnyOf, value, at, depth)
        elif isinstance(value, list):
            self.reader.wrong(
                "It is not clear which of these must not be met.",
                "Write none: [...] or not: {all: [...]}",
                at,
            )
            return None
        else:
            part = self.filter(value, at, depth + 1)
        return None if part is None else Not(part, line)

    def others(self, key: str, value: Any, at: Location, depth: int) -> Filter | None:
        """Conditions that look at other events or other customers."""
        text, line = f"{key}: {flow(value)}", self.reader.line(at)
        if key == "sequence":
            return read_sequence(self.reader, value, at, text)
        if key == "sample":
            return read_sample(self.reader, value, at, text)
        if key == "rfm":
            return read_rfm(self.reader, value, at, text)
        if key == "top":
            return read_top(
                self.reader, value, at, text, lambda part, where: self.filter(part, where, depth + 1)
            )
        if key == "company.customers":
            tests = plain_numbers(self.reader, value, at, _CUSTOMERS)
            return None if tests is None else CompanySize(tests, text, line)
        part = self.filter(value, at, depth + 1)
        if part is None:
            return None
        found = Colleagues(part, key == "company.colleague", key.replace("nobody", "anyone"), line)
        return Not(found, line) if key == "company.nobody" else found

    def segment(self, value: Any, at: Location) -> Filter | None:
        names = self.reader.many(value, at, self.reader.text)
        if names is None:
            return None
        known = self.reader.catalogue.segments
        if known is not None:
            for name in names:
                if name not in known:
                    self.reader.unknown("segment", name, known, at)
        line = self.reader.line(at)
        refs = tuple(SegmentRef(name, f"segment: {name}", line) for name in names)
        return refs[0] if len(refs) == 1 else AnyOf(refs, line)

    def unknown(self, key: str, at: Location) -> None:
        """Say what a key that nothing is called by may have been meant for."""
        what = f'There is no field called "{key}".'
        if key.startswith("attributes."):
            name = key.removeprefix("attributes.")
            declared = [each.removeprefix("attributes.") for each in self.reader.catalogue.names]
            fix = f"Declare it in config.yaml under attributes: {name}: text. {did_you_mean(name, declared)}"
            self.reader.wrong(f'There is no attribute called "{name}".', fix, at)
            return
        known = [*self.reader.catalogue.names, *SOURCES, *LOGIC, *OTHERS]
        self.reader.wrong(what, f"{did_you_mean(key, known)}\nAll fields: nurture segments fields", at)
