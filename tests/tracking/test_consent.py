"""Opt-outs and wishes: once is enough, twice changes nothing, and the first reason stays."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert, select

from nurture.store import Store
from nurture.store import tables as t
from nurture.store.people import address_hash
from nurture.tracking.consent import Reader, Wishes, find_reader, save_wishes, unsubscribe
from tests.tracking.world import SENT, add_consent, add_customer, add_delivery, add_run

LATER = SENT + timedelta(days=1)


def test_unsubscribing_suppresses_the_address_and_withdraws_every_consent_once(store: Store) -> None:
    customer = add_customer(store, "Hanako@x.example")
    add_consent(store, customer, "opt_in")
    add_consent(store, customer, "business_card")
    delivery = add_delivery(store, add_run(store), customer)
    with store.write() as connection:
        assert unsubscribe(connection, [delivery], SENT, "one-click") == 1
        assert unsubscribe(connection, [delivery], LATER, "page") == 1
        row = t.suppressions.c
        found = connection.execute(select(row.address_hash, row.reason, row.evidence, row.at)).all()
        withdrawn = connection.scalars(select(t.consents.c.withdrawn_at)).all()
    expected = (address_hash("hanako@x.example"), "unsubscribed", f"one-click, delivery {delivery}", SENT)
    assert [tuple(one) for one in found] == [expected]
    assert withdrawn == [SENT, SENT]


def test_an_address_changed_since_is_suppressed_too(store: Store) -> None:
    customer = add_customer(store, "new@x.example")
    delivery = add_delivery(store, add_run(store), customer, address="old@x.example")
    with store.write() as connection:
        unsubscribe(connection, [delivery], SENT, "page")
        found = set(connection.scalars(select(t.suppressions.c.address_hash)))
    assert found == {address_hash("new@x.example"), address_hash("old@x.example")}


def test_nobody_else_is_touched(store: Store) -> None:
    run = add_run(store)
    first, second = add_customer(store, "a@x.example"), add_customer(store, "b@x.example")
    add_consent(store, second)
    delivery = add_delivery(store, run, first)
    add_delivery(store, run, second)
    with store.write() as connection:
        unsubscribe(connection, [delivery], SENT, "page")
        assert connection.scalars(select(t.suppressions.c.email)).all() == ["a@x.example"]
        assert connection.scalars(select(t.consents.c.withdrawn_at)).all() == [None]


def test_a_suppression_for_another_reason_keeps_it(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    known = {"address_hash": address_hash("a@x.example"), "reason": "complaint", "at": SENT}
    with store.write() as connection:
        connection.execute(insert(t.suppressions).values(known))
        unsubscribe(connection, [delivery], LATER, "page")
        row = connection.execute(select(t.suppressions.c.reason, t.suppressions.c.at)).one()
    assert tuple(row) == ("complaint", SENT)


def test_a_delivery_that_is_gone_unsubscribes_nobody(store: Store) -> None:
    with store.write() as connection:
        assert unsubscribe(connection, [41], SENT, "page") == 0
        assert find_reader(connection, 41) is None


def test_wishes_are_kept_as_last_saved(store: Store) -> None:
    customer = add_customer(store, "a@x.example", locale="ja")
    run = add_run(store)
    delivery = add_delivery(store, run, customer)
    first = Wishes(frozenset({"news", "tips"}), 2, date(2026, 12, 1), "en")
    second = Wishes(frozenset({"tips"}), None, None, "zh")
    with store.write() as connection:
        save_wishes(connection, customer, first, SENT)
        assert find_reader(connection, delivery) == Reader(customer, run, 0, False, first)
        save_wishes(connection, customer, second, LATER)
        assert find_reader(connection, delivery) == Reader(customer, run, 0, False, second)
        rows = connection.execute(select(t.topic_refusals.c.topic, t.topic_refusals.c.at)).all()
    assert [tuple(row) for row in rows] == [("tips", SENT)]
