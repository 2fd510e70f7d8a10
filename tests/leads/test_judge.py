"""Lead states: who is hot, warm, cooling, active or dormant, since when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from nurture.config import Workspace
from nurture.errors import InputError
from nurture.leads import JudgedLeads, judge_leads
from nurture.store import Store
from nurture.store import tables as t
from tests.conftest import CONFIG, make_workspace
from tests.reports.world import AT, World

DAY = timedelta(days=1)


@dataclass
class Mailed:
    """A customer who got a newsletter with a price list and a story in it."""

    world: World
    customer: int
    email: tuple[int, int, int]
    links: dict[str, int]

    def click(self, name: str, at: datetime) -> None:
        tag = name if name == "price" else None
        self.world.click(self.email, self.links[name], f"https://x.example/{name}", at, tag=tag)


@pytest.fixture
def world(store: Store, workspace: Workspace) -> World:
    return World(store, workspace)


@pytest.fixture
def here(sqlite_store: Store, workspace: Workspace) -> World:
    """The same on SQLite alone, for what is decided before any SQL."""
    return World(sqlite_store, workspace)


def mailed(world: World, email: str = "a@x.example", **values: Any) -> Mailed:
    run = world.run(occurrence=email)
    names = {"price": "価格表", "story": "読みもの"}
    links = {
        name: world.link(run, slot, f"https://x.example/{name}", label=label)
        for slot, (name, label) in enumerate(names.items())
    }
    customer = world.customer(email, **values)
    return Mailed(world, customer, (world.delivery(run, customer), run, customer), links)


def judge(world: World, now: datetime = AT) -> JudgedLeads:
    with world.store.write() as connection:
        return judge_leads(connection, world.workspace, now)


def states(world: World) -> dict[int, tuple[str, bool, list[str]]]:
    lead = t.lead_states.c
    with world.store.read() as connection:
        rows = connection.execute(select(lead.customer_id, lead.state, lead.contact, lead.reasons))
        return {row.customer_id: (row.state, row.contact, row.reasons) for row in rows}


def changes(world: World) -> list[tuple[int, str | None, str | None]]:
    change = t.lead_changes.c
    with world.store.read() as connection:
        rows = connection.execute(
            select(change.customer_id, change.old_state, change.new_state).order_by(change.id)
        )
        return [(who, old, new) for who, old, new in rows]


def test_a_look_at_the_prices_is_warm_and_a_second_day_is_hot(world: World) -> None:
    one, two = mailed(world, "a@x.example"), mailed(world, "b@x.example")
    one.click("price", AT - 3 * DAY)
    two.click("price", AT - 3 * DAY)
    two.click("price", AT - DAY)
    assert judge(world) == JudgedLeads({"hot": 1, "warm": 1, "cooling": 0, "active": 0, "dormant": 0}, 2)
    assert states(world) == {
        one.customer: (
            "warm",
            True,
            ["「価格表」を10月30日にクリック", "ルール「見込みあり」（warm）に該当"],
        ),
        two.customer: (
            "hot",
            True,
            ["「価格表」を10月30日と11月1日にクリック", "ルール「今すぐ連絡」（hot）に該当"],
        ),
    }


def test_one_click_on_a_story_makes_nobody_warm(here: World) -> None:
    mailed(here).click("story", AT - DAY)
    judge(here)
    assert states(here) == {}


def test_a_scanner_that_follows_every_link_makes_nobody_warm(here: World) -> None:
    reader = mailed(here)
    for days in range(1, 10):
        for link in reader.links.values():
            here.hit(reader.email, link, AT - days * DAY, verdict="scanner")
        here.hit(reader.email, None, AT - days * DAY, kind="open")
    judge(here)
    assert states(here) == {}


def test_an_inquiry_and_a_click_on_a_story_are_hot(world: World) -> None:
    reader = mailed(world)
    reader.click("story", AT - 2 * DAY)
    world.activity(reader.customer, "inquiry", AT - DAY, "納期について")
    judge(world)
    assert states(world)[reader.customer] == (
        "hot",
        True,
        [
            "11月1日に inquiry（納期について）",
            "「読みもの」を10月31日にクリック",
            "ルール「今すぐ連絡」（hot）に該当",
        ],
    )


@pytest.mark.parametrize(
    ("idle_days", "expected"), [(24, "warm"), (25, "cooling"), (29, "cooling"), (30, None)]
)
def test_a_warm_lead_cools_at_25_idle_days_and_ends_at_30(
    here: World, idle_days: int, expected: str | None
) -> None:
    reader = mailed(here)
    reader.click("price", AT - idle_days * DAY)
    judge(here)
    assert [state for state, _, _ in states(here).values()] == ([expected] if expected else [])


def test_buying_is_active_and_90_days_without_is_dormant(world: World) -> None:
    customers = [world.customer(f"{name}@x.example") for name in "abc"]
    world.purchase(customers[0], date(2026, 8, 5))
    world.purchase(customers[1], date(2026, 8, 4))
    judge(world)
    assert states(world) == {
        customers[0]: (
            "active",
            False,
            ["last_purchase_on: {in_the_last: 90 days}", "ルール「お取引中」（active）に該当"],
        ),
        customers[1]: (
            "dormant",
            False,
            ["last_purchase_on: {at_least_ago: 90 days}", "ルール「休眠」（dormant）に該当"],
        ),
    }


def test_colleagues_who_clicked_are_a_reason_too(world: World) -> None:
    company = world.company("北海機械")
    readers = [mailed(world, f"{name}@x.example", company_id=company) for name in "abc"]
    for reader in readers:
        reader.click("story", AT - DAY)
    readers[0].click("price", AT - DAY)
    judge(world)
    found = states(world)[readers[0].customer]
    assert found[2][2] == "同じ会社のほか2名も30日以内にクリック"


def test_judging_again_changes_nothing_and_keeps_since(world: World) -> None:
    reader = mailed(world)
    reader.click("price", AT - DAY)
    assert judge(world).changed == 1
    assert judge(world, AT + timedelta(hours=1)).changed == 0
    with world.store.read() as connection:
        lead = t.lead_states.c
        assert connection.execute(select(lead.since, lead.judged_at)).one() == (AT, AT + timedelta(hours=1))
    assert changes(world) == [(reader.customer, None, "warm")]


def test_a_lead_rises_falls_and_ends_with_a_change_each_time(world: World) -> None:
    reader = mailed(world)
    reader.click("price", AT - DAY)
    judge(world)
    reader.click("story", AT)
    judge(world)
    judge(world, AT + 28 * DAY)
    judge(world, AT + 90 * DAY)
    assert changes(world) == [
        (reader.customer, None, "warm"),
        (reader.customer, "warm", "hot"),
        (reader.customer, "hot", "cooling"),
        (reader.customer, "cooling", None),
    ]
    assert states(world) == {}


def test_a_new_click_in_the_same_state_renews_the_reasons(here: World) -> None:
    reader = mailed(here)
    reader.click("price", AT - DAY)
    judge(here)
    reader.click("story", AT - DAY)
    assert judge(here).changed == 0
    assert "「読みもの」を11月1日にクリック" in states(here)[reader.customer][2]


def with_rules(tmp_path: Path, store: Store, rules: str, language: str = "en") -> World:
    config = CONFIG.replace("language: ja", f"language: {language}") + f"leads:\n  rules:\n{rules}"
    return World(store, make_workspace(tmp_path, config))


def test_rules_of_the_workspace_take_the_place_of_ours(tmp_path: Path, store: Store) -> None:
    rules = """
    - {state: vip, name: VIP, contact: true, where: {spent: {at_least: 5000}}}
    - {state: known, where: {not: {last_purchase_on: not set}}}
    """
    world = with_rules(tmp_path, store, rules)
    rich, poor = world.customer("a@x.example"), world.customer("b@x.example")
    mailed(world, "c@x.example").click("price", AT)
    world.purchase(rich, date(2026, 10, 1), "6000")
    world.purchase(poor, date(2026, 10, 1), "10")
    assert judge(world).states == {"vip": 1, "known": 1}
    assert states(world) == {
        rich: ("vip", True, ["spent: {at_least: 5000} → 6,000", 'meets the rule "VIP" (vip)']),
        poor: ("known", False, ['meets the rule "known" (known)']),
    }


def test_reasons_are_english_where_the_workspace_is_not_japanese(tmp_path: Path, sqlite_store: Store) -> None:
    rules = '    - {state: hot, contact: true, where: {clicked: {link: "*price*", times: {at_least: 2}}}}\n'
    world = with_rules(tmp_path, sqlite_store, rules)
    reader = mailed(world)
    reader.click("price", AT - DAY)
    reader.click("price", AT)
    judge(world)
    assert states(world)[reader.customer][2] == [
        'clicked "価格表" on 1 Nov and 2 Nov',
        'meets the rule "contact now" (hot)',
    ]


def test_every_mistake_in_the_rules_is_told_with_its_line(tmp_path: Path, sqlite_store: Store) -> None:
    rules = "    - {state: a, where: {spend: 1}}\n    - {state: b, where: {clicked: {lnk: x}}}\n"
    world = with_rules(tmp_path, sqlite_store, rules)
    first = CONFIG.count("\n") + 3
    with pytest.raises(InputError) as caught:
        judge(world)
    assert [finding.place for finding in caught.value.findings] == [
        f"config.yaml, line {first}",
        f"config.yaml, line {first + 1}",
    ]


def test_a_rule_may_use_a_segment(tmp_path: Path, sqlite_store: Store) -> None:
    world = with_rules(tmp_path, sqlite_store, "    - {state: big, where: {segment: big}}\n")
    world.workspace.segments.mkdir()
    (world.workspace.segments / "big.yaml").write_text("where: {spent: {at_least: 5}}\n")
    world.purchase(world.customer("a@x.example"), date(2026, 10, 1), "6")
    world.customer("b@x.example")
    assert judge(world).states == {"big": 1}


def test_many_leads_are_put_into_words_in_groups(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nurture.leads.judge.GROUP", 2)
    readers = [mailed(here, f"c{number}@x.example") for number in range(5)]
    for reader in readers:
        reader.click("price", AT - DAY)
    assert judge(here).states["warm"] == 5
    assert {len(reasons) for _, _, reasons in states(here).values()} == {2}


def test_the_time_of_a_judgement_lags_by_an_hour_at_most_where_nobody_needs_to_act(here: World) -> None:
    here.purchase(here.customer("a@x.example"), date(2026, 10, 1))
    found = []
    for minutes in (0, 59, 60):
        judge(here, AT + timedelta(minutes=minutes))
        with here.store.read() as connection:
            found.append(connection.scalar(select(t.lead_states.c.judged_at)))
    assert found == [AT, AT, AT + timedelta(minutes=60)]
