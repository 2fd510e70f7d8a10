"""What became of an imported file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nurture.customers.columns import Columns
from nurture.customers.sources import Shape
from nurture.errors import Finding

# Enough to see what is wrong; the set-aside file holds them all.
SHOWN_REASONS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row was set aside."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Every row of the file is counted once: added, changed, unchanged, repeated or set aside.

    `repeated` rows have the address (or the id) of an earlier row; the later one has the last word.
    `resumed_at` is the line on which an import that was stopped before went on.
    `refused` counts the addresses that are suppressed from now on because the file says so.
    """

    file: str
    shape: Shape
    columns: Columns
    dry_run: bool
    added: int
    changed: int
    unchanged: int
    repeated: int
    set_aside: int
    set_aside_file: Path | None
    companies: int
    refused: int
    resumed_at: int | None
    reasons: tuple[Reason, ...]
    notes: tuple[Finding, ...]
    orders: dict[str, str]

    @property
    def rows(self) -> int:
        return self.added + self.changed + self.unchanged + self.repeated + self.set_aside

    def to_json(self) -> dict[str, Any]:
        """What `nurture customers import --json` prints."""
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "set_aside": self.set_aside,
            "set_aside_file": None
            if self.set_aside_file is None
            else str(self.set_aside_file).encode("utf-8", "replace").decode(),
            "repeated": self.repeated,
            "rows": self.rows,
            "kind": self.columns.kind,
            "dry_run": self.dry_run,
            "companies_added": self.companies,
            "opted_out": self.refused,
            "resumed_at": self.resumed_at,
            "format": self.shape.format,
            "encoding": self.shape.encoding,
            "delimiter": self.shape.delimiter,
            "dates": self.orders,
            "columns": {column.name: column.field for column in self.columns.columns if column.name},
            "reasons": [{"line": reason.line, "reason": reason.reason} for reason in self.reasons],
            "notes": [note.what for note in self.notes],
        }
