"""The server: listens when it says so, tells what is in its way, and survives being killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from nurture.errors import InputError, OutsideError
from nurture.links import Signer
from nurture.store import open_store
from nurture.store import tables as t
from nurture.tracking.buffer import HitBuffer
from nurture.web.server import serve
from tests.conftest import CONFIG
from tests.tracking.world import URLS, add_customer, add_delivery, add_run
from tests.web.conftest import open_site

ANY_PORT = CONFIG + "web: {bind: '127.0.0.1:0', public_url: 'http://127.0.0.1:8000'}\n"


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def test_it_serves_while_the_block_runs_and_brings_every_hit_in(tmp_path: Path) -> None:
    workspace = open_site(tmp_path, config=ANY_PORT)
    store = open_store(workspace)
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    token = Signer(workspace.secrets.keys).sign("delivery", delivery)
    with serve(workspace, store) as server:
        assert str(server) == server.url == f"http://127.0.0.1:{server.port}"
        answers = [ask(server.port, f"/c/{token}/{key}") for key in range(6)]
        assert [headers["location"] for _, headers in answers] == list(URLS)
        assert not any("server" in headers for _, headers in answers)
        assert server.drain()
        with store.read() as connection:
            assert connection.scalar(select(func.count()).select_from(t.hits)) == 6
    with pytest.raises(ConnectionRefusedError):
        ask(server.port, "/")
    store.close()


def test_an_address_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        workspace = open_site(tmp_path, config=CONFIG + f"web: {{bind: '{bind}'}}\n")
        store = open_store(workspace)
        with pytest.raises(OutsideError, match="cannot listen here: address already in use") as caught:
            serve(workspace, store).__enter__()
        assert caught.value.findings[0].where == bind
        store.close()


@pytest.mark.parametrize("bind", ["203.0.113.1:8000", "127.0.0.1:99999", "no.such.host.invalid:80"])
def test_an_address_that_is_not_of_this_machine_is_told(tmp_path: Path, bind: str) -> None:
    config = CONFIG + f"web: {{bind: '{bind}'}}\n"
    workspace = open_site(tmp_path, {"NURTURE_WEB_PASSWORD": "x"}, config)
    store = open_store(workspace)
    with pytest.raises(OutsideError, match="cannot listen here"):
        serve(workspace, store).__enter__()
    store.close()


def test_it_does_not_listen_to_the_world_without_a_password(tmp_path: Path) -> None:
    workspace = open_site(tmp_path, config=CONFIG + "web: {bind: '0.0.0.0:0'}\n")
    store = open_store(workspace)
    with pytest.raises(InputError, match="NURTURE_WEB_PASSWORD"):
        serve(workspace, store).__enter__()
    store.close()


def test_a_folder_that_takes_no_hits_stops_the_start(tmp_path: Path) -> None:
    workspace = open_site(tmp_path, config=ANY_PORT)
    store = open_store(workspace)
    (tmp_path / ".nurture" / "hits").write_text("in the way")
    with pytest.raises(OutsideError, match="did not start"):
        serve(workspace, store).__enter__()
    store.close()


def test_a_head_far_too_long_is_refused(tmp_path: Path) -> None:
    workspace = open_site(tmp_path, config=ANY_PORT)
    store = open_store(workspace)
    with serve(workspace, store) as server:
        with pytest.raises((ConnectionError, AssertionError)):
            status, _ = ask(server.port, "/console", **{"x-long": "x" * 3_000_000})
            assert status < 400
        assert ask(server.port, "/robots.txt")[0] == 200
    store.close()


SERVE = """
import sys, threading
from pathlib import Path
from nurture.config import open_workspace
from nurture.store import open_store
from nurture.web.server import serve

workspace = open_workspace(Path(sys.argv[1]), {})
with serve(workspace, open_store(workspace)) as server:
    print(server.port, flush=True)
    threading.Event().wait()
"""


@pytest.mark.slow
def test_kill_9_of_the_server_loses_no_click_that_was_answered(tmp_path: Path) -> None:
    workspace = open_site(tmp_path, config=ANY_PORT)
    store = open_store(workspace)
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    token = Signer(workspace.secrets.keys).sign("delivery", delivery)
    with subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        answered = 0
        for number in range(60):
            answered += ask(port, f"/c/{token}/{number % 6}")[0] == 302
        os.kill(process.pid, signal.SIGKILL)
    buffer = HitBuffer(store, workspace)
    buffer.start()
    buffer.stop()
    with store.read() as connection:
        kept = connection.scalar(select(func.count()).select_from(t.hits))
    assert (answered, kept) == (60, 60)
    store.close()
