"""Verdicts: scanners are found by what they do, and people are left in peace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.tracking.signals import Rules, SeenHit, has_telling_network
from nurture.tracking.verdicts import (
    MANY_HITS,
    Verdict,
    clicks_among,
    judge_delivery,
    spread_over_companies,
)

SENT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
RULES = Rules(timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=15))
MUCH_LATER = SENT + timedelta(days=30)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
NAVIGATION = {"sec-fetch-user": "?1", "sec-fetch-mode": "navigate"}
LINKS = 10


def seen(number: int, seconds: float, slot: int | None = 0, **values: Any) -> SeenHit:
    at = SENT + timedelta(seconds=seconds)
    defaults: dict[str, Any] = {
        "kind": "click" if slot is not None else "unsubscribe_page",
        "method": "GET",
        "user_agent": CHROME,
        "network": "198.51.100.0/24",
        "headers": {},
        "happened_on": date(2026, 11, 2) + timedelta(days=int(seconds // 86_400)),
    }
    return SeenHit(id=number, at=at, slot=slot, **defaults | values)


def verdicts(
    hits: list[SeenHit], now: datetime = MUCH_LATER, links: int = LINKS, sent_at: datetime | None = SENT
) -> dict[int, str]:
    return {one.hit_id: one.verdict for one in judge_delivery(hits, sent_at, links, RULES, now)}


@pytest.mark.parametrize(
    "values",
    [
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"headers": {"sec-purpose": "prefetch;prerender"}},
        {"headers": {"purpose": "prefetch"}},
        {"headers": {"x-moz": "prefetch"}},
        {"user_agent": "Barracuda Sentinel (EE)"},
        {"user_agent": "curl/8.5.0"},
        {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user_agent": "Mozilla/5.0 (X11) HeadlessChrome/131.0"},
        {"user_agent": ""},
    ],
)
def test_one_sign_of_a_machine_is_enough(values: dict[str, Any]) -> None:
    assert verdicts([seen(1, 3600, **values)]) == {1: "scanner"}


@pytest.mark.parametrize("user_agent", ["Mozilla/5.0 (Linux; Android 9; CUBOT X19)", CHROME, "Opera/9.80"])
def test_a_telephone_called_cubot_is_no_robot(user_agent: str) -> None:
    assert verdicts([seen(1, 3600, user_agent=user_agent)]) == {1: "likely_human"}


@pytest.mark.parametrize(("seconds", "verdict"), [(-5, "scanner"), (1.9, "scanner"), (6, "likely_human")])
def test_a_hit_at_once_is_a_scanners_and_one_after_five_seconds_may_be_a_person(
    seconds: float, verdict: str
) -> None:
    assert verdicts([seen(1, seconds)]) == {1: verdict}


def test_without_the_moment_of_sending_nothing_is_said_about_it() -> None:
    assert verdicts([seen(1, -5)], sent_at=None) == {1: "likely_human"}


def test_most_links_in_a_burst_are_a_scanners() -> None:
    order = [3, 0, 7, 1, 9, 5]
    hits = [seen(number, 300 + number, slot) for number, slot in enumerate(order)]
    assert set(verdicts(hits).values()) == {"scanner"}


def test_the_unsubscribe_page_among_the_links_followed_gives_a_scanner_away() -> None:
    hits = [seen(1, 300, 0), seen(2, 301, 1), seen(3, 302, None)]
    assert set(verdicts(hits).values()) == {"scanner"}


def test_links_followed_one_by_one_in_document_order_are_a_scanners() -> None:
    hits = [seen(slot, 300 + 8 * slot, slot) for slot in range(7)]
    assert set(verdicts(hits).values()) == {"scanner"}


def test_a_person_may_open_four_links_in_a_minute() -> None:
    hits = [seen(number, 300 + 15 * number, slot) for number, slot in enumerate([0, 2, 4, 8])]
    assert set(verdicts(hits).values()) == {"likely_human"}


def test_a_person_who_reads_and_then_unsubscribes_is_a_person() -> None:
    hits = [seen(1, 300, 4), seen(2, 320, None)]
    assert set(verdicts(hits).values()) == {"likely_human"}


def test_a_person_who_clicks_while_the_scanner_is_at_work_stays_a_person() -> None:
    scanner = [seen(slot, 20 + slot / 10, slot, user_agent="Mozilla/5.0 (Other)") for slot in range(8)]
    person = seen(99, 20.5, 3, headers=NAVIGATION, network="203.0.113.0/24")
    found = verdicts([*scanner, person])
    assert found.pop(99) == "human"
    assert set(found.values()) == {"scanner"}


def test_a_scanner_that_comes_back_later_for_one_link_is_known_by_its_program_and_network() -> None:
    burst = [seen(slot, 20 + slot / 10, slot) for slot in range(8)]
    again = seen(99, 200, 3)
    assert verdicts([*burst, again])[99] == "likely_scanner"


def test_behind_our_own_proxy_a_shared_network_says_nothing() -> None:
    burst = [seen(slot, 20 + slot / 10, slot, network="127.0.0.0/24") for slot in range(8)]
    again = seen(99, 200, 3, network="127.0.0.0/24")
    assert verdicts([*burst, again])[99] == "likely_human"
    assert not has_telling_network(again)


def test_a_visit_on_another_day_makes_both_human() -> None:
    assert verdicts([seen(1, 3600), seen(2, 90_000)]) == {1: "human", 2: "human"}


def test_a_lone_click_is_not_counted_before_a_burst_would_have_shown() -> None:
    hits = [seen(1, 300)]
    at = SENT + timedelta(seconds=300)
    early = judge_delivery(hits, SENT, LINKS, RULES, at + timedelta(seconds=3))
    later = judge_delivery(hits, SENT, LINKS, RULES, at + timedelta(seconds=11))
    final = judge_delivery(hits, SENT, LINKS, RULES, at + RULES.settle)
    assert [one[0].verdict for one in (early, later, final)] == ["unknown", "likely_human", "likely_human"]
    assert [one[0].settled for one in (early, later, final)] == [False, False, True]


def test_the_second_request_of_a_gateway_makes_no_second_click() -> None:
    hits = [
        seen(1, 300, 2, headers=NAVIGATION),
        seen(2, 304, 2, network="203.0.113.0/24"),
        seen(3, 900, 2, headers=NAVIGATION),
    ]
    judged = {one.hit_id: one for one in judge_delivery(hits, SENT, LINKS, RULES, MUCH_LATER)}
    assert clicks_among(hits, judged) == [1, 3]


def test_a_gateway_seen_at_many_companies_is_one_but_a_browser_started_by_a_person_is_not() -> None:
    lone = Verdict(1, "likely_human", ("a lone visit",), True)
    sure = Verdict(1, "human", ("the browser says so",), True)
    office, own = seen(1, 300), seen(1, 300, network="10.0.0.0/24")
    assert spread_over_companies(lone, office, 4, 4, RULES).verdict == "likely_scanner"
    assert spread_over_companies(lone, office, 3, 4, RULES) == lone
    assert spread_over_companies(sure, office, 50, 4, RULES) == sure
    assert spread_over_companies(lone, own, 50, 4, RULES) == lone


def test_a_flood_on_one_email_is_judged_in_bounded_time() -> None:
    hits = [seen(number, 300 + number, 0) for number in range(20_000)]
    found = verdicts(hits)
    assert len(found) == 20_000
    assert found[MANY_HITS] == "likely_scanner"


@given(
    st.lists(
        st.tuples(
            st.floats(-10, 200_000), st.sampled_from([None, *range(LINKS)]), st.sampled_from(["GET", "HEAD"])
        ),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_every_hit_gets_one_verdict_and_the_order_of_reading_changes_nothing(
    drawn: list[tuple[float, int | None, str]], random: Any
) -> None:
    hits = [seen(number, at, slot, method=method) for number, (at, slot, method) in enumerate(drawn)]
    shuffled = hits[:]
    random.shuffle(shuffled)
    judged = judge_delivery(hits, SENT, LINKS, RULES, MUCH_LATER)
    assert judged == judge_delivery(shuffled, SENT, LINKS, RULES, MUCH_LATER)
    assert sorted(one.hit_id for one in judged) == list(range(len(hits)))
    assert all(one.reasons and one.settled for one in judged)
