"""Sweeping: what a dead worker held is in doubt, listed, and decided as the run says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from nurture.outbox import Batch, Claimed, Recorded, claim, record, sweep
from nurture.outbox.sweep import SILENCE, Swept, beat, finish_runs, waiting
from nurture.store import Store
from nurture.store import tables as t
from tests.world import AT, TODAY, customers, start_run, states

LATER = AT + SILENCE + timedelta(seconds=1)


def claim_all(store: Store, worker: str = "w1") -> list[Claimed]:
    with store.write() as connection:
        beat(connection, worker, AT)
        lease = AT + timedelta(minutes=15)
        return list(claim(connection, Batch(1, 1, 99), worker=worker, now=AT, today=TODAY, lease_until=lease))


def swept(store: Store, at: object = LATER, max_attempts: int = 8) -> Swept:
    assert isinstance(at, type(AT))
    with store.write() as connection:
        return sweep(connection, at, today=TODAY, max_attempts=max_attempts)


def ledger(store: Store) -> list[tuple[int, int, str | None]]:
    with store.read() as connection:
        doubt = t.doubts.c
        rows = connection.execute(
            select(doubt.delivery_id, doubt.attempt, doubt.resolution).order_by(doubt.id)
        )
        return [tuple(row) for row in rows]


def started(store: Store, number: int = 2, on_doubt: str = "resend") -> None:
    with store.write() as connection:
        customers(connection, number)
        start_run(connection, on_doubt=on_doubt)


def test_a_living_worker_keeps_what_it_holds(store: Store) -> None:
    started(store)
    claim_all(store)
    with store.write() as connection:
        beat(connection, "w1", LATER)
    assert swept(store) == Swept(0, 0, 0, 0)


def test_what_a_dead_worker_held_is_sent_again_and_listed(store: Store) -> None:
    started(store)
    claim_all(store)
    assert swept(store) == Swept(doubted=2, resent=2, held=0, evident=0)
    assert ledger(store) == [(1, 1, "resent"), (2, 1, "resent")]
    with store.read() as connection:
        assert states(connection) == ["queued", "queued"]


def test_a_run_that_holds_doubts_sends_nothing_twice(store: Store) -> None:
    started(store, on_doubt="hold")
    claim_all(store)
    assert swept(store) == Swept(doubted=2, resent=0, held=2, evident=0)
    assert ledger(store) == [(1, 1, "held"), (2, 1, "held")]
    with store.write() as connection:
        assert states(connection) == ["in_doubt", "in_doubt"]
        assert waiting(connection, LATER, 100, 10) == []
        assert finish_runs(connection, LATER) == 1


def test_a_lease_that_ran_out_counts_as_abandoned(store: Store) -> None:
    started(store, 1)
    claim_all(store)
    much_later = AT + timedelta(minutes=16)
    with store.write() as connection:
        beat(connection, "w1", much_later)
    assert swept(store, much_later).doubted == 1


def test_whoever_asked_for_a_link_did_receive_the_email(store: Store) -> None:
    started(store, 1, on_doubt="hold")
    claim_all(store)
    with store.write() as connection:
        hit = {"uid": "u", "delivery_id": 1, "run_id": 1, "customer_id": 1, "kind": "click", "headers": {}}
        more = {"at": AT, "happened_on": TODAY, "method": "GET", "user_agent": "", "network": ""}
        connection.execute(insert(t.hits).values(hit | more))
    assert swept(store) == Swept(doubted=1, resent=0, held=0, evident=1)
    assert ledger(store) == [(1, 1, "evidence")]
    with store.read() as connection:
        assert states(connection) == ["sent"]
        assert connection.scalar(select(t.totals.c.received)) == 1


def test_a_late_answer_settles_the_doubt_and_stops_the_second_copy(store: Store) -> None:
    started(store, 1)
    (claimed,) = claim_all(store)
    swept(store)
    with store.write() as connection:
        record(connection, [Recorded(claimed, "sent", LATER, code=250)], today=TODAY, max_attempts=8)
        assert states(connection) == ["sent"]
    assert ledger(store) == [(1, 1, "evidence")]


def test_an_email_in_doubt_every_time_is_given_up_in_the_end(store: Store) -> None:
    started(store, 1)
    claim_all(store)
    swept(store, max_attempts=1)
    with store.read() as connection:
        found = connection.execute(select(t.deliveries.c.state, t.deliveries.c.reason)).one()
        assert tuple(found) == ("failed", "in doubt after each of 1 attempts")


@pytest.mark.parametrize(("size", "expected"), [(2, [(1, 2), (3, 4), (5, 5)]), (10, [(1, 5)])])
def test_what_is_due_is_handed_out_in_ranges(
    store: Store, size: int, expected: list[tuple[int, int]]
) -> None:
    started(store, 5)
    with store.read() as connection:
        found = waiting(connection, AT, size, 10)
        assert [(batch.first_id, batch.last_id) for batch in found] == expected
        assert waiting(connection, AT - timedelta(seconds=1), size, 10) == []


def test_a_run_is_finished_when_it_owes_nothing(store: Store) -> None:
    started(store, 1)
    with store.write() as connection:
        assert finish_runs(connection, AT) == 0
        connection.execute(t.deliveries.update().values(state="sent"))
        assert finish_runs(connection, AT) == 1
        assert connection.scalar(select(t.runs.c.state)) == "finished"
