"""What is untidy is counted, and the fixes that are offered mend it when they are imported."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from nurture.config import Workspace
from nurture.customers.hygiene import check_hygiene
from nurture.customers.hygiene_fixes import FIX_COLUMNS, fix_rows
from nurture.spreadsheet import write_csv
from nurture.store import Store
from nurture.store.people import address_hash
from tests.customers.files import NOW, counts, imported, rows, t

TODAY = date(2026, 11, 2)
TEXT = (
    "email,family_name,company,owner,phone,備考,consent_basis,consent_date\n"
    "mori@asagiri.example,森,㈱朝霧精機,佐藤,03,x,opt_in,2026-01-01\n"
    "hayashi@asagiri.example,林,株式会社朝霧精機,,03,x,opt_in,2026-01-01\n"
    "info@asagiri.example,,,佐藤,03,x,,\n"
    "hara@yunagi.example,原,夕凪工業,佐藤,,,opt_in,2026-01-01\n"
    "hata@yunagi.example,畑,凪工業,佐藤,03,x,opt_in,2026-01-01\n"
)


def checked(store: Store, now: datetime = NOW) -> dict[str, int]:
    with store.read() as connection:
        return {check.key: check.count for check in check_hygiene(connection, now.date(), now)}


def fixes(store: Store) -> str:
    file = io.StringIO(newline="")
    with store.read() as connection:
        write_csv(file, FIX_COLUMNS, fix_rows(connection, TODAY, NOW))
    return file.getvalue()


def test_every_kind_of_untidiness_is_counted(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, TEXT)
    assert checked(store) == {
        "stale": 0,
        "status": 1,
        "phone": 1,
        "owner": 1,
        "notes": 1,
        "company": 1,
        "role": 1,
        "dead_domain": 0,
        "spellings": 1,
        "same_domain": 2,
    }


def test_who_was_silent_for_two_years_is_stale(store: Store, workspace: Workspace) -> None:
    long_ago = datetime(2024, 1, 1, tzinfo=UTC)
    imported(store, workspace, "email\na@x.example\nb@x.example\n", now=long_ago)
    imported(store, workspace, "email,product,purchased_on\nb@x.example,LM,2025-06-01\n", "p.csv")
    assert checked(store, long_ago + timedelta(days=700))["stale"] == 0
    assert checked(store)["stale"] == 1


def test_a_domain_is_dead_when_most_of_its_mailboxes_bounced(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, "email\na@x.example\nb@x.example\nc@x.example\na@y.example\nb@y.example\n")
    bounced = [
        {"address_hash": address_hash(email), "reason": reason, "at": NOW}
        for email, reason in (
            ("a@x.example", "hard_bounce"),
            ("b@x.example", "hard_bounce"),
            ("a@y.example", "hard_bounce"),
            ("b@y.example", "unsubscribed"),
        )
    ]
    with store.write() as connection:
        connection.execute(insert(t.suppressions), bounced)
    assert checked(store)["dead_domain"] == 3


def test_fixes_offer_what_colleagues_suggest(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, TEXT)
    spelling, *people = csv.DictReader(io.StringIO(fixes(store)))
    assert (spelling["company"], spelling["company_display_name"]) == ("㈱朝霧精機", "株式会社朝霧精機")
    assert [(row["email"], row["owner"], row["company"], row["reason"]) for row in people] == [
        ("hara@yunagi.example", "佐藤", "夕凪工業", "No telephone number; No notes"),
        (
            "hayashi@asagiri.example",
            "佐藤",
            "㈱朝霧精機",
            "No sales rep; suggested: the sales rep of a colleague",
        ),
        (
            "info@asagiri.example",
            "佐藤",
            "㈱朝霧精機",
            "No consent and no refusal recorded; No company; Addresses of a task, not of a person; "
            "suggested: the company of others at this domain",
        ),
    ]


def test_fixes_mend_the_data_when_they_are_imported(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, TEXT)
    report = imported(store, workspace, fixes(store), "fixes.csv")
    assert counts(report) == (0, 2, 1, 1, 0)
    left = checked(store)
    assert (left["spellings"], left["owner"], left["company"]) == (0, 0, 0)
    names = {row[0] for row in rows(store, t.companies, "name")}
    assert names == {"株式会社朝霧精機", "夕凪工業", "凪工業"}
