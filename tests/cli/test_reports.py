"""`nurture reports`: the same figures in words, JSON and CSV."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nurture.cli.app import Session
from nurture.cli.reports import group
from nurture.config import Workspace
from nurture.errors import NotFound
from nurture.store import open_store
from tests.reports.world import AT, World

PRICE = "https://x.example/price"


@pytest.fixture
def world(workspace: Workspace) -> World:
    """A newsletter to three people: one clicked the price list, one is a scanner's, one was held."""
    world = World(open_store(workspace), workspace)
    run = world.run(occurrence="2026-11")
    price = world.link(run, 0, PRICE, label="=価格表", tag="price")
    first, second = world.customer("a@x.example"), world.customer("b@x.example")
    mine = (world.delivery(run, first), run, first)
    yours = (world.delivery(run, second), run, second)
    world.delivery(run, world.customer("c@x.example"), "held", reason="no_consent")
    world.click(mine, price, PRICE, AT + timedelta(hours=1))
    world.hit(yours, price, AT, verdict="scanner")
    return world


def run(world: World, *arguments: str) -> Result:
    session = Session(world.workspace.root)
    try:
        return CliRunner().invoke(group, arguments, obj=session)
    finally:
        session.close()


def test_words_json_and_csv_tell_the_same_figures(world: World, tmp_path: Path) -> None:
    words = run(world, "campaign", "newsletter")
    data = json.loads(run(world, "campaign", "newsletter", "--json").stdout)
    file = tmp_path / "report.csv"
    assert run(world, "campaign", "newsletter", "--csv", str(file)).exit_code == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = {row["figure"]: row for row in csv.DictReader(opened)}
    for name, figure in data["figures"].items():
        assert int(rows[name]["count"]) == figure["count"], name
        cells = words.stdout.replace("│", " ").splitlines()
        line = next(line for line in cells if line.strip().startswith(f"{name.replace('_', ' ')} "))
        assert line.split()[len(name.split("_"))] == str(figure["count"]), name
    assert data["planned"] == 3
    assert data["held"] == {"no_consent": 1}
    assert data["clicks"] == 1
    assert data["hits"] == {"total": 2, "human": 1, "machine": 1, "undecided": 0}
    assert rows["held: no_consent"]["count"] == "1"
    assert rows["machine_hits"]["count"] == "1"
    assert "Held: 1 because no valid consent is on record" in words.stdout


def test_links_in_json_and_in_a_csv_without_formulas(world: World, tmp_path: Path) -> None:
    data = json.loads(run(world, "links", "newsletter", "--json").stdout)
    file = tmp_path / "links.csv"
    run(world, "links", "newsletter", "--csv", str(file))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(link["url"], link["clicks"], link["machine_hits"]) for link in data["links"]] == [(PRICE, 1, 1)]
    assert rows[0]["label"] == "'=価格表"
    assert (rows[0]["people"], rows[0]["share"]) == ("1", "0.5")
    assert "Shares are of 2 people reached." in run(world, "links", "newsletter").stdout


def test_a_campaign_that_was_not_started_says_how_to_start_it(world: World) -> None:
    world.workspace.campaigns.mkdir()
    (world.workspace.campaigns / "win-back.yaml").write_text("name: x\n")
    found = run(world, "campaign", "win-back")
    assert found.exit_code == 0
    assert found.stdout == "win-back has not been started. nurture campaigns start win-back\n"


@pytest.mark.parametrize("command", ["campaign", "links"])
def test_an_unknown_campaign_is_an_error_with_the_nearest_name(world: World, command: str) -> None:
    found = run(world, command, "newsleter")
    assert isinstance(found.exception, NotFound)
    assert found.exception.findings[0].fix == 'Did you mean "newsletter"?'


def test_one_run_of_a_campaign(world: World) -> None:
    world.run(occurrence="2026-12")
    data = json.loads(run(world, "campaign", "newsletter", "--run", "2026-12", "--json").stdout)
    assert (data["planned"], [line["occurrence"] for line in data["runs"]]) == (0, ["2026-12"])
