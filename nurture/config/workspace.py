"""A workspace that has been opened: its folder, its configuration, its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url

from nurture.config.models import MONTHS, Config
from nurture.config.secrets import Secrets
from nurture.documents import Document
from nurture.errors import Finding


@dataclass(frozen=True)
class Workspace:
    """Everything that a command needs to know before it touches the store.

    `document` is `config.yaml` as it stands, without the environment, for findings that name a line of it.
    """

    root: Path
    config: Config
    secrets: Secrets
    document: Document

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which a day is a day."""
        return ZoneInfo(self.config.workspace.time_zone)

    @property
    def fiscal_month(self) -> int:
        """The month, 1 to 12, in which the fiscal year starts."""
        return MONTHS.index(self.config.workspace.fiscal_year_starts) + 1

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What works, and should not stay as it is."""
        written = (self.document.data or {}).get("database")
        if isinstance(written, str) and "@" in written and make_url(written).password:
            what = "The password of the database stands in a file that belongs into version control."
            fix = "Take it out, and set NURTURE_DATABASE_PASSWORD."
            finding = self.document.finding(what, fix, ("database",))
            return (Finding(finding.where, what, fix, finding.line, "warning"),)
        return ()

    @property
    def segments(self) -> Path:
        return self.root / "segments"

    @property
    def templates(self) -> Path:
        return self.root / "templates" / "emails"

    @property
    def campaigns(self) -> Path:
        return self.root / "campaigns"

    def shown(self, path: Path) -> str:
        """A path as the marketer knows it: relative to the workspace where it lies in it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)
