"""Verdicts: people told from mail scanners, for all hits of one email together.

In:  the hits of one delivery, when it was sent, how many links its email has, the rules, the time.
Out: a verdict for each hit, with its reasons in words; and the clicks: one for each human event.

Pure: the same hits give the same verdicts, so they can be worked out again at any time. Until the
settle window has passed a verdict may change: a scanner often takes minutes to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nurture.tracking.signals import (
    Rules,
    SeenHit,
    has_telling_network,
    is_started_by_a_person,
    scanner_signs,
)

HUMAN = ("human", "likely_human")
MACHINE = ("scanner", "likely_scanner")

# Safe Links asks for the address again seconds after a person's click, from another network: one event.
PAIR = timedelta(seconds=30)
# A return on another day counts as one only after some hours: midnight is not a visit.
RETURN = timedelta(hours=6)
# Nobody reads and follows this many different links within the burst window, however long the email.
TOO_MANY = 5
# Nobody follows the links of one email more often than this: what comes after is not looked at closely.
MANY_HITS = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a hit is taken for. `settled` when no more hits are waited for."""

    hit_id: int
    verdict: str
    reasons: tuple[str, ...]
    settled: bool

    @property
    def is_human(self) -> bool:
        return self.verdict in HUMAN


def judge_delivery(
    hits: Sequence[SeenHit], sent_at: datetime | None, links: int, rules: Rules, now: datetime
) -> list[Verdict]:
    """A verdict for each hit of one delivery, in order of time.

    `links` is how many different links the email has. `sent_at` is None when it is not known.
    """
    hits = sorted(hits, key=lambda hit: (hit.at, hit.id))
    machine = _machine_reasons(hits[:MANY_HITS], sent_at, links, rules)
    for hit in hits[MANY_HITS:]:
        machine[hit.id] = ("likely_scanner", [f"more than {MANY_HITS} hits on one email"])
    people = [hit for hit in hits if hit.id not in machine]
    verdicts = []
    for hit in hits:
        settled = now >= hit.at + rules.settle
        if hit.id in machine:
            verdict, reasons = machine[hit.id]
            verdicts.append(Verdict(hit.id, verdict, tuple(reasons), settled))
        else:
            verdicts.append(_of_a_person(hit, people, sent_at, rules, now, settled))
    return verdicts


def spread_over_companies(
    verdict: Verdict, hit: SeenHit, companies: int, limit: int, rules: Rules
) -> Verdict:
    """The verdict after a look at the neighbours: one program in one network at many companies' emails.

    Only what rests on nothing better than being a lone click is changed: networks are shared by
    people too (offices, carriers, relays).
    """
    if companies < limit or verdict.verdict != "likely_human" or not has_telling_network(hit):
        return verdict
    minutes = round(rules.settle.total_seconds() / 60)
    reason = f"the same program and network followed links of {companies} companies within {minutes} minutes"
    return replace(verdict, verdict="likely_scanner", reasons=(reason,))


def clicks_among(hits: Sequence[SeenHit], verdicts: Mapping[int, Verdict]) -> list[int]:
    """The hits that stand for a click: the first of each human event on a link.

    Hits on the same link within half a minute are one event: a reload, or the second request that a
    gateway makes when a person clicks.
    """
    chosen = []
    last_on: dict[int | str, datetime] = {}
    for hit in sorted(hits, key=lambda hit: (hit.at, hit.id)):
        if hit.kind != "click" or not verdicts[hit.id].is_human:
            continue
        before = last_on.get(hit.target)
        last_on[hit.target] = hit.at
        if before is None or hit.at - before > PAIR:
            chosen.append(hit.id)
    return chosen


def _machine_reasons(
    hits: Sequence[SeenHit], sent_at: datetime | None, links: int, rules: Rules
) -> dict[int, tuple[str, list[str]]]:
    """The hits of machines by id: verdict and reasons."""
    found: dict[int, tuple[str, list[str]]] = {}
    for hit in hits:
        if signs := scanner_signs(hit, sent_at, rules):
            found[hit.id] = ("scanner", signs)
    suspects = [hit for hit in hits if not _is_a_persons_own(hit, hits)]
    # The surest first, and of those the largest: its reason is the one to tell.
    for burst in sorted(_bursts(suspects, links, rules), key=lambda burst: burst.rank):
        for hit in burst.hits:
            found.setdefault(hit.id, (burst.verdict, [burst.reason]))
    for hit in hits:
        if hit.id not in found and _is_like_a_scanner(hit, hits, found, rules):
            found[hit.id] = ("likely_scanner", ["the program and network of a scanner's hits on this email"])
    return found


def _is_a_persons_own(hit: SeenHit, hits: Sequence[SeenHit]) -> bool:
    """Whether a hit stands apart from a burst around it: started by a person, from a source of its own."""
    if not is_started_by_a_person(hit):
        return False
    return len({other.target for other in hits if other.source == hit.source}) <= 2


@dataclass(frozen=True, slots=True)
class _Burst:
    """Hits that together are a machine's, and why."""

    verdict: str
    reason: str
    hits: Sequence[SeenHit]

    @property
    def rank(self) -> tuple[bool, int]:
        return self.verdict != "scanner", -len(self.hits)


def _bursts(hits: Sequence[SeenHit], links: int, rules: Rules) -> list[_Burst]:
    """Stretches of time in which links were followed as no person does."""
    found: list[_Burst] = []
    start = 0
    for end in range(len(hits)):
        while hits[end].at - hits[start].at > rules.burst:
            start += 1
        window = hits[start : end + 1]
        if told := _told_of_window(window, links, rules):
            found.append(_Burst(*told, window))
    return [*found, *_in_document_order(hits, links, rules)]


def _told_of_window(window: Sequence[SeenHit], links: int, rules: Rules) -> tuple[str, str] | None:
    number = len({hit.target for hit in window if hit.kind == "click"})
    span = window[-1].at - window[0].at
    said = f"{number} of {links} links within {span.total_seconds():.1f} s"
    if number >= 3 and number * 2 > links:
        return "scanner", said
    if number >= 2 and len({hit.target for hit in window}) >= 3 and any(hit.is_legal for hit in window):
        return "scanner", f"{said}, the legal or unsubscribe link among them"
    if number >= TOO_MANY or (number == links == 2 and span <= rules.instant):
        return "likely_scanner", said
    return None


def _in_document_order(hits: Sequence[SeenHit], links: int, rules: Rules) -> list[_Burst]:
    """Most links, one after the other as they stand in the email: slower than a burst, and as regular."""
    found: list[_Burst] = []
    run: list[SeenHit] = []
    for hit in [*(hit for hit in hits if hit.slot is not None), None]:
        if hit is None or not run or not _follows(run[-1], hit, rules):
            number = len({member.slot for member in run})
            if number >= 4 and number * 2 > links:
                reason = f"{number} of {links} links one by one, in document order"
                found.append(_Burst("scanner", reason, run))
            run = []
        if hit is not None:
            run.append(hit)
    return found


def _follows(before: SeenHit, hit: SeenHit, rules: Rules) -> bool:
    in_order = before.slot is not None and hit.slot is not None and hit.slot >= before.slot
    return in_order and hit.at - before.at <= rules.burst


def _is_like_a_scanner(
    hit: SeenHit, hits: Sequence[SeenHit], found: Mapping[int, object], rules: Rules
) -> bool:
    """Whether a scanner's hit came from the same program and network a little earlier or later."""
    if is_started_by_a_person(hit) or not has_telling_network(hit):
        return False
    near = (other for other in hits if other.id in found and abs(other.at - hit.at) <= rules.settle)
    return any(other.source == hit.source for other in near)


def _of_a_person(
    hit: SeenHit,
    people: Sequence[SeenHit],
    sent_at: datetime | None,
    rules: Rules,
    now: datetime,
    settled: bool,
) -> Verdict:
    """The verdict on a hit without any sign of a machine."""
    if is_started_by_a_person(hit):
        reason = "the browser says that a person started the navigation"
        return Verdict(hit.id, "human", (reason,), settled)
    if any(_is_return(hit, other) for other in people):
        return Verdict(hit.id, "human", ("visits on different days",), settled)
    around = {other.target for other in people if abs(other.at - hit.at) <= rules.burst}
    if len(around) > 2:
        seconds = rules.burst.total_seconds()
        reason = f"{len(around)} links within {seconds:.0f} s: a person in a hurry, or a scanner"
        return Verdict(hit.id, "unknown", (reason,), settled)
    if not settled and now < hit.at + rules.burst:
        return Verdict(hit.id, "unknown", ("too early to tell: more hits may follow",), settled)
    return Verdict(hit.id, "likely_human", (_lone(hit, sent_at),), settled)


def _is_return(hit: SeenHit, other: SeenHit) -> bool:
    return other.happened_on != hit.happened_on and abs(other.at - hit.at) >= RETURN


def _lone(hit: SeenHit, sent_at: datetime | None) -> str:
    if sent_at is None:
        return "a lone visit"
    return f"a lone visit, {_lasted(hit.at - sent_at)} after the email was sent"


def _lasted(span: timedelta) -> str:
    """
    >>> _lasted(timedelta(seconds=40)), _lasted(timedelta(minutes=5)), _lasted(timedelta(days=3))
    ('40 seconds', '5 minutes', '3 days')
    """
    for unit, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if span.total_seconds() >= 2 * seconds:
            return f"{span.total_seconds() / seconds:.0f} {unit}"
    return f"{span.total_seconds():.0f} seconds"
