"""What every transport promises: one suite, run on the transport in memory and on SMTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from nurture.delivery import (
    MemoryTransport,
    Outcome,
    OutgoingEmail,
    SmtpSettings,
    SmtpTransport,
    Transport,
)
from nurture.delivery.memory import ACCEPTED, LOST, PUT_OFF, REFUSED, Answer
from tests.delivery.emails import deliver, email, numbered
from tests.delivery.relay import CLOSE, Relay, Said

TOLD = {"refused@": REFUSED, "later@": PUT_OFF, "lost@": LOST}


@dataclass
class World:
    """A transport, and what has reached the other side of it."""

    transport: Transport
    arrived: Callable[[], list[bytes]]


@asynccontextmanager
async def memory(smtputf8: bool = True) -> AsyncIterator[World]:
    def rule(one: OutgoingEmail) -> Answer:
        return next((answer for start, answer in TOLD.items() if one.rcpt_to.startswith(start)), ACCEPTED)

    transport = MemoryTransport(rule, smtputf8=smtputf8)
    yield World(transport, lambda: transport.contents)
    await transport.close()


@asynccontextmanager
async def smtp(smtputf8: bool = True) -> AsyncIterator[World]:
    recipients: dict[int, str] = {}

    def answer(said: Said) -> str | None:
        if said.verb == "RCPT":
            recipients[said.connection] = said.argument.removeprefix("TO:<")
            for start, told in TOLD.items():
                if told.code is not None and recipients[said.connection].startswith(start):
                    return f"{told.code} {told.text}"
        lost = said.verb == "." and recipients[said.connection].startswith("lost@")
        return CLOSE if lost else None

    # Without PIPELINING: with it the relay reads the next recipient only after it has answered this body.
    offers = ("8BITMIME", "SMTPUTF8") if smtputf8 else ("8BITMIME",)
    async with Relay(offers, answer) as relay:
        transport = SmtpTransport(relay.settings(connections=3))
        yield World(transport, lambda: [taken.content for taken in relay.taken])
        await transport.close()


MakeWorld = Callable[..., AbstractAsyncContextManager[World]]
WORLDS = pytest.mark.parametrize("make", [memory, smtp])


@WORLDS
def test_every_email_gets_exactly_one_outcome_and_arrives_once(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            emails = numbered(40)
            outcomes = await deliver(world.transport, emails)
            assert [
                (outcome.delivery_id, outcome.state, outcome.code, outcome.enhanced) for outcome in outcomes
            ] == [(one.delivery_id, "sent", 250, "2.0.0") for one in emails]
            assert sorted(world.arrived()) == sorted(one.content(True) for one in emails)

    asyncio.run(story())


@WORLDS
def test_the_three_other_ends_are_told_apart(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            emails = [
                email(number, f"{name}@customer.example")
                for number, name in enumerate(["refused", "a", "later", "b", "lost", "c"], start=1)
            ]
            outcomes = await deliver(world.transport, emails)
            assert outcomes[0] == Outcome(1, "failed", 550, "5.1.1", "5.1.1 No such user here")
            assert outcomes[2] == Outcome(3, "deferred", 451, "4.7.1", "4.7.1 Try again later")
            assert outcomes[4] == Outcome(
                5, "in_doubt", reply="The body was sent and no reply came: it closed the connection"
            )
            assert [outcomes[number].state for number in (1, 3, 5)] == ["sent"] * 3

    asyncio.run(story())


@WORLDS
def test_an_address_that_needs_smtputf8_fails_where_it_is_not_offered(make: MakeWorld) -> None:
    async def story() -> None:
        async with make(smtputf8=False) as world:
            emails = [email(1, "花子@customer.example"), email(2)]
            outcomes = await deliver(world.transport, emails)
            reason = "The relay does not offer SMTPUTF8, which this email's addresses need"
            assert outcomes[0] == Outcome(1, "failed", None, "5.6.7", reason)
            assert world.arrived() == [emails[1].content(True)]

    asyncio.run(story())


@WORLDS
def test_no_emails_give_no_outcomes(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            assert await deliver(world.transport, []) == []

    asyncio.run(story())


@WORLDS
def test_calls_at_the_same_time_each_get_their_own_outcomes(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            emails = numbered(60)
            shares = await asyncio.gather(
                *(deliver(world.transport, emails[start : start + 20]) for start in (0, 20, 40))
            )
            assert [[outcome.delivery_id for outcome in share] for share in shares] == [
                list(range(start, start + 20)) for start in (1, 21, 41)
            ]
            assert len(world.arrived()) == 60

    asyncio.run(story())


@WORLDS
def test_after_close_nothing_is_offered_any_more(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            await deliver(world.transport, numbered(1))
            await world.transport.close()
            outcomes = await deliver(world.transport, numbered(3))
            assert [(outcome.state, outcome.code, outcome.offered) for outcome in outcomes] == [
                ("deferred", None, False)
            ] * 3
            assert len(world.arrived()) == 1

    asyncio.run(story())


@WORLDS
def test_closing_in_mid_batch_still_gives_every_email_its_outcome(make: MakeWorld) -> None:
    async def story() -> None:
        async with make() as world:
            emails = numbered(200)
            outcomes: list[Outcome] = []
            closing: asyncio.Task[None] | None = None
            async for outcome in world.transport.deliver(emails):
                outcomes.append(outcome)
                if closing is None:
                    closing = asyncio.create_task(world.transport.close())
            assert closing is not None
            await closing
            assert sorted(outcome.delivery_id for outcome in outcomes) == list(range(1, 201))
            sent = [outcome for outcome in outcomes if outcome.state == "sent"]
            assert len(world.arrived()) == len(sent) < 200
            assert {(outcome.state, outcome.offered) for outcome in outcomes} == {
                ("sent", True),
                ("deferred", False),
            }

    asyncio.run(story())


def test_another_maker_s_server_gets_every_octet_as_it_was_built() -> None:
    """aiosmtpd as it comes, which shares no line with our client or with the relay of these tests."""
    arrived: list[tuple[str, list[str], bytes]] = []

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
            arrived.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 2.0.0 Ok"

    async def story() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(Handler(), hostname="localhost", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        transport = SmtpTransport(SmtpSettings(port=port, connections=1))
        outcomes = await deliver(transport, emails)
        await transport.close()
        server.close()
        assert {outcome.state for outcome in outcomes} == {"sent"}

    emails = [
        *numbered(5),
        email(6, "花子@customer.example"),
        email(7, "taro..sato@mobile.example"),
        email(8, text=".\n..\r\n.x", html=".\n" * 20),
        email(9, html="あ" * 3000, mail_from=""),
    ]
    asyncio.run(story())
    assert [content for _, _, content in arrived] == [one.content(True) for one in emails]
    # It takes the quotes off an address that had to have them.
    bare = [[one.rcpt_to.replace('"', "")] for one in emails]
    assert [recipients for _, recipients, _ in arrived] == bare
