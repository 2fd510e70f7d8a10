"""Compile an email once per run, in all its languages.

In:  a Template, the workspace, what is known of the campaign.
Out: a CompiledEmail, as JSON if need be, that `nurture.templates.render` turns into each customer's email.

For each language the fastest way is tried first: streamed, then variants, then plain. Each is compared with
the plain pipeline (streamed branch by branch, both for sample customers), and given up, with the reason,
wherever the two could differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nurture import clock
from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.templates import probe
from nurture.templates.capture import capturable
from nurture.templates.compiled import WAYS, CompiledEmail, CompiledVariant, LinkSlot, Script, Way
from nurture.templates.complete import complete
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.known import Known
from nurture.templates.links import annotate, annotate_text
from nurture.templates.marked import Marked
from nurture.templates.markup import Markup, Problem, read
from nurture.templates.parts import Part, flat, tree
from nurture.templates.reachable import mistakes, reachable
from nurture.templates.regions import NotCapturable
from nurture.templates.resolve import Resolver, Unresolved, parse
from nurture.templates.scripts import linked_script, script, shifted, with_pixel
from nurture.templates.source import From, Front, Source, Template, Variant
from nurture.templates.streamed import NotStreamed, Streamed, streamed
from nurture.templates.text import text_parts
from nurture.templates.trial import trial

KNOWN_NAMES = ("brand", "sender", "workspace", "campaign")


def compile_template(
    template: Template,
    workspace: Workspace,
    *,
    tracked: bool,
    campaign: Mapping[str, Any] | None = None,
    probes: Sequence[Mapping[str, Any]] = (),
) -> CompiledEmail:
    """An email ready to be rendered for anybody.

    `campaign` is what the template sees under that name; `tracked` adds the open pixel. Each of `probes`
    is a context for which both ways are compared too.

    Raises:
        InputError: the template is wrong; every finding has its file and line.
    """
    values = known_values(workspace, {"name": template.name} if campaign is None else campaign)
    return compile_with(template, values, tracked=tracked, probes=probes)


def known_values(workspace: Workspace, campaign: Mapping[str, Any]) -> dict[str, Any]:
    """What is known when a run is compiled, as plain data."""
    config = workspace.config
    brand = config.brand.model_dump(mode="json")
    return {
        "brand": {**brand, "name": brand["name"] or config.sender.name},
        "sender": config.sender.model_dump(mode="json"),
        "workspace": config.workspace.model_dump(mode="json"),
        "campaign": dict(campaign),
    }


def compile_with(
    template: Template,
    values: Mapping[str, Any],
    *,
    tracked: bool,
    probes: Sequence[Mapping[str, Any]] = (),
    name_language: bool = True,
    ways: Collection[Way] = WAYS,
) -> CompiledEmail:
    """As `compile_template`, from values alone; `name_language` writes the language into the HTML.

    `ways` says which ways may be chosen; plain always may.
    """
    started = clock.monotonic_seconds()
    findings: list[Finding] = []
    variants: dict[str, CompiledVariant] = {}
    first_slot = 0
    default = template.variants[template.default_language]
    for variant in (default, *(one for one in template.variants.values() if one is not default)):
        try:
            compiler = _Compiler(template, variant, values, tracked, first_slot, name_language, ways)
            compiled = compiler.run(probes)
        except InputError as error:
            findings += error.findings
            continue
        variants[variant.language] = compiled
        first_slot += len(compiled.links)
    if findings:
        raise InputError(dict.fromkeys(findings))
    seconds = clock.monotonic_seconds() - started
    return CompiledEmail(template.name, template.default_language, variants, dict(values), tracked, seconds)


class _Compiler:
    """Compiles one language of an email."""

    def __init__(
        self,
        template: Template,
        variant: Variant,
        values: Mapping[str, Any],
        tracked: bool,
        first_slot: int,
        name_language: bool,
        ways: Collection[Way],
    ) -> None:
        self.ways = ways
        self.variant = variant
        self.values = {**values, "language": variant.language}
        self.tracked = tracked
        self.first_slot = first_slot
        self.name_language = name_language or variant.front.language is not None
        self.environment = TemplateEnvironment()
        self.resolver = Resolver(self.environment, template.folder)
        self.slots: list[LinkSlot] = []

    def run(self, probes: Sequence[Mapping[str, Any]]) -> CompiledVariant:
        source, front = self.variant.source, self.variant.front
        self.subject = self._line(source, front, "subject")
        self.preheader = self._line(source, front, "preheader")
        compiled, reason = self._from_parts()
        reason = self._differs(compiled, probes) if compiled else reason
        if compiled is None or reason is not None:
            compiled = self._from_files(reason or "")
            reason = self._differs(compiled, probes)
        if reason is not None:
            compiled = self._from_files(reason, plain=True)
        return compiled

    def _differs(self, compiled: CompiledVariant, probes: Sequence[Mapping[str, Any]]) -> str | None:
        if compiled.way == "plain" and compiled.files:
            return None
        return trial(compiled, self.resolver.folder, self.variant.source.name, self.values, probes)

    def _from_parts(self) -> tuple[CompiledVariant | None, str | None]:
        """The email made of one script, in the fastest way that is right; or None, and why not."""
        try:
            nodes = self.resolver.resolve(self.variant.source.name)
        except Unresolved as unresolved:
            return None, str(unresolved)
        parts = list(flat(Known(self.resolver, self.values).evaluated(nodes)))
        marked = Marked(parts)
        markup = read(marked.text)
        self._check(parts, marked, markup)
        for part in parts:
            if part.word in ("import", "from"):
                return None, f"{part.where}, line {part.line}, uses {part.word} with values of the customer"
        annotated = annotate(marked, markup, self.first_slot)
        if annotated.findings:
            raise InputError(annotated.findings)
        self.slots = annotated.slots
        return self._fastest(self._completed(annotated.parts)), None

    def _fastest(self, parts: Sequence[Part]) -> CompiledVariant:
        try:
            if "streamed" not in self.ways:
                raise NotStreamed("streaming is not asked for")
            fast = streamed(parts)
            different = probe.difference(parts, fast.parts)
            if different is not None:
                raise NotStreamed(different)
            return self._streamed(fast)
        except NotStreamed as reason:
            html = script(parts)
            way, why = self._slower({"html": html}, str(reason))
            return self._variant(way, why, html, self._own_text())

    def _streamed(self, fast: Streamed) -> CompiledVariant:
        text = self._own_text()
        if text is None:
            said = [*fast.front, *text_parts(fast.html), *fast.back]
            text = linked_script(said, self.first_slot, ends=True)
        html = [*fast.front, *(with_pixel(fast.html) if self.tracked else fast.html), *fast.back]
        script = linked_script(html, self.first_slot)
        return self._variant("streamed", "every value and condition leaves the layout alone", script, text)

    def _from_files(self, reason: str, *, plain: bool = False) -> CompiledVariant:
        """The email from the files as they are: each is included when the email is rendered."""
        self.slots = []
        findings: list[Finding] = []
        scripts: dict[str, Script] = {}
        for source in reachable(self.resolver, self.variant.source):
            marked = Marked(parse(self.environment, source))
            annotated = annotate(marked, read(marked.text), self.first_slot + len(self.slots))
            findings += annotated.findings
            # Links of every file share one list, as they share one email.
            scripts[source.name] = script(shifted(annotated.parts, len(self.slots)))
            self.slots += annotated.slots
        if findings:
            raise InputError(findings)
        entry = scripts[self.variant.source.name]
        way, why = self._slower({} if plain else {**scripts, "html": entry}, reason)
        return self._variant(way, why, entry, self._own_text(), files=scripts, completed=False)

    def _slower(self, scripts: Mapping[str, Script], reason: str) -> tuple[Way, str]:
        """The way of a template that cannot be streamed, and why; plain where there are no scripts."""
        if not scripts or "variants" not in self.ways:
            return "plain", reason
        try:
            capturable({name: one.source for name, one in scripts.items()})
        except NotCapturable as other:
            return "plain", f"{reason}; {other}"
        return "variants", reason

    def _completed(self, parts: Sequence[Part]) -> list[Part]:
        marked = Marked(parts)
        where, line = self.variant.source.where, 1
        preview = marked.add(Part("print", "preheader", where, line)) if self.preheader.source else None
        language = self.variant.language if self.name_language else None
        text = complete(marked.text, language, preview)
        return list(parts) if text == marked.text else marked.edited(text)

    def _check(self, parts: Sequence[Part], marked: Marked, markup: Markup) -> None:
        """Refuse what is not well formed; open elements are fine where each branch closes them."""
        errors = [problem for problem in markup.problems if not problem.warning]
        if errors and not self._is_sound(parts, errors):
            at_home = {one.what: one for one in mistakes(self.resolver, self.variant.source)}
            findings = [marked.finding(error) for error in errors]
            # What a macro wrote is told where the macro stands, not where it is called.
            raise InputError(dict.fromkeys(at_home.get(one.what, one) for one in findings))

    def _is_sound(self, parts: Sequence[Part], errors: Sequence[Problem]) -> bool:
        """Whether what opens and closes comes right once branches are chosen and macros are called."""
        if any(not error.nesting for error in errors) or all(part.kind == "data" for part in parts):
            return False
        nodes = tree(parts)
        once = read(probe.expanded(nodes, probe.first_decisions(nodes)))
        return all(problem.warning for problem in once.problems)

    def _line(self, source: Source, front: Front, key: str) -> Script:
        """The subject or the preheader as a script; its errors point at its line in the front matter."""
        return self._script(source, getattr(front, key) or "", key)

    def _script(self, source: Source, text: str, key: str) -> Script:
        line = source.document.line((key,)) or 1
        parts = parse(self.environment, Source(source.name, source.where, text, line, source.document))
        if key == "text":
            parts = annotate_text(parts, self.slots, self.first_slot)
        return script(parts)

    def _own_text(self) -> Script | None:
        text = self.variant.front.text
        return None if text is None else self._script(self.variant.source, text, "text")

    def _variant(
        self,
        way: Way,
        reason: str,
        html: Script,
        text: Script | None,
        files: Mapping[str, Script] | None = None,
        completed: bool = True,
    ) -> CompiledVariant:
        front = self.variant.front
        sender = From(name=front.sender) if isinstance(front.sender, str) else front.sender or From()
        return CompiledVariant(
            language=self.variant.language,
            way=way,
            reason=reason,
            subject=self.subject,
            preheader=self.preheader,
            html=html,
            text=text,
            links=tuple(self.slots),
            files=files or {},
            completed=completed,
            set_language=self.name_language,
            from_name=sender.name,
            from_email=sender.email,
            reply_to=front.reply_to,
            own_text=front.text is not None,
        )
