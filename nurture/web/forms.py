"""The preferences form: what a reader sends, checked before anything is changed.

In:  the body of a POST, the wishes before, what this workspace offers.
Out: Wishes, or the key of a text that says what is wrong. A field that was not sent stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import parse_qs

from nurture.tracking.consent import Wishes
from nurture.web.words import LANGUAGE_NAMES, language_of

FREQUENCIES = (1, 2, 4)
LONGEST_BREAK = timedelta(days=731)
MAX_FIELDS = 100


class BadForm(Exception):
    """The form holds something that no button of ours sends. `key` names the text that says what."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Offer:
    """What a reader can choose from."""

    topics: Collection[str]
    locales: Mapping[str, str]
    today: date


def offer(topics: Collection[str], workspace_language: str, locale: str | None, today: date) -> Offer:
    """The topics, and the languages: those we speak, the workspace's, and the reader's own."""
    names = dict(LANGUAGE_NAMES)
    for tag in (workspace_language, locale):
        if tag and tag not in names and language_of(tag) not in names:
            names[tag] = tag
    return Offer(topics, names, today)


def read_fields(body: bytes) -> dict[str, list[str]]:
    """The fields of a form body.

    Raises:
        BadForm: it is no form, or far too large a one.
    """
    try:
        text = body.decode("utf-8")
        return parse_qs(text, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise BadForm("bad_form") from None


def read_wishes(fields: Mapping[str, list[str]], before: Wishes, offered: Offer) -> Wishes:
    """The wishes in a form.

    Raises:
        BadForm: a value that was not offered.
    """
    if not fields.keys() & {"topics", "max_per_month", "paused_until", "locale"}:
        raise BadForm("bad_form")
    after = before
    if "topics" in fields:
        after = replace(after, refused=_refused(fields, before, offered))
    if "max_per_month" in fields:
        after = replace(after, max_per_month=_max_per_month(fields["max_per_month"][-1], before))
    if "paused_until" in fields:
        after = replace(after, paused_until=_paused_until(fields["paused_until"][-1], offered.today))
    if "locale" in fields:
        after = replace(after, locale=_locale(fields["locale"][-1], before, offered))
    return after


def _refused(fields: Mapping[str, list[str]], before: Wishes, offered: Offer) -> frozenset[str]:
    """All topics that were shown and not ticked. `topics` is sent along to say that they were shown."""
    ticked = set(fields.get("topic", ()))
    if ticked - set(offered.topics):
        raise BadForm("bad_topics")
    # A refusal of a topic that the workspace no longer lists is kept: it may come back.
    return frozenset(set(offered.topics) - ticked) | (before.refused - set(offered.topics))


def _max_per_month(text: str, before: Wishes) -> int | None:
    if text == "":
        return None
    # A number that was imported is offered too, so that saving the form does not lose it.
    for number in (*FREQUENCIES, before.max_per_month):
        if text == str(number):
            return number
    raise BadForm("bad_max_per_month")


def _paused_until(text: str, today: date) -> date | None:
    if text == "":
        return None
    try:
        until = date.fromisoformat(text)
    except ValueError:
        raise BadForm("bad_paused_until") from None
    if not today <= until <= today + LONGEST_BREAK:
        raise BadForm("bad_paused_until")
    return until


def _locale(text: str, before: Wishes, offered: Offer) -> str | None:
    if text not in offered.locales:
        raise BadForm("bad_locale")
    # "zh" chosen by someone who has zh-TW means: as it is.
    return before.locale if language_of(before.locale) == language_of(text) else text
