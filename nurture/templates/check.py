"""Check an email before anyone gets it.

In:  a Template and its workspace.
Out: findings. Errors stop a campaign: what the law or the mailbox providers demand is missing, or the
     email cannot be rendered. Warnings are worth a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import html as lxml_html

from nurture import clock
from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.templates.addresses import SCHEME, is_web
from nurture.templates.compile import compile_template
from nurture.templates.compiled import CompiledEmail, CompiledVariant, Way
from nurture.templates.reachable import oddities
from nurture.templates.render import Rendered, Renderer
from nurture.templates.sample_context import full_context, sparse_context
from nurture.templates.skeletons import CacheCount
from nurture.templates.source import Template, Variant

# Gmail shows no more of a message than this.
CLIP_BYTES = 102_000
SUBJECT_CHARS = 70
PREHEADER_CHARS = 140
MEASURED = 30
# 様 with nothing before it: a name was empty.
BARE_HONORIFIC = re.compile(r"(?:^|[\s>　、。])様")
UNFILLED = re.compile(r"\{\{|\{%|\bNone\b|\bundefined\b|\[object Object\]")


@dataclass(frozen=True, slots=True)
class Speed:
    """How one language of an email is rendered, why, and how fast on this machine.

    The speed of the way `variants` is that of layouts which are compiled already; `layouts` says how many
    there were for the sample customers, and how often each was found again.
    """

    language: str
    way: Way
    reason: str
    per_second: float
    size_bytes: int
    layouts: CacheCount


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, and how fast each language is; no speeds where it could not be rendered."""

    findings: tuple[Finding, ...]
    speeds: tuple[Speed, ...]


def check_template(template: Template, workspace: Workspace) -> list[Finding]:
    """Everything that is wrong or doubtful about an email, in all its languages."""
    return list(report(template, workspace, clock.now(), measured=1).findings)


def report(template: Template, workspace: Workspace, now: datetime, *, measured: int = MEASURED) -> Report:
    """The findings of an email, and how fast it renders (measured over a few renderings)."""
    today = clock.day(now, workspace.zone)
    probes = [full_context(workspace, today), sparse_context(workspace, today)]
    try:
        compiled = compile_template(template, workspace, tracked=True, probes=probes)
        renderer = Renderer(compiled)
    except InputError as error:
        return Report(error.findings, ())
    findings: list[Finding] = []
    speeds: list[Speed] = []
    for language, variant in template.variants.items():
        findings += oddities(template.folder, variant.source)
        context = full_context(workspace, today, language)
        try:
            rendered = renderer.render(context, language=language)
        except InputError as error:
            findings += error.findings
            continue
        findings += _Email(workspace, variant, rendered, compiled.variants[language]).findings()
        findings += _unfilled(renderer, sparse_context(workspace, today, language), language)
        speeds.append(_speed(renderer, compiled, context, rendered, measured))
    return Report(tuple(dict.fromkeys(findings)), tuple(speeds))


def _speed(
    renderer: Renderer, compiled: CompiledEmail, context: dict[str, Any], rendered: Rendered, times: int
) -> Speed:
    variant = compiled.variants[rendered.language]
    times = 1 if variant.way == "plain" else times
    started = clock.monotonic_seconds()
    for _ in range(times):
        renderer.render(context, language=rendered.language)
    seconds = max(clock.monotonic_seconds() - started, 1e-6)
    size = len(rendered.html.encode())
    layouts = renderer.layouts(rendered.language)
    return Speed(variant.language, variant.way, variant.reason, times / seconds, size, layouts)


def _unfilled(renderer: Renderer, context: dict[str, Any], language: str) -> Iterator[Finding]:
    """What a customer of whom nothing is known would be held for."""
    try:
        gaps = renderer.gaps(context, language=language)
        if gaps:
            yield from (replace(finding, level="warning") for finding in gaps)
            return
        rendered = renderer.render(context, language=language)
    except InputError as error:
        yield from (replace(finding, level="warning") for finding in error.findings)
        return
    if BARE_HONORIFIC.search(rendered.text):
        where = renderer.compiled.variants[language].html.origins
        what = "For a customer without a name, 様 stands alone."
        yield Finding(where[0][1] if where else "email", what, "Use {{ customer | atena }}.", None, "warning")


class _Email:
    """One rendered email, and what every email must hold."""

    def __init__(
        self, workspace: Workspace, variant: Variant, rendered: Rendered, compiled: CompiledVariant
    ) -> None:
        self.workspace = workspace
        self.variant = variant
        self.rendered = rendered
        self.compiled = compiled
        self.root = lxml_html.document_fromstring(rendered.html)
        self.seen = " ".join("".join(map(str, self.root.itertext())).split())

    def findings(self) -> Iterator[Finding]:
        yield from self._front()
        yield from self._legal()
        yield from self._body()
        yield from self._links()

    def _front(self) -> Iterator[Finding]:
        front = self.variant.source.document
        if len(self.rendered.subject) > SUBJECT_CHARS:
            what = f"The subject has {len(self.rendered.subject)} characters; phones show about 30 to 40."
            yield self._at("subject", what, "Put what matters first, and cut the rest.")
        if self.variant.front.preheader is None and "mj-preview" not in self.variant.source.body:
            fix = 'Add a line to the front matter: preheader: "..."'
            what = "There is no preheader: inboxes will show the first words of the email."
            yield Finding(front.where, what, fix, 1, "warning")
        elif len(self.rendered.preheader) > PREHEADER_CHARS:
            yield self._at("preheader", "The preheader is longer than inboxes show.", "Cut it.")

    def _at(self, key: str, what: str, fix: str) -> Finding:
        document = self.variant.source.document
        return Finding(document.where, what, fix, document.line((key,)), "warning")

    def _legal(self) -> Iterator[Finding]:
        """What the law and the mailbox providers want to see, in the HTML and in the text."""
        sender = self.workspace.config.sender
        unsubscribe = f"{self.workspace.config.web.public_url}/u/"
        for part, text in (("HTML", self.rendered.html), ("text", self.rendered.text)):
            if unsubscribe not in text:
                yield self._missing(part, "no link to unsubscribe", "{{ unsubscribe_url }}")
        names = {sender.name, *(str(v) for k, v in self._brand().items() if k.startswith("name") and v)}
        places = {
            sender.postal_address,
            *(str(v) for k, v in self._brand().items() if k.startswith("postal_address") and v),
        }
        for part, text in (("HTML", self.seen), ("text", " ".join(self.rendered.text.split()))):
            if not any(name in text for name in names):
                yield self._missing(part, "no name of the sender", "{{ sender.name }}")
            if not any(" ".join(place.split()) in text for place in places):
                yield self._missing(part, "no postal address", "{{ sender.postal_address }}")
            contact = sender.contact
            if contact not in text and contact not in self.rendered.html:
                yield self._missing(part, "nowhere to complain or ask", "{{ sender.contact }}")

    def _brand(self) -> dict[str, Any]:
        return self.workspace.config.brand.model_dump()

    def _missing(self, part: str, what: str, how: str) -> Finding:
        fix = f"Add {how}, for example in parts/footer.mjml."
        return Finding(self.variant.source.where, f"There is {what} in the {part} part.", fix)

    def _body(self) -> Iterator[Finding]:
        where = self.variant.source.where
        size = len(self.rendered.html.encode())
        if size > CLIP_BYTES:
            what = f"The HTML has {size:,} bytes; Gmail cuts it off after {CLIP_BYTES:,}."
            yield Finding(where, what, "Make it shorter, or link to a page.", None, "warning")
        found = UNFILLED.search(self.seen) or UNFILLED.search(self.rendered.subject)
        if found:
            what = f'The email shows "{found.group()}" to its readers.'
            yield Finding(where, what, "Find the value that was not filled in.")
        for image in self.root.iter("img"):
            if image.get("alt") is None:
                shown = (image.get("src") or "")[:60]
                what = f"The picture {shown} has no alt text."
                yield Finding(where, what, 'Add alt="..." (alt="" for decoration).', None, "warning")

    def _links(self) -> Iterator[Finding]:
        where = self.variant.source.where
        for link in self.compiled.links:
            if link.url is not None and not _is_sound(link.url):
                what = f'The address {link.url[:80]} of the link "{link.label}" leads nowhere.'
                yield Finding(where, what, "Correct it: https://host/path")
        for anchor in self.root.iter("a"):
            url = (anchor.get("href") or "").strip()
            if not url or url == "#":
                label = " ".join("".join(map(str, anchor.itertext())).split())[:40]
                yield Finding(
                    where, f'The link "{label}" has no address.', "Give it an href.", None, "warning"
                )
            elif not SCHEME.match(url) and not url.startswith("#"):
                what = f'The address "{url[:60]}" has no https:// in front.'
                yield Finding(where, what, "Write the full address.", None, "warning")


def _is_sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return is_web(url) and bool(parts.hostname) and "." in (parts.hostname or "") and parts.port != 0
    except ValueError:
        return False
