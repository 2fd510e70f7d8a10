"""The elements of MJML: which there are, and where each may stand.

In:  the name of an element.
Out: facts about it. The MJML compiler itself passes unknown elements through in silence, and puts
     misplaced ones somewhere; both would only be seen by the readers.
"""

from __future__ import annotations

CONTENT = frozenset(
    [
        "mj-accordion",
        "mj-button",
        "mj-carousel",
        "mj-divider",
        "mj-image",
        "mj-navbar",
        "mj-social",
        "mj-spacer",
        "mj-table",
        "mj-text",
    ]
)
_COLUMN = frozenset({"mj-column", "mj-hero"})
PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset(),
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    **dict.fromkeys(
        ("mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-style", "mj-title"),
        frozenset({"mj-head"}),
    ),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-class": frozenset({"mj-attributes"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper"}),
    "mj-hero": frozenset({"mj-body", "mj-wrapper"}),
    "mj-group": frozenset({"mj-section"}),
    "mj-column": frozenset({"mj-section", "mj-group"}),
    **dict.fromkeys(CONTENT, _COLUMN),
    "mj-accordion-element": frozenset({"mj-accordion"}),
    "mj-accordion-title": frozenset({"mj-accordion-element"}),
    "mj-accordion-text": frozenset({"mj-accordion-element"}),
    "mj-carousel-image": frozenset({"mj-carousel"}),
    "mj-navbar-link": frozenset({"mj-navbar"}),
    "mj-social-element": frozenset({"mj-social"}),
    "mj-raw": frozenset(
        {"mj-head", "mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"}
    ),
}

# What they hold is HTML, and passes through as it is.
ENDING = frozenset(
    [
        "mj-text",
        "mj-button",
        "mj-table",
        "mj-raw",
        "mj-navbar-link",
        "mj-accordion-title",
        "mj-accordion-text",
        "mj-social-element",
        "mj-carousel-image",
    ]
)
# What they hold is text: a comment in it would be read by people.
TEXT_ONLY = frozenset({"mj-title", "mj-preview", "title", "textarea"})
# What they hold is neither: no value of a customer belongs there, and no statement is streamed there.
OPAQUE = frozenset({"mj-style", "style", "script"})
# Statements between their children leave the layout of what is around them alone.
FLOWING = frozenset({"mj-body", "mj-wrapper", "mj-column", "mj-hero"})

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)

# Elements of MJML that the compiler does not know.
UNSUPPORTED = {
    "mj-include": 'Files are put together with Jinja: {% include "parts/footer.mjml" %}',
    "mj-html-attributes": "Write the attribute in the HTML of an mj-text or mj-raw.",
    "mj-chart": "Draw it with an mj-table or an mj-image.",
}

# Attributes whose values stand in the email as they are; nothing is computed from them.
VERBATIM = frozenset({"href", "src", "alt", "title", "aria-label"})
# Attributes that hold an address which a mail program fetches or opens.
ADDRESSES = frozenset({"href", "src", "background", "background-url", "action", "poster"})


def is_mjml(name: str) -> bool:
    """Whether a name belongs to MJML rather than to HTML.

    >>> is_mjml("mj-text"), is_mjml("MJ-Txt"), is_mjml("table")
    (True, True, False)
    """
    return name.lower().startswith("mj")
