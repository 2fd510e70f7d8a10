"""Accepting: one row for everyone in the audience, once, with the reason where it is held."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert, select

from nurture.outbox.accept import plan
from nurture.outbox.gate import Gate
from nurture.store import Store
from nurture.store import tables as t
from tests.world import AT, TODAY, customer, customers, start_run, states, suppress


def test_accepting_the_same_occurrence_twice_owes_each_email_once(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 3)
        first = start_run(connection)
        second = start_run(connection)
        assert (first.new, first.owed, second.new, second.owed) == (True, 3, False, 3)
        assert first.run_id == second.run_id
        assert states(connection) == ["queued"] * 3


def test_another_occurrence_owes_them_again(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 2)
        start_run(connection, occurrence="2026-10")
        start_run(connection, occurrence="2026-11")
        assert states(connection) == ["queued"] * 4


def test_everyone_who_may_not_be_mailed_is_held_with_the_reason(store: Store) -> None:
    with store.write() as connection:
        customer(connection, "fine@x.example")
        customer(connection, "stranger@x.example", consent=False)
        customer(connection, "Gone@X.example")
        suppress(connection, "gone@x.example")
        customer(connection, "dead@x.example")
        suppress(connection, "dead@x.example", "hard_bounce")
        customer(connection, "away@x.example", paused_until=TODAY + timedelta(days=1))
        customer(connection, "back@x.example", paused_until=TODAY)
        accepted = start_run(connection, topic="news")
        assert accepted.owed == 2
        assert accepted.held == {
            "no_consent": 1,
            "paused": 1,
            "suppressed:hard_bounce": 1,
            "suppressed:unsubscribed": 1,
        }


def test_a_topic_that_was_switched_off_is_held_for_that_topic_only(store: Store) -> None:
    with store.write() as connection:
        who = customer(connection, "a@x.example")
        connection.execute(insert(t.topic_refusals).values(customer_id=who, topic="news", at=AT))
        assert start_run(connection, campaign="a", topic="news").held == {"topic_refused": 1}
        assert start_run(connection, campaign="b", topic="tips").owed == 1
        assert start_run(connection, campaign="c", topic=None).owed == 1


def test_consent_counts_until_it_expires_or_is_withdrawn(store: Store) -> None:
    with store.write() as connection:
        for email, expires, withdrawn in [
            ("today@x.example", TODAY, None),
            ("yesterday@x.example", TODAY - timedelta(days=1), None),
            ("withdrawn@x.example", None, AT),
        ]:
            who = customer(connection, email, consent=False)
            values = {"customer_id": who, "basis": "opt_in", "given_on": date(2026, 1, 1), "created_at": AT}
            connection.execute(
                insert(t.consents).values(values | {"expires_on": expires, "withdrawn_at": withdrawn})
            )
        accepted = start_run(connection)
        assert (accepted.owed, accepted.held) == (1, {"no_consent": 2})


def test_a_reader_who_wants_one_a_month_gets_one_a_month(store: Store) -> None:
    with store.write() as connection:
        customer(connection, "a@x.example", max_per_month=1)
        start_run(connection, campaign="first")
        connection.execute(t.deliveries.update().values(state="sent", sent_at=AT - timedelta(days=29)))
        assert start_run(connection, campaign="second").held == {"frequency": 1}
        connection.execute(t.deliveries.update().values(state="sent", sent_at=AT - timedelta(days=31)))
        assert start_run(connection, campaign="third").owed == 1


def test_planning_counts_and_writes_nothing(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 2)
        customer(connection, "stranger@x.example", consent=False)
        everyone = select(t.customers.c.id)
        assert plan(connection, everyone, Gate(AT, TODAY)) == (2, {"no_consent": 1})
        assert states(connection) == []


def test_the_links_and_the_email_of_a_run_are_frozen_with_it(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
        link = {"key": "0", "slot": 0, "url": "https://x.example/", "tag": "price", "label": "価格表"}
        run = start_run(connection, links=[link], compiled={"html": "<p>"}).run_id
        links = t.links.c
        found = connection.execute(select(links.run_id, links.key, links.url, links.tag)).all()
        assert [tuple(row) for row in found] == [(run, "0", "https://x.example/", "price")]
        assert connection.scalars(select(t.run_emails.c.compiled)).all() == [{"html": "<p>"}]
