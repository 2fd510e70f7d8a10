"""The timeline: everything that happened with one customer, newest first, and nothing of others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nurture.config import Workspace
from nurture.reports import TimelineEvent, timeline
from nurture.store import Store
from nurture.store import tables as t
from tests.reports.world import AT, World

TODAY = date(2026, 11, 2)


@pytest.fixture
def world(store: Store, workspace: Workspace) -> World:
    return World(store, workspace)


def events(world: World, customer: int, limit: int = 200) -> tuple[TimelineEvent, ...]:
    with world.store.read() as connection:
        return timeline(connection, customer, world.workspace.zone, limit)


def test_a_whole_history_stands_newest_first(world: World) -> None:
    customer, other = world.customer("a@x.example"), world.customer("b@x.example")
    run = world.run()
    price = world.link(run, 0, "https://x.example/price", label="価格表")
    email = (world.delivery(run, customer), run, customer)
    world.delivery(run, other)
    world.hit(email, None, AT + timedelta(minutes=1), kind="open")
    world.hit(email, price, AT + timedelta(seconds=1), verdict="scanner")
    world.click(email, price, "https://x.example/price", AT + timedelta(days=1))
    world.purchase(customer, date(2026, 11, 3), "12.50")
    world.activity(customer, "inquiry", AT - timedelta(days=3), "納期")
    world.add(
        t.consents,
        customer_id=customer,
        basis="business_card",
        given_on=date(2026, 1, 5),
        evidence="展示会",
        created_at=AT,
    )
    world.suppress("a@x.example", "unsubscribed", AT + timedelta(days=2))
    world.add(
        t.lead_changes,
        customer_id=customer,
        old_state=None,
        new_state="warm",
        reasons=["clicked"],
        at=AT + timedelta(days=1, hours=1),
    )
    assert events(world, customer) == (
        TimelineEvent(date(2026, 11, 4), AT + timedelta(days=2), "suppressed", "unsubscribed", ""),
        TimelineEvent(
            date(2026, 11, 3), AT + timedelta(days=1, hours=1), "lead", "no lead → warm", "clicked"
        ),
        TimelineEvent(
            date(2026, 11, 3),
            AT + timedelta(days=1),
            "clicked",
            "価格表",
            "newsletter: https://x.example/price",
        ),
        TimelineEvent(date(2026, 11, 3), None, "bought", "軸受", "12.50 JPY"),
        TimelineEvent(
            TODAY,
            AT + timedelta(minutes=1),
            "opened",
            "newsletter",
            "unreliable: a mail program loaded the pictures",
        ),
        TimelineEvent(TODAY, AT + timedelta(seconds=1), "scanned", "価格表", "tested"),
        TimelineEvent(TODAY, AT, "received", "newsletter", ""),
        TimelineEvent(date(2026, 10, 30), AT - timedelta(days=3), "did", "inquiry", "納期"),
        TimelineEvent(date(2026, 1, 5), None, "consented", "business_card", "展示会"),
    )


def test_a_day_is_a_day_of_the_workspace(world: World) -> None:
    customer, run = world.customer("a@x.example"), world.run()
    world.delivery(run, customer, sent_at=AT.replace(hour=15, minute=30))
    assert [event.on for event in events(world, customer)] == [date(2026, 11, 3)]


def test_a_bounced_email_went_out_and_then_came_back(world: World) -> None:
    customer, run = world.customer("a@x.example"), world.run()
    back = AT + timedelta(minutes=5)
    world.delivery(run, customer, "bounced", reason="no such user", ended_at=back)
    assert events(world, customer) == (
        TimelineEvent(TODAY, back, "bounced", "newsletter", "no such user"),
        TimelineEvent(TODAY, AT, "received", "newsletter", ""),
    )


def test_what_was_held_says_why_and_what_still_waits_is_no_event(world: World) -> None:
    customer = world.customer("a@x.example")
    world.delivery(world.run("a"), customer, "held", reason="unsubscribed")
    world.delivery(world.run("b"), customer, "queued")
    assert events(world, customer) == (TimelineEvent(TODAY, AT, "held", "a", "unsubscribed"),)


def test_a_long_history_is_cut_at_the_old_end(world: World) -> None:
    customer = world.customer("a@x.example")
    for days in range(5):
        world.activity(customer, "visit", AT - timedelta(days=days))
    assert [event.on.day for event in events(world, customer, limit=2)] == [2, 1]
