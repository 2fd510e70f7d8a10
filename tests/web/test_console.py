"""The console: every page shows what the store says, and nothing a stranger wrote does anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from nurture.config import Workspace
from nurture.delivery.mailbox_folder import keep
from nurture.reports import campaign_report
from nurture.store import Store
from nurture.store import tables as t
from nurture.tracking import judge_all, record_hits
from tests.tracking.world import SENT, hit
from tests.web.conftest import NOW, Visited, visit

HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}"
MAIL = (
    "From: =?utf-8?b?44OG44K544OI?= <news@test.example>\r\nTo: a@x.example\r\nSubject: {subject}\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<h1>Hello</h1><script>alert(1)</script>"
)


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    folder = tmp_path / "mailbox"
    folder.mkdir()
    keep(folder, MAIL.format(subject=HOSTILE).encode(), "b@test.example", HOSTILE, SENT)
    return folder


@pytest.fixture
def office(sqlite_store: Store, workspace: Workspace, mailbox: Path) -> Iterator[Visited]:
    """A site with a mailbox, a segment, a broken campaign, and a reader with a hostile name who clicked."""
    (workspace.root / "segments").mkdir()
    segment = "name: 全員\ndescription: <b>みんな</b>\nwhere: {consent: valid}\n"
    (workspace.root / "segments" / "all.yaml").write_text(segment, encoding="utf-8")
    (workspace.root / "segments" / "broken.yaml").write_text("where: {no_such_field: 1}\n", encoding="utf-8")
    (workspace.root / "campaigns").mkdir()
    (workspace.root / "campaigns" / "broken.yaml").write_text("audience: nobody\nsteps: []\n")
    for visited in visit(sqlite_store, workspace, mailbox):
        values = {"family_name": HOSTILE, "department": HOSTILE, "owner": HOSTILE}
        with sqlite_store.write() as connection:
            connection.execute(update(t.customers).values(values))
            connection.execute(update(t.links).where(t.links.c.key == "1").values(label=HOSTILE, tag="price"))
            hits = [hit("u1", visited.delivery, 60, key="1", user_agent=f"Mozilla {HOSTILE}")]
            hits += [hit(f"s{n}", visited.delivery, 200 + n, key=str(n), method="HEAD") for n in range(3)]
            record_hits(connection, hits, workspace.zone)
            lead = {
                "customer_id": visited.customer,
                "state": "hot",
                "contact": True,
                "reasons": [HOSTILE],
                "since": SENT,
                "judged_at": NOW,
            }
            connection.execute(insert(t.lead_states).values(lead))
        judge_all(sqlite_store, workspace, NOW)
        yield visited


def text_of(visited: Visited, path: str) -> str:
    answer = visited.client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def pages(visited: Visited) -> list[str]:
    mail = re.search(r"/console/mailbox/[\w-]+", text_of(visited, "/console/mailbox"))
    assert mail is not None
    return [
        "/console",
        "/console/campaigns/newsletter",
        "/console/campaigns/broken",
        "/console/leads",
        "/console/leads?state=hot",
        "/console/customers",
        f"/console/customers/{visited.customer}",
        "/console/segments",
        "/console/mailbox",
        mail[0],
    ]


def test_what_strangers_wrote_is_shown_and_never_obeyed(office: Visited) -> None:
    shown = 0
    for path in pages(office):
        text = text_of(office, path)
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"\b49\b", re.sub(r"[\w.-]*49[\w.-]+", "", text))
        shown += text.count("&lt;img src=x onerror=alert(1)&gt;{{ 7*7 }}")
    assert shown >= 6


def test_every_page_forbids_what_it_does_not_need(office: Visited) -> None:
    for path in pages(office):
        headers = office.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "style=" not in text_of(office, path)


def test_the_report_shows_the_figures_of_the_report(office: Visited) -> None:
    with office.store.read() as connection:
        report = campaign_report(connection, office.site.workspace, "newsletter", NOW)
    text = text_of(office, "/console/campaigns/newsletter")
    for figure in report.figures:
        row = re.search(rf'<th scope="row">[^<]*</th>\s*<td class="num">{figure.count}</td>', text)
        assert row is not None, figure.name
    assert (report.hits.total, report.hits.machine, report.clicks) == (4, 3, 1)
    assert "リンクへのアクセス 4 件：人 1 件、メールの自動検査 3 件、判定中 0 件。" in text


def test_a_file_with_a_mistake_is_told_and_the_others_are_shown(office: Visited) -> None:
    campaigns = text_of(office, "/console")
    assert "campaigns/broken.yaml" in campaigns
    assert "newsletter" in campaigns
    segments = text_of(office, "/console/segments")
    assert "segments/broken.yaml" in segments
    assert "&lt;b&gt;みんな&lt;/b&gt;" in segments
    assert '<td class="num big">1</td>' in segments


def test_progress_is_what_the_rows_say(office: Visited) -> None:
    answer = office.client.get("/console/progress.json").json()
    news = next(one for one in answer if one["campaign"] == "newsletter")
    assert (news["state"], news["total"], news["done"], news["counts"]["sent"]) == ("running", 1, 1, 1)
    assert news["state_name"] == "配信中"


def test_a_customer_is_found_by_an_address_that_stands_in_no_link(office: Visited) -> None:
    found = office.client.post("/console/customers", data={"email": " Hanako@X.example "})
    assert (found.status_code, found.headers["location"]) == (303, f"/console/customers/{office.customer}")
    unknown = office.client.post("/console/customers", data={"email": HOSTILE})
    assert unknown.status_code == 404
    assert "<img" not in unknown.text
    assert office.client.post("/console/customers", content=b"\xff" * 50_000).status_code == 404


def test_what_does_not_exist_is_not_found(office: Visited) -> None:
    for path in (
        "/console/nothing",
        "/console/campaigns/no-such",
        "/console/campaigns/..%2f..%2fconfig",
        "/console/customers/999",
        "/console/customers/99999999999999999999999",
        "/console/customers/x",
        "/console/mailbox/no-such",
        "/console/mailbox/..%2f..%2fconfig.yaml/source",
        "/static/../site.py",
        "/static/%2e%2e/site.py",
    ):
        assert (path, office.client.get(path).status_code) == (path, 404)


def test_questions_that_make_no_sense_are_answered_in_words(office: Visited) -> None:
    answer = office.client.get("/console/leads?state=lukewarm")
    assert answer.status_code == 400
    assert "lukewarm" in answer.text
    assert office.client.get("/console/mailbox?page=minus").status_code == 200
    assert office.client.get("/console/mailbox?page=-5").status_code == 200


def test_an_email_of_the_mailbox_is_drawn_in_a_frame_where_nothing_runs(office: Visited) -> None:
    path = pages(office)[-1]
    page = text_of(office, path)
    assert re.search(r'<iframe[^>]* sandbox="allow-popups allow-popups-to-escape-sandbox"', page)
    frame = office.client.get(f"{path}/html")
    assert "<h1>Hello</h1>" in frame.text
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "script-src" not in frame.headers["content-security-policy"]
    source = office.client.get(f"{path}/source")
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    assert source.headers["x-content-type-options"] == "nosniff"


def test_without_a_mailbox_there_is_no_page_of_one(visited: Visited) -> None:
    assert visited.client.get("/console/mailbox").status_code == 404
    assert "mailbox" not in text_of(visited, "/console")


def test_an_empty_workspace_says_what_to_do_next(sqlite_store: Store, workspace: Workspace) -> None:
    for visited in visit(sqlite_store, workspace):
        assert "segments/&lt;name&gt;.yaml" in text_of(visited, "/console/segments")
        assert "見込み客はいません" in text_of(visited, "/console/leads")


def test_the_home_address_leads_to_the_console(visited: Visited) -> None:
    assert visited.client.get("/").headers["location"] == "/console"
    assert visited.client.get("/console/").headers["location"] == "/console"


def test_a_broken_database_is_told_without_a_traceback(visited: Visited) -> None:
    visited.lose_the_database()
    answer = visited.client.get("/console")
    assert answer.status_code == 503
    assert "database" in answer.text
    assert "Traceback" not in answer.text


def test_days_and_hours_are_those_of_the_workspace(office: Visited) -> None:
    tokyo = (SENT + timedelta(hours=9, seconds=60)).strftime("%Y-%m-%d %H:%M")
    assert tokyo in text_of(office, f"/console/customers/{office.customer}")
