"""A small world for tests of reports and leads: rows put straight into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Table, insert

from nurture import clock
from nurture.config import Workspace
from nurture.store import Store, totals
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key

AT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 10:00 on a Monday in Tokyo


@dataclass
class World:
    """Puts rows into a store and gives back their ids."""

    store: Store
    workspace: Workspace

    def __post_init__(self) -> None:
        self.numbers = count(1)

    def add(self, table: Table, **values: Any) -> int:
        with self.store.write() as connection:
            key = next(iter(table.primary_key.columns))
            return int(connection.execute(insert(table).values(values).returning(key)).scalar_one())

    def company(self, name: str, **values: Any) -> int:
        base = {"match_key": name, "attributes": {}, "created_at": AT, "updated_at": AT}
        return self.add(t.companies, name=name, **base | values)

    def customer(self, email: str, **values: Any) -> int:
        base = {
            "email_key": email_key(email),
            "address_hash": address_hash(email),
            "tracking": True,
            "attributes": {},
            "created_at": AT,
            "updated_at": AT,
        }
        found = self.add(t.customers, email=email, **base | values)
        with self.store.write() as connection:
            totals.add_customers(connection, [found])
        return found

    def run(self, campaign: str = "newsletter", occurrence: str = "2026-11", **values: Any) -> int:
        base = {
            "state": "finished",
            "definition": {},
            "content_hash": "",
            "on_doubt": "resend",
            "due_at": AT,
            "accepted_at": AT,
        }
        found = self.add(t.runs, campaign=campaign, occurrence=occurrence, **base | values)
        self.add(t.run_emails, run_id=found, step=0, template=campaign, compiled={})
        return found

    def link(self, run: int, slot: int, url: str, key: str | None = None, **values: Any) -> int:
        base = {"step": 0, "label": ""} | values
        return self.add(t.links, run_id=run, slot=slot, url=url, key=key or str(slot), **base)

    def delivery(self, run: int, customer: int, state: str = "sent", **values: Any) -> int:
        sent_at = AT if state in ("sent", "delivered", "bounced", "complained") else None
        base = {
            "step": 0,
            "occurrence": "",
            "due_at": AT,
            "accepted_at": AT,
            "sent_at": sent_at,
            "attempts": 1,
        }
        return self.add(t.deliveries, run_id=run, customer_id=customer, state=state, **base | values)

    def hit(
        self,
        delivery: tuple[int, int, int],
        link: int | None,
        at: datetime,
        *,
        kind: str = "click",
        verdict: str | None = None,
        version: int = 1,
    ) -> int:
        """A raw hit on an email given as (delivery, run, customer), with a verdict on it or without."""
        found = self.add(
            t.hits,
            uid=f"hit-{next(self.numbers)}",
            delivery_id=delivery[0],
            run_id=delivery[1],
            customer_id=delivery[2],
            link_id=link,
            kind=kind,
            at=at,
            happened_on=clock.day(at, self.workspace.zone),
            method="GET",
            headers={},
            user_agent="",
            network="",
        )
        if verdict is not None:
            self.verdict(found, verdict, version)
        return found

    def verdict(self, hit: int, verdict: str, version: int = 1, reasons: Sequence[str] = ("tested",)) -> None:
        self.add(
            t.verdicts,
            hit_id=hit,
            version=version,
            verdict=verdict,
            reasons=list(reasons),
            settled=True,
            judged_at=AT,
        )

    def click(
        self,
        delivery: tuple[int, int, int],
        link: int,
        url: str,
        at: datetime,
        campaign: str = "newsletter",
        tag: str | None = None,
    ) -> int:
        """A hit judged human, the click that came of it, and the totals that follow from it."""
        hit = self.hit(delivery, link, at, verdict="human")
        found = self.add(
            t.clicks,
            hit_id=hit,
            delivery_id=delivery[0],
            run_id=delivery[1],
            customer_id=delivery[2],
            link_id=link,
            campaign=campaign,
            template=campaign,
            url=url,
            tag=tag,
            at=at,
            happened_on=clock.day(at, self.workspace.zone),
        )
        with self.store.write() as connection:
            totals.refresh(connection, [delivery[2]], ["clicks"])
        return found

    def purchase(self, customer: int, on: date, amount: str = "1000", product: str = "軸受") -> int:
        found = self.add(
            t.purchases,
            customer_id=customer,
            product=product,
            amount=Decimal(amount),
            currency="JPY",
            purchased_on=on,
            external_id=str(next(self.numbers)),
            created_at=AT,
        )
        with self.store.write() as connection:
            totals.refresh(connection, [customer], ["purchases"])
        return found

    def activity(self, customer: int, kind: str, at: datetime, detail: str | None = None) -> int:
        found = self.add(
            t.activities,
            customer_id=customer,
            kind=kind,
            happened_at=at,
            happened_on=clock.day(at, self.workspace.zone),
            detail=detail,
            data={},
            external_id=str(next(self.numbers)),
            created_at=AT,
        )
        with self.store.write() as connection:
            totals.refresh(connection, [customer], ["activities"])
        return found

    def suppress(self, email: str, reason: str, at: datetime) -> int:
        return self.add(t.suppressions, address_hash=address_hash(email), email=email, reason=reason, at=at)
