"""Rows of a file of JSON lines: one object to a line.

In:  a path.
Out: a Source. The head is every key of the file, in order of its first use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nurture.customers.sources import Record, Shape
from nurture.errors import Finding, InputError

MAX_LINE_CHARS = 1_000_000
MAX_KEYS = 1000


class JsonSource:
    """A file of JSON lines that has been read through once for its keys."""

    def __init__(self, path: Path, where: str) -> None:
        self._path = path
        keys: dict[str, None] = {}
        self._lines = 0
        for _, value in self._values():
            self._lines += 1
            if isinstance(value, dict):
                keys |= dict.fromkeys(value)
            if len(keys) > MAX_KEYS:
                raise InputError(
                    Finding(where, f"The objects of this file have more than {MAX_KEYS:,} different keys.")
                )
        self.head = tuple(keys)
        if not keys:
            what = "No line of this file is a JSON object."
            raise InputError(Finding(where, what, 'Write one to a line: {"email": "...", "owner": "..."}'))

    @property
    def shape(self) -> Shape:
        return Shape("json lines", "utf-8", None, self._lines)

    def records(self) -> Iterator[Record]:
        for line, value in self._values():
            if not isinstance(value, dict):
                yield Record(
                    line, [str(value)[:1000]], str(value) if isinstance(value, _Broken) else NOT_AN_OBJECT
                )
                continue
            cells, problem = [], None
            for key in self.head:
                cell = _cell(value.get(key))
                problem = problem or (f'"{key}" holds an object; write one value.' if cell is None else None)
                cells.append(json.dumps(value[key], ensure_ascii=False)[:1000] if cell is None else cell)
            yield Record(line, cells, problem)

    def _values(self) -> Iterator[tuple[int, Any]]:
        """Each line that is not empty: its number and its value, or a _Broken."""
        with self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            number = 0
            while line := file.readline(MAX_LINE_CHARS):
                number += 1
                whole = len(line) < MAX_LINE_CHARS or line.endswith("\n")
                while not line.endswith("\n") and (more := file.readline(MAX_LINE_CHARS)):
                    line = more
                if not whole:
                    yield number, _Broken("This line is longer than a million characters.")
                elif line.strip():
                    yield number, _parsed(line)


class _Broken(str):
    """Why a line is no JSON."""

    __slots__ = ()


NOT_AN_OBJECT = 'This line is not a JSON object such as {"email": "..."}.'


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, parse_constant=_refused, parse_float=str)
    # RecursionError: lists in lists in lists. ValueError: bad JSON, or a number of thousands of digits.
    except (ValueError, RecursionError):
        return _Broken("This line is not JSON.")


def _refused(name: str) -> None:
    raise ValueError(name)


def _cell(value: Any) -> str | None:
    """A value as the text of a cell; None for what no cell can hold."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case int():
            return str(value)
        case list() if all(isinstance(item, (str, int)) for item in value):
            return "; ".join(str(item) for item in value)
        case _:
            return None
