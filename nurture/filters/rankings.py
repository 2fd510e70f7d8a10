"""Read what sets a customer beside all others: `sample`, `top`, `rfm`.

In:  what stands behind the key.
Out: the node of the tree; None, and findings, where it is wrong.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from nurture.filters.fields import Field
from nurture.filters.operators import read_tests
from nurture.filters.reader import Location, Reader
from nurture.filters.tree import Filter, NumberTest, Rfm, Sample, Top

MAX_TOP = 1_000_000
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%", re.ASCII)
_SAMPLE_FIX = "Write: sample: 10%, or: sample: {percent: 10, seed: autumn}"
_TOP_FIX = "Write: top: {count: 100, by: spent}"
_RFM_FIX = "Write: rfm: {within: 1 year, recency: {at_least: 4}, monetary: 5}"
_SCORES = ("recency", "frequency", "monetary")
_COUNT = Field("count", "number", "event", "count", "how many", whole=True)


def read_sample(reader: Reader, value: Any, at: Location, text: str) -> Sample | None:
    """`10%`, or a percentage with a seed: another seed draws other customers."""
    seed = 0
    percent = value
    if isinstance(value, dict):
        keys = _known(reader, value, ("percent", "seed"), at, _SAMPLE_FIX)
        if keys is None:
            return None
        percent = value.get("percent")
        if "seed" in value:
            # Any text or number will do as a name of a drawing; its checksum is what counts.
            seed = zlib.crc32(str(value["seed"]).encode("utf-8", "replace"))
    share = _share(percent)
    if share is None:
        reader.wrong("A sample is a percentage above 0 and up to 100.", _SAMPLE_FIX, at)
        return None
    return Sample(share, seed, text, reader.line(at))


def _share(value: Any) -> int | None:
    """Ten-thousandths: `12.5%` and 12.5 are 1250."""
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value != value):
        return None
    if match is None and not 0 <= value <= 100:
        return None
    percent = Decimal(match[1] if match else str(float(value)))
    share = int(percent * 100)
    return share if 0 < share <= 10_000 else None


def read_top(
    reader: Reader, value: Any, at: Location, text: str, inner: Callable[[Any, Location], Filter | None]
) -> Top | None:
    """`{count: 100, by: spent, among: {...}}`; `inner` reads the filter of `among`."""
    keys = _known(reader, value, ("count", "by", "among"), at, _TOP_FIX)
    if keys is None:
        return None
    count = reader.number(keys.get("count"), (*at, "count"), _COUNT)
    if count is not None and not 1 <= count <= MAX_TOP:
        reader.wrong(f"The count must be from 1 to {MAX_TOP:,}.", _TOP_FIX, (*at, "count"))
        count = None
    by = _rankable(reader, keys.get("by"), (*at, "by"))
    among = inner(keys["among"], (*at, "among")) if "among" in keys else None
    if count is None or by is None or ("among" in keys and among is None):
        return None
    return Top(int(count), by, among, text, reader.line(at))


def _rankable(reader: Reader, name: Any, at: Location) -> Field | None:
    fields = [field for field in reader.catalogue.fields if field.kind in ("number", "amount")]
    fields += [field for field in reader.catalogue.fields if field.kind == "day" and field.place == "totals"]
    found = next((field for field in fields if field.name == name), None)
    if found is None:
        reader.unknown("number to rank by", name, [field.name for field in fields], at)
    return found


def read_rfm(reader: Reader, value: Any, at: Location, text: str) -> Rfm | None:
    """`{within: 1 year, recency: {at_least: 4}, frequency: 5, monetary: [4, 5]}`"""
    keys = _known(reader, value, ("within", *_SCORES), at, _RFM_FIX)
    if keys is None:
        return None
    if not set(_SCORES) & set(keys):
        reader.wrong("Ask for at least one of recency, frequency and monetary.", _RFM_FIX, at)
        return None
    within = reader.duration(keys.get("within"), (*at, "within"))
    scores = [_score(reader, keys[name], (*at, name)) if name in keys else () for name in _SCORES]
    if within is None or any(score is None for score in scores):
        return None
    known = [score for score in scores if score is not None]
    return Rfm(within, known[0], known[1], known[2], text, reader.line(at))


def _score(reader: Reader, value: Any, at: Location) -> tuple[NumberTest, ...] | None:
    field = Field("score", "number", "event", "score", "a score from 1 to 5", whole=True)
    return plain_numbers(reader, value, at, field)


def plain_numbers(reader: Reader, value: Any, at: Location, field: Field) -> tuple[NumberTest, ...] | None:
    """Tests of a number that is never blank, so that none of them is negated."""
    found = []
    for test, negated in read_tests(reader, value, at, field):
        if negated or not isinstance(test, NumberTest):
            reader.wrong("This number is never blank.", "Write: {at_least: 2}, {at_most: 5} or 3", at)
            return None
        found.append(test)
    return tuple(found) or None


def _known(reader: Reader, value: Any, names: tuple[str, ...], at: Location, fix: str) -> Any:
    keys = reader.mapping(value, at, fix)
    unknown = [key for key in keys or () if key not in names]
    for key in unknown:
        reader.unknown("key", key, names, (*at, key))
    return None if unknown else keys
