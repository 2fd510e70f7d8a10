"""Small files to import, and what the store then holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from nurture.config import Workspace
from nurture.customers import ImportOptions, ImportReport, import_customers
from nurture.store import Store
from nurture.store import tables as t

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 10:00 on a Monday in Tokyo
COUNTS = ("added", "changed", "unchanged", "repeated", "set_aside")


def imported(
    store: Store,
    workspace: Workspace,
    text: str | bytes,
    name: str = "customers.csv",
    options: ImportOptions | None = None,
    now: datetime = NOW,
) -> ImportReport:
    """Write a file into the workspace and import it."""
    path = workspace.root / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_customers(store, workspace, path, now, options)


def counts(report: ImportReport) -> tuple[int, ...]:
    """Added, changed, unchanged, repeated, set aside."""
    return tuple(getattr(report, name) for name in COUNTS)


def rows(store: Store, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table, in order of its first column."""
    chosen = [table.c[name] for name in columns]
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*table.primary_key))]


def reasons(report: ImportReport) -> dict[int, str]:
    """Why each line was set aside."""
    return {reason.line: reason.reason for reason in report.reasons}


def table_size(store: Store, table: Table) -> int:
    return len(rows(store, table, next(iter(table.primary_key)).name))


def set_aside_text(report: ImportReport) -> str:
    assert report.set_aside_file is not None
    return Path(report.set_aside_file).read_text(encoding="utf-8-sig")


__all__ = ["NOW", "counts", "imported", "reasons", "rows", "set_aside_text", "t", "table_size"]
