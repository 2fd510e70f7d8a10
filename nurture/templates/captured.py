"""Printed values, taken out of an email while it is rendered: what is left is its skeleton.

In:  the values that a template prints, one after the other.
Out: for each a mark that stands in its place, and the value itself, escaped as Jinja would have done.

Kept in the skeleton is what may be more than a value: markup of the template's own (`| safe`, a macro's
result), and blank text, whose absence a layout may show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from nurture.templates.environment import LinkMark, Passed, printed
from nurture.templates.markup import mark

READY_MARKS = tuple(Passed(mark(number)) for number in range(512))  # our own


@dataclass(slots=True)
class Values:
    """The values of one email, by the number of their mark: for its HTML, and for its text.

    Number 0 is kept free for the preheader.
    """

    html: list[str] = field(default_factory=lambda: [""])
    words: list[str] = field(default_factory=lambda: [""])

    def add(self, html: str, words: str) -> Passed:
        """Keep a value; the mark that stands for it."""
        number = len(self.html)
        self.html.append(html)
        self.words.append(words)
        return READY_MARKS[number] if number < len(READY_MARKS) else Passed(mark(number))


_current: ContextVar[Values | None] = ContextVar("nurture_template_values", default=None)


@contextmanager
def capturing() -> Iterator[Values]:
    """Inside, values that are printed are kept in what this gives."""
    values = Values()
    token = _current.set(values)
    try:
        yield values
    finally:
        _current.reset(token)


# Both ask for the context so that Jinja does not call them when it compiles.
@pass_context
def captured(_context: Context, value: Any) -> Any:
    """The mark of a value that is printed here; the value itself where it is markup or blank."""
    values = _current.get()
    if value is None or values is None:
        # Printing None is an error, which Jinja's own way of printing raises at its line.
        return value
    text = printed(value)
    if isinstance(text, Markup):
        words = text.unescape()
        if not words.strip() or escape(words) != text:
            return text
        return values.add(str(text), words)
    if type(text) is LinkMark or not isinstance(text, str) or not text.strip():
        return text
    return values.add(str(escape(text)), text)


@pass_context
def passed(context: Context, value: Any) -> Any:
    """What a macro wrote, marks included; anything else is a value."""
    if type(value) is Markup:
        return Passed(value)
    return captured(context, value)


@pass_context
def filtered(context: Context, value: Any) -> Any:
    """What a filter block writes. Jinja writes it as it is, so only what is escaped already is a value."""
    return captured(context, value) if isinstance(value, Markup) else value


CAPTURE_FILTERS: dict[str, Callable[..., Any]] = {
    "_captured": captured,
    "_passed": passed,
    "_filtered": filtered,
}
