"""Who may see the console: this machine, or whoever knows the password, and nobody by a trick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nurture.errors import InputError
from nurture.store import Store
from nurture.web.app import create_app
from nurture.web.guard import check_bind, safe_next
from nurture.web.session import ALL_GUESSES, COOKIE, GUESSES, LASTS, WINDOW, Guesses, Sessions
from tests.conftest import CONFIG
from tests.web.conftest import HERE, NOW, Visited, open_site

SECRET = {"NURTURE_WEB_PASSWORD": "correct horse"}
KEYS = (b"k" * 32,)
PUBLIC = CONFIG + "web: {public_url: 'https://mail.sample.example'}\n"


@contextmanager
def console(
    store: Store, folder: Path, environ: dict[str, str] | None = None, config: str = CONFIG, base: str = HERE
) -> Iterator[TestClient]:
    app = create_app(open_site(folder, environ, config), store, now=lambda: NOW)
    with TestClient(app, base_url=base, follow_redirects=False) as client:
        yield client


def test_without_a_password_this_machine_gets_in(visited: Visited) -> None:
    assert visited.client.get("/console").status_code == 200
    for host in ("localhost", "127.0.0.1:9", "[::1]:8000"):
        assert visited.client.get("/console", headers={"host": host}).status_code == 200


FROM_ELSEWHERE = (
    {"host": "evil.example"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "[::1"},
    {"host": ""},
    {"x-forwarded-for": "203.0.113.9"},
    {"forwarded": "for=203.0.113.9"},
    {"x-forwarded-host": "mail.sample.example"},
)


def test_without_a_password_nobody_else_gets_in(visited: Visited) -> None:
    for headers in FROM_ELSEWHERE:
        for path in ("/console", "/console/leads", "/console/progress.json", "/console/customers/1"):
            answer = visited.client.get(path, headers=headers)
            assert (headers, answer.status_code) == (headers, 403)
            assert "NURTURE_WEB_PASSWORD" in answer.text
        assert visited.client.get(f"/u/{visited.token}", headers=headers).status_code == 200


def test_readers_who_come_from_outside_lock_a_console_without_a_password(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with console(sqlite_store, tmp_path, config=PUBLIC) as client:
        assert client.get("/console").status_code == 403


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", "192.168.1.5:80", "mail.sample.example:80"])
def test_listening_beyond_this_machine_wants_a_password(tmp_path: Path, bind: str) -> None:
    config = CONFIG + f"web: {{bind: '{bind}'}}\n"
    with pytest.raises(InputError, match="NURTURE_WEB_PASSWORD") as caught:
        check_bind(open_site(tmp_path, config=config))
    assert caught.value.findings[0].where == "config.yaml"
    check_bind(open_site(tmp_path, SECRET, config))


def test_with_a_password_the_console_begins_with_it(sqlite_store: Store, tmp_path: Path) -> None:
    with console(sqlite_store, tmp_path, SECRET, PUBLIC, "https://mail.sample.example") as client:
        asked = client.get("/console/leads?state=hot")
        assert asked.headers["location"] == "/console/login?next=%2Fconsole%2Fleads%3Fstate%3Dhot"
        assert client.get("/console/progress.json").status_code == 401
        page = client.get(asked.headers["location"]).text
        assert 'value="/console/leads?state=hot"' in page
        wrong = client.post("/console/login", data={"password": "horse", "next": "/console"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
        right = client.post("/console/login", data={"password": "correct horse", "next": "//evil.example"})
        assert (right.status_code, right.headers["location"]) == (303, "/console")
        cookie = right.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=strict", "secure", "path=/console"))
        assert client.get("/console").status_code == 200
        kept = client.cookies[COOKIE]
        assert client.post("/console/logout").status_code == 303
        client.cookies.set(COOKIE, kept)
        assert client.get("/console").status_code == 303


def test_after_some_wrong_passwords_even_the_right_one_has_to_wait(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with console(sqlite_store, tmp_path, SECRET) as client:
        for _ in range(GUESSES):
            assert client.post("/console/login", data={"password": "x"}).status_code == 403
        answer = client.post("/console/login", data={"password": "correct horse"})
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= WINDOW.total_seconds() + 1


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"password=" + b"x" * 50_000, b"password=%ff"])
def test_a_bad_login_form_is_a_wrong_password(sqlite_store: Store, tmp_path: Path, body: bytes) -> None:
    with console(sqlite_store, tmp_path, SECRET) as client:
        assert client.post("/console/login", content=body).status_code == 403


def test_a_form_from_another_site_is_refused(visited: Visited) -> None:
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = visited.client.post("/console/customers", data={"email": "a@x.example"}, headers=headers)
        assert (headers, answer.status_code) == (headers, 403)


def test_a_session_ends_with_its_time_and_with_a_new_password() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    sessions = Sessions(KEYS, "old")
    cookie = sessions.begin(at)
    assert sessions.is_open(cookie, at + LASTS - timedelta(seconds=2))
    assert not sessions.is_open(cookie, at + LASTS)
    assert not Sessions(KEYS, "new").is_open(cookie, at)
    assert not Sessions((b"j" * 32,), "old").is_open(cookie, at)
    assert Sessions((b"j" * 32, *KEYS), "old").is_open(cookie, at)


@pytest.mark.parametrize("cookie", [None, "", "x", "ü", "A" * 69, "A" * 70, "A" * 100_000, "===="])
def test_no_other_cookie_opens_a_session(cookie: str | None) -> None:
    assert not Sessions(KEYS, "p").is_open(cookie, datetime(2026, 11, 2, tzinfo=UTC))


def test_guesses_are_counted_by_network_and_all_together() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    guesses = Guesses()
    for number in range(ALL_GUESSES):
        assert guesses.seconds_to_wait("198.51.100.0/24", at) == 0
        guesses.wrong(f"10.0.{number}.0/24", at)
    assert guesses.seconds_to_wait("198.51.100.0/24", at) > 0
    assert guesses.seconds_to_wait("198.51.100.0/24", at + WINDOW) == 0


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "/",
        "//evil.example",
        "/consolex",
        "https://evil.example",
        "/console/../../x",
        "/console/\\evil",
        "/console/\r\nx",
        "/console/é",
    ],
)
def test_after_the_login_nobody_is_led_elsewhere(wanted: str) -> None:
    assert safe_next(wanted) == "/console"
