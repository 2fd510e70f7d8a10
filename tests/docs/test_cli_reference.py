"""docs/cli.md: every command as its help says it, and an example in each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nurture.cli import main
from nurture.cli.reference import commands

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    # In a process of its own: click keeps the help option that a command was first asked for.
    command = [sys.executable, "-m", "nurture.cli.reference"]
    written = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert PAGE.read_text(encoding="utf-8") == written.stdout, "Run: make docs"


def test_every_command_has_help_and_an_example() -> None:
    bare = [
        context.command_path
        for context in commands(main)
        if not hasattr(context.command, "commands")
        and "nurture " not in (context.command.epilog or "") + (context.command.help or "")
    ]
    assert bare == []
