"""What every email needs and a template may leave out: its language, and the preheader.

In:  MJML, the language of the email, its preheader.
Out: the same MJML with a `lang` on its root and an mj-preview in its head, where it has none.
"""

from __future__ import annotations

from nurture.templates.markup import Markup, read


def complete(mjml: str, language: str | None, preview: str | None) -> str:
    """MJML with language and preview text; what the template says itself is left alone.

    `preview` is markup already: escaped text, or the mark of a tag.
    """
    markup = read(mjml)
    inserts = sorted([*_language(markup, language), *_preview(markup, preview)], reverse=True)
    for offset, text in inserts:
        mjml = mjml[:offset] + text + mjml[offset:]
    return mjml


def _language(markup: Markup, language: str | None) -> list[tuple[int, str]]:
    root = next((element for element in markup.elements if element.name == "mjml"), None)
    if root is None or not language or root.attribute("lang"):
        return []
    return [(root.start + len("<mjml"), f' lang="{language}"')]


def _preview(markup: Markup, preview: str | None) -> list[tuple[int, str]]:
    if not preview or any(element.name == "mj-preview" for element in markup.elements):
        return []
    element = f"<mj-preview>{preview}</mj-preview>"
    for found in markup.elements:
        if found.name == "mj-head" and found.close > found.end:
            return [(found.close, element)]
    root = next((found for found in markup.elements if found.name == "mjml"), None)
    return [(root.end, f"<mj-head>{element}</mj-head>")] if root else []
