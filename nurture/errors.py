"""Every error of nurture, and how it tells a person where, what, and what next.

    NurtureError              the root: carries an exit code and findings
    ├── InputError            the user's files, arguments or data are at fault      exit 1
    │   └── NotFound          something named does not exist; may carry near names
    └── OutsideError          something beyond us failed: database, relay, broker   exit 3

Library code raises these; only `nurture.cli` and `nurture.web` turn them into text.
A `Finding` is one thing wrong (or doubtful) in one place; errors carry all of them at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in one place: where it is, what it is, and what to do next.

    `where` is a path as the user knows it, a key such as `smtp.password`, or a short phrase.
    `line` counts from 1, None where there is none to name.
    """

    where: str
    what: str
    fix: str = ""
    line: int | None = None
    level: Level = "error"

    @property
    def place(self) -> str:
        """`segments/dormant.yaml, line 7`"""
        return self.where if self.line is None else f"{self.where}, line {self.line}"

    def __str__(self) -> str:
        body = "\n".join(f"  {part}" for text in (self.what, self.fix) if text for part in text.splitlines())
        return f"{self.place}\n{body}"


class NurtureError(Exception):
    """The root of all errors that a user may meet. Its text is that of its findings."""

    exit_code: ClassVar[int] = 1

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("\n\n".join(str(finding) for finding in self.findings))


class InputError(NurtureError):
    """The user's files, arguments or data are at fault."""

    exit_code = 1


class NotFound(InputError):
    """Something the user named does not exist."""


class OutsideError(NurtureError):
    """Something beyond nurture failed: the database, the relay, the broker, the disk."""

    exit_code = 3


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name a mistyped one most likely meant, or None.

    >>> nearest("trial_end", ["email", "trial_ends_on"])
    'trial_ends_on'
    """
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A sentence that names the nearest known name, or lists a few when none is near.

    >>> did_you_mean("emial", ["email", "owner"])
    'Did you mean "email"?'
    """
    near = nearest(name, known)
    if near is not None:
        return f'Did you mean "{near}"?'
    shown = ", ".join(sorted(known)[:12])
    return f"Known: {shown}{', ...' if len(known) > 12 else ''}." if known else ""
