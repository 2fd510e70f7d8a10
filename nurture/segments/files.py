"""Read segment files.

In:  `segments/<name>.yaml`: `name`, `description`, `where`.
Out: a Segment, or every finding of the file at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from nurture.config import Workspace
from nurture.config.models import Line
from nurture.documents import Document, read
from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.filters import FieldCatalogue, Filter, field_catalogue, parse_filter
from nurture.filters.tree import SegmentRef, parts

_NAME = re.compile(r"[^\W_][\w-]*")
_SUFFIX = ".yaml"


class _File(BaseModel):
    """The keys of a segment file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line = ""
    description: Line = ""
    where: Any


@dataclass(frozen=True, slots=True)
class Segment:
    """A named filter. `name` is the file's, `title` what people see."""

    name: str
    title: str
    description: str
    filter: Filter
    path: Path


def segment_names(workspace: Workspace) -> list[str]:
    """The names of all segments, in alphabetical order, whether or not their files are right."""
    if not workspace.segments.is_dir():
        return []
    return sorted(path.stem for path in workspace.segments.glob(f"*{_SUFFIX}") if _NAME.fullmatch(path.stem))


def catalogue(workspace: Workspace) -> FieldCatalogue:
    """Everything that a filter in this workspace may name."""
    return field_catalogue(workspace.config.attributes, segment_names(workspace))


def load_segment(workspace: Workspace, name: str) -> Segment:
    """The segment of a name, itself and all segments in it free of mistakes.

    Raises:
        NotFound: there is no such segment; names the nearest.
        InputError: something in its file, or in that of a segment within it, is wrong, or it contains itself.
    """
    found = load_segments(workspace, [name])
    return found[name]


def load_segments(workspace: Workspace, names: list[str] | None = None) -> dict[str, Segment]:
    """Some segments (default: all) with those they contain, by name, those asked for first.

    Raises:
        NotFound: one that was asked for does not exist.
        InputError: something is wrong in any of them; the findings of all files at once.
    """
    known = segment_names(workspace)
    asked = known if names is None else names
    for name in asked:
        if name not in known:
            what = f'There is no segment called "{name}".'
            raise NotFound(Finding("segments", what, f"{did_you_mean(name, known)}".strip()))
    fields = catalogue(workspace)
    loaded: dict[str, Segment] = {}
    findings: list[Finding] = []
    waiting = list(asked)
    while waiting:
        name = waiting.pop(0)
        if name in loaded or name not in known:
            continue
        try:
            loaded[name] = _load(workspace, name, fields)
        except InputError as error:
            findings += error.findings
            known.remove(name)
            continue
        waiting += [ref.name for ref in _refs(loaded[name].filter)]
    findings += _cycles(workspace, loaded)
    if findings:
        raise InputError(findings)
    return loaded


def _load(workspace: Workspace, name: str, fields: FieldCatalogue) -> Segment:
    path = workspace.segments / f"{name}{_SUFFIX}"
    document: Document = read(path, workspace.shown(path))
    file = document.parse(_File)
    return Segment(
        name, file.name or name, file.description, parse_filter(document, ("where",), fields), path
    )


def _refs(filter_: Filter) -> Iterator[SegmentRef]:
    return (part for part in parts(filter_) if isinstance(part, SegmentRef))


def _cycles(workspace: Workspace, segments: dict[str, Segment]) -> list[Finding]:
    """A finding for each segment that contains itself, by whatever way, at the line that leads on."""
    edges = {name: list(_refs(segment.filter)) for name, segment in segments.items()}
    findings: list[Finding] = []
    reported: set[str] = set()
    for start in edges:
        way = _way_back(start, edges)
        if way and not reported & set(way):
            reported.update(way)
            line = next(ref.line for ref in edges[start] if ref.name == way[1])
            where = workspace.shown(segments[start].path)
            what = f"This segment contains itself: {' -> '.join(way)}."
            findings.append(Finding(where, what, "Take one of these references out.", line))
    return findings


def _way_back(start: str, edges: dict[str, list[SegmentRef]]) -> list[str]:
    """The shortest way of references from a segment back to itself; empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for ref in edges.get(way[-1], ()):
            if ref.name == start:
                return [*way, start]
            if ref.name not in seen:
                seen.add(ref.name)
                ways.append([*way, ref.name])
    return []
