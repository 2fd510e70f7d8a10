"""Plan, start, pause, resume, cancel, and what the status says in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from nurture.campaigns import (
    campaign_status,
    cancel,
    load_campaign,
    pause,
    plan_campaign,
    resume,
    start_campaign,
)
from nurture.config import Workspace
from nurture.errors import InputError
from nurture.store import Store
from nurture.store import tables as t
from tests.stories.shop import TEMPLATE
from tests.world import AT, customer, customers, states, suppress


def test_a_plan_is_what_a_start_accepts(office: Workspace, store: Store) -> None:
    campaign = load_campaign(office, "news")
    with store.write() as connection:
        customers(connection, 3)
        suppress(connection, "p1@x.example")
        planned = plan_campaign(connection, office, campaign, AT)
    accepted = start_campaign(store, office, campaign, AT)
    assert (planned.owed, planned.held) == (accepted.owed, accepted.held)
    assert (planned.owed, planned.held) == (2, {"suppressed:unsubscribed": 1})
    with store.read() as connection:
        again = plan_campaign(connection, office, campaign, AT)
        assert (again.owed, again.held, again.accepted) == (0, {}, True)


def test_whoever_is_excluded_owes_us_nothing_and_gets_nothing(office: Workspace, store: Store) -> None:
    (office.segments / "rivals.yaml").write_text("where: {email: {ends_with: rival.example}}", "utf-8")
    text = "audience: everyone\nexclude: [rivals]\nsteps: [{send: news}]"
    (office.campaigns / "news.yaml").write_text(text, encoding="utf-8")
    with store.write() as connection:
        customer(connection, "a@x.example")
        customer(connection, "b@rival.example")
    assert start_campaign(store, office, load_campaign(office, "news"), AT).owed == 1


def test_what_was_started_does_not_change_when_its_files_do(office: Workspace, store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
    start_campaign(store, office, load_campaign(office, "news"), AT)
    (office.templates / "news.mjml").write_text("broken", encoding="utf-8")
    with store.read() as connection:
        (compiled,) = connection.scalars(select(t.run_emails.c.compiled))
        assert "価格表を見る" in str(compiled)
        assert connection.scalars(select(t.links.c.url).order_by(t.links.c.slot)).all() == [
            "https://shop.example/price",
            "https://shop.example/blog",
        ]


def test_an_email_without_an_unsubscribe_link_does_not_start(office: Workspace, sqlite_store: Store) -> None:
    without = TEMPLATE.replace('<a href="{{ unsubscribe_url }}">配信停止</a>', "")
    (office.templates / "news.mjml").write_text(without, encoding="utf-8")
    with pytest.raises(InputError, match="unsubscribe"):
        start_campaign(sqlite_store, office, load_campaign(office, "news"), AT)


def test_pause_resume_and_cancel(office: Workspace, store: Store) -> None:
    with store.write() as connection:
        customers(connection, 2)
    start_campaign(store, office, load_campaign(office, "news"), AT)
    with store.write() as connection:
        pause(connection, "news")
        assert campaign_status(connection, "news", AT).state == "paused"
        resume(connection, "news")
        assert campaign_status(connection, "news", AT).state == "running"
        assert cancel(connection, "news", AT) == 2
        assert states(connection) == ["cancelled", "cancelled"]
        with pytest.raises(InputError, match="This campaign is cancelled"):
            resume(connection, "news")


def test_a_campaign_that_never_started_cannot_be_paused(store: Store) -> None:
    with pytest.raises(InputError, match="has not been started"), store.write() as connection:
        pause(connection, "news")


def test_the_status_counts_rows_and_says_why(office: Workspace, store: Store) -> None:
    with store.write() as connection:
        customers(connection, 4)
        suppress(connection, "p4@x.example")
    campaign = load_campaign(office, "news")
    with store.read() as connection:
        assert campaign_status(connection, "news", AT, campaign).state == "ready"
    start_campaign(store, office, campaign, AT)
    row = t.deliveries.c
    with store.write() as connection:
        sent = {"state": "sent", "sent_at": AT}
        connection.execute(update(t.deliveries).where(row.customer_id == 1).values(sent))
        later = {"state": "deferred", "reason": "451 busy", "due_at": AT + timedelta(minutes=1)}
        connection.execute(update(t.deliveries).where(row.customer_id == 2).values(later))
        found = campaign_status(connection, "news", AT + timedelta(seconds=10))
    assert {state: number for state, number in found.counts.items() if number} == {
        "queued": 1,
        "sent": 1,
        "deferred": 1,
        "held": 1,
    }
    assert found.reasons == {"held": {"suppressed:unsubscribed": 1}, "deferred": {"451 busy": 1}}
    assert found.rate == pytest.approx(0.1)
    assert found.next_due_at == AT + timedelta(minutes=1)
