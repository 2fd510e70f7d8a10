"""Rows set aside: nothing is lost, nothing is overwritten, and a corrected file imports."""

from __future__ import annotations

import csv
import io

from nurture.config import Workspace
from nurture.customers import import_customers
from nurture.store import Store
from tests.customers.files import NOW, counts, imported, rows, set_aside_text, t

TEXT = "email,family_name,phone\nno address,森,+81 52\na@x.example,林,\n"


def test_the_file_has_the_same_columns_and_the_line_and_the_reason(
    sqlite_store: Store, workspace: Workspace
) -> None:
    report = imported(sqlite_store, workspace, TEXT)
    assert report.set_aside_file == workspace.root / "customers.set-aside.csv"
    assert list(csv.reader(io.StringIO(set_aside_text(report)))) == [
        ["email", "family_name", "phone", "line", "reason"],
        ["no address", "森", "'+81 52", "2", '"email": holds no email address.'],
    ]


def test_a_corrected_file_imports_without_its_remarks(sqlite_store: Store, workspace: Workspace) -> None:
    report = imported(sqlite_store, workspace, TEXT)
    corrected = set_aside_text(report).replace("no address", "b@x.example")
    again = imported(sqlite_store, workspace, corrected, "customers.set-aside.csv")
    assert counts(again) == (1, 0, 0, 0, 0)
    assert rows(sqlite_store, t.customers, "email", "phone", "attributes")[1:] == [
        ("b@x.example", "+81 52", {})
    ]


def test_an_earlier_file_is_never_overwritten(sqlite_store: Store, workspace: Workspace) -> None:
    first = imported(sqlite_store, workspace, TEXT)
    assert first.set_aside_file is not None
    assert imported(sqlite_store, workspace, TEXT).set_aside_file == first.set_aside_file
    first.set_aside_file.write_text("someone's corrections", encoding="utf-8")
    second = imported(sqlite_store, workspace, TEXT)
    assert second.set_aside_file == workspace.root / "customers.set-aside-2.csv"
    assert first.set_aside_file.read_text(encoding="utf-8") == "someone's corrections"


def test_importing_a_set_aside_file_uncorrected_leaves_it_as_it_is(
    sqlite_store: Store, workspace: Workspace
) -> None:
    first = imported(sqlite_store, workspace, TEXT)
    assert first.set_aside_file is not None
    before = first.set_aside_file.read_bytes()
    again = import_customers(sqlite_store, workspace, first.set_aside_file, NOW)
    assert again.set_aside_file == workspace.root / "customers.set-aside-2.csv"
    assert first.set_aside_file.read_bytes() == before


def test_without_bad_rows_there_is_no_file(sqlite_store: Store, workspace: Workspace) -> None:
    report = imported(sqlite_store, workspace, "email\na@x.example\n")
    assert report.to_json()["set_aside_file"] is None
    assert sorted(path.name for path in workspace.root.glob("*.csv")) == ["customers.csv"]
