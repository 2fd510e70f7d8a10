"""Make scripts of parts: what is frozen into a compiled email.

In:  the parts of a template, whose tracked addresses are `_href[n]`.
Out: the same as one script; in a finished HTML, with its links and the open pixel in place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nurture.templates.compiled import Script
from nurture.templates.links import LINK_END
from nurture.templates.parts import Part, origins, written

FIXED_LINK = re.compile(r"_href\[\d+\]")


def script(parts: Sequence[Part]) -> Script:
    """The parts as they are, as a script."""
    return Script(written(parts), tuple(origins(parts)))


def linked_script(parts: Sequence[Part], first_slot: int, *, ends: bool = False) -> Script:
    """The parts as a script, in which a fixed link is the base of all links and its own key.

    In HTML a quote ends the key; elsewhere (`ends`) it needs an end of its own.
    """
    pieces: list[Part] = []
    for part in parts:
        if not _is_fixed(part):
            pieces.append(part)
            continue
        pieces.append(Part("print", "_base", part.where, part.line))
        key = str(first_slot + int(part.text[6:-1])) + (LINK_END if ends else "")
        pieces.append(Part("data", key, part.where, part.line, fixed=True))
    return script(pieces)


def _is_fixed(part: Part) -> bool:
    return part.kind == "print" and FIXED_LINK.fullmatch(part.text) is not None


def with_pixel(parts: Sequence[Part]) -> list[Part]:
    """The parts with the open pixel as the last thing in the body."""
    result = list(parts)
    for index in range(len(result) - 1, -1, -1):
        part = result[index]
        at = part.text.rfind("</body>") if part.kind == "data" else -1
        if at >= 0:
            pixel = Part("print", "_pixel", "", 0)
            before = Part("data", part.text[:at], part.where, part.line, fixed=True)
            after = Part("data", part.text[at:], part.where, part.line, fixed=True)
            return [*result[:index], before, pixel, after, *result[index + 1 :]]
    return result


def shifted(parts: Sequence[Part], by: int) -> list[Part]:
    """Parts whose links are counted from `by` on."""
    return [
        Part(part.kind, f"_href[{int(part.text[6:-1]) + by}]", part.where, part.line)
        if _is_fixed(part)
        else part
        for part in parts
    ]
