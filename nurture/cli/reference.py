"""docs/cli.md: the reference of every command, written from its own help.

    python -m nurture.cli.reference > docs/cli.md

A test holds the page and the commands equal.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

WIDTH = 100
HEAD = """# Commands

Written from the commands' own help: `python -m nurture.cli.reference > docs/cli.md`.

`--workspace DIR` (or `NURTURE_WORKSPACE`) says which workspace a command works on. Exit codes: 0 done,
1 your input is at fault, 2 wrong usage, 3 something outside failed (database, relay). Results go to
standard output, progress and messages to standard error.
"""


def reference(main: click.Command) -> str:
    """The page: every command with its help, groups before their commands."""
    return HEAD + "".join(_section(context) for context in commands(main))


def commands(main: click.Command) -> Iterator[click.Context]:
    """A context for every command, the groups and `main` itself among them."""
    yield from _contexts(main, click.Context(main, info_name="nurture", **main.context_settings))


def _section(context: click.Context) -> str:
    # A fixed width: the page must not depend on the terminal it is written in.
    context.terminal_width = WIDTH
    level = "##" if context.command_path.count(" ") < 2 else "###"
    return f"\n{level} {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```\n"


def _contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _contexts(inner, click.Context(inner, parent=context, info_name=name))


def print_reference() -> None:
    """Write the page to standard output."""
    from nurture.cli import main  # The commands import their own modules; this one stands beside them.

    click.echo(reference(main), nl=False)


if __name__ == "__main__":
    print_reference()
