"""What a filter is asked in: the moment, the calendar of the workspace, and the named segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nurture import clock
from nurture.filters.tree import Filter


@dataclass(frozen=True, slots=True)
class Scope:
    """The moment of asking (`now`, aware), and what days, fiscal years, holidays and segments mean.

    `segments` must be free of cycles; `nurture.segments.scope_for` sees to that. `as_of` asks as one
    would have asked at `now`: events and withdrawals after it are not known. What has no history
    (a title, an industry, an attribute) is taken as it is.
    """

    now: datetime
    zone: ZoneInfo
    fiscal_month: int = 1
    segments: Mapping[str, Filter] = field(default_factory=dict)
    country: str = "JP"
    as_of: bool = False

    @property
    def today(self) -> date:
        """The day it is in the workspace time zone."""
        return clock.day(self.now, self.zone)
