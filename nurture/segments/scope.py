"""The scope in which the filters of a workspace are asked: its calendar, and its segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from nurture.config import Workspace
from nurture.filters import Filter, Scope
from nurture.segments.files import load_segments, segment_names


def scope_for(workspace: Workspace, now: datetime, as_of: bool = False) -> Scope:
    """What filters of this workspace mean at a moment; `as_of` forgets what happened after it.

    Segments are read when a filter asks for them: a mistake in one file stops the filters that use
    it, with its findings, and no others.
    """
    return Scope(
        now,
        workspace.zone,
        workspace.fiscal_month,
        SegmentFilters(workspace),
        workspace.config.workspace.country,
        as_of,
    )


class SegmentFilters(Mapping[str, Filter]):
    """The filters of all segments of a workspace, each read once, with those it contains, and then kept."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.loaded: dict[str, Filter] = {}

    def __getitem__(self, name: str) -> Filter:
        if name not in self.loaded:
            found = load_segments(self.workspace, [name])
            self.loaded |= {each: segment.filter for each, segment in found.items()}
        return self.loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(segment_names(self.workspace))

    def __len__(self) -> int:
        return len(segment_names(self.workspace))
