"""An import that was stopped goes on where it was, and gives what one without a stop gives."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from nurture.config import Workspace
from nurture.customers import ImportReport, import_customers
from nurture.store import Store
from tests.customers.files import NOW, counts, imported, rows, set_aside_text, t

LINES = 7000


class _Stop(Exception):
    """Someone pressed Ctrl-C."""


def people(workspace: Workspace) -> Path:
    path = workspace.root / "people.csv"
    bad = {10, 3000, 6500}
    lines = (
        f"{'bad' if n in bad else f'p{n % 6900}'}@x.example{',' if n in bad else ''},佐藤"
        for n in range(LINES)
    )
    path.write_text("\n".join(["email,owner", *lines]), encoding="utf-8")
    return path


def stopped(store: Store, workspace: Workspace, path: Path, after: int) -> None:
    def stop(done: int, _total: int | None) -> None:
        if done > after:
            raise _Stop

    with pytest.raises(_Stop):
        import_customers(store, workspace, path, NOW, on_progress=stop)


def finished(store: Store, workspace: Workspace, path: Path) -> ImportReport:
    return import_customers(store, workspace, path, NOW)


def test_what_was_done_is_not_done_again(sqlite_store: Store, workspace: Workspace) -> None:
    path = people(workspace)
    stopped(sqlite_store, workspace, path, after=2500)
    assert len(rows(sqlite_store, t.customers, "id")) == 3998
    assert not (workspace.root / "people.set-aside.csv").exists()
    report = finished(sqlite_store, workspace, path)
    assert (report.resumed_at, counts(report)) == (4002, (6898, 0, 0, 99, 3))
    aside = csv.DictReader(set_aside_text(report).splitlines())
    assert [row["line"] for row in aside] == ["12", "3002", "6502"]
    assert list((workspace.root / ".nurture" / "imports").iterdir()) == []


def test_purchases_without_ids_are_counted_once_across_a_stop(
    sqlite_store: Store, workspace: Workspace
) -> None:
    imported(sqlite_store, workspace, "email\na@x.example\n")
    path = workspace.root / "p.csv"
    path.write_text("email,product,purchased_on\n" + "a@x.example,LM,2026-01-01\n" * 5000, encoding="utf-8")
    stopped(sqlite_store, workspace, path, after=2500)
    assert counts(finished(sqlite_store, workspace, path)) == (5000, 0, 0, 0, 0)
    assert counts(finished(sqlite_store, workspace, path)) == (0, 0, 5000, 0, 0)
    assert rows(sqlite_store, t.totals, "purchases") == [(5000,)]


def test_a_file_that_was_edited_since_is_imported_from_its_start(
    sqlite_store: Store, workspace: Workspace
) -> None:
    path = people(workspace)
    stopped(sqlite_store, workspace, path, after=2500)
    path.write_text(path.read_text(encoding="utf-8").replace("佐藤", "小林"), encoding="utf-8")
    report = finished(sqlite_store, workspace, path)
    assert report.resumed_at is None
    assert set(rows(sqlite_store, t.customers, "owner")) == {("小林",)}


def test_another_store_is_not_taken_for_the_one_that_was_written(
    sqlite_store: Store, workspace: Workspace
) -> None:
    path = people(workspace)
    stopped(sqlite_store, workspace, path, after=2500)
    with sqlite_store.write() as connection:
        for table in (t.totals, t.customers):
            connection.execute(table.delete())
    report = finished(sqlite_store, workspace, path)
    assert (report.resumed_at, counts(report)) == (None, (6898, 0, 0, 99, 3))


def test_a_lost_set_aside_file_is_written_anew(sqlite_store: Store, workspace: Workspace) -> None:
    path = people(workspace)
    stopped(sqlite_store, workspace, path, after=2500)
    (workspace.root / ".people.set-aside.part").unlink()
    report = finished(sqlite_store, workspace, path)
    assert report.resumed_at is None
    assert len(set_aside_text(report).splitlines()) == 4
