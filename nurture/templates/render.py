"""Render a compiled email for one customer.

In:  a CompiledEmail, the customer's context (plain data), the way its links lead.
Out: subject, HTML and text; the personal links that the store must know before the email goes out.

One Renderer serves a whole run and may be shared by threads. Errors name the marketer's file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateError, TemplateNotFound
from jinja2 import Template as JinjaTemplate
from markupsafe import Markup

from nurture.errors import Finding, InputError
from nurture.templates.addresses import Addressing, addressed
from nurture.templates.capture import CaptureEnvironment, capturable
from nurture.templates.captured import capturing
from nurture.templates.compiled import CompiledEmail, CompiledVariant, Script, Way
from nurture.templates.complete import complete
from nurture.templates.environment import LinkMark, TemplateEnvironment, gathered
from nurture.templates.faults import FAULTS, PREFIX, Gap, gap, told
from nurture.templates.limits import check_size, limited
from nurture.templates.links import LINK_END
from nurture.templates.parts import cut
from nurture.templates.pipeline import to_html
from nurture.templates.skeletons import CacheCount, Skeletons
from nurture.templates.text import text_of, tidied

PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'
# Stands for the base of the links where there is none; what follows is the key of a link.
NO_BASE = LinkMark("\x02")
FIXED_LINK = re.compile(f"{NO_BASE}(\\d+){LINK_END}?")
# Tags of a script that mean one thing in HTML and may mean another in a text.
NOT_FOLLOWED = re.compile(
    r"\b(?:set|with|macro|call|import|e|escape|forceescape|safe|xmlattr|urlize|tojson)\b"
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A customer's email. `personal_links` are the targets of its links that hold customer data, by key.

    `from_name`, `from_email` and `reply_to` are what the front matter says instead of config.yaml.
    """

    subject: str
    html: str
    text: str
    language: str
    way: Way
    preheader: str = ""
    personal_links: Mapping[str, str] = field(default_factory=dict)
    from_name: str | None = None
    from_email: str | None = None
    reply_to: str | None = None


class Renderer:
    """Renders one compiled email for any number of customers."""

    def __init__(self, compiled: CompiledEmail) -> None:
        self.compiled = compiled
        self._variants: dict[str, _Variant] = {}

    def language_for(self, language: str | None) -> str:
        """The language that a reader of `language` gets: theirs, its main form, or the default."""
        variants = self.compiled.variants
        if language:
            main = language.replace("_", "-").split("-")[0].lower()
            exact = next((one for one in variants if one.lower() == language.replace("_", "-").lower()), None)
            found = exact or next((one for one in variants if one.split("-")[0].lower() == main), None)
            if found:
                return found
        return self.compiled.default_language

    def render(
        self, context: Mapping[str, Any], *, language: str | None = None, link_base: str | None = None
    ) -> Rendered:
        """The email of the customer in `context`.

        Links lead to `link_base`/<key>, or straight to their targets where it is None or the customer does
        not want to be tracked.

        Raises:
            InputError: a value that the email needs is missing, or the template takes too long.
        """
        return self._variant(language).render(context, link_base)

    def gaps(self, context: Mapping[str, Any], *, language: str | None = None) -> list[Finding]:
        """Every value that the email prints and that is empty in `context`; all at once, each once.

        Raises:
            InputError: it cannot be rendered for another reason.
        """
        variant = self._variant(language)
        with gathered() as places:
            variant.render(context, None, complain=False)
        return list(dict.fromkeys(variant.gap(place).finding() for place in places))

    def survey(
        self, context: Mapping[str, Any], *, language: str | None = None, link_base: str | None = None
    ) -> list[Gap]:
        """What would hold the email of this customer: the values that it prints and that are empty.

        Raises:
            InputError: it would be held for another reason.
        """
        variant = self._variant(language)
        try:
            with gathered() as places:
                rendered = variant.render(context, link_base, complain=False, with_text=variant.text_differs)
        except InputError:
            # An empty value would have stopped it before it came to this.
            if not places:
                raise
        else:
            if not places:
                variant.check_subject(rendered.subject)
        return list(dict.fromkeys(map(variant.gap, places)))

    def layouts(self, language: str | None = None) -> CacheCount:
        """How many emails of the way `variants` found their layout compiled so far; zeros for other ways."""
        skeletons = self._variant(language).skeletons
        return CacheCount() if skeletons is None else skeletons.count()

    def _variant(self, language: str | None) -> _Variant:
        chosen = self.language_for(language)
        variant = self._variants.get(chosen)
        if variant is None:
            # Two threads may both build it; all of them use one, and share the layouts it compiles.
            made = _Variant(self.compiled, self.compiled.variants[chosen])
            variant = self._variants.setdefault(chosen, made)
        return variant


class _Variant:
    """One language, its scripts compiled by Jinja."""

    def __init__(self, compiled: CompiledEmail, variant: CompiledVariant) -> None:
        self.variant = variant
        self.tracked = compiled.tracked
        self.values = {**compiled.values, "language": variant.language}
        self.markup = self._environment()
        self.words = TemplateEnvironment(autoescape=False)
        self.markup.globals |= self.values
        self.words.globals |= self.values
        self.given = dict(self.words.globals)
        self.by_key = {link.key: link.url or "" for link in variant.links}
        self.targets = [link.url or "" for link in variant.links]
        self.slots = [str(link.slot) for link in variant.links]
        self.subject = self._compiled(self.words, "subject", variant.subject)
        self.preheader = self._compiled(self.words, "preheader", variant.preheader)
        self.html = self._compiled(self.markup, "html", variant.html)
        self.text = None if variant.text is None else self._compiled(self.words, "text", variant.text)
        self.skeletons = self._skeletons() if variant.way == "variants" else None
        self._gaps: dict[tuple[str, int], Gap] = {}

    def render(
        self,
        context: Mapping[str, Any],
        link_base: str | None,
        *,
        complain: bool = True,
        with_text: bool = True,
    ) -> Rendered:
        """The email; an empty subject is refused, unless nobody complains."""
        tracking = _wants_tracking(context)
        addressing = Addressing(link_base if tracking else None)
        targets = self._targets(addressing.link_base)
        names = {**self.given, **context, "language": self.variant.language, "_href": targets}
        names["_base"] = NO_BASE if addressing.link_base is None else f"{addressing.link_base}/"
        names["_pixel"] = self._pixel(context) if self.tracked and tracking else ""
        with limited(), addressed(addressing):
            names["subject"] = subject = _one_line(self._run(self.subject, names))
            names["preheader"] = _one_line(self._run(self.preheader, names))
            html, said = self._body(names, addressing)
            if not with_text:
                said = ""
            elif self.text is not None:
                said = self._said(self.text, names, addressing)
            elif said is None:
                said = text_of(html)
        if complain:
            self.check_subject(subject)
        return Rendered(
            subject,
            html,
            said,
            self.variant.language,
            self.variant.way,
            str(names["preheader"]),
            addressing.personal,
            self.variant.from_name,
            self.variant.from_email,
            self.variant.reply_to,
        )

    @cached_property
    def text_differs(self) -> bool:
        """Whether the text could print or refuse a value that the HTML does not.

        A text made from the HTML has its values and conditions, and no others. What it has not is
        escaping, and a definition that stood in what the text leaves out.
        """
        parts = cut(self.markup, self.variant.html.source, "html")
        tags = (part.text for part in parts if part.kind != "data")
        return self.variant.own_text or any(NOT_FOLLOWED.search(tag) for tag in tags)

    def check_subject(self, subject: str) -> None:
        """Refuse a subject that came out empty."""
        if self.variant.subject.source.strip() and not subject:
            what = "The subject is empty for this customer."
            raise InputError(Finding(self._where(self.variant.subject), what, "Give its values a fallback."))

    def gap(self, place: tuple[str, int]) -> Gap:
        """The empty value that was printed at a place of the compiled scripts."""
        found = self._gaps.get(place)
        if found is None:
            found = self._gaps[place] = gap(place, self.scripts())
        return found

    def _body(self, names: dict[str, Any], addressing: Addressing) -> tuple[str, str | None]:
        """The HTML by the way of this email, and the text where it comes with it."""
        if self.skeletons is not None:
            with capturing() as values:
                mjml = self._run(self.html, names)
            preheader = "" if self.variant.completed else escape(str(names["preheader"]))
            return self.skeletons.rendered(mjml, values, preheader, str(names["_pixel"]))
        written = self._run(self.html, names)
        if self.variant.way == "streamed":
            return self._linked(written, addressing, escape), None
        mjml = self._finished(written, escape(str(names["preheader"])))
        html = to_html(mjml, self._where(self.variant.html))
        return html.replace("</body>", f"{names['_pixel']}</body>"), None

    def _said(self, text: _Piece, names: dict[str, Any], addressing: Addressing) -> str:
        return tidied(self._linked(self._run(text, names), addressing, str).replace(LINK_END, ""))

    def _linked(self, text: str, addressing: Addressing, written: Callable[[str], str]) -> str:
        """The text with its fixed links leading straight to their targets, where there is no base."""
        if addressing.link_base is not None:
            return text
        return FIXED_LINK.sub(lambda found: written(self.by_key[found[1]]), text)

    def _finished(self, mjml: str, preheader: str | None) -> str:
        """MJML with its language and preheader, where the script does not hold them yet."""
        if self.variant.completed:
            return mjml
        return complete(mjml, self.variant.language if self.variant.set_language else None, preheader)

    def _environment(self) -> TemplateEnvironment:
        loader = _Frozen(self.variant.files)
        if self.variant.way != "variants":
            return TemplateEnvironment(loader=loader)
        sources = {name: script.source for name, script in self.variant.files.items()}
        return CaptureEnvironment(capturable({**sources, "html": self.variant.html.source}), loader)

    def _skeletons(self) -> Skeletons:
        return Skeletons(self._finished, self._where(self.variant.html), with_text=self.variant.text is None)

    def _targets(self, link_base: str | None) -> list[str]:
        return self.targets if link_base is None else [f"{link_base}/{slot}" for slot in self.slots]

    def _pixel(self, context: Mapping[str, Any]) -> Markup:
        url = context.get("open_url")
        return Markup(PIXEL.format(escape(str(url)))) if url else Markup()  # noqa: S704  # escaped

    def _compiled(self, environment: TemplateEnvironment, name: str, script: Script) -> _Piece:
        if "{{" not in script.source and "{%" not in script.source:
            return _Piece(script, None)
        try:
            code = environment.compile(script.source, name, PREFIX + name)
        except (TemplateError, RecursionError) as error:
            raise told(error, {name: script}) from None
        template = environment.template_class.from_code(
            environment, code, environment.make_globals(None), None
        )
        return _Piece(script, template)

    def _run(self, piece: _Piece, names: dict[str, Any]) -> str:
        if piece.template is None:
            return piece.script.source
        try:
            return self._written(piece.template, names)
        except FAULTS as error:
            raise told(error, self.scripts()) from None

    @staticmethod
    def _written(template: JinjaTemplate, names: dict[str, Any]) -> str:
        # Shared: the names hold the globals already, and nothing is copied.
        context = template.new_context(names, shared=True)
        try:
            written = list(template.root_render_func(context))
        except Exception:  # whatever it is, Jinja puts the template's own lines into its traceback
            template.environment.handle_exception()
        check_size(sum(map(len, written)))
        return "".join(written)

    def scripts(self) -> dict[str, Script]:
        """Every script by the name it has in a traceback."""
        variant = self.variant
        named = {"subject": variant.subject, "preheader": variant.preheader, "html": variant.html}
        return {**variant.files, **named, **({"text": variant.text} if variant.text else {})}

    def _where(self, script: Script) -> str:
        place = script.origins[0] if script.origins else None
        return place[1] if place else "email"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A script and its compiled form; None where there is nothing to compute."""

    script: Script
    template: JinjaTemplate | None


class _Frozen(BaseLoader):
    """The files that were frozen into a compiled email, and no others."""

    def __init__(self, files: Mapping[str, Script]) -> None:
        self.files = files

    def get_source(
        self, _environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a frozen file, under a name that errors are traced back by."""
        if template not in self.files:
            raise TemplateNotFound(template)
        return self.files[template].source, PREFIX + template, None


def _wants_tracking(context: Mapping[str, Any]) -> bool:
    customer = context.get("customer")
    return not isinstance(customer, Mapping) or customer.get("tracking", True) is not False


def _one_line(text: str) -> str:
    return " ".join(text.split())
