"""Tracked links and pixels: straight on to where the link leads, never anywhere else, never an error."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from nurture.config import Workspace
from nurture.store import Store
from nurture.store import tables as t
from nurture.web.redirects import PIXEL, location
from tests.conftest import CONFIG
from tests.tracking.world import CHROME, URLS
from tests.web.conftest import NOW, Visited, open_site, visit


def hits(visited: Visited) -> list[tuple[str, str, str | None]]:
    assert visited.site.buffer.drain(10)
    with visited.store.read() as connection:
        rows = connection.execute(
            select(t.hits.c.kind, t.hits.c.method, t.links.c.key)
            .join_from(t.hits, t.links, isouter=True)
            .order_by(t.hits.c.id)
        )
        return [tuple(row) for row in rows]


def test_a_click_leads_where_the_link_leads_and_is_kept(visited: Visited) -> None:
    headers = {"user-agent": CHROME, "sec-fetch-user": "?1", "referer": "https://mail.example/"}
    answer = visited.client.get(f"/c/{visited.token}/2", headers=headers)
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, URLS[2], b"")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert hits(visited) == [("click", "GET", "2")]
    with visited.store.read() as connection:
        row = connection.execute(select(t.hits)).one()
    assert (row.delivery_id, row.run_id, row.customer_id) == (visited.delivery, visited.run, visited.customer)
    assert (row.user_agent, row.headers, row.at) == (CHROME, {"sec-fetch-user": "?1"}, NOW)


def test_head_and_options_are_kept_as_what_they_are(visited: Visited) -> None:
    assert visited.client.head(f"/c/{visited.token}/0").status_code == 302
    assert visited.client.options(f"/c/{visited.token}/0").status_code == 405
    assert hits(visited) == [("click", "HEAD", "0"), ("click", "OPTIONS", "0")]


def test_other_methods_are_refused_and_leave_no_hit(visited: Visited) -> None:
    for path in (f"/c/{visited.token}/0", f"/o/{visited.token}.gif"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = visited.client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert hits(visited) == []


def test_the_pixel_is_one_transparent_point_that_no_cache_keeps(visited: Visited) -> None:
    answer = visited.client.get(f"/o/{visited.token}.gif")
    assert (answer.status_code, answer.content) == (200, PIXEL)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/gif", "no-store")
    assert hits(visited) == [("open", "GET", None)]


def test_unknown_malformed_and_foreign_addresses_get_the_same_page(visited: Visited) -> None:
    token = visited.token
    stranger = visited.site.signer.sign("bounce", visited.delivery)
    paths = [
        f"/c/{token[:-1]}/0",
        f"/c/{token}x/0",
        f"/c/{token}/99",
        f"/c/{token}/https:%2F%2Fevil.example",
        f"/c/{stranger}/0",
        "/c/0/0",
        "/o/none.gif",
        "/u/none",
        "/p/none",
        "/v/none",
        "/nothing/here",
    ]
    answers = [visited.client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    assert visited.client.post("/u/none").text == answers[0].text
    assert hits(visited) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(position=st.integers(0, 60), character=st.characters(codec="ascii", min_codepoint=33))
def test_a_token_with_one_character_changed_opens_nothing(
    visited: Visited, position: int, character: str
) -> None:
    token = visited.token
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        assert visited.site.delivery_of(changed) is None


NO_WEB_ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "ftp://x.example/",
    "",
    "http:///x",
    "http://[x",
)


def test_a_link_that_is_no_web_address_is_not_followed(visited: Visited) -> None:
    for url in NO_WEB_ADDRESSES:
        with visited.store.write() as connection:
            connection.execute(update(t.links).where(t.links.c.key == "1").values(url=url))
        visited.site.registry._emails = type(visited.site.registry._emails)(9)
        answer = visited.client.get(f"/c/{visited.token}/1")
        assert (url, answer.status_code, "location" in answer.headers) == (url, 404, False)


@given(st.text(max_size=80))
def test_no_address_can_break_out_of_its_header(text: str) -> None:
    found = location("https://sample.example/" + text.encode("utf-8", "ignore").decode())
    assert found is None or (found.isascii() and found.isprintable() and " " not in found)


def test_the_reader_of_a_click_never_waits_for_the_database(visited: Visited) -> None:
    assert visited.client.get(f"/c/{visited.token}/0").status_code == 302
    visited.lose_the_database()
    assert visited.client.get(f"/c/{visited.token}/4").headers["location"] == URLS[4]


def test_with_the_database_away_and_nothing_in_memory_the_home_page_is_the_way_out(
    sqlite_store: Store, workspace: Workspace
) -> None:
    config = CONFIG + "brand: {site_url: 'https://www.test.example/'}\n"
    workspace = open_site(workspace.root, config=config)
    for visited in visit(sqlite_store, workspace):
        visited.lose_the_database()
        answer = visited.client.get(f"/c/{visited.token}/3")
        assert (answer.status_code, answer.headers["location"]) == (302, "https://www.test.example")
        # The hit is kept with the key of its link, and finds the link when it is recorded.
        visited.find_it_again(sqlite_store)
        assert hits(visited) == [("click", "GET", "3")]


def test_without_a_home_page_the_reader_is_asked_to_come_back(visited: Visited) -> None:
    visited.lose_the_database()
    answer = visited.client.get(f"/c/{visited.token}/3")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "しばらくしてから" in answer.text


def test_hostile_headers_are_kept_clean_and_short(visited: Visited) -> None:
    agent = "Mozilla <script>\x7f" + "é" * 2000
    visited.client.get(f"/c/{visited.token}/0", headers={b"user-agent": agent.encode("latin-1")})
    assert hits(visited) == [("click", "GET", "0")]
    with visited.store.read() as connection:
        kept = connection.scalar(select(t.hits.c.user_agent)) or ""
    assert kept.startswith("Mozilla <script>")
    assert (len(kept), "\x7f" in kept) == (399, False)
