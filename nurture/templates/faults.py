"""Turn what goes wrong inside a template into words, with the marketer's file and line.

In:  an exception that Jinja let through, and the scripts that were running.
Out: an InputError. The line of the compiled script leads back to the tag it was written from.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from nurture.errors import Finding, InputError
from nurture.templates.compiled import Script
from nurture.templates.environment import Unfilled
from nurture.templates.limits import LimitExceeded

# Compiled scripts carry this in front of their name, so that they can be found in a traceback.
PREFIX = "nurture-template:"
# What a template can make Python raise by computing with its values. (NameError: Jinja writes the number
# 1e999 into the Python that it makes as `inf`.)
FAULTS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    NameError,
    RecursionError,
)


def told(error: BaseException, scripts: Mapping[str, Script]) -> InputError:
    """The error as a finding at the place in the template that it comes from."""
    name, line = _position(error)
    script = scripts.get(name) or next(iter(scripts.values()))
    place = script.place(line) if line else None
    where = place[0] if place else next((one[1] for one in script.origins), "email")
    what, fix = _words(error, _expression(script, line) if line else "")
    return InputError(Finding(where, what, fix, place[1] if place else None))


@dataclass(frozen=True, slots=True)
class Gap:
    """A printed value that was empty: where, what the template says there, and the fallback to write."""

    where: str
    line: int | None
    expression: str
    fix: str

    def finding(self) -> Finding:
        """The gap as a finding about one customer."""
        what, _ = _words(Unfilled("This value is empty for this customer."), self.expression)
        return Finding(self.where, what, self.fix, self.line)


def gap(place: tuple[str, int], scripts: Mapping[str, Script]) -> Gap:
    """An empty value that was printed, by its place in the compiled scripts."""
    name, line = place[0].removeprefix(PREFIX), place[1]
    script = scripts.get(name) or next(iter(scripts.values()))
    found = script.place(line)
    expression = _expression(script, line)
    _, fix = _words(Unfilled(), expression)
    return Gap(found[0] if found else "email", found[1] if found else None, expression, fix)


def _position(error: BaseException) -> tuple[str, int | None]:
    if isinstance(error, TemplateSyntaxError):
        return (error.filename or "").removeprefix(PREFIX), error.lineno
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(PREFIX):
            return frame.filename.removeprefix(PREFIX), frame.lineno
    return "", None


def _expression(script: Script, line: int) -> str:
    """What is printed by the tag on a line of a script, if that is one line."""
    lines = script.source.split("\n")
    if not 1 < line <= len(lines) or not lines[line - 2].endswith("{{"):
        return ""
    expression, closed, _ = lines[line - 1].partition(" }}")
    return expression if closed else ""


def _words(error: BaseException, expression: str) -> tuple[str, str]:
    shown = expression if expression and not expression.startswith("_") else "..."
    fallback = f'Give it a fallback: {{{{ {shown} or "…" }}}}'
    if isinstance(error, Unfilled):
        said = f'"{shown}" is empty for this customer, and this line needs one.'
        return (said if expression else str(error)), fallback
    if isinstance(error, UndefinedError):
        known = f" (in {shown})" if expression else ""
        return (
            f"{str(error.message).rstrip('.')}{known}.",
            "Correct the name, or see docs/templates.md for all.",
        )
    if isinstance(error, LimitExceeded):
        return str(error), "Make the template simpler."
    if isinstance(error, SecurityError):
        return str(error), "Templates may use values and filters only."
    if isinstance(error, TemplateNotFound):
        return f'There is no file "{error.name}" to include.', "Correct its name."
    if isinstance(error, RecursionError):
        return "This template calls itself without end.", "Make the template simpler."
    if isinstance(error, TemplateError):
        return str(error.message), ""
    # A message of Python's own may quote a value, and a value may be somebody's data.
    kinds = {"ZeroDivisionError": "It divides by zero.", "OverflowError": "A number here is too large."}
    kinds["NameError"] = kinds["OverflowError"]
    usual = "It computes with values that do not go together (text and numbers, or nothing)."
    return kinds.get(type(error).__name__, usual), fallback
