"""Render an email for everybody it is for, before anyone gets it.

In:  a compiled email, a statement that selects customers.
Out: how many people lack which value, and what else would hold their email. Exact: every email is
     rendered as it would be sent. Memory does not grow with the people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select

from nurture import clock
from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.templates.compiled import CompiledEmail
from nurture.templates.context import contexts, recipient_urls
from nurture.templates.faults import Gap
from nurture.templates.render import Renderer
from nurture.templates.sample_context import SAMPLE_TOKEN
from nurture.templates.skeletons import CacheCount

CHUNK = 1_000
# More different mistakes than anybody reads; the people they hold are counted all the same.
MOST_MISTAKES = 200


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that holds emails: where and what it is, and for how many people."""

    finding: Finding
    people: int


@dataclass(frozen=True, slots=True)
class AudienceReport:
    """What came of rendering an email for an audience.

    `held` counts the people who would get no email; one may be held for several reasons.
    """

    audience: str
    people: int
    held: int
    languages: Mapping[str, int]
    layouts: Mapping[str, CacheCount]
    shortfalls: tuple[Shortfall, ...]
    seconds: float = field(compare=False)


def check_audience(
    connection: Connection,
    workspace: Workspace,
    compiled: CompiledEmail,
    ids: Select[Any],
    *,
    audience: str,
    now: datetime,
    told: Callable[[int], None] = lambda _people: None,
) -> AudienceReport:
    """Render `compiled` for all customers that `ids` selects; `audience` is how people call them.

    `told` is called with a number of people as they have been rendered.
    """
    survey = _Survey(workspace, compiled, now)
    started = clock.monotonic_seconds()
    for chunk in _chunks(connection, ids):
        survey.add(connection, chunk)
        told(len(chunk))
    return survey.report(audience, clock.monotonic_seconds() - started)


def _chunks(connection: Connection, ids: Select[Any]) -> Iterator[Sequence[int]]:
    found = connection.execute(ids.execution_options(yield_per=CHUNK))
    for rows in found.partitions():
        yield [row[0] for row in rows]


class _Survey:
    def __init__(self, workspace: Workspace, compiled: CompiledEmail, now: datetime) -> None:
        self.workspace = workspace
        self.renderer = Renderer(compiled)
        self.needs = compiled.needs
        self.now = now
        public_url = workspace.config.web.public_url
        self.pages = recipient_urls(public_url, SAMPLE_TOKEN)
        self.link_base = f"{public_url}/c/{SAMPLE_TOKEN}"
        self.people = self.held = 0
        self.languages: Counter[str] = Counter()
        self.gaps: Counter[Gap] = Counter()
        self.mistakes: Counter[Finding] = Counter()

    def add(self, connection: Connection, ids: Sequence[int]) -> None:
        """Render for some more people."""
        found = contexts(connection, self.workspace, ids, now=self.now, needs=self.needs)
        for context in found.values():
            context |= self.pages
            self.people += 1
            locale = context["customer"]["locale"]
            self.languages[self.renderer.language_for(locale)] += 1
            try:
                gaps = self.renderer.survey(context, language=locale, link_base=self.link_base)
            except InputError as error:
                self.held += 1
                self._count(error.findings)
                continue
            self.held += bool(gaps)
            self.gaps.update(gaps)

    def _count(self, findings: Sequence[Finding]) -> None:
        for finding in dict.fromkeys(findings):
            if finding in self.mistakes or len(self.mistakes) < MOST_MISTAKES:
                self.mistakes[finding] += 1

    def report(self, audience: str, seconds: float) -> AudienceReport:
        """Everything that was found, what holds most people first."""
        found = [Shortfall(self._lacking(gap, number, audience), number) for gap, number in self.gaps.items()]
        for one, number in self.mistakes.items():
            what = f"{self._of(number, audience)}: {one.what}"
            found.append(Shortfall(replace(one, what=what), number))
        found.sort(key=lambda one: (-one.people, one.finding.where, one.finding.line or 0))
        layouts = {language: self.renderer.layouts(language) for language in self.languages}
        return AudienceReport(
            audience, self.people, self.held, dict(self.languages), layouts, tuple(found), seconds
        )

    def _lacking(self, gap: Gap, people: int, audience: str) -> Finding:
        lack = "lacks" if people == 1 else "lack"
        value = f'"{gap.expression}"' if gap.expression else "a value"
        needs = f"line {gap.line} needs it" if gap.line else "this email needs it"
        return Finding(
            gap.where, f"{self._of(people, audience)} {lack} {value}, and {needs}.", gap.fix, gap.line
        )

    def _of(self, people: int, audience: str) -> str:
        return f'{people:,} of the {self.people:,} people in "{audience}"'
