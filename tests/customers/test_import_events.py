"""Purchases and activities: once each, by their own ids, with the totals kept true."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nurture.config import Workspace
from nurture.store import Store
from tests.customers.files import counts, imported, reasons, rows, t

PURCHASES = "email,product,amount,currency,purchased_on,external_id"


@pytest.fixture
def known(store: Store, workspace: Workspace) -> Store:
    imported(store, workspace, "email\na@x.example\nb@x.example\n")
    return store


def test_a_purchase_counts_once_however_often_it_is_imported(known: Store, workspace: Workspace) -> None:
    text = f'{PURCHASES}\nA@x.example,LM-20,"￥1,200",JPY,2026/10/01,SO-1\n'
    text += "a@x.example,LM-25,80.50,JPY,2026-09-01,SO-2\n"
    report = imported(known, workspace, text, "p.csv")
    assert (report.columns.kind, counts(report)) == ("purchases", (2, 0, 0, 0, 0))
    assert counts(imported(known, workspace, text, "p.csv")) == (0, 0, 2, 0, 0)
    totals = ("customer_id", "purchases", "spent", "first_purchase_on", "last_purchase_on")
    assert rows(known, t.totals, *totals) == [
        (1, 2, Decimal("1280.50"), date(2026, 9, 1), date(2026, 10, 1)),
        (2, 0, Decimal(0), None, None),
    ]


def test_a_corrected_purchase_corrects_the_totals(known: Store, workspace: Workspace) -> None:
    imported(known, workspace, f"{PURCHASES}\na@x.example,LM-20,1200,JPY,2026-10-01,SO-1\n", "p.csv")
    report = imported(known, workspace, f"{PURCHASES}\na@x.example,LM-20,900,JPY,2026-10-02,SO-1\n", "p.csv")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert rows(known, t.totals, "spent", "last_purchase_on")[0] == (Decimal(900), date(2026, 10, 2))


def test_two_equal_rows_without_ids_are_two_purchases_on_every_import(
    known: Store, workspace: Workspace
) -> None:
    row = "a@x.example,LM-20,1200,JPY,2026-10-01,\n"
    text = f"{PURCHASES}\n{row}{row}"
    assert counts(imported(known, workspace, text, "p.csv")) == (2, 0, 0, 0, 0)
    assert counts(imported(known, workspace, text, "p.csv")) == (0, 0, 2, 0, 0)


def test_a_purchase_of_someone_unknown_is_set_aside(known: Store, workspace: Workspace) -> None:
    report = imported(known, workspace, f"{PURCHASES}\nz@x.example,LM-20,1,JPY,2026-10-01,1\n", "p.csv")
    assert counts(report) == (0, 0, 0, 0, 1)
    assert reasons(report) == {2: "No customer has this address; import the customers first."}


def test_an_order_number_on_several_rows_is_not_taken_for_an_id(known: Store, workspace: Workspace) -> None:
    text = f"{PURCHASES}\na@x.example,LM-20,1,JPY,2026-10-01,SO-1\na@x.example,LM-25,2,JPY,2026-10-01,SO-1\n"
    report = imported(known, workspace, text + "a@x.example,LM-20,1,JPY,2026-10-01,SO-1\n", "p.csv")
    assert counts(report) == (1, 0, 0, 1, 1)
    assert 'has "SO-1" twice' in reasons(report)[3]


def test_amounts_and_days_that_cannot_be_are_set_aside(known: Store, workspace: Workspace) -> None:
    lines = (
        *("LM,NaN,JPY,2026-10-01,1", "LM,1e400,JPY,2026-10-01,2", "LM,1.005,JPY,2026-10-01,3"),
        *("LM,1,yen,2026-10-01,4", "LM,1,JPY,2926-10-01,5", "LM,1,JPY,,6", ",1,JPY,2026-10-01,7"),
    )
    report = imported(
        known, workspace, "\n".join([PURCHASES, *(f"a@x.example,{line}" for line in lines)]), "p.csv"
    )
    assert reasons(report) == {
        2: '"amount": "NaN" is not a number.',
        3: '"amount": "1e400" is not a number.',
        4: '"amount": "1.005" has more than two decimals.',
        5: '"currency": "yen" is not a currency such as JPY.',
        6: '"purchased_on": "2926-10-01" lies more than a year ahead.',
        7: '"purchased_on" is empty.',
        8: '"product" is empty.',
    }


def test_an_activity_keeps_its_moment_its_day_and_its_own_fields(known: Store, workspace: Workspace) -> None:
    text = (
        "email,activity,happened_at,detail,value,external_id,hall\n"
        "a@x.example,visit,2026-10-01T23:30:00+00:00,/price,2.5,V1,East\n"
        "a@x.example,fair,2026/10/02 09:30,名古屋,,,\n"
        "b@x.example,fair,2026-10-03,名古屋,,,\n"
    )
    report = imported(known, workspace, text, "a.csv")
    assert (report.columns.kind, counts(report)) == ("activities", (3, 0, 0, 0, 0))
    assert counts(imported(known, workspace, text, "a.csv")) == (0, 0, 3, 0, 0)
    assert rows(known, t.activities, "kind", "happened_at", "happened_on", "detail", "value", "data") == [
        (
            "visit",
            datetime(2026, 10, 1, 23, 30, tzinfo=UTC),
            # 08:30 of the next day in Tokyo.
            date(2026, 10, 2),
            "/price",
            Decimal("2.5"),
            {"hall": "East"},
        ),
        ("fair", datetime(2026, 10, 2, 0, 30, tzinfo=UTC), date(2026, 10, 2), "名古屋", None, {}),
        ("fair", datetime(2026, 10, 2, 15, 0, tzinfo=UTC), date(2026, 10, 3), "名古屋", None, {}),
    ]
    assert rows(known, t.totals, "activities", "last_activity_on") == [
        (2, date(2026, 10, 2)),
        (1, date(2026, 10, 3)),
    ]
