"""A template as one text, in which each Jinja tag is a mark that leads back to it.

In:  the parts of a template.
Out: text that markup can be read from; from any offset back to file and line; after editing, parts again.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from nurture.errors import Finding
from nurture.templates.markup import MARK, Problem, mark
from nurture.templates.parts import Part


class Marked:
    """The marked text, and what its marks stand for."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.tags: dict[int, Part] = {}
        self._starts: list[int] = []
        self._origins: list[Part] = []
        pieces: list[str] = []
        offset = 0
        for part in parts:
            piece = part.text if part.kind == "data" else self.add(part)
            self._starts.append(offset)
            self._origins.append(part)
            pieces.append(piece)
            offset += len(piece)
        self.text = "".join(pieces)

    def add(self, part: Part) -> str:
        """A new mark that stands for `part`."""
        number = len(self.tags)
        self.tags[number] = part
        return mark(number)

    def origin(self, offset: int) -> tuple[str, int]:
        """The file and line that a place of the text was written at."""
        if not self._origins:
            return "email", 1
        index = max(0, bisect.bisect_right(self._starts, offset) - 1)
        part = self._origins[index]
        if part.fixed or part.kind != "data":
            return part.where, part.line
        return part.where, part.line + self.text.count("\n", self._starts[index], offset)

    def finding(self, problem: Problem) -> Finding:
        """A problem of the markup as a finding in the marketer's file."""
        where, line = self.origin(problem.offset)
        what, fix = MARK.sub("...", problem.what), MARK.sub("...", problem.fix)
        return Finding(where, what, fix, line, "warning" if problem.warning else "error")

    def edited(self, text: str) -> list[Part]:
        """The parts of a text that was made from this one by editing; its marks are still ours."""
        parts: list[Part] = []
        last = 0
        where, line = self.origin(0)
        for found in MARK.finditer(text):
            if found.start() > last:
                parts.append(Part("data", text[last : found.start()], where, line, fixed=True))
            tag = self.tags[int(found[1])]
            where, line = tag.where, tag.line
            parts.append(tag)
            last = found.end()
        if last < len(text):
            parts.append(Part("data", text[last:], where, line, fixed=True))
        return parts
