"""Requests from strangers: what is read of them, and how the store is asked without making them wait.

In:  an ASGI scope or a request.
Out: hits, bounded bodies, answers of the store or None when it takes too long.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from nurture.errors import OutsideError
from nurture.tracking.buffer import HitBuffer
from nurture.tracking.hits import MAX_USER_AGENT_CHARS, Hit, Kind, clean, kept_headers, network_of

log = logging.getLogger("nurture.web")

# A reader waits this long for the store, then gets an answer that does without it.
PATIENCE_SECONDS = 3.0
# And this long for the disk: the hit stays in the queue, the reader goes on.
DISK_PATIENCE_SECONDS = 3.0
# The longest body of a form. Ours are a few hundred bytes.
MAX_BODY_BYTES = 16_384

Answer = TypeVar("Answer")

# Threads that ask the store for readers; more would only queue inside the database.
_READERS = 16


class StoreAway(Exception):
    """The store did not answer in time, or cannot be reached."""


class Asker:
    """Asks the store in threads, for a limited time."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of the store.

        Raises:
            StoreAway: it took too long, or the store is down. The question may still be at work.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(_READERS)
        try:
            with anyio.fail_after(PATIENCE_SECONDS):
                return await to_thread.run_sync(question, abandon_on_cancel=True, limiter=self._limiter)
        except (TimeoutError, OutsideError) as error:
            log.warning("the store did not answer a reader: %s", type(error).__name__)
            raise StoreAway from error


def hit_from(
    scope: Scope, kind: Kind, delivery_id: int, at: datetime, key: str = "", source: str | None = None
) -> Hit:
    """The hit that a request is. `source` says how an opt-out came."""
    headers = Headers(scope=scope)
    client = scope.get("client")
    kept = kept_headers(headers.items())
    return Hit(
        uid=secrets.token_hex(12),
        delivery_id=delivery_id,
        kind=kind,
        at=at,
        method=scope["method"],
        key=key,
        user_agent=clean(headers.get("user-agent", ""), MAX_USER_AGENT_CHARS),
        network=network_of(client[0]) if client else "",
        headers=kept if source is None else kept | {"source": source},
    )


async def keep(buffer: HitBuffer, hit: Hit) -> None:
    """Make a hit safe; a disk that hangs does not keep the reader."""
    with anyio.move_on_after(DISK_PATIENCE_SECONDS) as patience:
        await buffer.add(hit)
    if patience.cancelled_caught:
        log.error("the disk takes longer than %.0f s to keep a hit", DISK_PATIENCE_SECONDS)


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes | None:
    """The body of a request; None when it is longer than allowed. No more than that is ever held."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return body
