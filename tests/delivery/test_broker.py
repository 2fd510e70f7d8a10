"""The broker wakes workers with ids, in this process or over Redis, and its loss is survived."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import dramatiq
import pytest

from nurture.delivery.broker import open_broker, register, wake
from nurture.errors import OutsideError
from nurture.outbox import Batch
from tests.services import Redis


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return "memory://"
    server: Redis = request.getfixturevalue("redis_server")
    return server.url


@pytest.fixture
def woken(url: str) -> Iterator[tuple[dramatiq.Broker, queue.Queue[Batch]]]:
    """A broker with a worker that notes what it was woken for."""
    seen: queue.Queue[Batch] = queue.Queue()
    broker = open_broker(url)
    broker.flush_all()
    register(broker, seen.put)
    worker = dramatiq.Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    yield broker, seen
    worker.stop()
    broker.close()


def test_a_worker_is_woken_for_each_batch(woken: tuple[dramatiq.Broker, queue.Queue[Batch]]) -> None:
    broker, seen = woken
    batches = [Batch(1, 1, 200), Batch(1, 201, 400), Batch(2, 1, 7)]
    assert wake(broker, batches)
    assert {seen.get(timeout=20) for _ in batches} == set(batches)


def test_only_numbers_travel_and_they_travel_as_json(url: str) -> None:
    broker = open_broker(url)
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name="deliveries", actor_name="deliver", args=(1, 2, 3), kwargs={}, options={}
    )
    assert b'"args":[1,2,3]' in message.encode().replace(b" ", b"")
    broker.close()


def test_a_redis_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(OutsideError, match="Redis does not answer"):
        open_broker("redis://:secret@127.0.0.1:1/0")


def test_the_password_of_a_broker_is_not_told() -> None:
    with pytest.raises(OutsideError) as caught:
        open_broker("redis://:secret@127.0.0.1:1/0")
    assert "secret" not in str(caught.value)
