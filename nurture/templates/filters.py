"""The filters that a template may use: Jinja's harmless ones, and ours for names, dates and money.

In:  a value, in a template.
Out: the value made fit to print. What is not listed here does not exist for a template.

Ours: `atena`, `date`, `wareki`, `years`, `money`, `number`, and a `default` that also stands in for None.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Undefined

from nurture.templates.addresses import ADDRESS_FILTERS
from nurture.templates.atena import atena
from nurture.templates.display import date_text, money, number, wareki, years
from nurture.templates.guard import GUARDS
from nurture.templates.limits import MAX_CHARS, check_number, check_size

# Left out: `attr` and `pprint` (a look into Python), `random` (the same email must come out twice).
ALLOWED = [
    "abs",
    "batch",
    "capitalize",
    "center",
    "count",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
    "wordwrap",
    "xmlattr",
]

# A width or precision of more digits than any email needs, or one that comes from a value.
WIDE_PERCENT = re.compile(r"%(\([^)]*\))?[-#0 +]*(\*|\d{4,}|\d*\.(\*|\d{4,}))")
WIDE_BRACES = re.compile(r"\d{4,}|\{[^{}]*\{")


def default(value: Any, fallback: Any = "", boolean: bool = False) -> Any:
    """The value, or the fallback where it is missing or None (with `true` as second argument: or empty)."""
    if isinstance(value, Undefined) or value is None or (boolean and not value):
        return fallback
    return value


def check_percent_format(template: str) -> None:
    """Refuse `"%999999999d"`, which makes a text of any size."""
    if WIDE_PERCENT.search(template):
        raise SecurityError("This number format is too wide.")


def check_text_call(text: str, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Refuse a call of a text method whose result would be larger than an email can be."""
    for value in (*args, *kwargs.values()):
        check_number(value)
    if method == "format" and WIDE_BRACES.search(text):
        raise SecurityError("This number format is too wide.")
    if method == "replace" and len(args) > 1:
        _check_replace(text, args[0], args[1])
    if method == "join" and args and isinstance(args[0], (list, tuple)):
        check_size(sum(len(str(item)) for item in args[0]) + len(text) * len(args[0]))


def _check_replace(text: object, old: object, new: object) -> None:
    size = len(str(text))
    check_size(size + (size // max(1, len(str(old))) + 1) * len(str(new)))


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A Jinja filter that refuses widths and counts which no email needs."""
    # The first argument is Jinja's own (context, environment) where the filter asks for it.
    first = 2 if hasattr(function, "jinja_pass_arg") else 1

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for value in (*args[first:], *kwargs.values()):
            check_number(value)
        return function(*args, **kwargs)

    return checked


def _replace(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def checked(context: Any, text: Any, old: Any, new: Any, count: int | None = None) -> Any:
        _check_replace(text, old, new)
        return function(context, text, old, new, count)

    return checked


def _join(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def checked(context: Any, value: Any, d: str = "", attribute: Any = None) -> Any:
        items = value if isinstance(value, (str, Undefined)) else list(value)
        result = function(context, items, d, attribute)
        check_size(len(result))
        return result

    @functools.wraps(function)
    def bounded(context: Any, value: Any, d: str = "", attribute: Any = None) -> Any:
        items = value if isinstance(value, (str, Undefined)) else list(value)
        if attribute is None and not isinstance(items, Undefined):
            check_size(sum(len(str(item)) for item in items) + len(str(d)) * len(items))
        return checked(context, items, d, attribute)

    return bounded


def _format(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def checked(value: Any, *args: Any, **kwargs: Any) -> Any:
        check_percent_format(str(value))
        return function(value, *args, **kwargs)

    return checked


def _short(function: Callable[..., Any]) -> Callable[..., Any]:
    """For filters whose time grows faster than their text."""

    @functools.wraps(function)
    def checked(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        check_size(len(str(value)) * MAX_CHARS // 20_000)
        return function(context, value, *args, **kwargs)

    return checked


FILTERS: dict[str, Callable[..., Any]] = {name: _bounded(JINJA_FILTERS[name]) for name in ALLOWED}
FILTERS |= {
    "replace": _replace(JINJA_FILTERS["replace"]),
    "join": _join(JINJA_FILTERS["join"]),
    "format": _format(JINJA_FILTERS["format"]),
    "urlize": _short(JINJA_FILTERS["urlize"]),
    "default": default,
    "d": default,
    "atena": atena,
    "date": date_text,
    "wareki": wareki,
    "years": years,
    "money": money,
    "number": number,
    **GUARDS,
    **ADDRESS_FILTERS,
}
