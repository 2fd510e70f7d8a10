"""Unsubscribe and preferences: a GET changes nothing, a POST is enough, nothing is lost."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select, update

from nurture.store import Store
from nurture.store import tables as t
from tests.web.conftest import NOW, Visited

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}
WITHDRAWN = {
    "suppressed": [("unsubscribed", NOW)],
    "withdrawn": [NOW],
}
UNTOUCHED = {"suppressed": [], "withdrawn": [None]}


def consent_of(store: Store) -> dict[str, list[object]]:
    with store.read() as connection:
        suppressed = connection.execute(select(t.suppressions.c.reason, t.suppressions.c.at))
        return {
            "suppressed": [tuple(row) for row in suppressed],
            "withdrawn": list(connection.scalars(select(t.consents.c.withdrawn_at))),
        }


def kinds(visited: Visited) -> list[str]:
    assert visited.site.buffer.drain(10)
    with visited.store.read() as connection:
        return list(connection.scalars(select(t.hits.c.kind).order_by(t.hits.c.id)))


def wishes(store: Store) -> tuple[object, ...]:
    columns = t.customers.c
    with store.read() as connection:
        row = connection.execute(select(columns.max_per_month, columns.paused_until, columns.locale)).one()
        refused = connection.scalars(select(t.topic_refusals.c.topic).order_by(t.topic_refusals.c.topic))
        return (*row, list(refused))


def test_a_get_of_any_page_changes_nothing(visited: Visited) -> None:
    for method in ("GET", "HEAD"):
        for page in "up":
            assert visited.client.request(method, f"/{page}/{visited.token}").status_code == 200
    assert consent_of(visited.store) == UNTOUCHED
    assert kinds(visited) == ["unsubscribe_page", "preferences_page"] * 2


def test_one_click_unsubscribes_at_once_and_answers_200_however_often(visited: Visited) -> None:
    for _ in range(3):
        answer = visited.client.post(f"/u/{visited.token}", content=ONE_CLICK, headers=FORM)
        assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
    assert consent_of(visited.store) == WITHDRAWN


MULTIPART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (MULTIPART, "multipart/form-data; boundary=x"),
        (ONE_CLICK, "text/plain"),
        (ONE_CLICK, ""),
        ("", ""),
        ("confirm=yes", "application/x-www-form-urlencoded"),
        ("{", "application/json"),
        ("\x00\xff", "image/png"),
        ("x" * 100_000, "application/x-www-form-urlencoded"),
    ],
)
def test_whatever_the_body_of_a_post_it_unsubscribes(visited: Visited, body: str, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = visited.client.post(f"/u/{visited.token}", content=body.encode("latin-1"), headers=headers)
    assert answer.status_code == 200
    assert consent_of(visited.store) == WITHDRAWN


def test_an_opt_out_while_the_database_is_away_is_kept_and_takes_effect_when_it_is_back(
    visited: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.tracking.buffer.RETRY_SECONDS", 0.05)
    store = visited.store
    visited.lose_the_database()
    assert visited.client.get(f"/u/{visited.token}").status_code == 200
    answer = visited.client.post(f"/u/{visited.token}", content=ONE_CLICK, headers=FORM)
    assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
    assert consent_of(store) == UNTOUCHED
    visited.find_it_again(store)
    assert visited.site.buffer.drain(10)
    assert consent_of(store) == WITHDRAWN


def test_the_person_who_pressed_the_button_is_told_in_their_language(visited: Visited) -> None:
    asked = visited.client.get(f"/u/{visited.token}").text
    assert '<html lang="ja">' in asked
    assert f'<form method="post" action="/u/{visited.token}">' in asked
    done = visited.client.post(f"/u/{visited.token}", data={"confirm": "yes"})
    assert "配信を停止しました" in done.text
    with visited.store.write() as connection:
        connection.execute(update(t.customers).values(locale="zh-TW"))
    again = visited.client.get(f"/u/{visited.token}").text
    assert '<html lang="zh">' in again
    assert "<form" not in again


def test_no_page_of_a_reader_can_be_framed_cached_indexed_or_leak_its_address(visited: Visited) -> None:
    for path in (f"/u/{visited.token}", f"/p/{visited.token}", "/nothing"):
        headers = visited.client.get(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "noindex" in headers["x-robots-tag"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
    assert visited.client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_preferences_are_saved_as_chosen(visited: Visited) -> None:
    form = {
        "topics": "shown",
        "topic": "tips",
        "max_per_month": "2",
        "paused_until": "2026-12-24",
        "locale": "en",
    }
    answer = visited.client.post(f"/p/{visited.token}", data=form)
    assert answer.status_code == 200
    assert "Your choices are saved." in answer.text
    assert wishes(visited.store) == (2, date(2026, 12, 24), "en", ["news"])
    assert consent_of(visited.store) == UNTOUCHED
    again = visited.client.get(f"/p/{visited.token}").text
    assert 'value="tips" checked' in again
    assert 'value="news">' in again
    assert '<option value="2" selected>' in again
    assert 'value="2026-12-24"' in again


def test_a_form_without_a_field_leaves_it_as_it_was(visited: Visited) -> None:
    visited.client.post(f"/p/{visited.token}", data={"topics": "shown", "topic": "news"})
    visited.client.post(f"/p/{visited.token}", data={"max_per_month": "4"})
    assert wishes(visited.store) == (4, None, "ja", ["tips"])
    visited.client.post(f"/p/{visited.token}", data={"max_per_month": "", "topics": "shown"})
    assert wishes(visited.store) == (None, None, "ja", ["news", "tips"])


BAD_FORMS = (
    "",
    "x",
    "unknown=1",
    "topics=shown&topic=<script>",
    "max_per_month=3",
    "max_per_month=-1",
    "max_per_month=99999999999999999999",
    "max_per_month=２",
    "paused_until=tomorrow",
    "paused_until=2026-11-01",
    "paused_until=2126-11-01",
    "paused_until=2026-13-45",
    "locale=xx",
    "locale=" + "x" * 5000,
    "&".join(f"a{n}=1" for n in range(500)),
    "locale=en&max_per_month=nope",
    "%ff%fe=1",
)


def test_a_bad_form_gets_a_clear_answer_and_changes_nothing(visited: Visited) -> None:
    before = wishes(visited.store)
    for body in BAD_FORMS:
        answer = visited.client.post(f"/p/{visited.token}", content=body.encode(), headers=FORM)
        assert (body, answer.status_code) == (body, 400)
        assert "内容を確認できませんでした" in answer.text
        assert "<script>" not in answer.text
    assert wishes(visited.store) == before


def test_a_form_far_too_long_is_refused_without_being_read(visited: Visited) -> None:
    answer = visited.client.post(f"/p/{visited.token}", content=b"topics=shown&x=" + b"y" * 2_000_000)
    assert answer.status_code == 413
    assert wishes(visited.store) == (None, None, "ja", [])


def test_stopping_everything_unsubscribes_and_keeps_the_wishes(visited: Visited) -> None:
    visited.client.post(f"/p/{visited.token}", data={"max_per_month": "2"})
    answer = visited.client.post(f"/p/{visited.token}", data={"stop": "yes"})
    assert answer.status_code == 200
    assert 'name="stop"' not in answer.text
    assert consent_of(visited.store) == WITHDRAWN
    assert wishes(visited.store)[0] == 2
    with visited.store.read() as connection:
        assert (
            connection.scalar(select(t.suppressions.c.evidence))
            == f"preferences, delivery {visited.delivery}"
        )


def test_the_hidden_name_of_a_customer_never_shows_on_a_page_anyone_with_the_link_may_open(
    visited: Visited,
) -> None:
    for path in (f"/u/{visited.token}", f"/p/{visited.token}"):
        text = visited.client.get(path).text
        assert "hanako" not in text
        assert "佐藤" not in text


def test_with_the_database_away_preferences_say_so_and_lose_nothing(visited: Visited) -> None:
    visited.lose_the_database()
    assert visited.client.get(f"/p/{visited.token}").status_code == 503
    assert visited.client.post(f"/p/{visited.token}", data={"max_per_month": "2"}).status_code == 503
    assert visited.client.get(f"/v/{visited.token}").status_code == 503


def test_one_opt_out_leaves_one_hit_as_its_evidence(visited: Visited) -> None:
    visited.client.post(f"/u/{visited.token}", content=ONE_CLICK, headers=FORM)
    with visited.store.read() as connection:
        row = connection.execute(select(t.hits.c.kind, t.hits.c.method, t.hits.c.headers)).one()
        verdicts = connection.scalar(select(func.count()).select_from(t.verdicts))
    assert (tuple(row), verdicts) == (("unsubscribe", "POST", {"source": "one-click"}), 0)
