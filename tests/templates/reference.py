"""What a template means, written down a second time: Jinja first, then MJML, then CSS inlining.

Nothing here uses nurture: plain Jinja, the MJML compiler, premailer, and a parser of HTML to compare with.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import html5lib
import jinja2
import mjml
import premailer

# The MJML compiler spoils these in attribute values; the meaning of a template is that it does not.
SPOILED = re.compile(r"[^\x20-\x7e\n]|\\")
SPELLED = re.compile(r"zq([0-9a-f]+)zq")


def meaning(files: Mapping[str, str], context: Mapping[str, Any], entry: str = "email.mjml") -> str | None:
    """The HTML that a template stands for, or None where one of the three steps refuses it."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.DictLoader(dict(files)),
        keep_trailing_newline=True,
    )
    try:
        source = environment.get_template(entry).render(context)
        html = mjml.mjml2html(SPOILED.sub(lambda found: f"zq{ord(found.group()):x}zq", source), fonts={})
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError):
        return None
    html = SPELLED.sub(lambda found: chr(int(found[1], 16)), html)
    inliner = premailer.Premailer(
        html,
        strip_important=False,
        allow_network=False,
        keep_style_tags=True,
        cssutils_logging_level=logging.CRITICAL,
    )
    return f"<!doctype html>{inliner.transform(pretty_print=False)}"


def parsed(html: str) -> list[str]:
    """A document as a browser reads it, one line per node."""
    tree = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    lines: list[str] = []
    _add(tree, lines)
    return lines


def _add(element: Any, lines: list[str]) -> None:
    # A comment's tag is a function.
    if isinstance(element.tag, str):
        lines.append(f"<{element.tag} {sorted(element.attrib.items())}>")
    else:
        lines.append(f"<!-- {element.text}")
    lines.append(f"| {element.text or ''}")
    for child in element:
        _add(child, lines)
        lines.append(f"| {child.tail or ''}")
    lines.append(f"</{element.tag if isinstance(element.tag, str) else ''}>")
