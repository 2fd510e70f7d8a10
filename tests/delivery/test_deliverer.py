"""Delivering a batch: every claimed row gets exactly one outcome, and the row says which."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from nurture.campaigns import load_campaign, start_campaign
from nurture.config import Workspace
from nurture.delivery.deliverer import Deliverer
from nurture.delivery.memory import ACCEPTED, LOST, PUT_OFF, REFUSED, Answer, MemoryTransport
from nurture.delivery.smtp import SmtpTransport
from nurture.delivery.smtp_settings import SmtpSettings
from nurture.delivery.transport import OutgoingEmail, Transport
from nurture.outbox import Batch
from nurture.outbox.sweep import beat, sweep
from nurture.store import Store
from nurture.store import tables as t
from tests.stories.shop import CAMPAIGN, SEGMENT, TEMPLATE
from tests.world import AT, TODAY, customer, states

ALL = Batch(1, 1, 1000)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


class World:
    """A started campaign, and a deliverer on a transport of the test's choice."""

    def __init__(self, workspace: Workspace, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self.workspace, self.store, self.loop = workspace, store, loop
        for name, text in (
            ("segments/everyone.yaml", SEGMENT),
            ("templates/emails/news.mjml", TEMPLATE),
            ("campaigns/news.yaml", CAMPAIGN),
        ):
            path = workspace.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def template(self, old: str, new: str) -> None:
        path = self.workspace.root / "templates/emails/news.mjml"
        path.write_text(TEMPLATE.replace(old, new), encoding="utf-8")

    def start(self, *names: str, **values: Any) -> None:
        with self.store.write() as connection:
            for name in names:
                customer(connection, f"{name}@x.example", family_name=name, **values)
        start_campaign(self.store, self.workspace, load_campaign(self.workspace, "news"), AT)

    def deliver(self, transport: Transport) -> Deliverer:
        with self.store.write() as connection:
            beat(connection, "w", AT)
        deliverer = Deliverer(self.workspace, self.store, transport, self.loop, "w")
        deliverer.deliver(ALL)
        return deliverer

    def states(self) -> list[str]:
        with self.store.read() as connection:
            return states(connection)

    def reasons(self) -> list[str | None]:
        with self.store.read() as connection:
            return list(connection.scalars(select(t.deliveries.c.reason).order_by(t.deliveries.c.id)))


@pytest.fixture
def world(workspace: Workspace, sqlite_store: Store, loop: asyncio.AbstractEventLoop) -> World:
    return World(workspace, sqlite_store, loop)


def to(answers: dict[str, Answer]) -> MemoryTransport:
    """A relay that answers by the local part of the recipient."""
    return MemoryTransport(lambda email: answers.get(email.rcpt_to.partition("@")[0], ACCEPTED))


def test_each_answer_of_the_relay_ends_in_its_state(world: World) -> None:
    world.start("fine", "gone", "later", "lost")
    world.deliver(to({"gone": REFUSED, "later": PUT_OFF, "lost": LOST}))
    assert world.states() == ["sent", "failed", "deferred", "in_doubt"]
    with world.store.read() as connection:
        assert connection.scalars(select(t.doubts.c.delivery_id)).all() == [4]
        first = connection.execute(select(t.deliveries.c.address, t.deliveries.c.code)).first()
        assert first is not None
        assert tuple(first) == ("fine@x.example", 250)


def test_an_email_that_cannot_be_made_is_held_and_the_others_go_out(world: World) -> None:
    world.template("技術情報", "{{ customer.title.upper() }}")
    with world.store.write() as connection:
        customer(connection, "titled@x.example", title="manager")
    world.start("untitled")
    world.deliver(MemoryTransport())
    assert world.states() == ["sent", "held"]
    reason = world.reasons()[1]
    assert reason is not None
    assert reason.startswith("templates/emails/news.mjml, line 11")


def test_the_address_of_today_counts(world: World) -> None:
    world.start("a")
    with world.store.write() as connection:
        connection.execute(t.customers.update().values(email="b@x.example"))
    transport = MemoryTransport()
    world.deliver(transport)
    assert [one.rcpt_to for one in transport.emails] == ["b@x.example"]


def test_every_attempt_carries_the_same_message_id_and_date(world: World) -> None:
    world.start("a")
    transport = to({"a": LOST})
    world.deliver(transport)
    with world.store.write() as connection:
        sweep(connection, AT, today=TODAY, max_attempts=8)
    world.deliver(transport)
    first, second = (email.message_from_bytes(raw, policy=email.policy.default) for raw in transport.contents)
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


def test_a_link_with_customer_data_leads_somewhere_before_the_email_leaves(world: World) -> None:
    world.template("https://shop.example/blog", "https://shop.example/?of={{ customer.family_name }}")
    known: list[list[str]] = []

    def rule(_: OutgoingEmail) -> Answer:
        with world.store.read() as connection:
            known.append(sorted(connection.scalars(select(t.links.c.url))))
        return ACCEPTED

    world.start("a")
    world.deliver(MemoryTransport(rule))
    assert known == [["https://shop.example/?of=a", "https://shop.example/price"]]


def test_whoever_is_not_to_be_tracked_gets_plain_links_and_no_pixel(world: World) -> None:
    world.start("a", tracking=False)
    transport = MemoryTransport()
    world.deliver(transport)
    message = email.message_from_bytes(transport.contents[0], policy=email.policy.default)
    body = message.get_body(("html",))
    assert body is not None
    content = body.get_content()
    assert "https://shop.example/price" in content
    assert "/c/" not in content
    assert "/o/" not in content
    assert "/u/" in content


def test_a_run_that_mostly_fails_stops_itself_and_says_why(world: World) -> None:
    limits = world.workspace.config.sending.model_copy(update={"stop_after": 4, "stop_at_failed_percent": 50})
    config = world.workspace.config.model_copy(update={"sending": limits})
    world.workspace = Workspace(
        world.workspace.root, config, world.workspace.secrets, world.workspace.document
    )
    world.start("a", "b", "c", "d")
    world.deliver(MemoryTransport(lambda _: REFUSED))
    with world.store.read() as connection:
        state, reason = connection.execute(select(t.runs.c.state, t.runs.c.reason)).one()
    assert state == "stopped"
    assert reason == "4 of the first 4 emails were refused for good; the limit is 50 %"


def test_a_relay_that_cannot_be_reached_is_left_alone_for_a_while(world: World, unused_port: int) -> None:
    world.start("a", "b")
    settings = SmtpSettings(host="127.0.0.1", port=unused_port)
    deliverer = world.deliver(SmtpTransport(settings))
    assert world.states() == ["queued", "queued"]
    assert deliverer.rest.resting
    deliverer.deliver(ALL)
    with world.store.read() as connection:
        assert connection.scalars(select(t.deliveries.c.attempts)).all() == [0, 0]


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_worker_that_is_stopping_takes_nothing_new(world: World) -> None:
    world.start("a")
    transport = MemoryTransport()
    deliverer = Deliverer(world.workspace, world.store, transport, world.loop, "w")
    deliverer.stopping.set()
    deliverer.deliver(ALL)
    assert world.states() == ["queued"]
