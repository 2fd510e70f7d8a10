"""The JSON Schema of a segment file in one workspace, for editors."""

from __future__ import annotations

from typing import Any

from nurture.config import Workspace
from nurture.filters.schema import filter_definitions
from nurture.segments.files import catalogue


def segment_schema(workspace: Workspace) -> dict[str, Any]:
    """What a file in `segments/` may hold, with the fields and segments that this workspace has now."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nurture segment",
        "type": "object",
        "additionalProperties": False,
        "required": ["where"],
        "properties": {
            "name": {"type": "string", "description": "What people see."},
            "description": {"type": "string", "description": "Who is meant, and why."},
            "where": {"$ref": "#/$defs/filter", "description": "Who is in it."},
        },
        "$defs": filter_definitions(catalogue(workspace)),
    }
