"""The text part of an email, made from its HTML.

In:  the parts of the finished HTML (tags of Jinja among them, or none).
Out: the parts of a plain text that says the same: links as `text (address)`, one block per line.

Tables that only lay out are taken apart; tables of data become one line per row. A statement that stands
on a line of its own leaves no empty line behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import html as lxml_html
from lxml.etree import ParserError, _Comment, _Element

from nurture.templates.parts import Part

TOKEN = re.compile(r"xq([sp])(\d+)q")
COMMENT_TOKEN = re.compile(r"\s*xqs\d+q\s*")
CELL = "　"
RULE = "-" * 30
DROPPED = {"head", "style", "script", "title", "noscript"}
# The look-behind makes a long run of spaces cost its length once, not its square.
TRAILING = re.compile(r"(?<![ \t\u3000])[ \t\u3000]++(?=\n|\Z)")
LINE_ENDS = (" \n", "\t\n", "\u3000\n")
GAPS = re.compile(r"\n{3,}")


def text_parts(parts: Sequence[Part]) -> list[Part]:
    """The parts of the text that says what the HTML says."""
    tags: dict[int, Part] = {}
    pieces: list[str] = []
    for part in parts:
        if part.kind == "data":
            pieces.append(part.text)
            continue
        tags[len(tags)] = part
        inside = _in_tag(pieces)
        pieces.append(
            f"xqp{len(tags) - 1}q" if part.kind == "print" or inside else f"<!--xqs{len(tags) - 1}q-->"
        )
    return _with_tags(_plain("".join(pieces)), tags)


def text_of(html: str) -> str:
    """The text that says what a finished HTML says.

    >>> text_of('<body><p>Hello</p><table role="presentation"><tr><td><a href="https://x.example/">Go</a></table>')
    'Hello\\n\\nGo (https://x.example/)\\n'
    """
    return tidied(_plain(html))


def tidied(text: str) -> str:
    """Text without spaces at line ends and without more than one empty line in a row."""
    # Nearly every text is tidy already, and looking is cheaper than replacing.
    if any(end in text for end in LINE_ENDS):
        text = TRAILING.sub("", text)
    if "\n\n\n" in text:
        text = GAPS.sub("\n\n", text)
    return text.strip("\n") + "\n"


def _in_tag(pieces: Sequence[str]) -> bool:
    """Whether a tag of HTML is open behind these pieces; a statement there is no comment."""
    for piece in reversed(pieces):
        opening, closing = piece.rfind("<"), piece.rfind(">")
        if opening != closing:
            return opening > closing
    return False


def _plain(html: str) -> str:
    try:
        root = lxml_html.document_fromstring(html, parser=lxml_html.HTMLParser(remove_pis=True))
    except ParserError:
        return ""
    for element in list(root.iter()):
        if isinstance(element, _Comment):
            _comment(element)
        elif element.tag in DROPPED or _is_hidden(element):
            _remove(element)
    for element in list(root.iter()):
        _reshape(element)
    return _written(lxml_html.tostring(root, encoding="unicode")).replace("\u00a0", " ")


def _written(html: str) -> str:
    # Taken in here: most commands make no emails, and should not pay for it.
    from inscriptis import get_text
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.html_properties import Display
    from inscriptis.model.config import ParserConfig
    from inscriptis.model.html_element import HtmlElement

    block = HtmlElement(display=Display.block)
    text: str = get_text(
        html, ParserConfig(css={**CSS_PROFILES["strict"], "x-layout": block, "x-data": block})
    )
    return text


def _comment(comment: _Comment) -> None:
    token = COMMENT_TOKEN.fullmatch(comment.text or "")
    _replace(comment, (comment.text or "").strip() if token else "")


def _remove(element: _Element) -> None:
    if element.getparent() is not None:
        # Statements inside a hidden element are balanced there, and go with it.
        _replace(element, "")


def _replace(element: _Element, text: str) -> None:
    """Put text in the place of an element; what follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    text += element.tail or ""
    previous = element.getprevious()
    if previous is None:
        parent.text = (parent.text or "") + text
    else:
        previous.tail = (previous.tail or "") + text
    parent.remove(element)


def _is_hidden(element: _Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "mso-hide:all" in style


def _reshape(element: _Element) -> None:
    tag = element.tag
    if tag == "a":
        _link(element)
    elif tag == "img":
        _replace(element, element.get("alt") or "")
    elif tag == "hr" or (tag == "p" and "border-top" in (element.get("style") or "") and not _words(element)):
        element.tag = "div"
        element.text = RULE
    elif tag == "table":
        # Renamed, so that inscriptis does not lay out columns; a cell looks for the name.
        element.tag = "x-layout" if element.get("role") == "presentation" else "x-data"
    elif tag in ("tbody", "thead", "tfoot", "tr"):
        element.tag = "div"
    elif tag in ("td", "th"):
        _cell(element)
    if "style" in element.attrib:
        del element.attrib["style"]


def _link(element: _Element) -> None:
    address = (element.get("href") or "").strip()
    label = _words(element)
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    if shown and shown != "#" and label != shown:
        last = element[-1] if len(element) else None
        suffix = f" ({shown})" if label or len(element) else shown
        if last is None:
            element.text = (element.text or "").rstrip() + suffix
        else:
            last.tail = (last.tail or "").rstrip() + suffix
    element.tag = "span"


def _cell(element: _Element) -> None:
    table = next(element.iterancestors("table", "x-data", "x-layout"), None)
    row = element.getparent()
    if table is None or table.tag == "x-layout" or row is None or _holds_blocks(row):
        element.tag = "div"
        return
    element.tag = "span"
    if element.getnext() is not None:
        element.tail = CELL + (element.tail or "").lstrip()


def _holds_blocks(row: _Element) -> bool:
    """Whether a row of a table holds paragraphs rather than values."""
    return (
        next(row.iter("div", "p", "br", "ul", "ol", "h1", "h2", "h3", "x-layout", "x-data"), None) is not None
    )


def _words(element: _Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _with_tags(text: str, tags: dict[int, Part]) -> list[Part]:
    parts: list[Part] = []
    for line in tidied(text).split("\n"):
        found = list(TOKEN.finditer(line))
        alone = bool(found) and not TOKEN.sub("", line).strip() and all(one[1] == "s" for one in found)
        last = 0
        for one in found:
            if not alone:
                parts.append(Part("data", line[last : one.start()], "", 0, fixed=True))
            parts.append(tags[int(one[2])])
            last = one.end()
        if not alone:
            parts.append(Part("data", line[last:] + "\n", "", 0, fixed=True))
    return [part for part in parts if part.kind != "data" or part.text]
