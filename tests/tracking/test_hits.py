"""Hits: recorded once, with what belongs to them, and nothing that names a person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from nurture.store import Store
from nurture.store import tables as t
from nurture.tracking.hits import KINDS, Hit, Recorded, clean, kept_headers, network_of, record_hits
from tests.tracking.world import SENT, add_consent, add_customer, add_delivery, add_run, hit

TOKYO = ZoneInfo("Asia/Tokyo")


def test_a_hit_is_recorded_once_however_often_it_is_handed_in(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    hits = [hit("u1", delivery, 60), hit("u2", delivery, 61, key="3"), hit("u1", delivery, 60)]
    with store.write() as connection:
        first = record_hits(connection, hits, TOKYO)
        again = record_hits(connection, hits, TOKYO)
        rows = connection.execute(select(t.hits.c.uid, t.links.c.key).join_from(t.hits, t.links)).all()
    assert first == Recorded(added=2, known=1, foreign=0)
    assert again == Recorded(added=0, known=3, foreign=0)
    assert sorted(map(tuple, rows)) == [("u1", "0"), ("u2", "3")]


def test_hits_that_belong_to_nothing_here_are_left_out(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    hits = [hit("u1", delivery + 1, 60), hit("u2", delivery, 60, key="99"), hit("u3", delivery, 60)]
    with store.write() as connection:
        assert record_hits(connection, hits, TOKYO) == Recorded(added=1, known=0, foreign=2)


def test_the_day_of_a_hit_is_a_day_of_the_workspace(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    late = datetime(2026, 11, 2, 15, 30, tzinfo=UTC)
    with store.write() as connection:
        record_hits(connection, [Hit("u1", delivery, "open", late, "GET")], TOKYO)
        row = connection.execute(select(t.hits.c.happened_on, t.hits.c.at, t.hits.c.link_id)).one()
        totals = connection.execute(select(t.totals.c.opens, t.totals.c.last_open_on)).one()
    assert tuple(row) == (date(2026, 11, 3), late, None)
    assert tuple(totals) == (1, date(2026, 11, 3))


def test_links_of_another_email_with_the_same_key_are_not_mixed_up(store: Store) -> None:
    first, second = add_run(store), add_run(store, ["https://other.example/"], campaign="other")
    customer = add_customer(store, "a@x.example")
    delivery = add_delivery(store, second, customer)
    add_delivery(store, first, customer)
    with store.write() as connection:
        record_hits(connection, [hit("u1", delivery, 60)], TOKYO)
        url = connection.scalar(select(t.links.c.url).join_from(t.hits, t.links))
    assert url == "https://other.example/"


def test_an_opt_out_that_was_spooled_takes_effect_when_it_is_recorded(store: Store) -> None:
    customer = add_customer(store, "a@x.example")
    add_consent(store, customer)
    delivery = add_delivery(store, add_run(store), customer)
    out = hit("u1", delivery, 60, kind="unsubscribe", method="POST", headers={"source": "one-click"})
    with store.write() as connection:
        record_hits(connection, [out], TOKYO)
        found = connection.execute(select(t.suppressions.c.reason, t.suppressions.c.evidence)).one()
        withdrawn = connection.scalar(select(t.consents.c.withdrawn_at))
        verdicts = connection.scalar(select(func.count()).select_from(t.verdicts))
    assert tuple(found) == ("unsubscribed", f"one-click, delivery {delivery}")
    assert withdrawn == out.at
    assert verdicts == 0


texts = st.text(max_size=60)


@given(
    st.builds(
        Hit,
        uid=texts,
        delivery_id=st.integers(0, 2**62),
        kind=st.sampled_from(KINDS),
        at=st.datetimes(timezones=st.just(UTC)),
        method=texts,
        key=texts,
        user_agent=texts,
        network=texts,
        headers=st.dictionaries(texts, texts, max_size=3),
    )
)
def test_a_hit_survives_the_spool(one: Hit) -> None:
    line = one.to_line()
    assert line.count(b"\n") == 1
    assert Hit.from_line(line) == one


@given(st.binary(max_size=200))
def test_a_line_that_is_no_hit_is_none_and_never_an_error(line: bytes) -> None:
    assert Hit.from_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"null\n",
        hit("u", 1, 0).to_line()[:-9],
        hit("u", 1, 0).to_line().replace(b'"click"', b'"drop"'),
        hit("u", 1, 0).to_line().replace(b"+00:00", b""),
        b"[" * 100_000,
    ],
)
def test_a_line_cut_short_or_changed_is_none(line: bytes) -> None:
    assert Hit.from_line(line) is None


def test_networks_are_coarse() -> None:
    assert network_of("203.0.113.77") == "203.0.113.0/24"
    assert network_of("::ffff:203.0.113.77") == "203.0.113.0/24"
    assert network_of("2001:db8:aa:bb::1") == "2001:db8:aa::/48"
    assert network_of("testclient") == ""


def test_of_all_headers_only_the_telling_ones_are_kept() -> None:
    sent = [("cookie", "secret"), ("referer", "https://mail.example/inbox"), ("sec-fetch-user", "?1\x1b[2J")]
    assert kept_headers(sent) == {"sec-fetch-user": "?1[2J"}


def test_text_from_strangers_loses_control_and_half_characters() -> None:
    assert clean("a\x00b\r\nc\ud800d" + "x" * 100, 10) == "abcdxx"


def test_moments_are_those_of_the_request(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    with store.write() as connection:
        record_hits(connection, [hit("u1", delivery, 0)], TOKYO)
        assert connection.scalar(select(t.verdicts.c.judged_at)) == SENT
