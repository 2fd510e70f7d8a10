"""Read a sequence of events: `sequence: [{did: webinar}, {bought: LG*, within: 14 days}]`.

In:  the list of steps.
Out: a Sequence; None, and findings, where it is wrong.
"""

from __future__ import annotations

from typing import Any

from nurture.filters.behaviours import WITHIN, read_behaviour
from nurture.filters.fields import SOURCES
from nurture.filters.reader import Location, Reader
from nurture.filters.tree import Behaviour, Sequence, Step

# A suppression is the address's, and nothing follows it.
KINDS = tuple(name for name in SOURCES if name != "suppressed")
MAX_STEPS = 6
_FIX = "Write a list: - did: webinar\n              - bought: ever\n                within: 14 days"


def read_sequence(reader: Reader, value: Any, at: Location, text: str) -> Sequence | None:
    """The steps in their order; each names one kind of event, and how soon after the one before."""
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_STEPS:
        reader.wrong(f"A sequence is a list of 2 to {MAX_STEPS} steps.", _FIX, at)
        return None
    steps = [_step(reader, step, (*at, index), index == 0) for index, step in enumerate(value)]
    found = tuple(step for step in steps if step is not None)
    return Sequence(found, text, reader.line(at)) if len(found) == len(steps) else None


def _step(reader: Reader, value: Any, at: Location, first: bool) -> Step | None:
    keys = reader.mapping(value, at, _FIX)
    if keys is None:
        return None
    names = [key for key in keys if key in KINDS]
    for key in keys:
        if key not in KINDS and key != WITHIN:
            reader.unknown("kind of event", key, [*KINDS, WITHIN], (*at, key))
            return None
    if len(names) != 1:
        reader.wrong("A step names one kind of event.", _FIX, at)
        return None
    behaviour = read_behaviour(reader, SOURCES[names[0]], keys[names[0]], (*at, names[0]), "")
    within_days = None
    if WITHIN in keys:
        within_days = _days(reader, keys[WITHIN], (*at, WITHIN), first)
        if within_days is None:
            return None
    if behaviour is None:
        return None
    if not _plain(behaviour):
        what = "A step is one event: it cannot be counted, added up, picked or missing."
        reader.wrong(what, "Put that into a condition of its own, beside the sequence.", at)
        return None
    return Step(behaviour.source, behaviour.where, within_days)


def _plain(behaviour: Behaviour) -> bool:
    return not (behaviour.times or behaviour.days or behaviour.folds or behaviour.pick)


def _days(reader: Reader, value: Any, at: Location, first: bool) -> int | None:
    if first:
        fix = "Put it into the event's own keys to say how long ago: did: {activity: webinar, within: 1 year}"
        reader.wrong("Nothing comes before the first step.", fix, at)
        return None
    duration = reader.duration(value, at)
    if duration is not None and duration.days is None:
        reader.wrong("How long a month is depends on the month.", "Write it in days or weeks.", at)
        return None
    return None if duration is None else duration.days
