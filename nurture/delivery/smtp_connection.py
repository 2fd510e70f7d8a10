"""One connection to a relay: bytes out, replies in.

In:  commands, written a whole flight at a time.
Out: replies in order; Lost as soon as the connection is of no more use.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import cast

from nurture.delivery.smtp_reply import Garbled, Reply, ReplyReader
from nurture.delivery.smtp_settings import SmtpSettings


class Lost(Exception):
    """The connection is gone or cannot be trusted any more; its text says why."""


class Unreachable(Exception):
    """The relay cannot be used at all for now; its text says why and what to do."""


class SmtpConnection(asyncio.Protocol):
    """A Protocol rather than streams: one write and one wake-up per flight is all that an email costs."""

    _transport: asyncio.Transport  # set before anyone sees the connection

    def __init__(self) -> None:
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._why_lost: str | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data, self._replies)
        except Garbled as error:
            self._lose(f"it answered with {error}")
        if self._replies:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the connection broke ({exc})" if exc else "it closed the connection")

    # What we call.

    @property
    def usable(self) -> bool:
        """Whether the next flight may be written: still open, and nothing said out of turn."""
        return self._why_lost is None and not self._replies and self._reader.empty

    @property
    def address(self) -> str:
        """The address of our own end."""
        name = self._transport.get_extra_info("sockname")
        return str(name[0]) if isinstance(name, tuple) else "127.0.0.1"

    def write(self, flight: bytes) -> None:
        """Send commands; every reply to earlier ones has been read.

        Raises:
            Lost: nothing of the flight has been sent.
        """
        if self._why_lost is not None:
            raise Lost(self._why_lost)
        if not self.usable:
            # A reply that belongs to no command would be taken for the reply to the next one.
            self._lose(f"it spoke out of turn ({self._replies[0] if self._replies else 'half a reply'})")
            raise Lost(self._why_lost)
        self._transport.write(flight)

    async def reply(self, seconds: float) -> Reply:
        """The next reply in order.

        Raises:
            Lost: the connection broke, or `seconds` went by.
        """
        while not self._replies:
            if self._why_lost is not None:
                raise Lost(self._why_lost)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._waiter
            except TimeoutError:
                self._lose(f"it did not answer within {seconds:g} seconds")
            finally:
                self._waiter = None
        return self._replies.popleft()

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Go on encrypted, with the relay's certificate checked.

        Raises:
            Lost: the relay had sent more than its consent (an attacker would slip replies in that way).
        """
        if not self.usable:
            raise Lost(self._why_lost or "it sent something between the STARTTLS reply and the handshake")
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if transport is None:
            raise Lost("it closed the connection during the TLS handshake")
        self._transport = transport

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _lose(self, why: str) -> None:
        if self._why_lost is None:
            self._why_lost = why
            self.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def connect(settings: SmtpSettings, context: ssl.SSLContext | None) -> SmtpConnection:
    """A new connection; with implicit TLS already encrypted.

    Raises:
        Unreachable: no relay listens there, or its certificate is not to be trusted.
    """
    implicit = context if settings.tls == "implicit" else None
    try:
        async with asyncio.timeout(settings.timeouts.connect_seconds):
            _, connection = await asyncio.get_running_loop().create_connection(
                SmtpConnection,
                settings.host,
                settings.port,
                ssl=implicit,
                server_hostname=settings.host if implicit else None,
            )
    except ssl.SSLError as error:
        raise Unreachable(tls_trouble(settings, error)) from error
    except TimeoutError:
        raise Unreachable(
            f"{settings.place} did not answer within {settings.timeouts.connect_seconds:g} seconds. "
            "Check smtp.host and smtp.port."
        ) from None
    except (OSError, UnicodeError) as error:  # a name with an empty or overlong label is a UnicodeError
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreachable(
            f"{settings.place} cannot be reached: {reason}. "
            "Is the relay running? Check smtp.host and smtp.port."
        ) from error
    return connection


def tls_trouble(settings: SmtpSettings, error: Exception) -> str:
    """Why the connection could not be encrypted, for the person who has to mend it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {settings.place} cannot be trusted: {error.verify_message}. "
            "If it is signed by an authority of your own, name its certificate in smtp.ca_file."
        )
    return f"{settings.place} could not agree on encryption: {error}. Check smtp.tls and smtp.port."
