"""The Jinja that templates are written in: sandboxed, escaped, strict, and bounded.

In:  the source of a template.
Out: a Jinja environment in which it can do no harm: plain data only, the filters of
     `nurture.templates.filters` and no others, every loop and every call counted.

Two rules differ from plain Jinja, both so that a missing value is met with `or`:
an attribute of None is None (`customer.company.name or "貴社"` works without a company), and printing None
is an error, never the word "None" in somebody's email.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from types import BuiltinMethodType, FrameType, MethodType
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateRuntimeError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup

from nurture.errors import did_you_mean
from nurture.templates import filters
from nurture.templates.guard import Guard
from nurture.templates.limits import MAX_BITS, LimitExceeded, check_size, spend, spend_chars

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

SHORT_CHARS = 64

TEXT_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "center",
        "count",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isdecimal",
        "isdigit",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
        "zfill",
    ]
)
METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, TEXT_METHODS),
    (dict, frozenset({"items", "keys", "values", "get"})),
    (list, frozenset({"index", "count"})),
    (tuple, frozenset({"index", "count"})),
    (datetime, frozenset({"strftime", "isoformat", "weekday", "isoweekday", "date", "time"})),
    (date, frozenset({"strftime", "isoformat", "weekday", "isoweekday"})),
    (time, frozenset({"strftime", "isoformat"})),
    (timedelta, frozenset({"total_seconds"})),
    (LoopContext, frozenset({"cycle", "changed"})),
    (Cycler, frozenset({"next", "reset"})),
)
GLOBALS: dict[str, Any] = {
    "range": safe_range,
    "dict": dict,
    "namespace": Namespace,
    "cycler": Cycler,
    "joiner": Joiner,
}


class LinkMark(str):
    """A mark of our own that is written as it is, control character and all."""

    __slots__ = ()


class Passed(Markup):
    """Markup of our own that holds marks; it is written as it is."""

    __slots__ = ()


class Unfilled(TemplateRuntimeError):
    """A value that is printed is None."""


class Missing(StrictUndefined):
    """A name that is not there; using it in any way is an error that names what is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        if self._undefined_hint:
            return str(self._undefined_hint)
        if isinstance(self._undefined_obj, Mapping):
            known = [str(key) for key in self._undefined_obj]
            return f'There is no "{name}" in it. {did_you_mean(name, known)}'.rstrip()
        if type(self._undefined_obj).__module__.startswith("jinja2.utils"):
            return f'There is no name "{name}" here.'
        return f'A {type(self._undefined_obj).__name__} has no "{name}".'


# Where empty values were printed, while somebody wants to know all of them: (file of the traceback, line).
Gaps = list[tuple[str, int]]
_gaps: ContextVar[Gaps | None] = ContextVar("nurture_template_gaps", default=None)


@contextmanager
def gathered() -> Iterator[Gaps]:
    """Inside, printing None is no error; where it happened is gathered instead."""
    gaps: Gaps = []
    token = _gaps.set(gaps)
    try:
        yield gaps
    finally:
        _gaps.reset(token)


def _place(frame: FrameType) -> tuple[str, int]:
    """The line of a template that a frame of its compiled code stands at; Jinja keeps the pairs of lines."""
    pairs = (pair.split("=") for pair in str(frame.f_globals.get("debug_info", "")).split("&") if pair)
    line = max((int(ours) for ours, python in pairs if int(python) <= frame.f_lineno), default=1)
    return frame.f_code.co_filename, line


def printed(value: object) -> object:
    """A value on its way into the email: counted, never None, without control characters."""
    # Nearly every value: short enough not to be counted (loops are), and nothing to clean.
    if type(value) is str and len(value) <= SHORT_CHARS and value.isprintable():
        return value
    if type(value) is LinkMark or type(value) is Passed:
        return value
    if value is None:
        gaps = _gaps.get()
        if gaps is None:
            raise Unfilled("This value is empty for this customer, and this line needs one.")
        gaps.append(_place(sys._getframe(1)))
        return ""
    text = value if isinstance(value, str) else str(value)
    spend_chars(len(text))
    if CONTROL.search(text):
        cleaned = CONTROL.sub("", text)
        return Markup(cleaned) if isinstance(text, Markup) else cleaned  # noqa: S704  # it was markup before
    return text


class TextFormat:
    """`text.format`, made safe by Jinja and bounded by us."""

    __slots__ = ("_format", "_text")

    def __init__(self, text: str, function: Callable[..., str]) -> None:
        self._text = text
        self._format = function

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        filters.check_text_call(self._text, "format", args, kwargs)
        return self._format(*args, **kwargs)


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Jinja for emails. `autoescape` is off only for what is not HTML: subjects and text parts."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, *, autoescape: bool = True, loader: BaseLoader | None = None) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=Missing,
            finalize=printed,
            keep_trailing_newline=True,
            loader=loader,
        )
        self.filters = dict(filters.FILTERS)
        self.globals = dict(GLOBALS)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        Guard().visit(tree)
        tree.set_environment(self)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`; the key of a mapping comes before a method of the same name."""
        if obj is None:
            return None
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: str | Any) -> Any:
        """`obj[argument]`"""
        return None if obj is None else super().getitem(obj, argument)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The safe form of `text.format`; None for anything else."""
        function = super().wrap_str_format(value)
        return None if function is None else TextFormat(value.__self__, function)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may see an attribute: nothing of Python's own, no way to change data."""
        return not attr.startswith("_") and super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call something: what is not listed here is refused."""
        if isinstance(obj, (Macro, LoopContext, BlockReference, Joiner, TextFormat)):
            return True
        if isinstance(obj, (BuiltinMethodType, MethodType)):
            for kind, names in METHODS:
                if isinstance(obj.__self__, kind):
                    return obj.__name__ in names
            return False
        return any(obj is function for function in GLOBALS.values())

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # Jinja's
        """Call something from a template, counted and within bounds."""
        spend()
        if isinstance(__obj, (BuiltinMethodType, MethodType)) and isinstance(__obj.__self__, str):
            filters.check_text_call(__obj.__self__, __obj.__name__, args, kwargs)
        if isinstance(__obj, Missing):
            __obj._fail_with_undefined_error()
        if not __self.is_safe_callable(__obj):
            name = getattr(__obj, "__name__", type(__obj).__name__)
            raise SecurityError(f'A template may not call "{name}".')
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operation whose result could be huge, checked before it is done."""
        _BINOP_CHECKS[operator](left, right)
        return super().call_binop(context, operator, left, right)


def _check_plus(left: Any, right: Any) -> None:
    if isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        check_size(len(left) + len(right))


def _check_times(left: Any, right: Any) -> None:
    for text, count in ((left, right), (right, left)):
        if isinstance(text, (str, list, tuple)) and isinstance(count, int):
            check_size(len(text) * max(0, count))
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_BITS:
        raise LimitExceeded("This number is too large.")


def _check_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > MAX_BITS:
        raise LimitExceeded("This number is too large.")


def _check_modulo(left: Any, _right: Any) -> None:
    if isinstance(left, str):
        filters.check_percent_format(left)


_BINOP_CHECKS: dict[str, Callable[[Any, Any], None]] = {
    "+": _check_plus,
    "*": _check_times,
    "**": _check_power,
    "%": _check_modulo,
}
