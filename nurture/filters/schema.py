"""The grammar as JSON Schema, with the fields of one workspace, so that an editor completes and checks.

In:  a FieldCatalogue.
Out: the schema of a filter's definitions; `nurture.segments.schema` puts a segment file around them.

It lets everything through that the parser takes, in the spelling with underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from nurture.filters.behaviours import PICKS, WITHIN
from nurture.filters.fields import ALIASES, SOURCES, Field, FieldCatalogue, Kind, Source
from nurture.filters.operators import DAY_OPERATORS, KIND_NAMES, OPERATORS
from nurture.filters.parse import EVERYONE
from nurture.filters.sequences import KINDS
from nurture.filters.tree import Fold, LeapDay, Shift

Schema = dict[str, Any]

_SET: Schema = {"enum": ["set", "not set"]}
_DURATION: Schema = {"type": "string", "pattern": r"^\s*\d{1,6}\s+(day|week|month|quarter|year)s?\s*$"}
_PERIOD: Schema = {
    "type": ["string", "integer"],
    "examples": ["2026-04-01", "2026-04", "today", "30 days ago", "this month", "last fiscal year"],
}
_VALUES: Mapping[Kind, Schema] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "amount": {"type": "number"},
    "day": _PERIOD,
    "flag": {"type": "boolean"},
    "list": {"type": "string"},
}
_DURATIONS = ("in_the_last", "in_the_next", "at_least_ago", "at_least_ahead", WITHIN)
_SINGLE = ("at_least", "at_most", "more_than", "less_than", "before", "after", "since", "until")


def filter_definitions(catalogue: FieldCatalogue) -> Schema:
    """The `$defs` of a schema; `#/$defs/filter` is what stands behind `where`."""
    found = {f"test_{kind}": _test(kind) for kind in OPERATORS}
    found |= {f"source_{source.name}": _source(source) for source in SOURCES.values()}
    found["count"] = _test("number")
    found["filter"] = {
        "anyOf": [
            {"const": EVERYONE, "description": "Every customer."},
            {"type": "array", "minItems": 1, "items": _ref("filter"), "description": "All of these."},
            _ref("condition"),
        ]
    }
    found["condition"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": _properties(catalogue),
        "patternProperties": {r"^(company\.)?special_days\..+$": _ref("test_day")},
    }
    return found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _properties(catalogue: FieldCatalogue) -> Schema:
    fields = {field.name: _field(field) for field in catalogue.fields}
    fields |= {short: fields[full] for short, full in ALIASES.items()}
    sources = {
        name: _ref(f"source_{name}") | {"description": source.meaning} for name, source in SOURCES.items()
    }
    segment: Schema = {"type": "string"}
    if catalogue.segments is not None:
        segment = {"enum": list(catalogue.segments)}
    parts = {"type": "array", "minItems": 1, "items": _ref("filter")}
    logic = {
        "all": _ref("filter") | {"description": "Every part is met."},
        "any": parts | {"description": "At least one part is met."},
        "none": parts | {"description": "No part is met."},
        "not": _ref("condition") | {"description": "It is not met."},
        "segment": _one_or_many(segment) | {"description": "In another segment, or in one of several."},
    }
    return fields | sources | logic | _others()


def _others() -> Schema:
    """What looks at other events or other customers."""
    step = {"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": False}
    steps = {name: _ref(f"source_{name}") for name in KINDS} | {WITHIN: _DURATION}
    score = _ref("count")
    seed: Schema = {"type": ["string", "integer"]}
    return {
        "sequence": {"type": "array", "minItems": 2, "maxItems": 6, "items": step | {"properties": steps}},
        "sample": {
            "anyOf": [
                {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?\s*%$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                _object({"percent": {"type": ["number", "string"]}, "seed": seed}, "percent"),
            ]
        },
        "top": _object(
            {"count": {"type": "integer", "minimum": 1}, "by": {"type": "string"}, "among": _ref("filter")},
            "count",
            "by",
        ),
        "rfm": _object(
            {"within": _DURATION, "recency": score, "frequency": score, "monetary": score}, "within"
        ),
        "company.anyone": _ref("filter") | {"description": "Anyone at the company meets it."},
        "company.nobody": _ref("filter") | {"description": "Nobody at the company meets it."},
        "company.colleague": _ref("filter") | {"description": "Someone else at the company meets it."},
        "company.customers": _ref("count") | {"description": "How many customers the company has."},
    }


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


def _field(field: Field) -> Schema:
    description = f"{field.meaning[0].upper()}{field.meaning[1:]} ({KIND_NAMES[field.kind]})."
    return _ref(f"test_{field.kind}") | {"description": description}


def _one_or_many(value: Schema) -> Schema:
    return {"anyOf": [value, {"type": "array", "minItems": 1, "items": value}]}


def _test(kind: Kind) -> Schema:
    """What may stand behind a field of a kind: a value, several, set, or operators."""
    operators = {name: _operand(kind, name) for name in OPERATORS[kind]}
    operators |= {_negation(name): operand for name, operand in operators.items()}
    spelled = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": operators}
    return {"anyOf": [*_one_or_many(_VALUES[kind])["anyOf"], _SET, spelled]}


def _negation(operator: str) -> str:
    return "is_not" if operator == "is" else f"not_{operator}"


def _operand(kind: Kind, operator: str) -> Schema:
    value = _VALUES[kind]
    if operator == "set":
        return {"type": "boolean"}
    if operator == "between":
        return {"type": "array", "minItems": 2, "maxItems": 2, "items": value}
    if operator in _DURATIONS:
        return _DURATION
    if operator == "anniversary":
        return {"anyOf": [_PERIOD, _anniversary()]}
    single = operator in (
        "at_least",
        "at_most",
        "more_than",
        "less_than",
        "before",
        "after",
        "since",
        "until",
    )
    return value if single or kind == "flag" else _one_or_many(value)


def _anniversary() -> Schema:
    numbers = _one_or_many({"type": "integer", "minimum": 1, "maximum": 300})
    return _object(
        {
            "on": _PERIOD,
            "within_next": _DURATION,
            "nth": numbers,
            "every": {"type": "integer", "minimum": 1, "maximum": 300},
            "leap_day": {"enum": list(get_args(LeapDay))},
            "shift": {"enum": list(get_args(Shift))},
        }
    )


def _source(source: Source) -> Schema:
    """What may stand behind the name of a kind of event."""
    own = {field.name: _field(field) for field in source.fields}
    days = {name: _operand("day", name) for name in DAY_OPERATORS if name != "set"}
    days |= {_negation(name): operand for name, operand in days.items()} | {WITHIN: _DURATION}
    conditions = days | own
    picked = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": conditions}
    amounts = {field.name: _ref("test_amount") for field in source.fields if field.kind == "amount"}
    folds = {fold: {"type": "object", "minProperties": 1, "properties": amounts} for fold in get_args(Fold)}
    counts = {"times": _ref("count"), "days": _ref("count")}
    spelled = conditions | counts | dict.fromkeys(PICKS, picked) | (folds if amounts else {})
    words = {"enum": ["ever", "never", True, False]}
    flags = {"enum": ["none", *(field.name for field in source.fields if field.kind == "flag")]}
    short = _one_or_many({"type": "string"}) if source.main else flags
    return {
        "anyOf": [
            words,
            short,
            {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": spelled},
        ]
    }
