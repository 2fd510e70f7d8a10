"""What one rendering may use: steps, characters and time, counted while a template runs.

In:  the steps and characters that a template spends.
Out: a LimitExceeded once it has spent more than it may. Templates are untrusted text: loops in loops,
     macros that call themselves and strings that double must end, soon and with a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from jinja2 import TemplateRuntimeError

from nurture import clock

MAX_STEPS = 100_000
MAX_CHARS = 2_000_000
MAX_SECONDS = 3.0
MAX_NUMBER = 10_000
MAX_BITS = 4_096
# Looking at the clock costs more than a step does.
STEPS_PER_LOOK = 64


class LimitExceeded(TemplateRuntimeError):
    """A template wanted more steps, characters or time than one email may take."""


class Allowance:
    """What is left to one rendering."""

    __slots__ = ("chars", "deadline", "steps")

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self.steps = MAX_STEPS
        self.chars = MAX_CHARS
        self.deadline = clock.monotonic_seconds() + seconds

    def spend(self, steps: int, chars: int) -> None:
        """Take off what was used.

        Raises:
            LimitExceeded: nothing is left.
        """
        self.steps -= steps
        self.chars -= chars
        if self.steps < 0:
            raise LimitExceeded(f"This template takes more than {MAX_STEPS:,} steps (loops in loops?).")
        if self.chars < 0:
            raise LimitExceeded(f"This template writes more than {MAX_CHARS:,} characters.")
        if self.steps % STEPS_PER_LOOK == 0 and clock.monotonic_seconds() > self.deadline:
            raise LimitExceeded(f"This template takes longer than {MAX_SECONDS:g} seconds.")


_current: ContextVar[Allowance | None] = ContextVar("nurture_template_allowance", default=None)


@contextmanager
def limited(seconds: float = MAX_SECONDS) -> Iterator[Allowance]:
    """Everything rendered inside shares one fresh allowance."""
    allowance = Allowance(seconds)
    token = _current.set(allowance)
    try:
        yield allowance
    finally:
        _current.reset(token)


def spend(steps: int = 1, chars: int = 0) -> None:
    """Take steps and characters off the allowance of the rendering that is going on, if one is."""
    allowance = _current.get()
    if allowance is not None:
        allowance.spend(steps, chars)


def spend_chars(chars: int) -> None:
    """Take characters off the allowance; nothing else, for this is done for every printed value."""
    allowance = _current.get()
    if allowance is not None:
        allowance.chars -= chars
        if allowance.chars < 0:
            raise LimitExceeded(f"This template writes more than {MAX_CHARS:,} characters.")


def check_size(chars: int) -> None:
    """Refuse a text before it is made, when it would be larger than any email."""
    if chars > MAX_CHARS:
        raise LimitExceeded(f"This makes a text of more than {MAX_CHARS:,} characters.")


def check_number(value: object) -> None:
    """Refuse widths and counts that no email needs."""
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise LimitExceeded(f"The number {value if abs(value) < 10**12 else '...'} is too large here.")
