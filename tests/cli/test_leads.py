"""`nurture leads`: the contract of its JSON, a list for people, a CSV without formulas."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nurture import clock
from nurture.cli.app import Session
from nurture.cli.leads import group
from nurture.config import Workspace
from nurture.errors import InputError, NotFound
from nurture.store import open_store
from tests.reports.world import World


@pytest.fixture
def world(workspace: Workspace) -> World:
    """One hot lead with a hostile name, and a customer who did nothing."""
    world = World(open_store(workspace), workspace)
    hot = world.customer("hot@x.example", family_name="=1+1", given_name="\x1b[31m", owner="田中")
    for days in (1, 3):
        world.activity(hot, "inquiry", clock.now() - timedelta(days=days), "納期")
    world.customer("quiet@x.example")
    return world


def run(world: World, *arguments: str) -> Result:
    session = Session(world.workspace.root)
    try:
        return CliRunner().invoke(group, arguments, obj=session)
    finally:
        session.close()


def test_list_judges_first_and_answers_with_the_keys_of_the_contract(world: World) -> None:
    (lead,) = json.loads(run(world, "list", "--json").stdout)
    assert (lead["email"], lead["state"], lead["owner"]) == ("hot@x.example", "hot", "田中")
    assert lead["reasons"][0].endswith("に inquiry（納期）")
    assert lead["reasons"][1:] == ["ルール「今すぐ連絡」（hot）に該当"]


def test_a_list_for_people_shows_control_characters_and_does_not_obey_them(world: World) -> None:
    found = run(world, "list")
    assert "hot (今すぐ連絡): =1+1 \\x1b[31m, owner 田中, hot@x.example" in found.stdout
    assert "\x1b" not in found.stdout
    assert "  - ルール「今すぐ連絡」（hot）に該当" in found.stdout.splitlines()


def test_nobody_to_contact_is_an_empty_list_and_no_error(workspace: Workspace) -> None:
    world = World(open_store(workspace), workspace)
    assert json.loads(run(world, "list", "--json").stdout) == []
    found = run(world, "list")
    assert (found.exit_code, found.stdout) == (0, "")


def test_show_tells_the_reasons_and_how_it_came_about(world: World) -> None:
    found = json.loads(run(world, "show", "hot@x.example", "--json").stdout)
    assert found["lead"]["state"] == "hot"
    assert [(one["old_state"], one["new_state"]) for one in found["changes"]] == [(None, "hot")]
    assert run(world, "show", "hot@x.example").stdout.startswith("hot (今すぐ連絡): ")
    assert run(world, "show", "quiet@x.example").stdout == "quiet@x.example is no lead: no rule is met.\n"


def test_an_export_holds_no_formulas(world: World, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    assert run(world, "export", "--csv", str(file)).exit_code == 0
    printed = run(world, "export").stdout
    rows = list(csv.DictReader(io.StringIO(printed, newline="")))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.DictReader(opened)) == rows
    assert rows[0]["name"].startswith("'=1+1")
    assert (rows[0]["email"], rows[0]["state"]) == ("hot@x.example", "hot")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("list", "--state", "hott"), InputError),
        (("list", "--owner", "nobody"), InputError),
        (("show", "nobody@x.example"), NotFound),
    ],
)
def test_a_mistake_is_an_error_with_words(
    world: World, arguments: tuple[str, ...], error: type[Exception]
) -> None:
    assert isinstance(run(world, *arguments).exception, error)
