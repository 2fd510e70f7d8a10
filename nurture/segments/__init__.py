"""Segments: named filters in `segments/<name>.yaml`.

In:  a workspace; the store for questions.
Out: Segment values, a Scope in which segments know each other, and answers: who, how many, why.
"""

from nurture.segments.comparisons import Change, Overlap, changes, moment_of, overlaps
from nurture.segments.files import Segment, catalogue, load_segment, load_segments, segment_names
from nurture.segments.questions import (
    DEFAULT_COLUMNS,
    columns_of,
    count,
    explain_customer,
    member_count,
    members,
    shown_sql,
)
from nurture.segments.schema import segment_schema
from nurture.segments.scope import scope_for

__all__ = [
    "DEFAULT_COLUMNS",
    "Change",
    "Overlap",
    "Segment",
    "catalogue",
    "changes",
    "columns_of",
    "count",
    "explain_customer",
    "load_segment",
    "load_segments",
    "member_count",
    "members",
    "moment_of",
    "overlaps",
    "scope_for",
    "segment_names",
    "segment_schema",
    "shown_sql",
]
