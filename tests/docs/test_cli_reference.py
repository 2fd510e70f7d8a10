"""docs/cli.md: every command as its help says it, and an example in each."""

from __future__ import annotations

from pathlib import Path

from nurture.cli import main
from nurture.cli.reference import commands, reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    fix = "Run: python -m nurture.cli.reference > docs/cli.md"
    assert PAGE.read_text(encoding="utf-8") == reference(main), fix


def test_every_command_has_help_and_an_example() -> None:
    bare = [
        context.command_path
        for context in commands(main)
        if not hasattr(context.command, "commands")
        and "nurture " not in (context.command.epilog or "") + (context.command.help or "")
    ]
    assert bare == []
