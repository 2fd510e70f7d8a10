"""CSV for spreadsheets: nothing in a cell is run, and nothing in a cell is lost."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.errors import OutsideError
from nurture.spreadsheet import TRIGGERS, neutralised, new_csv, restored, write_csv

CELLS = st.text(st.sampled_from(list("=+-@\t\r\n＝'\" ,a森\u3000")), max_size=8)


@given(CELLS)
def test_no_cell_begins_with_what_begins_a_formula(cell: str) -> None:
    assert neutralised(cell).lstrip(" \u00a0\u3000")[:1] not in TRIGGERS


@given(CELLS)
def test_what_was_neutralised_comes_back_as_it_was(cell: str) -> None:
    assert restored(neutralised(cell)) == cell


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_what_was_written_reads_back_as_the_same_rows(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    assert write_csv(file, ["a", "b"], rows) == len(rows)
    file.seek(0)
    head, *found = csv.reader(file)
    assert head == ["a", "b"]
    assert [[restored(cell) for cell in row] for row in found] == rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-5, "-5"),
        (Decimal("-12.50"), "-12.50"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 11, 2), "2026-11-02"),
        (True, "yes"),
        ("-5", "'-5"),
        ("a\0b", "ab"),
    ],
)
def test_a_value_has_one_form_in_a_cell(value: object, text: str) -> None:
    assert neutralised(value) == text


def test_a_file_begins_with_the_mark_that_excel_needs(tmp_path: Path) -> None:
    with new_csv(tmp_path / "a.csv") as file:
        write_csv(file, ["氏名"], [["森"]])
    assert (tmp_path / "a.csv").read_bytes() == "\ufeff氏名\r\n森\r\n".encode()


def test_a_file_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="cannot be written"), new_csv(tmp_path / "no" / "a.csv"):
        pass
