"""Hits: what is kept of a reader's request, and how many of them become rows at once.

In:  Hit values, as the web part makes them from requests.
Out: rows of `hits`, each with a verdict that still waits for the judge; opt-outs done.

A hit is recorded once however often it is handed in: its `uid` is made where the request is answered.
Nothing in it tells who the reader is, beyond the delivery it belongs to: the network is coarse.
"""

from __future__ import annotations

import ipaddress
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from nurture import clock
from nurture.store import tables as t
from nurture.store import totals
from nurture.tracking import consent

Kind = Literal["click", "open", "unsubscribe_page", "preferences_page", "view", "unsubscribe"]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]  # the arguments of a Literal

# Hits that a person or a scanner may have made, and that the judge therefore looks at. An open is
# recorded but never counts alone, and an opt-out is an opt-out whoever pressed the button.
JUDGED: tuple[Kind, ...] = ("click", "unsubscribe_page", "preferences_page", "view")

# The version of the judge: a verdict says which judge gave it.
VERSION = 1
WAITING = "not judged yet"

# The request headers that tell people and machines apart; no other header is kept.
KEPT_HEADERS = (
    "purpose",
    "x-purpose",
    "x-moz",
    "sec-purpose",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
)
MAX_HEADER_CHARS = 80
MAX_USER_AGENT_CHARS = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """One request. `key` is the key of the link for a click, empty otherwise; `at` is in UTC."""

    uid: str
    delivery_id: int
    kind: Kind
    at: datetime
    method: str
    key: str = ""
    user_agent: str = ""
    network: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_line(self) -> bytes:
        """The hit as one line of JSON, for the spool."""
        values = {name: getattr(self, name) for name in self.__slots__} | {"at": self.at.isoformat()}
        return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Hit | None:
        """The hit in a line of the spool; None when the line is no hit (a write cut short by a crash)."""
        try:
            values = json.loads(line)
            hit = cls(**values | {"at": datetime.fromisoformat(values["at"])})
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return hit if hit.kind in KINDS and hit.at.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of hits: `added` now, `known` from before, `foreign` to this store (row gone)."""

    added: int
    known: int
    foreign: int


def clean(text: str, limit: int) -> str:
    """Text from a stranger, with control and half characters gone, cut to a length."""
    return "".join(char for char in text[:limit] if unicodedata.category(char) not in ("Cc", "Cs"))


def kept_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of all headers (names in lower case) the few that the judge reads."""
    return {name: clean(value, MAX_HEADER_CHARS) for name, value in headers if name in KEPT_HEADERS}


def network_of(address: str) -> str:
    """The network a request came from, too coarse to name a person: /24, or /48 of IPv6.

    >>> network_of("203.0.113.77"), network_of("2001:db8:1:2::3"), network_of("somewhere")
    ('203.0.113.0/24', '2001:db8:1::/48', '')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def record_hits(connection: Connection, hits: Sequence[Hit], zone: ZoneInfo) -> Recorded:
    """Write hits in a few statements, however many there are; opt-outs among them take effect.

    A hit whose delivery or link is not in this store is left out: its customer was erased, or the
    request named a link that the email never had. Days are days of `zone`.
    """
    fresh = _fresh(connection, hits)
    rows = _rows(connection, fresh.values(), zone)
    if rows:
        connection.execute(insert(t.hits), rows)
        _await_verdict(connection, rows)
        _opt_out(connection, rows)
        readers = {row["customer_id"] for row in rows if row["kind"] == "open"}
        totals.refresh(connection, readers, ["opens"])
    return Recorded(added=len(rows), known=len(hits) - len(fresh), foreign=len(fresh) - len(rows))


def _fresh(connection: Connection, hits: Sequence[Hit]) -> dict[str, Hit]:
    """The hits that are not in the store yet, each once."""
    by_uid = {hit.uid: hit for hit in hits}
    known = connection.scalars(select(t.hits.c.uid).where(t.hits.c.uid.in_(by_uid)))
    for uid in known.all():
        del by_uid[uid]
    return by_uid


def _rows(connection: Connection, hits: Iterable[Hit], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows of hits: with the run, customer and link that belong to each."""
    hits = list(hits)
    columns = t.deliveries.c
    found = connection.execute(
        select(columns.id, columns.run_id, columns.step, columns.customer_id).where(
            columns.id.in_({hit.delivery_id for hit in hits})
        )
    )
    deliveries = {row.id: row for row in found}
    links = _links(connection, hits, {row.run_id for row in deliveries.values()})
    rows = []
    for hit in hits:
        delivery = deliveries.get(hit.delivery_id)
        if delivery is None:
            continue
        link_id = links.get((delivery.run_id, delivery.step, hit.key))
        if hit.kind == "click" and link_id is None:
            continue
        rows.append(
            {
                "uid": hit.uid,
                "delivery_id": hit.delivery_id,
                "run_id": delivery.run_id,
                "customer_id": delivery.customer_id,
                "link_id": link_id,
                "kind": hit.kind,
                "at": hit.at,
                "happened_on": clock.day(hit.at, zone),
                "method": hit.method,
                "user_agent": hit.user_agent,
                "network": hit.network,
                "headers": dict(hit.headers),
            }
        )
    return rows


def _links(connection: Connection, hits: Sequence[Hit], run_ids: set[int]) -> dict[tuple[int, int, str], int]:
    columns = t.links.c
    keys = {hit.key for hit in hits if hit.key}
    found = connection.execute(
        select(columns.id, columns.run_id, columns.step, columns.key).where(
            columns.run_id.in_(run_ids), columns.key.in_(keys)
        )
    )
    return {(row.run_id, row.step, row.key): row.id for row in found}


def _await_verdict(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Leave a row for the judge beside each hit: the hand-off is a row, never a search for what is new."""
    judged = [row["uid"] for row in rows if row["kind"] in JUDGED]
    ids = connection.execute(select(t.hits.c.id, t.hits.c.at).where(t.hits.c.uid.in_(judged)))
    waiting = [
        {
            "hit_id": row.id,
            "version": VERSION,
            "verdict": "unknown",
            "reasons": [WAITING],
            "settled": False,
            "judged_at": row.at,
        }
        for row in ids
    ]
    if waiting:
        connection.execute(insert(t.verdicts), waiting)


def _opt_out(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    outs = [row for row in rows if row["kind"] == "unsubscribe"]
    for row in outs:
        consent.unsubscribe(connection, [row["delivery_id"]], row["at"], row["headers"].get("source", "page"))
