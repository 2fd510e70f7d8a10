"""The smallest world in which a reader can follow a link: a customer, a run, its links, a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from nurture.store import Store
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key
from nurture.tracking.hits import Hit, Kind

SENT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
URLS = tuple(f"https://www.sample.example/page-{number}" for number in range(6))
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"


def add(store: Store, table: Table, **values: Any) -> int:
    with store.write() as connection:
        return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


def add_customer(store: Store, email: str, **values: Any) -> int:
    row = {
        "email": email,
        "email_key": email_key(email),
        "address_hash": address_hash(email),
        "tracking": True,
        "attributes": {},
        "created_at": SENT,
        "updated_at": SENT,
    }
    return add(store, t.customers, **row | values)


def add_consent(store: Store, customer_id: int, basis: str = "opt_in") -> int:
    return add(
        store, t.consents, customer_id=customer_id, basis=basis, given_on=date(2025, 4, 1), created_at=SENT
    )


def add_run(store: Store, urls: Sequence[str] = URLS, campaign: str = "newsletter") -> int:
    run_id = add(
        store,
        t.runs,
        campaign=campaign,
        occurrence="2026-11-02",
        state="running",
        on_doubt="resend",
        definition={},
        content_hash="",
        due_at=SENT,
        accepted_at=SENT,
    )
    with store.write() as connection:
        variant = {"links": [{"slot": slot} for slot in range(len(urls))]}
        compiled = {"variants": {"ja": variant}}
        connection.execute(
            insert(t.run_emails).values(run_id=run_id, step=0, template="news", compiled=compiled)
        )
        links = [
            {"run_id": run_id, "step": 0, "key": str(slot), "slot": slot, "url": url, "label": ""}
            for slot, url in enumerate(urls)
        ]
        connection.execute(insert(t.links), links)
    return run_id


def add_delivery(store: Store, run_id: int, customer_id: int, **values: Any) -> int:
    row = {
        "run_id": run_id,
        "step": 0,
        "customer_id": customer_id,
        "occurrence": "",
        "state": "sent",
        "due_at": SENT,
        "accepted_at": SENT,
        "attempts": 1,
        "sent_at": SENT,
    }
    return add(store, t.deliveries, **row | values)


def hit(
    uid: str, delivery_id: int, seconds: float, key: str = "0", kind: Kind = "click", **values: Any
) -> Hit:
    """A hit some seconds after the email was sent."""
    at = SENT + timedelta(seconds=seconds)
    defaults: dict[str, Any] = {"method": "GET", "user_agent": CHROME, "network": "198.51.100.0/24"}
    return Hit(uid, delivery_id, kind, at, key=key if kind == "click" else "", **defaults | values)
