"""A relay that has been greeted: what it offers, over which connection, and who we are to it.

In:  SmtpSettings.
Out: a Session ready for emails; Unreachable with the reason when it does not come to that.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass

from nurture.clock import monotonic_seconds
from nurture.delivery.smtp_connection import Lost, SmtpConnection, Unreachable, connect, tls_trouble
from nurture.delivery.smtp_reply import Reply
from nurture.delivery.smtp_settings import SmtpSettings

QUIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the relay offered in its answer to EHLO; nothing that it did not offer is ever used."""

    pipelining: bool = False
    chunking: bool = False
    eightbit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    size_announced: bool = False
    size_bytes: int | None = None
    auth: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reply: Reply) -> Capabilities:
        """Read the answer to EHLO: one keyword and its parameters per line, after the greeting."""
        offered: dict[str, list[str]] = {}
        for line in reply.lines[1:]:
            # "AUTH=PLAIN LOGIN" is how servers wrote it before RFC 2554 was settled.
            keyword, *parameters = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
            offered.setdefault(keyword, []).extend(parameters)
        size = offered.get("SIZE", ["0"])
        return cls(
            pipelining="PIPELINING" in offered,
            chunking="CHUNKING" in offered,
            eightbit="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered,
            starttls="STARTTLS" in offered,
            size_announced="SIZE" in offered,
            # RFC 1870: no number or 0 means that there is no fixed limit.
            size_bytes=(int(size[0]) or None) if size and size[0].isdecimal() else None,
            auth=frozenset(offered.get("AUTH", ())),
        )


class Session:
    """An open, greeted and authenticated connection.

    `answered` counts the emails that got a reply of their own; `needs_reset` says that a transaction may be
    open at the relay still.
    """

    def __init__(self, connection: SmtpConnection, settings: SmtpSettings) -> None:
        self.connection = connection
        self.settings = settings
        self.offers = Capabilities()
        self.answered = 0
        self.needs_reset = False
        self.idle_since = 0.0

    async def command(self, line: str) -> Reply:
        """Send one command and wait for its reply; Lost when there is none."""
        self.connection.write(line.encode() + b"\r\n")
        return await self.connection.reply(self.settings.timeouts.command_seconds)

    def rest(self) -> None:
        """Note that nothing is on the wire."""
        self.idle_since = monotonic_seconds()

    @property
    def idle_seconds(self) -> float:
        return monotonic_seconds() - self.idle_since

    async def quit(self) -> None:
        """Say good-bye where the relay still listens; never waits long, never raises."""
        with contextlib.suppress(Lost):
            self.connection.write(b"QUIT\r\n")
            await self.connection.reply(QUIT_SECONDS)
        self.connection.abort()


async def open_session(settings: SmtpSettings, context: ssl.SSLContext | None) -> Session:
    """Connect, greet, encrypt and log in.

    Raises:
        Unreachable: something of that failed; the connection is closed again.
    """
    session = Session(await connect(settings, context), settings)
    try:
        await _greet(session)
        if settings.tls == "starttls" and context is not None:
            await _start_tls(session, context)
        if settings.user is not None:
            await _log_in(session, settings.user, settings.password or "")
    except Lost as lost:
        session.connection.abort()
        raise Unreachable(f"{settings.place} gave up before it took any email: {lost}.") from None
    except BaseException:  # a cancelled task must not leave the connection open either
        session.connection.abort()
        raise
    return session


async def _greet(session: Session) -> None:
    place = session.settings.place
    greeting = await session.connection.reply(session.settings.timeouts.greeting_seconds)
    if greeting.code != 220:
        raise Unreachable(f"{place} does not take emails now: {greeting}")
    await _hello(session)


async def _hello(session: Session) -> None:
    """EHLO, or HELO for a relay that knows no extensions."""
    name = session.settings.helo or _own_name(session.connection.address)
    reply = await session.command(f"EHLO {name}")
    session.offers = Capabilities.of(reply)
    if reply.code in (500, 501, 502, 504, 550):
        session.offers = Capabilities()
        reply = await session.command(f"HELO {name}")
    if not reply.good:
        raise Unreachable(f"{session.settings.place} refused our greeting as {name}: {reply}")


def _own_name(address: str) -> str:
    """The full name of this machine, or its address in brackets when it has none (RFC 5321 section 4.1.4)."""
    name = socket.gethostname()
    if "." in name.strip(".") and name.isascii() and all(char.isalnum() or char in ".-" for char in name):
        return name
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


async def _start_tls(session: Session, context: ssl.SSLContext) -> None:
    """Encrypt, or stop: there is no falling back to clear text."""
    settings = session.settings
    if not session.offers.starttls:
        fix = 'If it is meant to be so, set smtp.tls to "none".'
        raise Unreachable(f"{settings.place} does not offer STARTTLS, and smtp.tls asks for it. {fix}")
    reply = await session.command("STARTTLS")
    if reply.code != 220:
        raise Unreachable(f"{settings.place} would not start TLS: {reply}")
    try:
        await session.connection.start_tls(context, settings.host, settings.timeouts.connect_seconds)
    except OSError as error:  # SSLError is one
        raise Unreachable(tls_trouble(settings, error)) from error
    # RFC 3207 section 4.2: what was said before encryption is forgotten.
    await _hello(session)


async def _log_in(session: Session, user: str, password: str) -> None:
    settings, offered = session.settings, session.offers.auth
    if "PLAIN" in offered:
        reply = await session.command("AUTH PLAIN " + _base64(f"\0{user}\0{password}"))
    elif "LOGIN" in offered:
        reply = await session.command("AUTH LOGIN")
        for answer in (user, password):
            if reply.code != 334:
                break
            reply = await session.command(_base64(answer))
    else:
        known = ", ".join(sorted(offered)) or "none"
        raise Unreachable(
            f"{settings.place} offers no way to log in that we know (PLAIN, LOGIN); it offers: {known}. "
            "Check smtp.tls: many relays offer it over TLS only."
        )
    if reply.code != 235:
        raise Unreachable(
            f"{settings.place} refused the user name or password ({reply}). "
            "Set NURTURE_SMTP_PASSWORD and check smtp.user."
        )


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


async def close_all(sessions: list[Session]) -> None:
    """Say good-bye on several connections at once."""
    await asyncio.gather(*(session.quit() for session in sessions))
