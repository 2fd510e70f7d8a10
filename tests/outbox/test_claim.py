"""Claiming: only what is due, each row to one worker, and never against a customer's will."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from nurture.outbox import Batch, Claimed, claim
from nurture.store import Store
from nurture.store import tables as t
from tests.world import AT, TODAY, customers, start_run, states, suppress

LEASE = AT + timedelta(minutes=15)


def claim_all(
    store: Store, worker: str = "w1", run_id: int = 1, first: int = 1, last: int = 99
) -> list[Claimed]:
    with store.write() as connection:
        batch = Batch(run_id, first, last)
        return list(claim(connection, batch, worker=worker, now=AT, today=TODAY, lease_until=LEASE))


def test_a_claim_takes_each_row_once(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 3)
        start_run(connection)
    assert [one.delivery_id for one in claim_all(store, "w1", last=2)] == [1, 2]
    assert [one.delivery_id for one in claim_all(store, "w2")] == [3]
    assert claim_all(store, "w3") == []


def test_a_claim_leaves_worker_lease_and_attempt_behind(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
        start_run(connection)
    assert claim_all(store) == [Claimed(1, 1, 0, 1, 1, AT)]
    with store.read() as connection:
        delivery = t.deliveries.c
        columns = (delivery.state, delivery.worker, delivery.lease_until, delivery.attempts)
        assert tuple(connection.execute(select(*columns)).one()) == ("sending", "w1", LEASE, 1)


def test_whoever_opts_out_between_plan_and_claim_is_held(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 2)
        start_run(connection)
    with store.write() as connection:
        suppress(connection, "p1@x.example")
    assert [one.customer_id for one in claim_all(store)] == [2]
    with store.read() as connection:
        delivery = t.deliveries.c
        rows = connection.execute(
            select(delivery.state, delivery.reason, delivery.attempts).order_by(delivery.id)
        )
        assert [tuple(row) for row in rows] == [
            ("held", "suppressed:unsubscribed", 0),
            ("sending", None, 1),
        ]


def test_nothing_is_claimed_before_it_is_due(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
        start_run(connection, due_at=AT + timedelta(seconds=1))
    assert claim_all(store) == []


def test_nothing_is_claimed_from_a_run_that_does_not_run(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
        start_run(connection)
        connection.execute(t.runs.update().values(state="paused"))
    assert claim_all(store) == []
    with store.read() as connection:
        assert states(connection) == ["queued"]
