"""tick(now) starts what is due, once, and leaves alone what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from nurture.campaigns import campaign_status, load_campaign
from nurture.config import Workspace
from nurture.engine import tick
from nurture.store import Store
from nurture.store import tables as t
from tests.stories.shop import SEGMENT, TEMPLATE
from tests.world import AT, customers, states

CAMPAIGN = 'audience: everyone\ntrigger: {at: "2026-11-02 10:00"}\nsteps: [{send: news}]'


@pytest.fixture
def office(workspace: Workspace) -> Workspace:
    for name, text in (
        ("segments/everyone.yaml", SEGMENT),
        ("templates/emails/news.mjml", TEMPLATE),
        ("campaigns/news.yaml", CAMPAIGN),
    ):
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return workspace


def test_a_campaign_starts_when_its_time_has_come_and_only_once(office: Workspace, store: Store) -> None:
    with store.write() as connection:
        customers(connection, 2)
    assert tick(office, store, AT - timedelta(seconds=1)).started == ()
    assert tick(office, store, AT).started == ("news",)
    assert tick(office, store, AT + timedelta(minutes=1)).started == ()
    with store.read() as connection:
        assert states(connection) == ["queued", "queued"]


def test_a_time_that_is_long_past_is_missed_and_says_so(office: Workspace, sqlite_store: Store) -> None:
    late = AT + timedelta(days=1)
    assert tick(office, sqlite_store, late).started == ()
    with sqlite_store.read() as connection:
        status = campaign_status(connection, "news", late, load_campaign(office, "news"))
    assert status.state == "missed"


def test_a_campaign_with_mistakes_does_not_keep_the_others_from_starting(
    office: Workspace, sqlite_store: Store
) -> None:
    (office.campaigns / "a-bad-one.yaml").write_text("audience: nobody-knows", encoding="utf-8")
    (office.templates / "broken.mjml").write_text("<mjml><mj-body>{% if %}", encoding="utf-8")
    broken = CAMPAIGN.replace("send: news", "send: broken")
    (office.campaigns / "broken.yaml").write_text(broken, encoding="utf-8")
    with sqlite_store.write() as connection:
        customers(connection, 1)
    assert tick(office, sqlite_store, AT).started == ("news",)


def test_a_tick_with_nothing_due_changes_nothing(office: Workspace, store: Store) -> None:
    (office.campaigns / "news.yaml").unlink()
    with store.write() as connection:
        customers(connection, 1)
    tick(office, store, AT)
    assert not tick(office, store, AT).anything
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.deliveries)) == 0


def test_a_run_that_owes_nothing_ends(office: Workspace, store: Store) -> None:
    with store.write() as connection:
        customers(connection, 1)
    tick(office, store, AT)
    with store.write() as connection:
        connection.execute(t.deliveries.update().values(state="sent", sent_at=AT))
    assert tick(office, store, AT).finished == 1
