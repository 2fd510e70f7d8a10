"""Try a compiled email on sample contexts against Jinja itself.

In:  a compiled variant, the folder of its files, contexts.
Out: why the two differ, or None. Here Jinja reads the files by its own `extends` and `include`, so what
     the resolver and the compile-time evaluation did is checked by what they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nurture.errors import InputError
from nurture.templates.compiled import CompiledEmail, CompiledVariant
from nurture.templates.complete import complete
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.faults import FAULTS
from nurture.templates.limits import limited
from nurture.templates.links import HINTS
from nurture.templates.markup import read
from nurture.templates.pipeline import to_html
from nurture.templates.probe import first_difference
from nurture.templates.render import Renderer
from nurture.templates.source import FolderLoader, TemplateFolder


def trial(
    variant: CompiledVariant,
    folder: TemplateFolder,
    name: str,
    values: Mapping[str, Any],
    contexts: Sequence[Mapping[str, Any]],
) -> str | None:
    """The first difference between a compiled variant and Jinja's own rendering of its files."""
    email = CompiledEmail("trial", variant.language, {variant.language: variant}, values, False, 0.0)
    renderer = Renderer(email)
    environment = TemplateEnvironment(loader=FolderLoader(folder))
    environment.globals |= values
    for context in contexts:
        try:
            rendered = renderer.render(context)
            found = rendered.html
            subject, preheader = rendered.subject, rendered.preheader
        except InputError:
            found = None
            subject = preheader = ""
        names = {**context, "subject": subject, "preheader": preheader}
        expected = _expected(environment, name, variant, names)
        if (found is None) != (expected is None):
            return "it is refused in one way of rendering and not in the other"
        if found is not None and expected is not None:
            different = first_difference(expected, found)
            if different is not None:
                return f"the two ways differ for a sample customer ({different})"
    return None


def _expected(
    environment: TemplateEnvironment, name: str, variant: CompiledVariant, context: Mapping[str, Any]
) -> str | None:
    """The HTML by the plain pipeline; None where it is refused."""
    try:
        with limited():
            mjml = environment.get_template(name).render({"language": variant.language, **context})
        language = variant.language if variant.set_language else None
        completed = complete(mjml, language, escape(str(context["preheader"])))
        return to_html(_without_hints(completed))
    except (*FAULTS, InputError):
        return None


def _without_hints(mjml: str) -> str:
    for element in reversed(read(mjml).elements):
        for attribute in reversed(element.attributes):
            if attribute.name in HINTS:
                mjml = mjml[: attribute.start] + mjml[attribute.end :]
    return mjml
