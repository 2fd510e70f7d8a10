"""`nurture customers export|erase|merge|duplicates|hygiene` and mapping files, through the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nurture.cli import main
from nurture.config import Workspace

PEOPLE = (
    "email,family_name,given_name,company,owner,consent_basis,consent_date\n"
    "mori@asagiri.example,森,花子,㈱朝霧精機,佐藤,opt_in,2026-01-15\n"
    "mori+x@asagiri.example,森,花子,朝霧精機,,,\n"
)


def run(workspace: Workspace, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(
        main, ["--workspace", str(workspace.root), "customers", *arguments], input=answer
    )


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def people(workspace: Workspace) -> Workspace:
    (workspace.root / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert run(workspace, "import", str(workspace.root / "people.csv")).exit_code == 0
    return workspace


def emails(workspace: Workspace) -> list[str]:
    return [row["email"] for row in data(run(workspace, "list", "--json"))]


def test_all_customers_are_exported_as_csv(people: Workspace) -> None:
    output = people.root / "all.csv"
    result = run(people, "export", "--output", str(output))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 customers are in" in result.stderr
    assert output.read_text(encoding="utf-8-sig") == run(people, "export").stdout.replace("\r\n", "\n")
    found = data(run(people, "import", str(output), "--json"))
    assert (found["added"], found["changed"], found["unchanged"]) == (0, 0, 2)


def test_all_that_is_known_of_one_is_exported_as_json(people: Workspace) -> None:
    found = data(run(people, "export", "mori@asagiri.example"))
    assert (found["email"], found["consents"][0]["basis"]) == ("mori@asagiri.example", "opt_in")
    output = people.root / "mori.json"
    run(people, "export", "mori@asagiri.example", "--output", str(output))
    assert json.loads(output.read_text(encoding="utf-8")) == found


def test_an_export_that_cannot_be_written_exits_with_3(people: Workspace) -> None:
    result = run(people, "export", "--output", str(people.root / "no" / "all.csv"))
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_erasing_asks_first_and_says_what_went(people: Workspace) -> None:
    assert run(people, "erase", "mori@asagiri.example", answer="n\n").exit_code == 1
    dry = data(run(people, "erase", "mori@asagiri.example", "--dry-run", "--json"))
    assert dry["erased"] == {"consents": 1, "totals": 1, "customers": 1}
    assert len(emails(people)) == 2
    done = data(run(people, "erase", "mori@asagiri.example", "--yes", "--json"))
    assert (done["dry_run"], done["erased"]) == (False, dry["erased"])
    assert emails(people) == ["mori+x@asagiri.example"]
    gone = run(people, "show", "mori@asagiri.example")
    assert (gone.exit_code, "suppressed (erased)" in gone.stderr) == (1, True)


def test_duplicates_are_listed_and_merged(people: Workspace) -> None:
    found = data(run(people, "duplicates", "--json"))
    assert [(group["cause"], group["emails"]) for group in found] == [
        ("same mailbox", ["mori+x@asagiri.example", "mori@asagiri.example"])
    ]
    assert "nurture customers merge KEEP OTHER" in run(people, "duplicates").stderr
    merged = run(people, "merge", "mori@asagiri.example", "mori+x@asagiri.example", "--yes")
    assert merged.exit_code == 0
    assert emails(people) == ["mori@asagiri.example"]
    assert data(run(people, "duplicates", "--json")) == []


def test_hygiene_counts_and_writes_fixes(people: Workspace) -> None:
    fixes = people.root / "fixes.csv"
    found = {
        row["check"]: row["count"] for row in data(run(people, "hygiene", "--fixes", str(fixes), "--json"))
    }
    assert (found["owner"], found["phone"], found["spellings"]) == (1, 2, 1)
    assert fixes.read_text(encoding="utf-8-sig").startswith("email,family_name")
    table = run(people, "hygiene")
    assert "No sales rep" in table.stdout


def test_a_mapping_is_drafted_and_used(workspace: Workspace) -> None:
    file, mapping = workspace.root / "p.csv", workspace.root / "m.yaml"
    file.write_text("連絡先メール,担当\na@x.example,佐藤\n", encoding="utf-8")
    assert run(workspace, "import", str(file)).exit_code == 1
    mapping.write_text("columns: {連絡先メール: email}\n", encoding="utf-8")
    found = data(run(workspace, "import", str(file), "--mapping", str(mapping), "--json"))
    assert found["columns"] == {"連絡先メール": "email", "担当": "owner"}
    (workspace.root / "q.csv").write_text("メール,担当\na@x.example,佐藤\n", encoding="utf-8")
    draft = workspace.root / "draft.yaml"
    written = run(workspace, "import", str(workspace.root / "q.csv"), "--write-mapping", str(draft))
    assert written.exit_code == 0
    assert "メール: email" in draft.read_text(encoding="utf-8")
    again = run(workspace, "import", str(workspace.root / "q.csv"), "--write-mapping", str(draft))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
