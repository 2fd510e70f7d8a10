"""What customers did lately, loaded for many of them at once and told in words.

In:  customer ids, the day it is.
Out: reasons by customer, the latest first. Only what people did is evidence: clicks judged human and
     activities. Opens and the requests of mail scanners are not even read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, func, select

from nurture.leads.words import Words
from nurture.store import tables as t

EVIDENCE_DAYS = 30
MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a customer did, on the days they did it."""

    kind: str
    subject: str
    detail: str | None
    days: tuple[date, ...]

    def told(self, words: Words) -> str:
        if self.kind == "clicked":
            return words.clicked(self.subject, self.days)
        return words.did(self.subject, self.detail, self.days)


def reasons_for(
    connection: Connection, customer_ids: Sequence[int], today: date, words: Words
) -> dict[int, list[str]]:
    """What each customer did in the last 30 days, in words; nothing for who did nothing.

    A few statements, whatever the number of customers.
    """
    since = today - timedelta(days=EVIDENCE_DAYS)
    actions = _grouped(
        [*_clicks(connection, customer_ids, since), *_activities(connection, customer_ids, since)]
    )
    colleagues = _colleagues(connection, customer_ids, since)
    reasons = {}
    for customer_id in customer_ids:
        told = [action.told(words) for action in actions.get(customer_id, ())[:MAX_REASONS]]
        if told and colleagues.get(customer_id):
            told.append(words.colleagues(colleagues[customer_id], EVIDENCE_DAYS))
        reasons[customer_id] = told
    return reasons


def _grouped(rows: Iterable[tuple[int, str, str, str | None, date]]) -> Mapping[int, list[Action]]:
    """Actions by customer: the same thing on several days is one, the latest comes first."""
    days: dict[tuple[int, str, str, str | None], set[date]] = defaultdict(set)
    for customer_id, kind, subject, detail, on in rows:
        days[customer_id, kind, subject, detail].add(on)
    found: dict[int, list[Action]] = defaultdict(list)
    for (customer_id, kind, subject, detail), on_days in days.items():
        found[customer_id].append(Action(kind, subject, detail, tuple(sorted(on_days))))
    for actions in found.values():
        actions.sort(key=lambda action: (action.days[-1], len(action.days)), reverse=True)
    return found


def _clicks(
    connection: Connection, customer_ids: Sequence[int], since: date
) -> Iterator[tuple[int, str, str, str | None, date]]:
    click = t.clicks.c
    query = (
        select(click.customer_id, click.url, t.links.c.label, click.happened_on)
        .select_from(t.clicks.outerjoin(t.links, t.links.c.id == click.link_id))
        .where(click.customer_id.in_(customer_ids), click.happened_on > since)
        .order_by(click.at, click.id)
    )
    for customer_id, url, label, on in connection.execute(query):
        yield customer_id, "clicked", label or _page(url), None, on


def _activities(
    connection: Connection, customer_ids: Sequence[int], since: date
) -> Iterator[tuple[int, str, str, str | None, date]]:
    did = t.activities.c
    query = (
        select(did.customer_id, did.kind, did.detail, did.happened_on)
        .where(did.customer_id.in_(customer_ids), did.happened_on > since)
        .order_by(did.happened_at, did.id)
    )
    for customer_id, kind, detail, on in connection.execute(query):
        yield customer_id, "did", kind, detail, on


def _colleagues(connection: Connection, customer_ids: Sequence[int], since: date) -> dict[int, int]:
    """How many other people of each customer's company clicked."""
    me, other = t.customers.alias("me"), t.customers.alias("other")
    query: Select[Any] = (
        select(me.c.id, func.count(t.clicks.c.customer_id.distinct()))
        .select_from(
            me.join(other, (other.c.company_id == me.c.company_id) & (other.c.id != me.c.id)).join(
                t.clicks, t.clicks.c.customer_id == other.c.id
            )
        )
        .where(me.c.id.in_(customer_ids), t.clicks.c.happened_on > since)
        .group_by(me.c.id)
    )
    return {customer_id: int(number) for customer_id, number in connection.execute(query)}


def _page(url: str) -> str:
    """What a link without words is called: the address without its query, which may be personal."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}" or url
