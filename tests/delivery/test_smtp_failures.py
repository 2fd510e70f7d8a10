"""What becomes of emails when a relay refuses, hangs up, lies or says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from nurture.delivery import Outcome, SmtpTransport
from tests.delivery.emails import deliver, deliver_and_close, email, numbered
from tests.delivery.relay import CHUNKING, CLOSE, HANG, OFFERS, PIPELINING, PLAIN, SHORT, Relay, Said

Summary = list[tuple[str, int | None]]


def run(relay: Relay, count: int = 5, **settings: object) -> list[Outcome]:
    async def story() -> list[Outcome]:
        async with relay:
            return await deliver_and_close(SmtpTransport(relay.settings(**settings)), numbered(count))

    outcomes = asyncio.run(story())
    assert [outcome.delivery_id for outcome in outcomes] == list(range(1, count + 1))
    return outcomes


def summary(outcomes: list[Outcome]) -> Summary:
    return [(outcome.state, outcome.code) for outcome in outcomes]


def when(verb: str, argument: str, reply: str) -> Callable[[Said], str | None]:
    def answer(said: Said) -> str | None:
        return reply if said.verb == verb and argument in said.argument else None

    return answer


SENT = ("sent", 250)


@OFFERS
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.1.1 No such user", Outcome(2, "failed", 550, "5.1.1", "5.1.1 No such user")),
        ("450 4.2.1 Greylisted", Outcome(2, "deferred", 450, "4.2.1", "4.2.1 Greylisted")),
        ("553-5.7.1 One\r\n553 5.7.1 Two", Outcome(2, "failed", 553, "5.7.1", "5.7.1 One 5.7.1 Two")),
    ],
)
def test_a_refused_recipient_touches_no_other_email(
    offers: tuple[str, ...], reply: str, expected: Outcome
) -> None:
    relay = Relay(offers, when("RCPT", "c2@", reply))
    outcomes = run(relay)
    assert outcomes[1] == expected
    assert summary(outcomes[:1] + outcomes[2:]) == [SENT] * 4
    assert [taken.rcpt_to[4:6] for taken in relay.taken] == ["c1", "c3", "c4", "c5"]
    assert relay.connections == 1


@OFFERS
@pytest.mark.parametrize("verb", ["MAIL", "."])
def test_a_refusal_ends_one_email_wherever_it_comes(offers: tuple[str, ...], verb: str) -> None:
    where = "BDAT" if offers == CHUNKING and verb == "." else verb
    refused: list[Said] = []

    def answer(said: Said) -> str | None:
        if said.verb != where or said.taken != 1 or refused:
            return None
        refused.append(said)
        return "554 5.6.0 Not that one"

    relay = Relay(offers, answer)
    assert summary(run(relay)) == [SENT, ("failed", 554), SENT, SENT, SENT]
    assert len(relay.taken) == 4


def test_data_consented_to_after_a_refused_recipient_is_ended_with_a_lone_dot() -> None:
    refuse = when("RCPT", "c2@", "550 5.1.1 No such user")

    def answer(said: Said) -> str | None:
        return (
            "354 Go on anyway"
            if said.verb == "DATA" and relay.commands[-2].endswith("c2@customer.example>")
            else refuse(said)
        )

    relay = Relay(PIPELINING, answer)
    assert summary(run(relay)) == [SENT, ("failed", 550), SENT, SENT, SENT]
    assert len(relay.taken) == 4
    assert "RSET" in relay.commands


@OFFERS
def test_a_silent_close_between_two_emails_is_nothing_special(offers: tuple[str, ...]) -> None:
    relay = Relay(offers, lambda said: CLOSE if said.verb == "MAIL" and said.taken == 2 else None)
    assert summary(run(relay, 7)) == [SENT] * 7
    assert len(relay.taken) == 7
    assert relay.connections == 4


@OFFERS
def test_a_session_limit_told_by_421_is_nothing_special(offers: tuple[str, ...]) -> None:
    def answer(said: Said) -> str | None:
        return "421 4.7.0 Too many in this session" if said.verb == "MAIL" and said.taken == 3 else None

    relay = Relay(offers, answer)
    assert summary(run(relay, 7)) == [SENT] * 7
    assert relay.connections == 3


@OFFERS
def test_a_relay_gone_before_it_asks_for_the_body_is_asked_again(offers: tuple[str, ...]) -> None:
    relay = Relay(offers, lambda said: CLOSE if said.verb == "RCPT" and said.connection == 1 else None)
    assert summary(run(relay)) == [SENT] * 5
    assert len(relay.taken) == 5


def test_a_relay_gone_before_354_is_asked_again() -> None:
    relay = Relay(PIPELINING, lambda said: CLOSE if said.verb == "DATA" and said.connection == 1 else None)
    assert summary(run(relay)) == [SENT] * 5
    assert len(relay.taken) == 5


@OFFERS
def test_a_relay_gone_after_the_body_leaves_that_email_in_doubt_and_no_other(offers: tuple[str, ...]) -> None:
    end = "BDAT" if offers == CHUNKING else "."
    relay = Relay(
        offers, lambda said: CLOSE if said.verb == end and (said.connection, said.taken) == (1, 2) else None
    )
    outcomes = run(relay)
    assert summary(outcomes) == [SENT, SENT, ("in_doubt", None), SENT, SENT]
    assert outcomes[2].reply == "The body was sent and no reply came: it closed the connection"


def test_no_reply_to_the_body_in_time_is_in_doubt_never_failed() -> None:
    relay = Relay(PIPELINING, lambda said: HANG if said.verb == "." and said.connection == 1 else None)
    outcomes = run(relay, 2, timeouts=replace(SHORT, final_seconds=0.1))
    assert summary(outcomes) == [("in_doubt", None), SENT]
    assert outcomes[0].reply.endswith("it did not answer within 0.1 seconds")


def test_a_421_instead_of_the_reply_to_a_body_defers_that_email() -> None:
    relay = Relay(
        PIPELINING, lambda said: "421 4.3.2 Shutting down" if said.verb == "." and said.taken == 1 else None
    )
    outcomes = run(relay, 2)
    assert summary(outcomes) == [SENT, ("deferred", 421)]


def test_an_email_that_ends_every_connection_does_not_hold_up_the_others() -> None:
    relay = Relay(PIPELINING, when("RCPT", "c2@", CLOSE))
    outcomes = run(relay)
    assert summary(outcomes) == [SENT, ("deferred", None), SENT, SENT, SENT]
    assert outcomes[1].offered
    assert "3 connections" in outcomes[1].reply


def test_a_relay_that_answers_nothing_any_more_leaves_the_rest_unoffered() -> None:
    relay = Relay(PIPELINING, lambda said: CLOSE if said.verb == "MAIL" else None)
    outcomes = run(relay, 20)
    assert {(outcome.state, outcome.code) for outcome in outcomes} == {("deferred", None)}
    assert sum(not outcome.offered for outcome in outcomes) == 19
    assert relay.connections == 3


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"554 5.7.1 Go away\r\n", "does not take emails now: 554 5.7.1 Go away"),
        (b"421 4.7.0 Too many connections\r\n", "421 4.7.0 Too many connections"),
        (b"HTTP/1.1 400 Bad Request\r\n", "gave up before it took any email: it answered with a line that"),
        (b"220-" + b"x" * 100_000, "a reply line without an end"),
        (b"220-more\r\n" * 1000, "a reply of too many lines"),
        (b"220-one\r\n250 two\r\n", "changes its code half-way"),
        (b"220 ready\r\n250 unasked\r\n", "spoke out of turn"),
    ],
)
def test_a_relay_that_does_not_greet_us_properly_is_never_offered_an_email(
    greeting: bytes, reason: str
) -> None:
    relay = Relay(greeting=greeting)
    outcomes = run(relay, 2)
    assert [(outcome.state, outcome.code, outcome.offered) for outcome in outcomes] == [
        ("deferred", None, False)
    ] * 2
    assert reason in outcomes[0].reply
    assert not any(command.startswith("MAIL") for command in relay.commands)


def test_a_relay_that_wants_a_login_burns_no_email() -> None:
    relay = Relay(PIPELINING, when("MAIL", "", "530 5.7.0 Authentication required"))
    outcomes = run(relay)
    assert [(outcome.state, outcome.offered) for outcome in outcomes] == [("deferred", False)] * 5
    assert "Check smtp.user" in outcomes[0].reply


def test_a_reply_out_of_turn_is_never_taken_for_the_reply_to_a_body() -> None:
    def answer(said: Said) -> str | None:
        if said.connection == 1 and said.verb == "DATA":
            return "354 Go on\r\n250 2.0.0 Taken, believe me"
        return None

    relay = Relay(PLAIN, answer)
    outcomes = run(relay, 2)
    assert summary(outcomes) == [SENT, SENT]
    assert len(relay.taken) == 2
    assert relay.connections == 2


def test_nobody_listening_leaves_everything_unoffered_with_a_reason() -> None:
    async def story() -> list[Outcome]:
        async with Relay() as relay:
            settings = relay.settings()
        return await deliver_and_close(SmtpTransport(settings), numbered(30))

    outcomes = asyncio.run(story())
    assert {(outcome.state, outcome.code, outcome.offered) for outcome in outcomes} == {
        ("deferred", None, False)
    }
    assert "cannot be reached" in outcomes[0].reply
    assert "Check smtp.host and smtp.port" in outcomes[0].reply


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example", "a..b"])
def test_a_name_that_leads_nowhere_is_told_not_raised(host: str) -> None:
    async def story() -> list[Outcome]:
        async with Relay() as relay:
            return await deliver_and_close(SmtpTransport(relay.settings(host=host)), [email()])

    [outcome] = asyncio.run(story())
    assert (outcome.state, outcome.offered) == ("deferred", False)
    assert f"{host}:" in outcome.reply


def test_control_characters_of_a_relay_are_not_passed_on() -> None:
    relay = Relay(PLAIN, when("RCPT", "", "550 5.1.1 \x1b[31mred\x07 alert"))
    [outcome] = run(relay, 1)
    assert outcome.reply == "5.1.1  [31mred  alert"


def test_a_transport_recovers_when_the_relay_does() -> None:
    async def story() -> Summary:
        ill = True
        async with Relay(PIPELINING, lambda said: CLOSE if ill and said.verb == "EHLO" else None) as relay:
            transport = SmtpTransport(relay.settings())
            first = await deliver(transport, numbered(1))
            ill = False
            second = await deliver(transport, numbered(1))
            await transport.close()
        return summary(first + second)

    assert asyncio.run(story()) == [("deferred", None), SENT]
