"""`nurture web`: serves until it is told to stop, and says in words what keeps it from it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from nurture.cli import main
from tests.conftest import CONFIG

BIND = "web: {{bind: '{bind}'}}\n"


def write_config(folder: Path, bind: str) -> None:
    (folder / "config.yaml").write_text(CONFIG + BIND.format(bind=bind), encoding="utf-8")


@pytest.mark.slow
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    write_config(tmp_path, "127.0.0.1:0")
    command = [sys.executable, "-m", "nurture", "--workspace", str(tmp_path), "web"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = re.search(r"http://\S+/console", process.stderr.readline())
        assert url is not None
        with urllib.request.urlopen(url[0], timeout=10) as answer:  # noqa: S310  # our own server
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_an_address_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        write_config(tmp_path, f"127.0.0.1:{taken.getsockname()[1]}")
        done = CliRunner().invoke(main, ["--workspace", str(tmp_path), "web"])
    assert done.exit_code == 3
    assert "address already in use" in done.stderr
    assert "web.bind" in done.stderr


def test_without_a_password_it_does_not_listen_beyond_this_machine(tmp_path: Path) -> None:
    write_config(tmp_path, "0.0.0.0:0")
    done = CliRunner().invoke(main, ["--workspace", str(tmp_path), "web"])
    assert done.exit_code == 1
    assert "NURTURE_WEB_PASSWORD" in done.stderr
