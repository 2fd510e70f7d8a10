"""A refusal is never lost, and no later import overturns it."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert

from nurture.config import Workspace
from nurture.store import Store
from nurture.store.people import address_hash
from tests.customers.files import NOW, counts, imported, reasons, rows, t, table_size

HEAD = "email,consent_basis,consent_date,opted_out"


def test_opting_out_suppresses_the_address_and_withdraws_its_consents(
    store: Store, workspace: Workspace
) -> None:
    imported(store, workspace, f"{HEAD}\na@x.example,opt_in,2025-01-01,\n")
    report = imported(store, workspace, f"{HEAD}\nA@X.example,,,yes\n")
    assert (counts(report), report.refused) == ((0, 1, 0, 0, 0), 1)
    assert rows(store, t.suppressions, "address_hash", "email", "reason", "evidence", "at") == [
        (address_hash("a@x.example"), "A@x.example", "imported", "opted out in an imported file, line 2", NOW)
    ]
    assert rows(store, t.consents, "given_on", "withdrawn_at") == [(date(2025, 1, 1), NOW)]


def test_a_later_import_does_not_bring_the_address_back(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, f"{HEAD}\na@x.example,opt_in,2025-01-01,yes\n")
    later = NOW + timedelta(days=30)
    imported(store, workspace, f"{HEAD}\na@x.example,opt_in,2025-01-01,no\n", now=later)
    imported(store, workspace, f"{HEAD}\na@x.example,customer,2025-06-01,no\n", now=later)
    assert rows(store, t.suppressions, "reason", "at") == [("imported", NOW)]
    # What was given before the refusal is withdrawn by it, whenever we hear of it.
    assert rows(store, t.consents, "basis", "withdrawn_at") == [("opt_in", NOW), ("customer", NOW)]


def test_a_reason_that_is_known_stays(store: Store, workspace: Workspace) -> None:
    with store.write() as connection:
        known = {"address_hash": address_hash("a@x.example"), "reason": "complaint", "at": NOW}
        connection.execute(insert(t.suppressions).values(known))
    report = imported(store, workspace, f"{HEAD}\na@x.example,,,yes\n")
    assert report.refused == 0
    assert rows(store, t.suppressions, "reason") == [("complaint",)]


def test_a_refusal_is_heard_even_when_the_rest_of_the_row_is_wrong(
    store: Store, workspace: Workspace
) -> None:
    report = imported(store, workspace, f"{HEAD}\na@x.example,opt_in,2026-02-30,yes\n")
    assert counts(report) == (0, 0, 0, 0, 1)
    assert rows(store, t.suppressions, "email", "reason") == [("a@x.example", "imported")]
    assert table_size(store, t.customers) == 0


def test_of_two_rows_with_one_address_a_single_refusal_is_enough(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, f"{HEAD}\na@x.example,,,yes\na@x.example,opt_in,2026-01-01,no\n")
    assert rows(store, t.suppressions, "email") == [("a@x.example",)]


def test_an_erased_address_never_comes_back(store: Store, workspace: Workspace) -> None:
    with store.write() as connection:
        erased = {"address_hash": address_hash("a@x.example"), "reason": "erased", "at": NOW}
        connection.execute(insert(t.suppressions).values(erased))
    report = imported(store, workspace, "email,owner\nA@x.example,佐藤\nb@x.example,佐藤\n")
    assert counts(report) == (1, 0, 0, 0, 1)
    assert reasons(report) == {2: "This person asked to be erased; the address may not come back."}
    assert rows(store, t.customers, "email") == [("b@x.example",)]


def test_words_that_mean_different_things_are_not_guessed(sqlite_store: Store, workspace: Workspace) -> None:
    text = "email,opted_out\na@x.example,希望する\nb@x.example,配信停止\nc@x.example,配信中\n"
    report = imported(sqlite_store, workspace, text)
    assert reasons(report) == {2: '"opted_out": "希望する" is neither yes nor no.'}
    assert rows(sqlite_store, t.suppressions, "email") == [("b@x.example",)]
