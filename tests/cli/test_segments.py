"""`nurture segments`: the contract of its JSON, and words for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from nurture import clock
from nurture.cli.app import Session
from nurture.cli.segments import group
from nurture.config import Workspace
from nurture.errors import InputError, NotFound
from nurture.store import open_store, totals
from nurture.store import tables as t
from tests.world import customer

Run = Callable[..., Result]

DORMANT = """\
name: 休眠顧客
description: 90日以上ご購入のないお客様
where:
  all:
    - last_purchase_on: {at_least_ago: 90 days}
    - not: {segment: rivals}
"""
RIVALS = "where: {email: {matches: '*@rival-*.example'}}\n"


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """A workspace with two segments and three customers, one of them dormant."""
    workspace.segments.mkdir()
    write(workspace.segments / "dormant.yaml", DORMANT)
    write(workspace.segments / "rivals.yaml", RIVALS)
    store = open_store(workspace)
    today = clock.day(clock.now(), workspace.zone)
    with store.write() as connection:
        for email, days in (("old@x.example", 90), ("new@x.example", 89), ("old@rival-1.example", 400)):
            who = customer(connection, email, family_name="\x1b[31m" if email == "old@x.example" else "佐藤")
            row = {
                "customer_id": who,
                "product": "LG20",
                "amount": 100,
                "currency": "JPY",
                "external_id": "1",
            }
            row |= {"purchased_on": today - timedelta(days=days), "created_at": clock.now()}
            connection.execute(insert(t.purchases).values(row))
            totals.refresh(connection, [who], ["purchases"])
    store.close()

    def command(*arguments: str) -> Result:
        session = Session(workspace.root)
        try:
            return CliRunner().invoke(group, arguments, obj=session)
        finally:
            session.close()

    return command


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_list_names_every_segment_and_counts_when_asked(run: Run) -> None:
    assert json.loads(run("list", "--json", "--count").stdout) == [
        {
            "segment": "dormant",
            "title": "休眠顧客",
            "description": "90日以上ご購入のないお客様",
            "file": "segments/dormant.yaml",
            "count": 1,
        },
        {
            "segment": "rivals",
            "title": "rivals",
            "description": "",
            "file": "segments/rivals.yaml",
            "count": 1,
        },
    ]
    assert "休眠顧客" in run("list").stdout


def test_count_answers_with_the_keys_of_the_contract(run: Run) -> None:
    assert json.loads(run("count", "dormant", "--json").stdout) == {"segment": "dormant", "count": 1}
    assert run("count", "dormant").stdout == "1\n"


def test_members_are_a_json_list_of_objects_with_an_email(run: Run) -> None:
    members = json.loads(run("members", "dormant", "--json").stdout)
    assert [member["email"] for member in members] == ["old@x.example"]
    assert json.loads(run("members", "dormant", "--json", "--limit", "0").stdout) == []


def test_members_for_people_show_control_characters_and_do_not_obey_them(run: Run) -> None:
    found = run("members", "dormant")
    assert "\\x1b[31m" in found.stdout
    assert "\x1b" not in found.stdout


def test_explain_says_for_each_condition_whether_it_is_met_and_what_was_found(run: Run) -> None:
    found = json.loads(run("explain", "dormant", "OLD@rival-1.example", "--json").stdout)
    assert found["member"] is False
    assert [(each["condition"], each["met"], each["found"], each["line"]) for each in found["why"]] == [
        ("all of", False, "1 of 2 met", 4),
        ("last_purchase_on: {at_least_ago: 90 days}", True, bought(400), 5),
        ("not", False, "it is met", 6),
        ("segment: rivals", True, "a member", 6),
        ("email: {matches: *@rival-*.example}", True, "old@rival-1.example", 1),
    ]


def bought(days: int) -> str:
    day = clock.day(clock.now() - timedelta(days=days), ZoneInfo("Asia/Tokyo"))
    return f"{day.isoformat()} ({days} days ago)"


def test_explain_for_people_is_a_tree_with_ticks_and_crosses(run: Run) -> None:
    lines = run("explain", "dormant", "new@x.example").stdout.splitlines()
    assert lines[0] == "new@x.example is not in dormant (休眠顧客)."
    assert lines[1] == "✗ all of   [1 of 2 met]"
    assert lines[2].startswith("  ✗ last_purchase_on: {at_least_ago: 90 days}   [")
    assert lines[3] == "  ✓ not   [it is not met]"
    assert lines[4].startswith("    ✗ segment: rivals")


def test_explain_of_a_stranger_says_that_nobody_has_the_address(run: Run) -> None:
    error = run("explain", "dormant", "nobody@x.example").exception
    assert isinstance(error, NotFound)
    assert error.findings[0].what == "There is no customer with this address."


def test_a_mistyped_name_is_answered_with_the_nearest(run: Run) -> None:
    error = run("count", "dormnt").exception
    assert isinstance(error, NotFound)
    assert error.findings[0].what == 'There is no segment called "dormnt".'
    assert error.findings[0].fix == 'Did you mean "dormant"?'


@pytest.mark.parametrize("email", ["", "\x00", "\udcff@x.example", "x" * 5000])
def test_no_text_that_is_no_address_breaks_an_explanation(run: Run, email: str) -> None:
    assert isinstance(run("explain", "dormant", email).exception, NotFound)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_sql_prints_one_statement_with_its_values_in_it(run: Run, dialect: str) -> None:
    printed = run("sql", "dormant", "--for", dialect).stdout
    assert printed.count(";") == 1
    assert "SELECT customers.id" in printed
    assert "%@rival-%.example" in printed
    assert ":" not in printed.replace("::", "")


def test_a_mistake_in_a_file_that_is_not_asked_for_stops_nobody(run: Run, workspace: Workspace) -> None:
    write(workspace.segments / "broken.yaml", "where: {emial: x}\n")
    assert run("count", "dormant").stdout == "1\n"
    found = run("list", "--json")
    assert [row["segment"] for row in json.loads(found.stdout)] == ["dormant", "rivals"]
    error = found.exception
    assert isinstance(error, InputError)
    assert [finding.place for finding in error.findings] == ["segments/broken.yaml, line 1"]


def test_members_show_the_columns_that_are_asked_for(run: Run) -> None:
    members = json.loads(run("members", "rivals", "--columns", "email, purchases", "--json").stdout)
    assert members == [{"email": "old@rival-1.example", "purchases": 1}]
    error = run("members", "rivals", "--columns", "emial,purchases").exception
    assert isinstance(error, InputError)
    assert error.findings[0].fix == 'Did you mean "email"?'


def test_members_as_csv_run_nothing_in_a_spreadsheet(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    store = open_store(workspace)
    with store.write() as connection:
        connection.execute(t.customers.update().values(family_name="=1+1"))
    store.close()
    assert run("members", "dormant", "--columns", "email,family_name", "--csv", "-").stdout.splitlines() == [
        "email,family_name",
        "old@x.example,'=1+1",
    ]
    found = run("members", "dormant", "--csv", str(tmp_path / "x.csv"))
    assert "1 customers written to" in found.stderr


def test_fields_are_found_by_a_word(run: Run) -> None:
    names = [row["name"] for row in json.loads(run("fields", "purchase", "--json").stdout)]
    assert {"purchases", "first_purchase_on", "last_purchase_on", "bought"} <= set(names)
    assert run("fields", "zzz").stdout == ""


def test_the_schema_is_json(run: Run) -> None:
    assert json.loads(run("schema").stdout)["properties"]["where"] == {
        "$ref": "#/$defs/filter",
        "description": "Who is in it.",
    }


def test_diff_tells_who_came_and_why(run: Run) -> None:
    found = json.loads(run("diff", "dormant", "--since", "yesterday", "--json").stdout)
    assert [(each["email"], each["came"], each["why"]) for each in found] == [
        ("old@x.example", True, [found[0]["why"][0]])
    ]
    assert found[0]["why"][0].endswith("(88 days ago) -> " + bought(90)) or "added since" in found[0]["why"]
    assert "1 came and 0 left since" in run("diff", "dormant", "--since", "yesterday").stderr


def test_overlap_is_a_table_of_pairs(run: Run) -> None:
    found = json.loads(run("overlap", "dormant", "rivals", "--json").stdout)
    assert [(each["first"], each["second"], each["count"]) for each in found] == [
        ("dormant", "dormant", 1),
        ("dormant", "rivals", 0),
        ("rivals", "rivals", 1),
    ]
    assert "dormant" in run("overlap").stdout
