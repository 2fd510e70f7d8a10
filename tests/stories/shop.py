"""A small company's workspace on disk, and the commands its people type: what the stories are told with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

from nurture import clock
from nurture.cli import main
from nurture.demo.workspace import free_port

CONFIG = """
workspace: {{name: Test KK, time_zone: Asia/Tokyo, language: ja, country: JP, fiscal_year_starts: april}}
sender: {{name: テスト工業, email: news@test.example, reply_to: info@test.example,
         postal_address: 東京都千代田区1-1, contact: "https://test.example/contact"}}
database: {database}
broker: {broker}
smtp: {{host: 127.0.0.1, port: {smtp_port}, tls: none, connections: 4}}
web: {{bind: "127.0.0.1:{web_port}", public_url: "http://127.0.0.1:{web_port}"}}
sending: {{batch: 50}}
"""

TEMPLATE = """---
subject: "{{ customer.family_name or 'お客様' }} 様へのお知らせ"
preheader: 新しい価格表ができました
---
<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>{{ customer | atena }}</mj-text>
        <mj-text><a href="https://shop.example/price" data-tag="price">価格表を見る</a></mj-text>
        <mj-text><a href="https://shop.example/blog">技術情報</a></mj-text>
        <mj-text>
          {{ sender.name }} {{ sender.postal_address }} {{ sender.contact }}<br />
          <a href="{{ unsubscribe_url }}">配信停止</a> <a href="{{ preferences_url }}">配信設定</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""

SEGMENT = """
name: 配信に同意したお客様
where:
  - consent: valid
"""

CAMPAIGN = """
name: お知らせ
audience: everyone
steps:
  - send: news
"""


class Shop:
    """A workspace in a folder. `run` types a command and waits; `start` leaves it running."""

    def __init__(
        self,
        folder: Path,
        smtp_port: int,
        *,
        database: str = "sqlite:///nurture.db",
        broker: str = "memory://",
    ) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        for name in ("segments", "templates/emails", "campaigns"):
            (folder / name).mkdir(parents=True)
        self.web_port = free_port("127.0.0.1", 0)
        config = CONFIG.format(database=database, broker=broker, smtp_port=smtp_port, web_port=self.web_port)
        self.write("config.yaml", config)
        self.write("segments/everyone.yaml", SEGMENT)
        self.write("templates/emails/news.mjml", TEMPLATE)
        self.write("campaigns/news.yaml", CAMPAIGN)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def customers(self, number: int) -> None:
        """Import so many customers, `p1@x.example` and so on."""
        lines = ["email,family_name,given_name,company,consent_basis,consent_date"]
        lines += [
            f"p{at}@x.example,佐藤,{at},会社{at % 50},customer,2025-04-01" for at in range(1, number + 1)
        ]
        self.write("customers.csv", "\n".join(lines))
        self.run("customers", "import", str(self.folder / "customers.csv"))

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command prints on standard output (on standard error when `code` is not 0).

        It runs in this process: only what must be killed or must run beside others needs its own.
        """
        with mock.patch.dict(os.environ, clear=True, values=_environment()):
            done = CliRunner().invoke(main, ["--workspace", str(self.folder), *arguments])
        told = f"{arguments}: {done.exit_code}\n{done.stdout}\n{done.stderr}"
        assert done.exception is None or isinstance(done.exception, SystemExit), told
        assert done.exit_code == code, told
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments: str) -> Any:
        """What a command prints with `--json`."""
        return json.loads(self.run(*arguments, "--json"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A process that goes on running; its messages go to `<first argument>.log`."""
        command = [sys.executable, "-m", "nurture", "--workspace", str(self.folder), *arguments]
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(command, env=_environment(), stdout=log, stderr=log, text=True)
        self.started.append(process)
        return process

    def close(self) -> None:
        """End whatever a failing test has left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=60)

    def counts(self, campaign: str = "news") -> dict[str, int]:
        found: dict[str, int] = self.json("campaigns", "status", campaign)["counts"]
        return found


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NURTURE_")}
    return kept | {"PYTHONUNBUFFERED": "1"}


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again until something is true; fail with `what` after so many seconds."""
    pause = threading.Event()
    until = clock.monotonic_seconds() + seconds
    while not condition():
        assert clock.monotonic_seconds() < until, f"still not after {seconds} s: {what}"
        pause.wait(0.05)


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """End a process that a test has started, and wait for it; gives its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    return process.wait(timeout=60)
