"""The list of leads: whom sales should contact, hottest first, with everything a call needs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nurture.config import Workspace
from nurture.errors import InputError, NotFound
from nurture.leads import Lead, find_lead, judge_leads, lead_changes, list_leads
from nurture.store import Store
from tests.reports.world import AT, World


@pytest.fixture
def world(store: Store, workspace: Workspace) -> World:
    """A hot lead, a warm one of another owner, and a dormant customer whom nobody needs to call."""
    world = World(store, workspace)
    company = world.company("北海機械", owner="田中")
    hot = world.customer(
        "hot@x.example", family_name="佐藤", given_name="花子", company_id=company, title="課長"
    )
    warm = world.customer("warm@x.example", given_name="Anna", family_name="Smith", locale="en", owner="鈴木")
    world.purchase(world.customer("dormant@x.example"), date(2026, 1, 5))
    for days in (1, 3):
        world.activity(hot, "inquiry", AT - timedelta(days=days))
    world.activity(warm, "inquiry", AT - timedelta(days=2))
    with store.write() as connection:
        judge_leads(connection, workspace, AT)
    return world


def emails(
    world: World, state: str | None = None, owner: str | None = None, everyone: bool = False
) -> list[str]:
    with world.store.read() as connection:
        leads = list_leads(connection, world.workspace, state=state, owner=owner, everyone=everyone)
    return [lead.email for lead in leads]


def test_those_to_contact_come_hottest_first(world: World) -> None:
    assert emails(world) == ["hot@x.example", "warm@x.example"]
    assert emails(world, everyone=True) == ["hot@x.example", "warm@x.example", "dormant@x.example"]
    assert emails(world, state="dormant") == ["dormant@x.example"]


def test_who_did_something_last_comes_first_among_equals(world: World) -> None:
    later = world.customer("later@x.example")
    world.activity(later, "inquiry", AT - timedelta(days=1))
    with world.store.write() as connection:
        judge_leads(connection, world.workspace, AT)
    assert emails(world, state="warm") == ["later@x.example", "warm@x.example"]


def test_the_owner_of_the_company_stands_in_for_that_of_the_customer(world: World) -> None:
    assert (emails(world, owner="田中"), emails(world, owner="鈴木")) == (
        ["hot@x.example"],
        ["warm@x.example"],
    )


def test_a_lead_tells_all_that_a_call_needs(world: World) -> None:
    with world.store.read() as connection:
        found = find_lead(connection, world.workspace, " Hot@X.example ")
        assert found == Lead(
            customer_id=1,
            email="hot@x.example",
            name="佐藤 花子",
            company="北海機械",
            title="課長",
            phone=None,
            owner="田中",
            state="hot",
            state_name="今すぐ連絡",
            contact=True,
            since=AT,
            judged_at=AT,
            last_on=date(2026, 11, 1),
            reasons=("10月30日と11月1日に inquiry", "ルール「今すぐ連絡」（hot）に該当"),
        )
        assert [(one.old_state, one.new_state) for one in lead_changes(connection, 1)] == [(None, "hot")]


def test_a_mistyped_state_or_owner_is_no_empty_list(world: World) -> None:
    with pytest.raises(InputError, match=r'no lead state called "hott"\.\n  Did you mean "hot"\?'):
        emails(world, state="hott")
    with pytest.raises(InputError, match=r'Nobody has the owner "田"\.\n  Did you mean "田中"\?'):
        emails(world, owner="田")


def test_who_is_no_lead_is_none_and_who_is_nobody_is_not_found(world: World) -> None:
    world.customer("new@x.example")
    with world.store.read() as connection:
        assert find_lead(connection, world.workspace, "new@x.example") is None
        with pytest.raises(NotFound, match=r"none@x\.example\n  There is no customer with this address"):
            find_lead(connection, world.workspace, "none@x.example")
