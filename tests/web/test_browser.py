"""In a real browser: pages fit a telephone, buttons work, and nothing a stranger wrote runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert, select, update

from nurture.links import Signer
from nurture.store import Store, open_store
from nurture.store import tables as t
from nurture.web.server import WebServer, serve
from tests.conftest import CONFIG
from tests.tracking.world import SENT, URLS, add_consent, add_customer, add_delivery, add_run
from tests.web.conftest import open_site

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
WIDTHS = (1280, 375)
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[WebServer, Store, str]]:
    """A server, its store, and the token of a reader whose names are hostile."""
    config = CONFIG + "web: {bind: '127.0.0.1:0', public_url: 'http://127.0.0.1:8000'}\n"
    workspace = open_site(tmp_path, config=config)
    store = open_store(workspace)
    customer = add_customer(store, "a@x.example", family_name=HOSTILE, department=HOSTILE, locale="en")
    add_consent(store, customer)
    run = add_run(store)
    delivery = add_delivery(store, run, customer)
    with store.write() as connection:
        connection.execute(update(t.links).values(label=HOSTILE + "x" * 200))
        lead = {"state": "hot", "contact": True, "since": SENT, "judged_at": SENT, "reasons": [HOSTILE]}
        connection.execute(insert(t.lead_states).values(customer_id=customer, **lead))
    token = Signer(workspace.secrets.keys).sign("delivery", delivery)
    with serve(workspace, store) as server:
        yield server, store, token
    store.close()


def open_page(browser: Browser, width: int, problems: list[str]) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_runs_nothing_of_strangers(
    browser: Browser, served: tuple[WebServer, Store, str], width: int
) -> None:
    server, _, token = served
    problems: list[str] = []
    page = open_page(browser, width, problems)
    console = ("", "/campaigns/newsletter", "/leads", "/customers", "/customers/1", "/segments")
    for path in (*(f"/console{part}" for part in console), f"/u/{token}", f"/p/{token}"):
        answer = page.goto(server.url + path)
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)
        assert page.title() != "owned"
    assert problems == []
    page.close()


def test_the_list_of_campaigns_keeps_itself_up_to_date(
    browser: Browser, served: tuple[WebServer, Store, str]
) -> None:
    server, store, _ = served
    problems: list[str] = []
    page = open_page(browser, 1280, problems)
    page.goto(f"{server.url}/console")
    sent = page.locator('[data-campaign="newsletter"] [data-count="sent"]')
    assert sent.text_content() == "1"
    with store.write() as connection:
        connection.execute(update(t.deliveries).values(state="held", reason="no_consent"))
        connection.execute(update(t.runs).values(state="finished"))
    page.locator('[data-campaign="newsletter"] [data-state="finished"]').wait_for(timeout=10_000)
    assert sent.text_content() == "0"
    assert problems == []
    page.close()


def test_a_reader_chooses_topics_and_then_unsubscribes_with_a_button(
    browser: Browser, served: tuple[WebServer, Store, str]
) -> None:
    server, store, token = served
    problems: list[str] = []
    page = open_page(browser, 375, problems)
    page.goto(f"{server.url}/p/{token}")
    page.get_by_label("技術情報").uncheck()
    page.get_by_label("How often at most?").select_option("2")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Your choices are saved.").wait_for()
    assert not page.get_by_label("技術情報").is_checked()
    page.goto(f"{server.url}/u/{token}")
    page.get_by_role("button", name="Stop all email").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    with store.read() as connection:
        assert connection.scalars(select(t.topic_refusals.c.topic)).all() == ["tips"]
        assert connection.scalars(select(t.suppressions.c.reason)).all() == ["unsubscribed"]
    assert problems == []
    page.close()


def test_a_click_in_a_browser_says_that_a_person_made_it(
    browser: Browser, served: tuple[WebServer, Store, str]
) -> None:
    server, store, token = served
    page = open_page(browser, 1280, [])
    page.route("https://www.sample.example/**", lambda route: route.fulfill(body="arrived"))
    page.set_content(f'<a href="{server.url}/c/{token}/2">read</a>')
    page.get_by_text("read").click()
    page.get_by_text("arrived").wait_for()
    assert page.url == URLS[2]
    assert server.drain()
    with store.read() as connection:
        headers = connection.scalar(select(t.hits.c.headers))
    assert headers is not None
    assert (headers["sec-fetch-user"], headers["sec-fetch-mode"]) == ("?1", "navigate")
    page.close()
