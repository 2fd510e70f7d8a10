"""How texts are compared: folding, and patterns with `*` and `?`.

A to Z count as a to z; every other character counts as itself. That is the one folding which
SQLite, PostgreSQL under any locale, and Python do alike.
"""

from __future__ import annotations

import string

from nurture.filters.tree import Pattern, Wild

_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# What LIKE takes as special, and the sign that takes the meaning away. Not a backslash: databases
# differ in whether that is special by itself.
ESCAPE = "!"
_SPECIAL = str.maketrans({"%": "!%", "_": "!_", ESCAPE: "!!"})
_WILD = {Wild.MANY: "%", Wild.ONE: "_"}


def fold(text: str) -> str:
    """The text with A to Z as a to z.

    >>> fold("Ｖ VIP É")
    'Ｖ vip É'
    """
    return text.translate(_FOLD)


def parse_pattern(text: str) -> Pattern:
    """A pattern from text in which `*` stands for any characters and `?` for one.

    >>> parse_pattern("*/Price?")
    (<Wild.MANY: '*'>, '/price', <Wild.ONE: '?'>)
    """
    tokens: list[str | Wild] = []
    for char in fold(text):
        if char == "*" and tokens[-1:] == [Wild.MANY]:
            continue
        if char in "*?":
            tokens.append(Wild(char))
        elif tokens and isinstance(tokens[-1], str):
            tokens[-1] += char
        else:
            tokens.append(char)
    return tuple(tokens)


def like(pattern: Pattern) -> str:
    """The pattern as an operand of SQL's LIKE with `ESCAPE '!'`."""
    return "".join(
        _WILD[token] if isinstance(token, Wild) else token.translate(_SPECIAL) for token in pattern
    )


def fits(pattern: Pattern, text: str) -> bool:
    """Whether a text has the form of a pattern, from its first to its last character.

    >>> fits(parse_pattern("*price*"), "https://x.example/Price-list")
    True
    """
    signs = [sign for token in pattern for sign in ([token] if isinstance(token, Wild) else token)]
    chars = fold(text)
    # After each sign of the pattern: which lengths of the beginning of the text it can account for.
    reached = {0}
    for sign in signs:
        if sign is Wild.MANY:
            reached = set(range(min(reached), len(chars) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(chars) and sign in (Wild.ONE, chars[at])}
        if not reached:
            return False
    return len(chars) in reached
