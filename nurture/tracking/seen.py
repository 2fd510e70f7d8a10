"""What the judge looks at: deliveries with all their hits, read in a few statements.

In:  ids of deliveries.
Out: SeenDelivery values: hits, verdicts so far, and how many companies each hit's source also visited.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from nurture.store import tables as t
from nurture.tracking.hits import JUDGED
from nurture.tracking.signals import Rules, SeenHit, has_telling_network
from nurture.tracking.verdicts import Verdict

Source = tuple[str, str]
Slots = frozenset[int]


@dataclass(frozen=True, slots=True)
class SeenDelivery:
    """One delivery before the judge. `links` counts the different links of its email."""

    id: int
    customer_id: int
    sent_at: datetime | None
    links: int
    hits: Sequence[SeenHit]
    known: Mapping[int, Verdict]
    companies: Mapping[int, int]


def load_seen(
    connection: Connection, delivery_ids: Sequence[int], rules: Rules, version: int
) -> list[SeenDelivery]:
    """Deliveries with everything that the judge wants to know of them."""
    hits, known = _hits(connection, delivery_ids, version)
    columns = t.deliveries.c
    rows = connection.execute(
        select(columns.id, columns.customer_id, columns.run_id, columns.step, columns.sent_at)
        .where(columns.id.in_(delivery_ids))
        .order_by(columns.id)
    ).all()
    variants = _variants(connection, {row.run_id for row in rows})
    companies = _companies(connection, [hit for group in hits.values() for hit in group], rules)
    return [
        SeenDelivery(
            id=row.id,
            customer_id=row.customer_id,
            sent_at=row.sent_at,
            links=_links_in(variants.get((row.run_id, row.step), []), hits.get(row.id, [])),
            hits=hits.get(row.id, []),
            known={hit.id: known[hit.id] for hit in hits.get(row.id, []) if hit.id in known},
            companies={hit.id: companies.get(hit.id, 0) for hit in hits.get(row.id, [])},
        )
        for row in rows
    ]


def _hits(
    connection: Connection, delivery_ids: Sequence[int], version: int
) -> tuple[dict[int, list[SeenHit]], dict[int, Verdict]]:
    """The hits of deliveries, and the verdicts that they have."""
    hit, link, verdict = t.hits.c, t.links.c, t.verdicts.c
    rows = connection.execute(
        select(
            hit.id,
            hit.delivery_id,
            hit.kind,
            hit.at,
            hit.happened_on,
            hit.method,
            hit.user_agent,
            hit.network,
            hit.headers,
            link.slot,
            link.tag,
            verdict.verdict,
            verdict.reasons,
            verdict.settled,
        )
        .select_from(t.hits)
        .outerjoin(t.links, link.id == hit.link_id)
        .outerjoin(t.verdicts, and_(verdict.hit_id == hit.id, verdict.version == version))
        .where(hit.delivery_id.in_(delivery_ids), hit.kind.in_(JUDGED))
    )
    hits: dict[int, list[SeenHit]] = {}
    known = {}
    for row in rows:
        seen = SeenHit(
            id=row.id,
            kind=row.kind,
            at=row.at,
            happened_on=row.happened_on,
            method=row.method,
            user_agent=row.user_agent,
            network=row.network,
            headers=row.headers,
            slot=row.slot,
            tag=row.tag,
        )
        hits.setdefault(row.delivery_id, []).append(seen)
        if row.verdict is not None:
            known[row.id] = Verdict(row.id, row.verdict, tuple(row.reasons), row.settled)
    return hits, known


def _variants(connection: Connection, run_ids: Iterable[int]) -> dict[tuple[int, int], list[Slots]]:
    """The links of each email, for each of its languages: a reader has only those of one."""
    columns = t.run_emails.c
    rows = connection.execute(
        select(columns.run_id, columns.step, columns.compiled).where(columns.run_id.in_(list(run_ids)))
    )
    return {(run_id, step): _slots_of(compiled) for run_id, step, compiled in rows}


def _slots_of(compiled: Mapping[str, Any]) -> list[Slots]:
    variants = compiled.get("variants", {}).values()
    return [frozenset(link["slot"] for link in variant["links"]) for variant in variants]


def _links_in(variants: Sequence[Slots], hits: Sequence[SeenHit]) -> int:
    """How many links the email has in the language in which its reader got it: that of the links followed."""
    followed = {hit.slot for hit in hits if hit.slot is not None}
    best = max(variants, key=lambda slots: len(slots & followed), default=frozenset())
    return max(len(best), len(followed))


def _companies(connection: Connection, hits: Sequence[SeenHit], rules: Rules) -> dict[int, int]:
    """For each hit: the emails of how many companies its source followed links of, around that time."""
    telling = [hit for hit in hits if has_telling_network(hit)]
    if not telling:
        return {}
    visits = _visits(connection, telling, rules)
    found = {}
    for hit in telling:
        around = visits.get(hit.source, [])
        first = bisect_left(around, hit.at - rules.settle, key=lambda visit: visit[0])
        last = bisect_right(around, hit.at + rules.settle, key=lambda visit: visit[0])
        found[hit.id] = len({company for _, company in around[first:last]})
    return found


def _visits(
    connection: Connection, hits: Sequence[SeenHit], rules: Rules
) -> dict[Source, list[tuple[datetime, int]]]:
    """When the sources of some hits followed links, and in emails to which companies; in order of time."""
    hit, customer = t.hits.c, t.customers.c
    rows = connection.execute(
        select(hit.network, hit.user_agent, hit.at, customer.company_id)
        .join_from(t.hits, t.customers)
        .where(
            hit.kind.in_(JUDGED),
            hit.at >= min(one.at for one in hits) - rules.settle,
            hit.at <= max(one.at for one in hits) + rules.settle,
            hit.network.in_({one.network for one in hits}),
            customer.company_id.is_not(None),
        )
        .order_by(hit.at)
    )
    visits: dict[Source, list[tuple[datetime, int]]] = {}
    for network, user_agent, at, company_id in rows:
        visits.setdefault((network, user_agent), []).append((at, company_id))
    return visits
