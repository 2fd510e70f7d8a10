"""A local mailbox: a real SMTP server that keeps what it takes, for the demo and for tests.

In:  emails over SMTP, from whoever connects; nothing is ever sent on.
Out: one `.eml` file per email and recipient in a folder, safe on the disk before the server says yes.
     `nurture.delivery.mailbox_folder` reads them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from nurture.clock import now
from nurture.delivery.mailbox_folder import MailboxMail, keep, list_mailbox, read_mail
from nurture.errors import Finding, OutsideError

MOST_BYTES = 32 * 1024 * 1024
# Enough for the writes of several connections to share the disk's commits.
WRITERS = 16


class LocalMailbox:
    """A mailbox that listens on a thread of its own; for one start and one stop, or one `with`.

    Port 0 takes any free port; `port` says which once it listens.
    """

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 2525) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._serving = threading.Event()
        self._connections: set[asyncio.Transport] = set()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="local mailbox writer")

    def start(self) -> None:
        """Listen; connections are taken from now on.

        Raises:
            OutsideError: the port is taken, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            listening = socket.create_server((self.host, self.port), family=family, backlog=256)
        except OSError as error:
            where = f"local mailbox at {self.host}:{self.port}"
            fix = "Stop what listens there, or set smtp.port to another port."
            raise OutsideError(Finding(where, f"It cannot start: {error.strerror}.", fix)) from error
        self.port = listening.getsockname()[1]
        name = "local mailbox"
        self._thread = threading.Thread(target=self._run, args=(listening,), name=name, daemon=True)
        self._thread.start()
        self._serving.wait()

    def stop(self) -> None:
        """Close every connection and end the thread. Harmless when it has not been started."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None
        self._writers.shutdown()
        self._loop.close()

    def emails(self) -> list[MailboxMail]:
        """Everything that has arrived, oldest first."""
        return [read_mail(self.folder, entry.id) for entry in reversed(list_mailbox(self.folder))]

    def __enter__(self) -> LocalMailbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, listening: socket.socket) -> None:
        create = self._loop.create_server(self._connection, sock=listening)
        server = self._loop.run_until_complete(create)
        self._serving.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._close_connections())

    def _connection(self) -> SMTP:
        return _Connection(self._connections, _Handler(self.folder, self._writers), self._loop)

    async def _close_connections(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for transport in list(self._connections):
            transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(SMTP):
    """One client. The set of open ones is there so that `stop` can close them.

    aiosmtpd reads a body line by line, at some 15 us each: most of what an email costs here, and in the demo
    taken from the sender in the same process. So a body is read in one go.
    """

    line_length_limit = MOST_BYTES

    def __init__(
        self, open_connections: set[asyncio.Transport], handler: _Handler, loop: asyncio.AbstractEventLoop
    ) -> None:
        # Without a name, aiosmtpd asks the DNS for one, once per connection.
        super().__init__(
            handler,
            hostname="localhost",
            ident="nurture local mailbox",
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )
        self._open_connections = open_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_connections.add(cast(asyncio.Transport, transport))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_connections.discard(cast(asyncio.Transport, self.transport))
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # the name is aiosmtpd's
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            await self.push("501 5.5.4 DATA takes no argument" if arg else "503 5.5.1 Send RCPT first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content()
        status = "552 5.3.4 The email is too big"
        if content is not None:
            envelope.content = envelope.original_content = content
            status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # as aiosmtpd's own does
        await self.push(status)

    async def _content(self) -> bytes | None:
        """A body up to its lone dot, without the stuffing; None when it is too big to keep."""
        body, too_big = bytearray(), False
        while body != b".\r\n" and not body.endswith(b"\r\n.\r\n"):
            try:
                body += await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError as error:
                body += await self._reader.readexactly(error.consumed)
            if len(body) > MOST_BYTES:
                too_big = True
                del body[:-5]
        if too_big:
            return None
        stuffed = bytes(body[:-3])
        return stuffed.removeprefix(b".").replace(b"\r\n.", b"\r\n")


class _Handler:
    """What aiosmtpd calls; the names of the methods are its own."""

    def __init__(self, folder: Path, writers: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._writers = writers

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        # aiosmtpd reads commands from a buffer in order, which is all that PIPELINING asks of a server.
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        loop = asyncio.get_running_loop()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            for recipient in envelope.rcpt_tos:
                await loop.run_in_executor(
                    self._writers,
                    keep,
                    self._folder,
                    content,
                    envelope.mail_from or "",
                    recipient,
                    now(),
                )
        except OSError as error:
            return f"452 4.3.1 The mailbox cannot be written: {os.strerror(error.errno or 0)}"
        return "250 2.0.0 Kept"
