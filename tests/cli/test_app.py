"""What the top command does for all others: words instead of tracebacks, text in UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nurture.cli.app import AtMost, Root
from nurture.cli.campaigns import _check_occurrence
from nurture.errors import InputError

PROGRAM = """
import click
from nurture.cli.app import Root
from nurture.cli.output import table

@click.group(cls=Root)
def main(): pass

@main.command()
def rows(): table(["name"], [["\\u4f50\\u85e4"]])

main()
"""


@click.group(cls=Root)
def top() -> None:
    """Commands that go wrong."""


@top.command()
@click.argument("text")
def store(text: str) -> None:
    text.encode()


@top.command()
@click.argument("path")
def read(path: str) -> None:
    Path(path).read_text()


@top.command()
@click.option("--limit", type=AtMost(min=1))
def count(limit: int) -> None:
    click.echo(limit)


def test_an_argument_that_is_not_text_is_the_users_mistake() -> None:
    result = CliRunner().invoke(top, ["store", "\udcff@x.example"])
    assert (result.exit_code, result.stderr) == (
        1,
        "command line\n  An argument or a setting from the environment is not UTF-8 text.\n"
        "  Write it in UTF-8.\n",
    )


def test_what_the_machine_refuses_is_told_with_its_place(tmp_path: Path) -> None:
    result = CliRunner().invoke(top, ["read", str(tmp_path)])
    assert result.exit_code == 3
    assert result.stderr.startswith(f"{tmp_path}\n  It cannot be read or written: Is a directory.\n")


@pytest.mark.parametrize(("given", "meant"), [("7", "7\n"), ("9" * 30, f"{2**31 - 2}\n")])
def test_a_limit_beyond_all_counting_means_all(given: str, meant: str) -> None:
    assert CliRunner().invoke(top, ["count", "--limit", given]).stdout == meant


def test_a_limit_below_the_least_is_wrong_usage() -> None:
    assert CliRunner().invoke(top, ["count", "--limit", "0"]).exit_code == 2


def test_a_pipe_gets_utf8_in_a_locale_without_it() -> None:
    answer = subprocess.run([sys.executable, "-c", PROGRAM, "rows"], env=_ascii(), capture_output=True)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert "佐藤" in answer.stdout.decode("utf-8")


def test_characters_that_the_given_encoding_lacks_are_shown_as_numbers() -> None:
    env = _ascii() | {"PYTHONIOENCODING": "ascii"}
    answer = subprocess.run([sys.executable, "-c", PROGRAM, "rows"], env=env, capture_output=True)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert b"\\u4f50\\u85e4" in answer.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_words() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-c", PROGRAM, "rows"]
        answer = subprocess.run(command, env=_ascii(), stdout=full, stderr=subprocess.PIPE)
    assert answer.returncode == 3
    assert answer.stderr.startswith(b"output\n  It cannot be read or written: No space left on device.\n")
    assert b"Exception" not in answer.stderr


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65, "\x1b[31m"])
def test_a_run_gets_no_name_that_cannot_be_shown(name: str) -> None:
    with pytest.raises(InputError, match="This cannot name a run"):
        _check_occurrence(name)


def test_the_names_that_people_give_to_runs_are_taken() -> None:
    for name in ("2026-12", "12月号", "v1.2"):
        _check_occurrence(name)


def _ascii() -> dict[str, str]:
    ours = ("PYTHON", "LC_", "NURTURE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return kept | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
