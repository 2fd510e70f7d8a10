"""Run the app: a web server in a thread of its own.

In:  the app, the address to listen on.
Out: a WebServer that is listening when `start` returns, and has answered what it took when `stop` does.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from nurture import clock
from nurture.config import Workspace
from nurture.errors import Finding, OutsideError
from nurture.store import Store
from nurture.tracking.buffer import HitBuffer
from nurture.web.app import create_app
from nurture.web.guard import check_bind

log = logging.getLogger("nurture.web")

BACKLOG = 2048
START_SECONDS = 30.0
# A stop waits this long for answers that are under way.
STOP_SECONDS = 5
# The most that the head of a request may hold.
MAX_HEAD_BYTES = 16_384


class WebServer:
    """One server on one address; port 0 takes any that is free. Its text is its address."""

    def __init__(self, app: ASGIApp, bind: str, hits: HitBuffer | None = None) -> None:
        host, _, port = bind.rpartition(":")
        self._socket = _listen(host.strip("[]"), int(port), bind)
        self._hits = hits
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="on",
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def __str__(self) -> str:
        return self.url

    def start(self) -> None:
        """Serve from now on.

        Raises:
            OutsideError: the app could not start.
        """
        self._thread.start()
        until = clock.monotonic_seconds() + START_SECONDS
        while not self._server.started:
            self._thread.join(0.005)
            if not self._thread.is_alive() or clock.monotonic_seconds() > until:
                self.stop()
                fix = "Is the workspace folder writable? The log above says more."
                raise OutsideError(Finding(self.url, "The web part did not start.", fix))

    def stop(self) -> None:
        """Answer what is under way, bring the hits into the store, and end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def drain(self, timeout_seconds: float = 10.0) -> bool:
        """Wait until every hit that was answered is in the store; False when the time was not enough."""
        return self._hits is None or self._hits.drain(timeout_seconds)

    def _run(self) -> None:
        # uvicorn ends a failed start with SystemExit, which would pass without a word in a thread.
        with contextlib.suppress(SystemExit):
            self._server.run(sockets=[self._socket])


@contextlib.contextmanager
def serve(workspace: Workspace, store: Store, mailbox: Path | None = None) -> Iterator[WebServer]:
    """The web part at `web.bind`, while the block runs.

    Raises:
        InputError: the address can be reached from elsewhere and there is no password.
        OutsideError: the address is taken, or not of this machine.
    """
    check_bind(workspace)
    app = create_app(workspace, store, mailbox=mailbox)
    server = WebServer(app, workspace.config.web.bind, app.state.site.buffer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _listen(host: str, port: int, bind: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        fix = "Stop what listens there, or set another address: web.bind in config.yaml or NURTURE_WEB__BIND."
        raise OutsideError(Finding(bind, f"The web part cannot listen here: {reason}.", fix)) from None
    return listening
