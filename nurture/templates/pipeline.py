"""MJML to the HTML of an email: the compiler, then CSS inlining. No Jinja, no network, no files.

In:  a complete MJML document.
Out: HTML with its styles inlined, doctype first.

Both libraries are held back where they would spoil an email; each place says how.
"""

from __future__ import annotations

import re

from mjml import mjml2html

from nurture.errors import Finding, InputError
from nurture.templates.markup import Markup, read

DOCTYPE = "<!doctype html>"
SPOILED = re.compile(r"[^\x00-\x7f]+|\\")
NAMESAKE = re.compile(r"xqu(?=[0-9a-f]+q)")
HIDDEN = re.compile(r"xqu([0-9a-f]+)q")


def to_html(mjml: str, where: str = "email") -> str:
    """The HTML of an MJML document.

    Raises:
        InputError: it is not well formed; `where` names it. There is no line: what a template wrote for one
            customer has others than the template.
    """
    return inlined(compiled(mjml, where))


def compiled(mjml: str, where: str = "email") -> str:
    """MJML to HTML, styles not yet inlined."""
    markup = read(mjml)
    errors = [problem for problem in markup.problems if not problem.warning]
    if errors:
        raise InputError(dict.fromkeys(Finding(where, error.what, error.fix) for error in errors))
    try:
        # fonts={}: no link to a web font that the template did not ask for.
        html = mjml2html(protected(markup), fonts={})
    except ValueError as error:
        what = f"The MJML compiler does not understand this: {error}."
        raise InputError(Finding(where, what, "Check that tags are closed and attributes quoted.")) from None
    except BaseException as error:
        # What Rust calls a panic comes as a BaseException of a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        what = "The MJML compiler gave up on this."
        raise InputError(Finding(where, what, "Write it in a simpler way, piece by piece.")) from None
    return HIDDEN.sub(lambda found: bytes.fromhex(found[1]).decode(), html)


def protected(markup: Markup) -> str:
    """MJML with everything hidden that its compiler would spoil.

    mrml writes attribute values in Rust's debug form: U+3000, NBSP, emoji selectors, backslashes and line
    ends come out as a literal `\\u{3000}` or `\\n`, which breaks Japanese alt texts and multi-line styles.
    Its parser also counts bytes where it means characters, and gives up inside some. So all that is not
    ASCII is spelled in ASCII while it works, and put back afterwards.
    """
    text = markup.text
    pieces: list[str] = []
    last = 0
    for element in markup.elements:
        for attribute in element.attributes:
            value = text[attribute.value_start : attribute.value_end]
            if any(char in value for char in '\n\r\t"'):
                pieces += (_own(text[last : attribute.value_start]), _attribute(value))
                last = attribute.value_end
        if element.name == "mj-title" and '"' in text[element.end : element.close]:
            # It is written into an aria-label too.
            title = _own(text[element.end : element.close]).replace('"', "&quot;")
            pieces += (_own(text[last : element.end]), title)
            last = element.close
    joined = "".join([*pieces, _own(text[last:])])
    return SPOILED.sub(lambda found: _hidden(found.group()), joined)


def _own(text: str) -> str:
    """Text of the template; what in it looks like a hidden character is hidden itself."""
    return NAMESAKE.sub(lambda found: _hidden(found.group()[0]) + found.group()[1:], text)


def _attribute(value: str) -> str:
    """An attribute value on one line; single quotes become double ones, which may not stand inside."""
    safe = _own(value).replace("\r", "").replace("\n", _hidden("\n")).replace("\t", _hidden("\t"))
    return safe.replace('"', "&quot;")


def _hidden(text: str) -> str:
    return f"xqu{text.encode().hex()}q"


def inlined(html: str) -> str:
    """HTML with the rules of its style sheets written into each element; the sheets stay for phones."""
    # Taking in the inliner costs more than most commands take, and only some of them make emails.
    from nurture.templates.inliner import inline

    text = inline(html)
    return text if text.lower().startswith("<!doctype") else DOCTYPE + text
