"""How the client speaks to a relay that behaves: which commands, in which flights."""

from __future__ import annotations

import asyncio
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from nurture.delivery import Outcome, SmtpTransport
from nurture.delivery.smtp_dialogue import _stuffed
from nurture.delivery.smtp_reply import Reply, ReplyReader
from tests.delivery.emails import deliver_and_close, email, numbered
from tests.delivery.relay import CHUNKING, OFFERS, PIPELINING, PLAIN, Relay, Said


@OFFERS
def test_every_email_arrives_once_as_it_was_built(offers: tuple[str, ...]) -> None:
    async def story() -> None:
        async with Relay(offers) as relay:
            emails = [
                *numbered(25),
                email(26, text=".\n..\r\n.a\n", html=".\n" * 50),
                email(27, html="あ" * 5000),
                email(28, html="x" * 5000),
            ]
            outcomes = await deliver_and_close(SmtpTransport(relay.settings()), emails)
            assert outcomes == [
                Outcome(one.delivery_id, "sent", 250, "2.0.0", "2.0.0 Taken") for one in emails
            ]
            assert [taken.content for taken in relay.taken] == [one.content(True) for one in emails]
            assert relay.connections == 1
            assert relay.commands[-1] == "QUIT"

    asyncio.run(story())


def test_with_pipelining_an_email_costs_one_round_trip() -> None:
    async def story() -> None:
        async with Relay(PIPELINING) as relay:
            await deliver_and_close(SmtpTransport(relay.settings()), numbered(3))
            # Each body brings the envelope of the next email with it.
            ends = [flight[-30:] for flight in relay.flights]
            assert len(relay.flights) == 1 + 1 + 3 + 1  # EHLO, first envelope, bodies, QUIT
            assert relay.flights[1].count(b"\r\n") == 3
            assert all(end.endswith(b"DATA\r\n") for end in ends[1:4])
            assert ends[4].endswith(b"\r\n.\r\n")

    asyncio.run(story())


def test_with_chunking_no_dot_is_stuffed_and_no_data_is_asked_for() -> None:
    async def story() -> None:
        async with Relay(CHUNKING) as relay:
            one = email(1, text=".\n..")
            await deliver_and_close(SmtpTransport(relay.settings()), [one])
            size = len(one.content(True))
            assert relay.commands[1:] == [
                f"MAIL FROM:<b+1@bounce.test.example> SIZE={size} BODY=8BITMIME",
                "RCPT TO:<hanako@customer.example>",
                f"BDAT {size} LAST",
                "QUIT",
            ]

    asyncio.run(story())


def test_without_pipelining_every_command_waits_for_its_reply() -> None:
    async def story() -> None:
        async with Relay(PLAIN) as relay:
            await deliver_and_close(SmtpTransport(relay.settings()), numbered(2))
            assert [flight.split(b"\r\n")[0].split(b" ")[0] for flight in relay.flights] == [
                b"EHLO",
                *(b"MAIL", b"RCPT", b"DATA", b"From:"),
                *(b"MAIL", b"RCPT", b"DATA", b"From:"),
                b"QUIT",
            ]

    asyncio.run(story())


def test_a_relay_without_extensions_gets_helo_ascii_and_no_parameters() -> None:
    def answer(said: Said) -> str | None:
        return "502 5.5.1 Unknown" if said.verb == "EHLO" else None

    async def story() -> None:
        async with Relay(answer=answer) as relay:
            one = email()
            outcomes = await deliver_and_close(SmtpTransport(relay.settings(helo="nurture.example")), [one])
            assert [outcome.state for outcome in outcomes] == ["sent"]
            assert relay.commands == [
                "EHLO nurture.example",
                "HELO nurture.example",
                "MAIL FROM:<b+1@bounce.test.example>",
                "RCPT TO:<hanako@customer.example>",
                "DATA",
                "QUIT",
            ]
            assert relay.taken[0].content == one.content(False)

    asyncio.run(story())


def test_what_the_relay_cannot_take_is_failed_without_asking_it() -> None:
    async def story() -> None:
        async with Relay(("SIZE 1500", "PIPELINING")) as relay:
            emails = [email(1, html="x" * 2000), email(2, "花子@customer.example"), email(3)]
            outcomes = await deliver_and_close(SmtpTransport(relay.settings()), emails)
            size = len(emails[0].content(False))
            too_big = f"The email has {size:,} octets, and the relay takes 1,500 at most"
            no_utf8 = "The relay does not offer SMTPUTF8, which this email's addresses need"
            assert outcomes == [
                Outcome(1, "failed", None, "5.3.4", too_big),
                Outcome(2, "failed", None, "5.6.7", no_utf8),
                Outcome(3, "sent", 250, "2.0.0", "2.0.0 Taken"),
            ]
            assert len(relay.taken) == 1

    asyncio.run(story())


def test_an_address_outside_ascii_is_sent_where_smtputf8_is_offered() -> None:
    async def story() -> None:
        async with Relay() as relay:
            await deliver_and_close(SmtpTransport(relay.settings()), [email(1, "花子@customer.example")])
            assert relay.commands[1].endswith(" SMTPUTF8")
            assert relay.commands[2] == "RCPT TO:<花子@customer.example>"

    asyncio.run(story())


@settings(max_examples=200)
@given(st.binary().map(lambda data: data.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"))
def test_stuffing_is_undone_by_the_receiver_and_hides_every_lone_dot(content: bytes) -> None:
    stuffed = _stuffed(content)
    assert stuffed.endswith(b"\r\n.\r\n")
    lines = stuffed[:-3].split(b"\r\n")
    assert b"." not in lines
    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) == content


@given(
    st.lists(st.sampled_from(["250 2.1.0 Ok", "250-a\r\n250 b", "354", "550 5.1.1 No"]), max_size=8),
    st.data(),
)
def test_replies_are_the_same_however_they_are_cut_into_packets(
    texts: list[str], data: st.DataObject
) -> None:
    from collections import deque

    stream = "".join(text + "\r\n" for text in texts).encode()
    whole: deque[Reply] = deque()
    ReplyReader().feed(stream, whole)
    pieces: deque[Reply] = deque()
    reader, start = ReplyReader(), 0
    while start < len(stream):
        end = data.draw(st.integers(start + 1, len(stream)))
        reader.feed(stream[start:end], pieces)
        start = end
    assert pieces == whole
    assert len(whole) == len(texts)
