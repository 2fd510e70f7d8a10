"""The broker: it wakes workers, and carries nothing but ids.

In:  the broker URL of the workspace (`memory://` or a Redis one).
Out: a Dramatiq broker with the one queue of deliveries, and the actor that works it off.

Actors are registered on the broker they are given; importing this module binds nothing.
Losing every message loses no email: what is due is found in the store and woken again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerError
from dramatiq.middleware import Middleware

from nurture.errors import Finding, OutsideError
from nurture.outbox import Batch

QUEUE = "deliveries"
ACTOR = "deliver"

logger = logging.getLogger(__name__)


def open_broker(url: str) -> dramatiq.Broker:
    """A broker with the queue of deliveries declared.

    Raises:
        OutsideError: there is no Redis at this URL.
    """
    # None of Dramatiq's own retries, limits and pipelines: the rows know what is still to do.
    none: list[Middleware] = []
    if url.startswith("memory:"):
        broker: dramatiq.Broker = StubBroker(middleware=none)
    else:
        # This broker is the one part of Dramatiq without types.
        broker = RedisBroker(url=url, middleware=none, namespace="nurture")  # type: ignore[no-untyped-call]
        _check_reachable(broker, url)
    broker.declare_queue(QUEUE)
    return broker


def register(broker: dramatiq.Broker, deliver: Callable[[Batch], None]) -> None:
    """Make the workers of this broker call `deliver` for each batch they are woken for."""

    def deliver_batch(run_id: int, first_id: int, last_id: int) -> None:
        deliver(Batch(run_id, first_id, last_id))

    dramatiq.actor(broker=broker, actor_name=ACTOR, queue_name=QUEUE)(deliver_batch)


def wake(broker: dramatiq.Broker, batches: Sequence[Batch]) -> bool:
    """Wake workers for some batches; False when the broker cannot be reached just now."""
    try:
        for batch in batches:
            broker.enqueue(
                dramatiq.Message(
                    queue_name=QUEUE,
                    actor_name=ACTOR,
                    args=(batch.run_id, batch.first_id, batch.last_id),
                    kwargs={},
                    options={},
                )
            )
    except (redis.RedisError, BrokerError) as error:
        logger.warning("the broker cannot be reached: %s", error)
        return False
    return True


def _check_reachable(broker: RedisBroker, url: str) -> None:
    try:
        broker.client.ping()
    except redis.RedisError as error:
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
        fix = 'Is Redis running there? `broker` in config.yaml says where it is; "memory://" needs none.'
        raise OutsideError(Finding(f"broker {shown}", f"Redis does not answer: {error}", fix)) from None
