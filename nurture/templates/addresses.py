"""Addresses in an email: which are safe, and which lead through our click counter.

In:  the address of a link or picture, and where links of this email lead (`Addressing`).
Out: the address as it is written into the email. What could run code or read files becomes `#`.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
IGNORED = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029]")
SAFE_SCHEMES = frozenset({"http:", "https:", "mailto:", "tel:", "sms:"})
NEUTRAL = "#"
HASH_DIGITS = 10


@dataclass(slots=True)
class Addressing:
    """Where the links of one email lead: through `link_base`, or straight to their targets (None).

    `personal` collects the targets that hold something of the customer, by link key.
    """

    link_base: str | None = None
    personal: dict[str, str] = field(default_factory=dict)


_current: ContextVar[Addressing | None] = ContextVar("nurture_template_addressing", default=None)


@contextmanager
def addressed(addressing: Addressing) -> Iterator[None]:
    """Links rendered inside lead where `addressing` says."""
    token = _current.set(addressing)
    try:
        yield
    finally:
        _current.reset(token)


def scheme(url: str) -> str:
    """The scheme of an address with its colon, as a browser would read it; nothing if it has none.

    >>> scheme(" java\\tscript:alert(1)"), scheme("//x.example/"), scheme("HTTPS://x.example/")
    ('javascript:', '', 'https:')
    """
    found = SCHEME.match(IGNORED.sub("", url))
    return found.group().lower() if found else ""


def is_safe(url: str) -> bool:
    """Whether an address may stand in an email: it neither runs code nor reads a file."""
    return scheme(url) in SAFE_SCHEMES or not scheme(url)


def is_web(url: str) -> bool:
    """Whether an address leads to the web."""
    return scheme(url) in ("http:", "https:")


def ascii_url(url: str) -> str:
    """An address in ASCII: other characters and spaces percent-encoded, what is encoded already left alone.

    >>> ascii_url("https://x.example/あ b?q=%20#1")
    'https://x.example/%E3%81%82%20b?q=%20#1'
    """
    return quote(url.strip(), safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def link_key(slot: int, url: str) -> str:
    """The key of a link whose target is personal: the same target always has the same key."""
    return f"{slot}-{hashlib.sha256(url.encode()).hexdigest()[:HASH_DIGITS]}"


@pass_eval_context
def safe_address(context: EvalContext, value: Any) -> str:
    """An address that may hold customer data, made harmless."""
    return _written(context, _made_safe(value))


@pass_eval_context
def personal_link(context: EvalContext, value: Any, slot: int) -> str:
    """A link whose target holds customer data: its target made harmless, or the way through our counter."""
    url = _made_safe(value)
    addressing = _current.get()
    if addressing is None or addressing.link_base is None or not is_web(url):
        return _written(context, url)
    key = link_key(slot, url)
    addressing.personal[key] = url
    return _written(context, f"{addressing.link_base}/{key}")


def _made_safe(value: Any) -> str:
    # Inside HTML the value arrives escaped, as the browser would see it in the attribute.
    text = html.unescape(str(value)) if isinstance(value, Markup) else str(value)
    return ascii_url(text) if is_safe(text) else NEUTRAL


def _written(context: EvalContext, url: str) -> str:
    return escape(url) if context.autoescape else url


ADDRESS_FILTERS: dict[str, Callable[..., Any]] = {"_url": safe_address, "_link": personal_link}
