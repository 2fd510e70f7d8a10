"""The registry: where the links of emails lead, remembered so that a click needs no database.

In:  a delivery id (from a verified token) and the key of a link.
Out: the address the link leads to, or None when the email never had such a link.

Deliveries are remembered in blocks of neighbouring ids, as ranges that belong to one run and step: a
campaign of a million emails is a few hundred entries, and the first click warms its neighbours too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection, func, select

from nurture.store import Store
from nurture.store import tables as t

BLOCK = 4096
# What is kept at most: blocks (a million deliveries), the links of emails, and links of one reader only.
BLOCKS, EMAILS, PERSONAL = 256, 512, 20_000
# How much is loaded before anyone clicks.
WARM_BLOCKS = 16

KEY = re.compile(r"[0-9]{1,4}(-[0-9a-f]{10})?")

EmailKey = tuple[int, int]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Range:
    """Neighbouring deliveries of one email: its run and step."""

    first: int
    last: int
    email: EmailKey


@dataclass(frozen=True, slots=True)
class Found:
    """An answer. `url` is None when we know that there is no such link."""

    url: str | None


class Registry:
    """Shared by all requests; safe to use from threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks: _Recent[int, tuple[Range, ...]] = _Recent(BLOCKS)
        self._emails: _Recent[EmailKey, dict[str, str]] = _Recent(EMAILS)
        self._personal: _Recent[tuple[EmailKey, str], str] = _Recent(PERSONAL)

    def recall(self, delivery_id: int, key: str) -> Found | None:
        """The answer if memory has it; None means: ask `find`."""
        if not KEY.fullmatch(key):
            return Found(None)
        email = self._email_of(delivery_id)
        if email is None:
            return None
        links = self._emails.get(email)
        if not links:
            return None
        if "-" not in key:
            # All links of the email itself are known together, before its first delivery goes out.
            return Found(links.get(key))
        url = self._personal.get((email, key))
        return None if url is None else Found(url)

    def find(self, delivery_id: int, key: str) -> Found:
        """The answer, from the store where memory does not have it.

        Raises:
            OutsideError: the store cannot be asked.
        """
        known = self.recall(delivery_id, key)
        if known is not None:
            return known
        with self._store.read() as connection:
            email = self._email_of(delivery_id)
            if email is None:
                self._load_block(connection, delivery_id // BLOCK)
                email = self._email_of(delivery_id)
            if email is None:
                return Found(None)
            if self._emails.get(email) is None:
                self._load_links(connection, email)
            if "-" in key:
                self._load_personal(connection, email, key)
        return self.recall(delivery_id, key) or Found(None)

    def warm(self) -> None:
        """Load what will be asked for first: the newest deliveries and the links of their emails.

        Raises:
            OutsideError: the store cannot be asked.
        """
        with self._store.read() as connection:
            newest = connection.scalar(select(func.max(t.deliveries.c.id)))
            if newest is None:
                return
            last = newest // BLOCK
            for number in range(max(0, last - WARM_BLOCKS + 1), last + 1):
                self._load_block(connection, number)
            for email in {part.email for block in self._blocks.values() for part in block}:
                self._load_links(connection, email)

    def _email_of(self, delivery_id: int) -> EmailKey | None:
        block = self._blocks.get(delivery_id // BLOCK)
        if not block:
            return None
        at = bisect_right(block, delivery_id, key=lambda part: part.first) - 1
        return block[at].email if at >= 0 and delivery_id <= block[at].last else None

    def _load_block(self, connection: Connection, number: int) -> None:
        columns = t.deliveries.c
        rows = connection.execute(
            select(columns.id, columns.run_id, columns.step)
            .where(columns.id.between(number * BLOCK, (number + 1) * BLOCK - 1))
            .order_by(columns.id)
        )
        ranges: list[Range] = []
        for row in rows:
            email = (row.run_id, row.step)
            # Only real neighbours are joined: an id without a row stays unknown, and is asked for again.
            if ranges and ranges[-1].email == email and ranges[-1].last == row.id - 1:
                ranges[-1] = Range(ranges[-1].first, row.id, email)
            else:
                ranges.append(Range(row.id, row.id, email))
        self._blocks.put(number, tuple(ranges))

    def _load_links(self, connection: Connection, email: EmailKey) -> None:
        columns = t.links.c
        rows = connection.execute(
            select(columns.key, columns.url).where(
                columns.run_id == email[0], columns.step == email[1], ~columns.key.contains("-")
            )
        )
        self._emails.put(email, {row.key: row.url for row in rows})

    def _load_personal(self, connection: Connection, email: EmailKey, key: str) -> None:
        columns = t.links.c
        url = connection.scalar(
            select(columns.url).where(
                columns.run_id == email[0], columns.step == email[1], columns.key == key
            )
        )
        if url is not None:
            self._personal.put((email, key), url)


class _Recent(Generic[K, V]):
    """The most recently used values, up to a number of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._limit:
                self._values.popitem(last=False)

    def values(self) -> list[V]:
        with self._lock:
            return list(self._values.values())
