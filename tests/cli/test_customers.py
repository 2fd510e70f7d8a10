"""`nurture customers`: what it prints, and what it exits with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nurture.cli import main
from nurture.cli.customers import group
from nurture.config import Workspace

HEAD = "email,family_name,given_name,company,owner,consent_basis,consent_date,opted_out,machines"
MORI = "mori@asagiri.example,森,花子,㈱朝霧精機,佐藤,opt_in,2026-01-15,,3"


@pytest.fixture(autouse=True)
def _installed() -> None:
    main.add_command(group)


def run(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace.root), "customers", *arguments])


def written(workspace: Workspace, *lines: str, head: str = HEAD, name: str = "people.csv") -> str:
    path = workspace.root / name
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return str(path)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_import_prints_the_counts_that_scripts_rely_on(workspace: Workspace) -> None:
    file = written(workspace, MORI, "no address,x,,,,,,,")
    found = answer(run(workspace, "import", file, "--json"))
    assert {key: found[key] for key in ("added", "changed", "unchanged", "set_aside", "set_aside_file")} == {
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "set_aside": 1,
        "set_aside_file": str(workspace.root / "people.set-aside.csv"),
    }
    again = answer(run(workspace, "import", str(workspace.root / "people.csv"), "--json"))
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1)


def test_import_tells_people_what_happened_and_why(workspace: Workspace) -> None:
    result = run(workspace, "import", written(workspace, MORI, "no address,x,,,,,,,"))
    assert result.exit_code == 0
    assert "customers (csv, utf-8, delimiter comma), 2 rows" in result.stderr
    assert 'line 3: "email": holds no email address.' in result.stderr
    assert "people.set-aside.csv: correct the rows there" in result.stderr
    assert "added" in result.stdout


def test_a_dry_run_leaves_no_trace(workspace: Workspace) -> None:
    found = answer(run(workspace, "import", written(workspace, MORI, "x,,,,,,,,"), "--dry-run", "--json"))
    assert (found["added"], found["set_aside"], found["set_aside_file"]) == (1, 1, None)
    assert answer(run(workspace, "list", "--json")) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "not a text file"),
        (b"name;phone\nMori;03\n", 'No column is called "email"'),
    ],
)
def test_a_file_that_cannot_be_imported_is_explained_with_exit_code_1(
    workspace: Workspace, content: bytes, message: str
) -> None:
    (workspace.root / "bad.csv").write_bytes(content)
    result = run(workspace, "import", str(workspace.root / "bad.csv"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_explained_with_exit_code_1(workspace: Workspace) -> None:
    result = run(workspace, "import", "nowhere.csv")
    assert result.exit_code == 1
    assert result.stderr == "nowhere.csv\n  This file does not exist.\n"


def test_list_narrows_by_company_owner_and_name(workspace: Workspace) -> None:
    kobayashi = "kobayashi@yunagi.example,小林,誠,夕凪工業株式会社,林,opt_in,2026-01-15,yes,"
    run(workspace, "import", written(workspace, MORI, kobayashi))
    everyone = answer(run(workspace, "list", "--json"))
    assert [row["email"] for row in everyone] == ["kobayashi@yunagi.example", "mori@asagiri.example"]
    assert [row["suppressed"] for row in everyone] == ["imported", None]
    for arguments in (("--company", "株式会社 朝霧精機"), ("--owner", "佐藤"), ("--search", "花子")):
        found = answer(run(workspace, "list", *arguments, "--json"))
        assert [row["email"] for row in found] == ["mori@asagiri.example"]
    assert answer(run(workspace, "list", "--company", "%", "--json")) == []
    limited = run(workspace, "list", "--limit", "1")
    assert "kobayashi@yunagi.example" in limited.stdout
    assert "1 of 2 customers" in limited.stderr


def test_show_tells_everything_about_one_person(workspace: Workspace) -> None:
    run(workspace, "import", written(workspace, MORI))
    events = ("mori@asagiri.example,LM-20,1200,2026-10-01,S1", "mori@asagiri.example,LM-25,80,2026-09-01,S2")
    head = "email,product,amount,purchased_on,external_id"
    run(workspace, "import", written(workspace, *events, head=head, name="p.csv"))
    card = answer(run(workspace, "show", "MORI@asagiri.example", "--json"))
    assert (card["family_name"], card["attributes"], card["company"]["name"]) == (
        "森",
        {"machines": 3},
        "㈱朝霧精機",
    )
    assert [(row["product"], row["amount"]) for row in card["purchases"]] == [("LM-20", 1200), ("LM-25", 80)]
    assert (card["totals"]["purchases"], card["totals"]["spent"]) == (2, 1280)
    assert [(row["basis"], row["given_on"]) for row in card["consents"]] == [("opt_in", "2026-01-15")]
    page = run(workspace, "show", "mori@asagiri.example")
    assert page.exit_code == 0
    assert all(word in page.stdout for word in ("㈱朝霧精機", "LM-25", "opt_in", "machines"))


def test_show_names_the_nearest_address_when_nobody_has_it(workspace: Workspace) -> None:
    run(workspace, "import", written(workspace, MORI))
    result = run(workspace, "show", "moti@asagiri.example")
    assert result.exit_code == 1
    assert 'Did you mean "mori@asagiri.example"?' in result.stderr


def test_what_strangers_wrote_does_not_drive_the_terminal(workspace: Workspace, tmp_path: Path) -> None:
    evil = "evil@x.example,[bold]\u202fx[/],,=cmd|'/c calc'!A1,,,,,"
    run(workspace, "import", written(workspace, evil))
    shown = run(workspace, "show", "evil@x.example")
    assert shown.exit_code == 0
    assert "[bold]" in shown.stdout
    assert "\x1b" not in shown.stdout
