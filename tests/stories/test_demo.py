"""`nurture demo --once`: what it prints is what the store says, and what it sent can be followed."""

from __future__ import annotations

import email
import email.policy
import http.client
import os
import re
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from nurture import clock
from nurture.cli import main
from nurture.config import open_workspace
from nurture.leads import list_leads
from nurture.reports import campaign_report
from nurture.store import open_store
from nurture.web.server import serve

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def ask(method: str, url: str) -> tuple[int, str | None]:
    """Status and Location of an answer; redirects are not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, parts.path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


def test_the_demo_does_the_main_job_and_tells_the_truth(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NURTURE_")}
    with mock.patch.dict(os.environ, environment, clear=True):
        done = CliRunner().invoke(main, ["--workspace", str(ROOT), "demo", "--once", "--folder", str(folder)])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    workspace = open_workspace(folder, {})
    store = open_store(workspace)
    with store.read() as connection:
        report = campaign_report(connection, workspace, "newsletter", clock.now())
        leads = list_leads(connection, workspace)
    assert report.planned > 1000
    assert report.states["sent"] == report.planned
    assert report.figure("clicked").count > 50
    assert f"Warm leads: {len(leads)}," in done.stdout
    assert leads
    assert all(lead.reasons for lead in leads)
    for figure in report.figures:
        shown = re.search(rf"{figure.name.replace('_', ' ')}\s*│ {figure.count}\s", done.stdout)
        assert shown, f"{figure} is not what was printed:\n{done.stdout}"
    files = sorted((folder / "mailbox").glob("*.eml"))
    assert len(files) == report.planned
    with serve(workspace, store):
        for path in files[:: len(files) // 5]:
            check_email(path)
    store.close()


def check_email(path: Path) -> None:
    """The email parses, can be unsubscribed from, and its links lead where they say."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = str(message["List-Unsubscribe"]).strip("<>")
    assert ask("GET", page)[0] == 200
    body = message.get_body(("html",))
    assert body is not None
    links = sorted(set(re.findall(r'href="(http://127\.0\.0\.1:\d+/c/[^"]+)"', body.get_content())))
    assert len(links) >= 5
    for link in links:
        status, target = ask("GET", link)
        assert status == 302
        assert target is not None
        assert urlsplit(target).hostname == "www.sample.example"
