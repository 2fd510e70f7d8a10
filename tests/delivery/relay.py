"""A relay that does what a test tells it: a small SMTP server, polite unless its `answer` says otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pytest

from nurture.delivery.smtp_settings import SmtpSettings, Timeouts

# What an `answer` may return besides the text of a reply.
CLOSE = "close"
HANG = "hang"

PIPELINING = ("PIPELINING", "8BITMIME", "SIZE 10000000", "SMTPUTF8")
CHUNKING = (*PIPELINING, "CHUNKING")
PLAIN = ("8BITMIME", "SIZE 10000000", "SMTPUTF8")

OFFERS = pytest.mark.parametrize(
    "offers", [PLAIN, PIPELINING, CHUNKING], ids=["plain", "pipelining", "chunking"]
)

SHORT = Timeouts(connect_seconds=5, greeting_seconds=5, command_seconds=5, final_seconds=5)


@dataclass(frozen=True)
class Said:
    """One command. `verb` is "." for the end of a body; `connection` and `taken` count from 1 and from 0."""

    verb: str
    argument: str
    connection: int
    taken: int


@dataclass(frozen=True)
class Taken:
    mail_from: str
    rcpt_to: str
    content: bytes


Answer = Callable[[Said], str | None]


@dataclass
class Relay:
    """`answer` returns a reply, CLOSE, HANG, or None for what a polite relay says."""

    offers: tuple[str, ...] = PIPELINING
    answer: Answer = lambda _: None
    greeting: bytes = b"220 relay.test.example ESMTP\r\n"
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    after_starttls_reply: bytes = b""
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    flights: list[bytes] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    most_at_once: int = 0
    port: int = 0

    async def __aenter__(self) -> Relay:
        context = self.tls if self.implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        self._tasks: set[asyncio.Task[Any]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def settings(self, **changes: Any) -> SmtpSettings:
        return SmtpSettings(**{"port": self.port, "connections": 1, "timeouts": SHORT, **changes})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open_connections += 1
        self.most_at_once = max(self.most_at_once, self.open_connections)
        try:
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
                await _Talk(self, reader, writer, self.connections).run()
        finally:
            self.open_connections -= 1
            writer.transport.abort()
            self._tasks.discard(task)


class _Talk:
    def __init__(
        self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.relay, self.reader, self.writer, self.number = relay, reader, writer, number
        self.buffer = b""
        self.taken = 0
        self.mail_from = self.rcpt_to = ""

    async def run(self) -> None:
        self.writer.write(self.relay.greeting)
        while True:
            line = (await self.until(b"\r\n"))[:-2]
            assert b"\n" not in line and b"\r" not in line, line
            self.relay.commands.append(line.decode())
            verb, _, argument = line.decode().partition(" ")
            if not await self.command(verb.upper(), argument):
                return

    async def until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            await self.more()
        found, self.buffer = self.buffer[: self.buffer.index(end) + len(end)], self.buffer.split(end, 1)[1]
        return found

    async def more(self) -> None:
        data = await self.reader.read(1 << 20)
        if not data:
            raise ConnectionError
        self.relay.flights.append(data)
        self.buffer += data

    def say(self, reply: str) -> bool:
        """Write a reply; False ends the connection."""
        if reply == CLOSE:
            return False
        self.writer.write(reply.encode() + b"\r\n")
        return True

    async def ask(self, verb: str, argument: str) -> str | None:
        told = self.relay.answer(Said(verb, argument, self.number, self.taken))
        if told == HANG:
            await asyncio.Event().wait()
        return told

    async def command(self, verb: str, argument: str) -> bool:
        told = await self.ask(verb, argument)
        if verb == "BDAT":
            return await self.body(told, await self.chunk(int(argument.split()[0])))
        if told is not None and not (verb == "DATA" and told.startswith("354")):
            return self.say(told)
        if verb == "DATA":
            return await self.data(told)
        if verb == "STARTTLS":
            await self.start_tls()
            return True
        if verb == "RCPT" and not self.mail_from:
            return self.say("503 5.5.1 No sender")
        if verb == "MAIL":
            self.mail_from, self.rcpt_to = argument, ""
        if verb == "RCPT":
            self.rcpt_to = argument
        return self.say(self.polite(verb)) and verb != "QUIT"

    def polite(self, verb: str) -> str:
        if verb == "EHLO":
            lines = ["relay.test.example", *self.relay.offers]
            return "\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"])
        known = {"MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "RSET": "250 2.0.0 Ok", "HELO": "250 hello"}
        return {**known, "QUIT": "221 2.0.0 Bye"}.get(verb, "502 5.5.2 What?")

    async def data(self, told: str | None) -> bool:
        if not self.rcpt_to and told is None:
            return self.say("503 5.5.1 No recipient")
        self.say(told or "354 Go on")
        content = b""
        while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
            content += await self.until(b"\r\n")
        stuffed = content[:-3]
        return await self.body(
            await self.ask(".", ""), (b"\r\n" + stuffed).replace(b"\r\n..", b"\r\n.")[2:] if stuffed else b""
        )

    async def chunk(self, size: int) -> bytes:
        while len(self.buffer) < size:
            await self.more()
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    async def body(self, told: str | None, content: bytes) -> bool:
        if told is None and not self.rcpt_to:
            told = "554 5.5.1 No valid recipients"
        if told is None:
            self.taken += 1
            self.relay.taken.append(Taken(self.mail_from, self.rcpt_to, content))
        self.mail_from = self.rcpt_to = ""
        return self.say("250 2.0.0 Taken" if told is None else told)

    async def start_tls(self) -> None:
        assert self.relay.tls is not None
        self.writer.write(b"220 2.0.0 Go ahead\r\n" + self.relay.after_starttls_reply)
        await self.writer.drain()
        if self.relay.after_starttls_reply:
            return
        await self.writer.start_tls(self.relay.tls)
