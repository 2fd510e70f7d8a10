"""Export, erase, merge, duplicates: a person in and out, whole."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update

from nurture.config import Workspace
from nurture.customers.card import customer_card
from nurture.customers.duplicates import find_duplicates
from nurture.customers.erase import erasable, erase_customer
from nurture.customers.export import export_columns, export_rows
from nurture.customers.merge import merge_customers
from nurture.errors import InputError, NotFound
from nurture.spreadsheet import write_csv
from nurture.store import Store
from nurture.store.people import address_hash
from tests.customers.files import NOW, counts, imported, reasons, rows, t, table_size

PEOPLE = (
    "email,family_name,given_name,company,company_founded_on,birthday,owner,consent_basis,consent_date,"
    "opted_out,"
    "machines,dealer,interests,phone,special_day.joined\n"
    "mori@asagiri.example,森,花子,㈱朝霧精機,1964-11-03,1979-04-12,佐藤,opt_in,2026-01-15,,"
    "3,yes,x;y,+81 52,2001-04-01\n"
    "mori+news@asagiri.example,森,花子,㈱朝霧精機,,--04-12,小林,business_card,2025-01-15,yes,,,,,\n"
    "=evil@x.example,=cmd,@x,,,--02-29,,,,,,,,,\n"
)
PURCHASES = (
    "email,product,amount,purchased_on,external_id\n"
    "mori@asagiri.example,LM,100,2026-01-01,S1\nmori+news@asagiri.example,BR,200,2026-02-01,S1\n"
    "mori+news@asagiri.example,BR,50,2026-03-01,S2\n"
)


@pytest.fixture
def known(store: Store, workspace: Workspace) -> Store:
    imported(store, workspace, PEOPLE)
    imported(store, workspace, PURCHASES, "p.csv")
    return store


def sent_email(store: Store, customer_id: int, run: int = 1) -> None:
    """One delivery with a hit, a verdict and a click, for a customer."""
    with store.write() as connection:
        if connection.scalar(select(t.runs.c.id).where(t.runs.c.id == run)) is None:
            values = {
                "id": run,
                "campaign": "news",
                "occurrence": str(run),
                "state": "finished",
                "definition": {},
            }
            values |= {"content_hash": "x", "on_doubt": "resend", "due_at": NOW, "accepted_at": NOW}
            connection.execute(insert(t.runs).values(values))
        delivery = {"run_id": run, "step": 0, "customer_id": customer_id, "occurrence": "", "state": "sent"}
        delivery |= {"due_at": NOW, "accepted_at": NOW, "attempts": 1, "address": "mori@asagiri.example"}
        number = connection.execute(
            insert(t.deliveries).values(delivery).returning(t.deliveries.c.id)
        ).scalar_one()
        whose = {"delivery_id": number, "run_id": run, "customer_id": customer_id}
        hit = whose | {"uid": f"u{number}", "kind": "click", "at": NOW, "happened_on": NOW.date()}
        hit |= {"method": "GET", "user_agent": "", "network": "", "headers": {}}
        hit_id = connection.execute(insert(t.hits).values(hit).returning(t.hits.c.id)).scalar_one()
        verdict = {"hit_id": hit_id, "version": 1, "verdict": "human", "reasons": [], "settled": True}
        connection.execute(insert(t.verdicts).values(verdict | {"judged_at": NOW}))
        click = whose | {
            "hit_id": hit_id,
            "campaign": "news",
            "template": "news",
            "url": "https://x.example/",
        }
        connection.execute(insert(t.clicks).values(click | {"at": NOW, "happened_on": NOW.date()}))
        connection.execute(insert(t.doubts).values(delivery_id=number, attempt=1, cause="x", noticed_at=NOW))


def test_an_export_imports_again_and_changes_nothing(known: Store, workspace: Workspace) -> None:
    file = io.StringIO(newline="")
    with known.read() as connection:
        columns = export_columns(connection, list(workspace.config.attributes))
        assert write_csv(file, columns, export_rows(connection, columns)) == 3
    assert "'=cmd,'@x" in file.getvalue()
    report = imported(known, workspace, file.getvalue(), "export.csv")
    assert (counts(report), reasons(report)) == ((0, 0, 3, 0, 0), {})


def test_an_export_fills_an_empty_store_with_the_same_people(
    sqlite_store: Store, workspace: Workspace
) -> None:
    imported(sqlite_store, workspace, PEOPLE)
    differing = ("id", "created_at", "updated_at", "company_id")
    names = [column.name for column in t.customers.columns if column.name not in differing]
    before = rows(sqlite_store, t.customers, "email_key", *names)
    file = io.StringIO(newline="")
    with sqlite_store.read() as connection:
        columns = export_columns(connection, list(workspace.config.attributes))
        write_csv(file, columns, export_rows(connection, columns))
    with sqlite_store.write() as connection:
        for table in reversed(t.METADATA.sorted_tables):
            connection.execute(table.delete())
    imported(sqlite_store, workspace, file.getvalue(), "export.csv")
    assert sorted(rows(sqlite_store, t.customers, "email_key", *names)) == sorted(before)
    assert rows(sqlite_store, t.suppressions, "email") == [("mori+news@asagiri.example",)]


def test_erasing_leaves_a_hash_and_nothing_else(known: Store, workspace: Workspace) -> None:
    sent_email(known, 2)
    sent_email(known, 3)
    with known.write() as connection:
        wanted = erasable(connection, "Mori+news@asagiri.example")
        assert erase_customer(connection, "mori+news@asagiri.example", NOW) == wanted
    assert wanted == {
        **dict.fromkeys(("clicks", "verdicts", "hits", "doubts", "deliveries", "totals", "customers"), 1),
        "purchases": 2,
        "consents": 1,
    }
    assert rows(known, t.suppressions, "address_hash", "email", "reason", "evidence") == [
        (address_hash("mori+news@asagiri.example"), None, "erased", None)
    ]
    assert [table_size(known, table) for table in (t.customers, t.hits, t.verdicts, t.doubts)] == [2, 1, 1, 1]
    with known.read() as connection:
        for table in t.METADATA.sorted_tables:
            assert "mori+news" not in repr(connection.execute(select(table)).all())
    report = imported(known, workspace, PEOPLE)
    assert list(reasons(report)) == [3]


def test_nobody_is_erased_or_merged_who_is_not_there(known: Store) -> None:
    with known.write() as connection:
        with pytest.raises(NotFound, match="No customer has this address"):
            erase_customer(connection, "nobody@x.example", NOW)
        with pytest.raises(InputError, match="same customer"):
            merge_customers(connection, "mori@asagiri.example", "MORI@asagiri.example", NOW)


def test_merging_keeps_the_history_of_both(known: Store) -> None:
    for customer, run in ((3, 1), (2, 1), (2, 2)):
        sent_email(known, customer, run)
    with known.write() as connection:
        connection.execute(update(t.totals).where(t.totals.c.customer_id == 2).values(received=4))
        merge_customers(connection, "mori@asagiri.example", "mori+news@asagiri.example", NOW)
    with known.read() as connection:
        card = customer_card(connection, "mori@asagiri.example")
    assert {(row["product"], row["amount"]) for row in card["purchases"]} == {
        ("LM", 100),
        ("BR", 200),
        ("BR", 50),
    }
    assert (card["totals"]["spent"], card["totals"]["clicks"], card["totals"]["received"]) == (
        Decimal(350),
        3,
        4,
    )
    assert [row["basis"] for row in card["consents"]] == ["business_card", "opt_in"]
    assert len(card["deliveries"]) == 3
    assert (card["owner"], card["birthday"]) == ("佐藤", date(1979, 4, 12))
    assert card["attributes"]["other_addresses"] == ["mori+news@asagiri.example"]
    # One of the two had refused: so has the person.
    assert card["suppression"]["reason"] == "imported"
    assert [row["withdrawn_at"] for row in card["consents"]] == [NOW, NOW]
    assert [row[0] for row in rows(known, t.customers, "email_key")] == [
        "=evil@x.example",
        "mori@asagiri.example",
    ]


def test_merging_drops_a_fact_that_both_tell(store: Store, workspace: Workspace) -> None:
    head = "email,consent_basis,consent_date,special_day.joined,phone"
    imported(
        store,
        workspace,
        f"{head}\na@x.example,opt_in,2026-01-01,2001-04-01,\nb@x.example,opt_in,2026-01-01,2002-04-01,1\n",
    )
    with store.write() as connection:
        merge_customers(connection, "a@x.example", "b@x.example", NOW + timedelta(days=1))
    assert table_size(store, t.consents) == 1
    assert rows(store, t.special_days, "name", "day") == [("joined", date(2001, 4, 1))]
    assert rows(store, t.customers, "email", "phone") == [("a@x.example", "1")]


def test_duplicates_are_found_by_name_and_by_mailbox(store: Store, workspace: Workspace) -> None:
    imported(
        store,
        workspace,
        "email,family_name,given_name,company\n"
        "mori@a.example,Mori,Hanako,A KK\nh.mori@a.example,MORI,hanako,A\nmori@b.example,Mori,Hanako,B\n"
        "t.yamada@gmail.com,,,\ntyamada+x@googlemail.com,,,\nk+tag@c.example,,,\nk@c.example,,,\nl+tag@c.example,,,\n",
    )
    with store.read() as connection:
        found = {(group.cause, frozenset(group.emails)) for group in find_duplicates(connection)}
    assert found == {
        ("same name and company", frozenset({"mori@a.example", "h.mori@a.example"})),
        ("same mailbox", frozenset({"t.yamada@gmail.com", "tyamada+x@googlemail.com"})),
        ("same mailbox", frozenset({"k+tag@c.example", "k@c.example"})),
    }


def test_a_card_holds_everything_and_no_inner_keys(known: Store) -> None:
    sent_email(known, 3)
    with known.read() as connection:
        card = customer_card(connection, "mori@asagiri.example")
    text = json.dumps(card, default=str)
    assert not any(f'"{key}":' in text for key in ("id", "customer_id", "address_hash", "email_key"))
    sizes = {name: len(value) for name, value in card.items() if isinstance(value, list)}
    assert sizes == {
        **dict.fromkeys(("special_days", "consents", "purchases", "deliveries", "hits", "clicks"), 1),
        **dict.fromkeys(("refused_topics", "lead_changes", "activities"), 0),
    }
