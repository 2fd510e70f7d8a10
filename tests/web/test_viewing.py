"""View in browser: the email as it was frozen, for the reader it went to, and nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from nurture.config import Workspace
from nurture.store import Store
from nurture.store import tables as t
from nurture.templates import compile_template, load_template
from tests.web.conftest import Visited, visit

TEMPLATE = """---
subject: News
---
<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ customer.family_name }}</mj-text>
<mj-button href="https://www.sample.example/price">Prices</mj-button>
<mj-button href="https://www.sample.example/quote?for={{ customer.given_name }}">Quote</mj-button>
<mj-text><a href="{{ unsubscribe_url }}">unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
"""


@pytest.fixture
def mailed(sqlite_store: Store, workspace: Workspace) -> Iterator[Visited]:
    """A site whose reader got the email above."""
    workspace.templates.mkdir(parents=True)
    (workspace.templates / "news.mjml").write_text(TEMPLATE, encoding="utf-8")
    compiled = compile_template(load_template(workspace, "news"), workspace, tracked=True)
    for visited in visit(sqlite_store, workspace):
        with sqlite_store.write() as connection:
            connection.execute(update(t.run_emails).values(compiled=compiled.to_json()))
            connection.execute(update(t.customers).values(given_name="Anna"))
        yield visited


def test_the_email_is_shown_with_its_links_tracked(mailed: Visited) -> None:
    answer = mailed.client.get(f"/v/{mailed.token}")
    assert answer.status_code == 200
    assert "Dear &lt;b&gt;佐藤" in answer.text
    base = f"http://127.0.0.1:8000/c/{mailed.token}"
    assert f'href="{base}/0"' in answer.text
    assert f'href="http://127.0.0.1:8000/u/{mailed.token}"' in answer.text
    personal = f"{base}/1-"
    assert personal in answer.text
    path = answer.text.split(personal)[1].split('"')[0]
    followed = mailed.client.get(f"/c/{mailed.token}/1-{path}")
    assert followed.headers["location"] == "https://www.sample.example/quote?for=Anna"


def test_nothing_in_the_email_runs_and_the_visit_is_kept(mailed: Visited) -> None:
    headers = mailed.client.get(f"/v/{mailed.token}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert mailed.site.buffer.drain(10)
    with mailed.store.read() as connection:
        assert connection.scalars(select(t.hits.c.kind)).all() == ["view"]


def test_a_reader_without_tracking_gets_the_plain_links(mailed: Visited) -> None:
    with mailed.store.write() as connection:
        connection.execute(update(t.customers).values(tracking=False))
    text = mailed.client.get(f"/v/{mailed.token}").text
    assert "/c/" not in text
    assert 'href="https://www.sample.example/price"' in text


def test_an_email_that_cannot_be_made_any_more_is_not_found(mailed: Visited) -> None:
    with mailed.store.write() as connection:
        frozen = connection.scalar(select(t.run_emails.c.compiled))
        assert frozen is not None
        connection.execute(update(t.run_emails).values(compiled=frozen | {"format": 0}))
    assert mailed.client.get(f"/v/{mailed.token}").status_code == 404
