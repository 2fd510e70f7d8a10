"""The report of a campaign: its parts add up, and every share says of what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nurture.config import Workspace
from nurture.errors import NotFound
from nurture.reports import CampaignReport, campaign_report
from nurture.reports.figures import STATES, Hits
from nurture.store import Store
from tests.reports.world import AT, World


@pytest.fixture
def world(store: Store, workspace: Workspace) -> World:
    return World(store, workspace)


def report(world: World, campaign: str = "newsletter", occurrence: str | None = None) -> CampaignReport:
    with world.store.read() as connection:
        return campaign_report(connection, world.workspace, campaign, AT, occurrence)


def counts(found: CampaignReport) -> dict[str, int]:
    return {figure.name: figure.count for figure in found.figures}


def test_the_funnel_of_a_campaign_with_every_kind_of_delivery(world: World) -> None:
    run = world.run()
    for number, state in enumerate(STATES):
        world.delivery(run, world.customer(f"c{number}@x.example"), state, reason=f"why {state}")
    found = report(world)
    assert found.states == dict.fromkeys(STATES, 1)
    assert counts(found) == {
        "planned": 11,
        "held": 1,
        "cancelled": 1,
        "waiting": 3,
        "failed": 1,
        "in_doubt": 1,
        "mailed": 4,
        "bounced": 1,
        "complained": 1,
        "arrived": 3,
        "opened": 0,
        "clicked": 0,
        "unsubscribed": 0,
    }
    assert found.held == {"why held": 1}
    assert found.failed == {"why bounced": 1, "why failed": 1}
    assert found.reached == 3


def test_every_share_names_its_denominator(world: World) -> None:
    run = world.run()
    for number in range(4):
        world.delivery(run, world.customer(f"c{number}@x.example"), "bounced" if number == 0 else "sent")
    figures = report(world).as_json()["figures"]
    assert figures["bounced"] == {
        "count": 1,
        "of": "mailed",
        "of_count": 4,
        "share": 0.25,
        "reliable": True,
    }
    assert figures["opened"] == {
        "count": 0,
        "of": "people reached",
        "of_count": 3,
        "share": 0.0,
        "reliable": False,
    }
    assert figures["planned"]["share"] is None


def test_held_reasons_are_counted_most_frequent_first(world: World) -> None:
    run = world.run()
    reasons = ["no consent", "unsubscribed", "unsubscribed", None]
    for number, reason in enumerate(reasons):
        world.delivery(run, world.customer(f"c{number}@x.example"), "held", reason=reason)
    assert list(report(world).held.items()) == [
        ("unsubscribed", 2),
        ("no consent", 1),
        ("no reason given", 1),
    ]


def test_people_and_machines_are_told_apart_by_the_latest_verdict(world: World) -> None:
    run = world.run()
    price = world.link(run, 0, "https://x.example/price")
    first, second = world.customer("a@x.example"), world.customer("b@x.example")
    mine = (world.delivery(run, first), run, first)
    yours = (world.delivery(run, second), run, second)
    world.click(mine, price, "https://x.example/price", AT + timedelta(hours=1))
    world.click(mine, price, "https://x.example/price", AT + timedelta(days=2))
    world.hit(yours, price, AT, verdict="likely_scanner")
    world.hit(yours, price, AT)
    world.hit(yours, price, AT, verdict="unknown")
    changed = world.hit(yours, price, AT, verdict="human", version=1)
    world.verdict(changed, "scanner", version=2)
    world.hit(yours, None, AT, kind="open")
    world.hit(yours, None, AT, kind="open")
    found = report(world)
    assert found.hits == Hits(total=6, human=2, machine=2, undecided=2)
    assert (found.clicks, found.figure("clicked").count, found.figure("opened").count) == (2, 1, 1)


def test_an_opt_out_counts_once_for_the_email_it_came_from(world: World) -> None:
    first, second = world.run("newsletter", "2026-10"), world.run("newsletter", "2026-11")
    customer = world.customer("a@x.example")
    world.delivery(first, customer)
    email = (world.delivery(second, customer), second, customer)
    world.hit(email, None, AT, kind="unsubscribe_page")
    world.hit(email, None, AT, kind="unsubscribe")
    world.hit(email, None, AT, kind="unsubscribe")
    found = [report(world, occurrence=run).figure("unsubscribed").count for run in ("2026-10", "2026-11")]
    assert found == [0, 1]
    assert report(world).figure("unsubscribed").count == 1


def test_a_campaign_is_all_its_runs_and_no_other(world: World) -> None:
    customer = world.customer("a@x.example")
    for run in (world.run("newsletter", "2026-10"), world.run("newsletter", "2026-11"), world.run("other")):
        world.delivery(run, customer)
    found = report(world)
    assert [run.occurrence for run in found.runs] == ["2026-10", "2026-11"]
    assert (found.planned, found.reached) == (2, 1)


def test_a_campaign_that_was_not_started_has_an_empty_report(world: World) -> None:
    world.workspace.campaigns.mkdir()
    (world.workspace.campaigns / "win-back.yaml").write_text("name: x\n")
    found = report(world, "win-back")
    assert (found.runs, found.planned, found.hits) == ((), 0, Hits(0, 0, 0, 0))


def test_an_unknown_campaign_is_met_with_the_nearest_name(world: World) -> None:
    world.run("newsletter")
    with pytest.raises(NotFound, match=r'no campaign called "newslater"\.\n  Did you mean "newsletter"\?'):
        report(world, "newslater")


def test_an_unknown_run_is_met_with_the_runs_there_are(world: World) -> None:
    world.run("newsletter", "2026-11")
    with pytest.raises(NotFound, match=r'no run called "2026-12"\.\n  Did you mean "2026-11"\?'):
        report(world, occurrence="2026-12")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(states=st.lists(st.sampled_from(STATES), max_size=12))
def test_the_parts_of_a_report_always_add_up(
    sqlite_store: Store, workspace: Workspace, states: list[str]
) -> None:
    world = World(sqlite_store, workspace)
    with sqlite_store.read() as connection:
        earlier = len(connection.exec_driver_sql("SELECT id FROM runs").all())
    run = world.run("drip", f"run {earlier}")
    for number, state in enumerate(states):
        world.delivery(run, world.customer(f"c{earlier}-{number}@x.example"), state)
    found = counts(report(world, "drip", f"run {earlier}"))
    parts = ("waiting", "mailed", "held", "failed", "in_doubt", "cancelled")
    assert found["planned"] == sum(found[part] for part in parts) == len(states)
    assert found["mailed"] == found["arrived"] + found["bounced"]
