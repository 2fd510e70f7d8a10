"""Recording: every outcome reaches its row, and only the row's own attempt may write it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from nurture.outbox import Batch, Claimed, Recorded, claim, record, release
from nurture.outbox.record import retry_after
from nurture.store import Store
from nurture.store import tables as t
from tests.world import AT, TODAY, customers, start_run, states


@pytest.fixture
def claimed(store: Store) -> Claimed:
    """One delivery, claimed once."""
    with store.write() as connection:
        customers(connection, 1)
        start_run(connection)
    return claim_again(store)


def claim_again(store: Store) -> Claimed:
    later = AT + timedelta(days=1)
    with store.write() as connection:
        (one,) = claim(connection, Batch(1, 1, 9), worker="w", now=later, today=TODAY, lease_until=later)
    return one


def write(store: Store, *outcomes: Recorded, max_attempts: int = 8) -> None:
    with store.write() as connection:
        record(connection, outcomes, today=TODAY, max_attempts=max_attempts)


def test_a_sent_email_is_recorded_and_counted(store: Store, claimed: Claimed) -> None:
    write(store, Recorded(claimed, "sent", AT, "p1@x.example", "ja", 250, "2.0.0", "OK"))
    with store.read() as connection:
        d = t.deliveries.c
        row = connection.execute(select(d.state, d.address, d.language, d.code, d.sent_at, d.worker)).one()
        assert tuple(row) == ("sent", "p1@x.example", "ja", 250, AT, None)
        assert connection.scalar(select(t.totals.c.received)) == 1


def test_many_outcomes_are_written_in_one_go(store: Store) -> None:
    with store.write() as connection:
        customers(connection, 3)
        start_run(connection)
        batch = Batch(1, 1, 9)
        taken = claim(connection, batch, worker="w", now=AT, today=TODAY, lease_until=AT + timedelta(hours=1))
    first, second, third = taken
    write(
        store,
        Recorded(third, "failed", AT, code=550),
        Recorded(first, "sent", AT),
        Recorded(second, "sent", AT),
    )
    with store.read() as connection:
        assert states(connection) == ["sent", "sent", "failed"]


def test_a_deferred_email_waits_and_is_tried_again(store: Store, claimed: Claimed) -> None:
    write(store, Recorded(claimed, "deferred", AT, code=451, reply="later"))
    with store.read() as connection:
        assert states(connection) == ["deferred"]
        assert connection.scalar(select(t.deliveries.c.due_at)) == AT + retry_after(1, 1)
    assert claim_again(store).attempt == 2


def test_the_last_attempt_ends_in_failure(store: Store, claimed: Claimed) -> None:
    write(store, Recorded(claimed, "deferred", AT, code=451), max_attempts=1)
    with store.read() as connection:
        found = connection.execute(select(t.deliveries.c.state, t.deliveries.c.reason)).one()
        assert tuple(found) == ("failed", "given up after 1 attempts")


def test_an_email_the_relay_never_saw_costs_no_attempt(store: Store, claimed: Claimed) -> None:
    with store.write() as connection:
        release(connection, [claimed], now=AT, reason="no connection")
        assert states(connection) == ["queued"]
    assert claim_again(store).attempt == 1


def test_an_outcome_of_an_older_attempt_changes_nothing(store: Store, claimed: Claimed) -> None:
    write(store, Recorded(claimed, "deferred", AT, code=451))
    claim_again(store)
    write(store, Recorded(claimed, "failed", AT, code=550))
    with store.read() as connection:
        assert states(connection) == ["sending"]


def test_a_connection_lost_after_the_body_is_a_doubt_not_a_failure(store: Store, claimed: Claimed) -> None:
    write(store, Recorded(claimed, "in_doubt", AT, reply="closed"))
    with store.read() as connection:
        assert states(connection) == ["in_doubt"]
        ledger = t.doubts.c
        found = connection.execute(
            select(ledger.delivery_id, ledger.attempt, ledger.cause, ledger.resolution)
        )
        assert [tuple(row) for row in found] == [(1, 1, "closed", None)]


def test_retries_spread_and_grow_to_a_limit() -> None:
    seconds = [retry_after(attempt, 7).total_seconds() for attempt in range(1, 12)]
    assert seconds[0] == pytest.approx(60, rel=0.25)
    assert seconds[3] == pytest.approx(480, rel=0.25)
    assert max(seconds) <= 1.25 * 6 * 3600
    assert len({retry_after(1, seed) for seed in range(50)}) > 40
