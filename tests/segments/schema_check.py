"""As much of JSON Schema as ours uses, in the smallest form: is this value allowed?"""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
KNOWN = {
    "$ref", "anyOf", "type", "enum", "const", "properties", "patternProperties", "additionalProperties",
    "required", "items", "minItems", "maxItems", "minProperties", "maxProperties", "pattern", "minimum",
    "maximum", "exclusiveMinimum", "description", "examples", "title", "$schema", "$defs",
}  # fmt: skip


def allows(root: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Whether a schema, whose references lead into `root`, allows a value."""
    assert set(schema) <= KNOWN
    if "$ref" in schema and not allows(root, root["$defs"][schema["$ref"].split("/")[-1]], value):
        return False
    if "anyOf" in schema and not any(allows(root, each, value) for each in schema["anyOf"]):
        return False
    if "type" in schema and not typed(schema["type"], value):
        return False
    if "enum" in schema and not any(same(each, value) for each in schema["enum"]):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if isinstance(value, list):
        return sized(schema, "Items", value) and all(
            allows(root, schema.get("items", {}), each) for each in value
        )
    if isinstance(value, dict):
        return sized(schema, "Properties", value) and keyed(root, schema, value)
    return not isinstance(value, (int, float)) or ranged(schema, value)


def typed(types: str | list[str], value: Any) -> bool:
    names = [types] if isinstance(types, str) else types
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in names
    )


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def sized(schema: dict[str, Any], what: str, value: Any) -> bool:
    return bool(schema.get(f"min{what}", 0) <= len(value) <= schema.get(f"max{what}", len(value)))


def ranged(schema: dict[str, Any], value: float) -> bool:
    above = value >= schema.get("minimum", value) and value > schema.get("exclusiveMinimum", value - 1)
    return bool(above and value <= schema.get("maximum", value))


def keyed(root: dict[str, Any], schema: dict[str, Any], value: dict[str, Any]) -> bool:
    if any(name not in value for name in schema.get("required", [])):
        return False
    patterns = schema.get("patternProperties", {})
    for name, each in value.items():
        rules = [rule for pattern, rule in patterns.items() if re.search(pattern, name)]
        if name in schema.get("properties", {}):
            rules.append(schema["properties"][name])
        if not rules and schema.get("additionalProperties") is False:
            return False
        if not all(allows(root, rule, each) for rule in rules):
            return False
    return True
