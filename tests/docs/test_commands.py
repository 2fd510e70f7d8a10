"""The commands that README and docs show are commands that nurture understands, and the README's work."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from unittest import mock

import click
import pytest
from click.testing import CliRunner

from nurture.cli import main
from nurture.delivery.mailbox import LocalMailbox

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(?:console|sh|bash|shell)\n(.*?)```", re.S)


def commands_of(page: Path) -> list[list[str]]:
    """The words of every `nurture ...` line in the console blocks of a page."""
    found = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            shown = line.removeprefix("$ ").split(" && ")[0].split(" | ")[0].split("  #")[0].split(" > ")[0]
            words = shlex.split(shown, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words and words[0] == "nurture":
                found.append(words[1:])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_exists(page: Path, tmp_path: Path) -> None:
    wrong = []
    for words in commands_of(page):
        try:
            parse(words, tmp_path)
        except click.UsageError as error:
            # Files that the reader is to bring are not here; all other complaints count.
            if "does not exist" not in error.format_message():
                wrong.append(f"nurture {shlex.join(words)}: {error.format_message()}")
    assert wrong == []


def parse(words: list[str], folder: Path) -> None:
    """Let click read a command line, down to the last option, without running it."""
    context = main.make_context("nurture", ["--workspace", str(folder), *words])
    command: click.Command = main
    rest = [*context._protected_args, *context.args]
    while isinstance(command, click.Group) and rest and not set(rest) & {"-h", "--help"}:
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        if isinstance(command, click.Group):
            context = command.make_context(name, list(rest), parent=context)
            rest = [*context._protected_args, *context.args]
    if not isinstance(command, click.Group) and not set(rest) & {"-h", "--help"}:
        command.make_context(command.name, list(rest), parent=context)


def test_the_first_steps_of_the_readme_work(tmp_path: Path) -> None:
    folder = tmp_path / "my-company"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NURTURE_")}
    with LocalMailbox(tmp_path / "mailbox", port=0) as mailbox:
        environment["NURTURE_SMTP__PORT"] = str(mailbox.port)
        with mock.patch.dict(os.environ, environment, clear=True):
            for words in commands_of(ROOT / "README.md"):
                if words[0] == "init":
                    done = CliRunner().invoke(main, ["init", str(folder)])
                else:
                    done = CliRunner().invoke(main, ["--workspace", str(folder), *finite(words, folder)])
                assert done.exit_code == 0, f"{words}: {done.output} {done.exception}"
        mails = {mail.entry.rcpt_to: mail.text for mail in mailbox.emails()}
    assert set(mails) == {"hanako.sato@customer.example", "taro.suzuki@client.example"}
    assert "株式会社お客様" in mails["hanako.sato@customer.example"]


def finite(words: list[str], folder: Path) -> list[str]:
    """The same command where it ends by itself."""
    if words == ["up"]:
        return ["up", "--until-idle"]
    return [str(folder / word) if word == "customers.csv" else word for word in words]
