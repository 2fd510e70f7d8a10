"""The report of links: every link once, people and machines apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nurture.config import Workspace
from nurture.reports import LinkFigures, LinkReport, link_report
from nurture.store import Store
from tests.reports.world import AT, World

PRICE, GUIDE = "https://x.example/price", "https://x.example/guide"


@pytest.fixture
def world(store: Store, workspace: Workspace) -> World:
    return World(store, workspace)


def report(world: World, occurrence: str | None = None) -> LinkReport:
    with world.store.read() as connection:
        return link_report(connection, world.workspace, "newsletter", AT, occurrence)


def figures(link: LinkFigures) -> tuple[str, int, int, int, int]:
    return link.url, link.clicks, link.people, link.machine_hits, link.undecided_hits


def test_links_stand_in_document_order_with_those_nobody_followed(world: World) -> None:
    run = world.run()
    guide = world.link(run, 1, GUIDE, label="選定表", tag="guide")
    price = world.link(run, 0, PRICE, label="価格表", tag="price")
    world.link(run, 2, "https://x.example/none")
    people = [world.customer(f"{name}@x.example") for name in "abcd"]
    emails = [(world.delivery(run, person), run, person) for person in people]
    world.click(emails[0], price, PRICE, AT + timedelta(hours=1))
    world.click(emails[0], price, PRICE, AT + timedelta(hours=9))
    world.click(emails[1], price, PRICE, AT + timedelta(hours=2))
    world.hit(emails[2], price, AT, verdict="scanner")
    world.hit(emails[2], guide, AT, verdict="scanner")
    world.hit(emails[3], guide, AT)
    found = report(world)
    assert [figures(link) for link in found.links] == [
        (PRICE, 3, 2, 1, 0),
        (GUIDE, 0, 0, 1, 1),
        ("https://x.example/none", 0, 0, 0, 0),
    ]
    assert found.links[0] == LinkFigures(0, 0, "価格表", "price", PRICE, False, 3, 2, 1, 0, 0.5)


def test_a_personal_link_is_one_line_without_what_is_personal(world: World) -> None:
    run = world.run()
    for number, person in enumerate("abc"):
        customer = world.customer(f"{person}@x.example")
        url = f"https://x.example/quote?for={person}"
        link = world.link(run, 0, url, key=f"0-{number:010x}", label="お見積り")
        email = (world.delivery(run, customer), run, customer)
        world.click(email, link, url, AT + timedelta(hours=1))
    assert report(world).links == (
        LinkFigures(0, 0, "お見積り", None, "https://x.example/quote", True, 3, 3, 0, 0, 1.0),
    )


def test_the_same_link_of_several_runs_is_one_line(world: World) -> None:
    customer = world.customer("a@x.example")
    for occurrence in ("2026-10", "2026-11"):
        run = world.run("newsletter", occurrence)
        price = world.link(run, 0, PRICE)
        world.link(run, 1, f"https://x.example/{occurrence}")
        world.click((world.delivery(run, customer), run, customer), price, PRICE, AT)
    assert [figures(link) for link in report(world).links] == [
        (PRICE, 2, 1, 0, 0),
        ("https://x.example/2026-10", 0, 0, 0, 0),
        ("https://x.example/2026-11", 0, 0, 0, 0),
    ]
    assert [link.url for link in report(world, "2026-11").links] == [PRICE, "https://x.example/2026-11"]
