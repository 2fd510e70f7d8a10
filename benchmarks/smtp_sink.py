"""The smallest SMTP server that is fair to a fast client: takes every email and forgets it.

In:  SMTP with PIPELINING, 8BITMIME and CHUNKING, over any number of connections.
Out: "listening on PORT" on standard output; ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

EHLO = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
CHUNKING = b"250-CHUNKING\r\n"
END = b"250 SIZE 0\r\n"


class Sink(asyncio.Protocol):
    def __init__(self, chunking: bool) -> None:
        self._hello = EHLO + (CHUNKING if chunking else b"") + END
        self._buffer = bytearray()
        self._in_body = False
        self._skip = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies = bytearray()
        while (reply := self._next()) is not None:
            replies += reply
        if replies:
            self._transport.write(bytes(replies))

    def _next(self) -> bytes | None:
        """The reply to the next command or body in the buffer, None when it is not there yet."""
        if self._skip:
            if len(self._buffer) < self._skip:
                return None
            del self._buffer[: self._skip]
            self._skip = 0
            return b"250 2.0.0 Ok\r\n"
        end = self._buffer.find(b"\r\n.\r\n" if self._in_body else b"\r\n")
        if end < 0:
            return None
        line = bytes(self._buffer[: min(end, 200)])
        del self._buffer[: end + (5 if self._in_body else 2)]
        if self._in_body:
            self._in_body = False
            return b"250 2.0.0 Ok\r\n"
        return self._reply(line[:4].upper(), line)

    def _reply(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            return self._hello
        if verb == b"DATA":
            self._in_body = True
            return b"354 Go on\r\n"
        if verb == b"BDAT":
            self._skip = int(line.split()[1])
            return b""
        return b"221 Bye\r\n" if verb == b"QUIT" else b"250 Ok\r\n"


async def main(chunking: bool) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(chunking), "127.0.0.1", 0)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main("--chunking" in sys.argv))
