"""docs/configuration.md: every key of the configuration with its default, and no key that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from nurture.config import Config
from nurture.config.secrets import NAMES

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `(?P<key>[a-z_.\[\]]+)` \| (?P<default>[^|]+) \| (?P<meaning>[^|]+) \|$", re.MULTILINE)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a model and of what it holds, with its default as the page writes it."""
    for name, field in model.model_fields.items():
        section = _model((field.annotation,))
        item = _model(get_args(field.annotation))
        if section is None:
            yield prefix + name, written(field.default)
        else:
            yield from keys(section, f"{prefix}{name}.")
        if item is not None:
            yield from keys(item, f"{prefix}{name}[].")


def written(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, tuple | dict):
        return "empty"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default in (None, "") else f"`{default}`"


def _model(kinds: tuple[Any, ...]) -> type[BaseModel] | None:
    """The section among some types."""
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def test_every_key_stands_on_the_page_with_its_default() -> None:
    rows = {row["key"]: row["default"].strip() for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))}
    assert rows == dict(keys(Config))


def test_every_secret_stands_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []
