"""Connections are shared, reused and given up as the batches need them."""

from __future__ import annotations

import asyncio
import gc

import pytest

from nurture.delivery import SmtpTransport
from nurture.delivery.smtp import EMAILS_PER_CONNECTION
from nurture.errors import OutsideError
from tests.delivery.emails import deliver, deliver_and_close, numbered
from tests.delivery.relay import CLOSE, PIPELINING, Relay, Said


def test_a_batch_never_opens_more_connections_than_the_settings_allow() -> None:
    async def story() -> None:
        async with Relay() as relay:
            transport = SmtpTransport(relay.settings(connections=4))
            await asyncio.gather(*(deliver(transport, numbered(200)) for _ in range(3)))
            assert relay.most_at_once == 4
            await transport.close()

    asyncio.run(story())


def test_a_small_batch_opens_one_connection() -> None:
    async def story() -> None:
        async with Relay() as relay:
            transport = SmtpTransport(relay.settings(connections=4))
            await deliver_and_close(transport, numbered(EMAILS_PER_CONNECTION))
            assert relay.connections == 1

    asyncio.run(story())


def test_the_next_batch_uses_the_connections_of_the_last() -> None:
    async def story() -> None:
        async with Relay() as relay:
            transport = SmtpTransport(relay.settings(connections=4))
            for _ in range(5):
                await deliver(transport, numbered(5))
            assert relay.connections == 1
            await transport.close()
            assert relay.commands.count("QUIT") == 1

    asyncio.run(story())


def test_a_connection_that_was_closed_while_it_rested_is_not_used() -> None:
    async def story() -> None:
        async with Relay() as relay:
            transport = SmtpTransport(relay.settings())
            await deliver(transport, numbered(2))
            [resting] = transport._resting
            resting.connection.abort()
            outcomes = await deliver(transport, numbered(2))
            assert [(outcome.state, outcome.code) for outcome in outcomes] == [("sent", 250)] * 2
            assert relay.connections == 2
            await transport.close()

    asyncio.run(story())


def test_a_relay_that_takes_few_connections_still_gets_every_email() -> None:
    async def story() -> None:
        open_ones: set[int] = set()

        def answer(said: Said) -> str | None:
            if said.verb == "EHLO" and len(open_ones) >= 1:
                return "421 4.7.0 Too many connections from you"
            open_ones.add(said.connection)
            return None

        async with Relay(PIPELINING, answer) as relay:
            outcomes = await deliver_and_close(SmtpTransport(relay.settings(connections=5)), numbered(100))
            assert {outcome.state for outcome in outcomes} == {"sent"}
            assert len(relay.taken) == 100

    asyncio.run(story())


def test_whoever_stops_listening_leaves_no_email_half_sent() -> None:
    async def story() -> None:
        async with Relay() as relay:
            transport = SmtpTransport(relay.settings(connections=2))
            outcomes = transport.deliver(numbered(100))
            async for _ in outcomes:
                break
            await outcomes.aclose()  # type: ignore[attr-defined]  # it is an async generator
            await transport.close()
            # What was begun has been finished properly, and then each connection was closed with QUIT.
            assert 0 < len(relay.taken) < 100
            assert relay.commands.count("QUIT") == relay.connections
            assert not transport._workers

    asyncio.run(story())
    gc.collect()  # a task nobody has asked about would complain here


def test_emails_on_the_wire_are_in_doubt_and_the_rest_unoffered_when_work_is_cut_off() -> None:
    async def story() -> None:
        cut: list[bool] = []

        def answer(said: Said) -> str | None:
            if said.verb == "." and said.taken == 3 and not cut:
                cut.append(True)
                for task in asyncio.all_tasks():
                    if "SmtpTransport._work" in repr(task.get_coro()):
                        task.cancel()
            return None

        async with Relay(PIPELINING, answer) as relay:
            outcomes = []
            with pytest.raises(asyncio.CancelledError):
                async for outcome in SmtpTransport(relay.settings()).deliver(numbered(10)):
                    outcomes.append((outcome.delivery_id, outcome.state, outcome.offered))
            assert outcomes == [
                *((number, "sent", True) for number in (1, 2, 3)),
                (4, "in_doubt", True),
                *((number, "deferred", False) for number in range(5, 11)),
            ]

    asyncio.run(story())


def test_a_transport_stays_with_the_event_loop_it_began_with() -> None:
    async def first(transport: SmtpTransport) -> None:
        await deliver(transport, [])

    transport = SmtpTransport(Relay().settings())
    asyncio.run(first(transport))
    with pytest.raises(RuntimeError, match="event loop"):
        asyncio.run(first(transport))


def test_a_check_says_what_the_relay_offers_or_why_it_cannot_be_used() -> None:
    async def story() -> None:
        async with Relay(("SIZE 5000", "CHUNKING")) as relay:
            offers = await SmtpTransport(relay.settings()).check()
            assert (offers.size_bytes, offers.chunking, offers.pipelining) == (5000, True, False)
        with pytest.raises(OutsideError) as caught:
            await SmtpTransport(relay.settings()).check()
        assert "config.yaml, smtp" in str(caught.value)
        async with Relay(answer=lambda said: CLOSE if said.verb == "EHLO" else None) as relay:
            with pytest.raises(OutsideError, match="gave up before it took any email"):
                await SmtpTransport(relay.settings()).check()

    asyncio.run(story())
