"""The attributes of MJML elements: the compiler drops the others in silence.

In:  the name of an element.
Out: the attributes that have an effect on it, after the documentation of MJML 4.
"""

from __future__ import annotations


def _sides(name: str) -> str:
    return " ".join([name, *(f"{name}-{side}" for side in ("top", "right", "bottom", "left"))])


_PADDING = _sides("padding")
_BORDER = f"{_sides('border')} border-radius"
_FONT = "font-family font-size font-style font-weight"
_BACKGROUND = (
    "background-color background-url background-repeat background-size"
    " background-position background-position-x background-position-y"
)
_LINK = "href name rel target"
_ICONS = (
    "icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url"
    " icon-width icon-wrapped-alt icon-wrapped-url"
)
_SECTION = f"{_BACKGROUND} {_BORDER} {_PADDING} direction full-width text-align text-padding"
# Every element of the body may have these, and what the click counter reads (see `links.HINTS`).
_EVERYWHERE = frozenset({"css-class", "mj-class", "data-tag", "data-track"})

ATTRIBUTES: dict[str, frozenset[str]] = {
    name: frozenset(names.split()) | _EVERYWHERE
    for name, names in {
        "mjml": "lang dir owa",
        "mj-head": "",
        "mj-attributes": "",
        "mj-breakpoint": "width",
        "mj-font": "name href",
        "mj-preview": "",
        "mj-style": "inline",
        "mj-title": "",
        "mj-raw": "position",
        "mj-body": "background-color width",
        "mj-wrapper": f"{_SECTION} gap",
        "mj-section": _SECTION,
        "mj-group": "background-color direction vertical-align width",
        "mj-column": f"{_BORDER} {_PADDING} {_sides('inner-border')} inner-border-radius"
        " background-color direction inner-background-color vertical-align width",
        "mj-hero": f"{_PADDING} {_sides('inner-padding')} align background-color background-height"
        " background-position background-url background-width border-radius container-background-color"
        " height inner-background-color mode vertical-align width",
        "mj-text": f"{_FONT} {_PADDING} align background-color color container-background-color height"
        " letter-spacing line-height text-decoration text-transform vertical-align",
        "mj-button": f"{_BORDER} {_FONT} {_LINK} {_PADDING} align background-color color"
        " container-background-color height inner-padding letter-spacing line-height text-align"
        " text-decoration text-transform title vertical-align width",
        "mj-image": f"{_BORDER} {_LINK} {_PADDING} align alt container-background-color fluid-on-mobile"
        " font-size full-width height max-height sizes src srcset title usemap width",
        "mj-divider": f"{_PADDING} align border-color border-style border-width"
        " container-background-color width",
        "mj-spacer": f"{_BORDER} {_PADDING} container-background-color height",
        "mj-table": f"{_FONT} {_PADDING} align border cellpadding cellspacing color"
        " container-background-color line-height role table-layout vertical-align width",
        "mj-social": f"{_FONT} {_PADDING} align border-radius color container-background-color icon-height"
        " icon-padding icon-size inner-padding line-height mode table-layout text-decoration text-padding"
        " vertical-align",
        "mj-social-element": f"{_FONT} {_LINK} {_PADDING} align alt background-color border-radius color"
        " icon-height icon-padding icon-position icon-size line-height sizes src srcset text-decoration"
        " text-padding title vertical-align",
        "mj-navbar": f"{_PADDING} {_sides('ico-padding')} align base-url hamburger ico-align ico-close"
        " ico-color ico-font-family ico-font-size ico-line-height ico-open"
        " ico-text-decoration ico-text-transform",
        "mj-navbar-link": f"{_FONT} {_LINK} {_PADDING} color letter-spacing line-height text-decoration"
        " text-transform title",
        "mj-accordion": f"{_ICONS} {_PADDING} border container-background-color font-family",
        "mj-accordion-element": f"{_ICONS} background-color border font-family",
        "mj-accordion-title": f"{_FONT} {_PADDING} background-color color",
        "mj-accordion-text": f"{_FONT} {_PADDING} background-color color letter-spacing line-height",
        "mj-carousel": f"{_PADDING} align background-color border-radius container-background-color"
        " icon-width left-icon right-icon tb-border tb-border-radius tb-hover-border-color"
        " tb-selected-border-color tb-width thumbnails",
        "mj-carousel-image": "alt border-radius href rel src target tb-border tb-border-radius thumbnails-src"
        " title",
    }.items()
}
# A default for many elements may be an attribute of any.
_ANY = frozenset[str]().union(*ATTRIBUTES.values())
ATTRIBUTES |= {"mj-all": _ANY, "mj-class": _ANY | {"name"}}
