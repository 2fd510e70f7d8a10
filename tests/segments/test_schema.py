"""The schema for editors takes what the parser takes, and refuses what a marketer mistypes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from nurture.config import Workspace
from nurture.documents import Document
from nurture.filters import parse_filter
from nurture.segments import catalogue, segment_schema
from tests.filters.made import SEGMENTS, filters
from tests.segments.schema_check import allows

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def schema(workspace: Workspace) -> dict[str, Any]:
    workspace.segments.mkdir()
    for name in SEGMENTS:
        (workspace.segments / f"{name}.yaml").write_text("where: everyone\n", encoding="utf-8")
    return segment_schema(workspace)


def as_json(data: Any) -> Any:
    """YAML data as an editor sees it: a day is text there."""
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=filters())
def test_whatever_the_parser_takes_the_schema_takes(
    schema: dict[str, Any], workspace: Workspace, data: Any
) -> None:
    parse_filter(Document("x", {"where": data}), ("where",), catalogue(workspace))
    assert allows(schema, schema, {"where": as_json(data)})


@pytest.mark.parametrize(
    "where",
    [
        {"emial": "x"},
        {"attributes.unknown": "x"},
        {"industry": {"conains": "x"}},
        {"spent": "lots"},
        {"tracking": "yes"},
        {"last_purchase_on": {"in_the_last": "90"}},
        {"bought": {"prodct": "x"}},
        {"segment": "nobody"},
        {"any": {"industry": "x"}},
        {"birthday": {"anniversary": {"on": "today", "leap_day": "never"}}},
        {"sequence": [{"did": "x"}]},
        {"sample": "10"},
        {"top": {"count": 5}},
        {},
        [],
    ],
)
def test_what_the_parser_refuses_the_schema_refuses(schema: dict[str, Any], where: Any) -> None:
    assert not allows(schema, schema, {"where": where})


def test_a_file_without_where_or_with_unknown_keys_is_refused(schema: dict[str, Any]) -> None:
    assert not allows(schema, schema, {"name": "x"})
    assert not allows(schema, schema, {"where": "everyone", "wher": "x"})
    assert allows(schema, schema, {"where": "everyone", "name": "x", "description": "y"})


def test_the_fields_and_segments_of_this_workspace_are_in_it(schema: dict[str, Any]) -> None:
    properties = schema["$defs"]["condition"]["properties"]
    assert {"attributes.machine", "attributes.interests", "email", "industry", "bought"} <= set(properties)
    assert properties["segment"]["anyOf"][0] == {"enum": ["inner", "outer"]}
