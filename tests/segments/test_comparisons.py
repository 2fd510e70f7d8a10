"""Segments beside each other, and a segment beside itself at an earlier moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from nurture.config import Workspace
from nurture.documents import Document
from nurture.errors import InputError, NotFound
from nurture.filters import Filter, Scope, explain, load_person, parse_filter, select_customers
from nurture.segments import catalogue, changes, load_segments, moment_of, overlaps, scope_for
from nurture.store import Store, totals
from nurture.store import tables as t
from tests.world import customer, start_run

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
THEN = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def scopes(workspace: Workspace) -> tuple[Scope, Scope]:
    """Now, and as one would have asked a month ago."""
    return scope_for(workspace, NOW), scope_for(workspace, THEN, as_of=True)


def parsed(workspace: Workspace, data: Any) -> Filter:
    return parse_filter(Document("segments/x.yaml", {"where": data}), ("where",), catalogue(workspace))


def buy(connection: Connection, who: int, on: date) -> None:
    row = {"customer_id": who, "product": "LG20", "amount": 100, "currency": "JPY", "purchased_on": on}
    connection.execute(insert(t.purchases).values(row | {"external_id": str(on), "created_at": NOW}))
    totals.refresh(connection, [who], ["purchases"])


def test_who_came_who_left_and_which_condition_changed(
    store: Store, workspace: Workspace, scopes: tuple[Scope, Scope]
) -> None:
    filter_ = parsed(workspace, {"last_purchase_on": {"at_least_ago": "90 days"}, "consent": "valid"})
    with store.write() as connection:
        asleep, awake, gone, new, same = (
            customer(connection, f"{name}@x.example", created_at=LAST_YEAR)
            for name in ("asleep", "awake", "gone", "new", "same")
        )
        buy(connection, asleep, TODAY - timedelta(days=100))
        buy(connection, awake, TODAY - timedelta(days=200))
        buy(connection, awake, TODAY - timedelta(days=5))
        buy(connection, gone, TODAY - timedelta(days=200))
        buy(connection, new, TODAY - timedelta(days=200))
        buy(connection, same, TODAY - timedelta(days=400))
        withdrawn = update(t.consents).where(t.consents.c.customer_id == gone)
        connection.execute(withdrawn.values(withdrawn_at=NOW - timedelta(days=3)))
        added = update(t.customers).where(t.customers.c.id == new)
        connection.execute(added.values(created_at=NOW - timedelta(days=2)))
        found = [(each.email, each.came, each.reasons) for each in changes(connection, filter_, *scopes)]
    bought = "last_purchase_on: {at_least_ago: 90 days}: "
    assert found == [
        ("asleep@x.example", True, (f"{bought}2026-07-25 (68 days ago) -> 2026-07-25 (100 days ago)",)),
        ("awake@x.example", False, (f"{bought}2026-04-16 (168 days ago) -> 2026-10-28 (5 days ago)",)),
        ("gone@x.example", False, ("consent: valid: 1 (2025-01-01 customer) -> none",)),
        ("new@x.example", True, ("added since",)),
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"purchases": 1},
        {"spent": {"at_least": 200}},
        {"bought": {"times": {"at_least": 2}}},
        {"first_purchase_on": {"in_the_last": "30 days"}},
        {"bought": "never"},
        {"consent": "withdrawn"},
        {"lead_state": "warm"},
        {"top": {"count": 1, "by": "spent"}},
        {"activities": 0},
        {"emails_received": 0},
    ],
)
def test_what_came_later_is_not_known_to_an_earlier_moment(
    store: Store, workspace: Workspace, scopes: tuple[Scope, Scope], data: Any
) -> None:
    """Asked as of then, a store answers as it would have answered then."""
    filter_ = parsed(workspace, data)

    def answer(connection: Connection, scope: Scope) -> set[int]:
        ids: Any = connection.scalars(select_customers(filter_, scope))
        found = set(ids)
        for number in connection.scalars(select(t.customers.c.id)):
            person = load_person(connection, number, scope, filter_)
            assert explain(filter_, scope, person).member is (number in found)
        return found

    with store.write() as connection:
        first, second = (customer(connection, f"p{n}@x.example", created_at=LAST_YEAR) for n in (1, 2))
        buy(connection, first, date(2026, 9, 20))
        warm = {"customer_id": first, "new_state": "warm", "reasons": [], "at": THEN - timedelta(days=1)}
        connection.execute(insert(t.lead_changes).values(warm))
        state = {"customer_id": first, "state": "warm", "contact": False, "reasons": [], "judged_at": THEN}
        connection.execute(insert(t.lead_states).values(state | {"since": THEN - timedelta(days=1)}))
        before = answer(connection, Scope(THEN, scopes[0].zone, 4))
        for who, day in ((first, 5), (second, 6), (second, 7)):
            buy(connection, who, date(2026, 10, day))
        connection.execute(update(t.consents).values(withdrawn_at=NOW))
        connection.execute(update(t.lead_states).values(state="hot", since=NOW))
        hot = {"customer_id": first, "old_state": "warm", "new_state": "hot", "reasons": [], "at": NOW}
        connection.execute(insert(t.lead_changes).values(hot))
        act = {"customer_id": first, "kind": "visit", "happened_at": NOW, "happened_on": TODAY, "data": {}}
        connection.execute(insert(t.activities).values(act | {"external_id": "1", "created_at": NOW}))
        totals.refresh(connection, [first, second], ["activities"])
        assert answer(connection, scopes[1]) == before


def test_overlap_counts_every_pair_and_each_segment_itself(store: Store, workspace: Workspace) -> None:
    workspace.segments.mkdir()
    files = {"a": "email: {starts_with: [p1, p2]}", "b": "email: {starts_with: [p2, p3]}"}
    files["c"] = "bought: ever"
    for name, where in files.items():
        (workspace.segments / f"{name}.yaml").write_text(f"where: {{{where}}}\n", encoding="utf-8")
    with store.write() as connection:
        for number in range(1, 5):
            customer(connection, f"p{number}@x.example")
        segments = list(load_segments(workspace).values())
        found = overlaps(connection, segments, scope_for(workspace, NOW))
    assert {(each.first, each.second): each.count for each in found} == {
        ("a", "a"): 2,
        ("a", "b"): 1,
        ("a", "c"): 0,
        ("b", "b"): 2,
        ("b", "c"): 0,
        ("c", "c"): 0,
    }


def test_since_a_day_means_since_its_beginning_in_the_workspace(store: Store, workspace: Workspace) -> None:
    scope = scope_for(workspace, NOW)
    with store.read() as connection:
        found = moment_of(connection, scope, "yesterday", None)
    assert found == datetime(2026, 10, 31, 14, 59, 59, 999999, tzinfo=UTC)


def test_since_a_run_means_when_the_latest_one_was_accepted(store: Store, workspace: Workspace) -> None:
    scope = scope_for(workspace, NOW)
    with store.write() as connection:
        customer(connection, "a@x.example")
        start_run(connection, campaign="newsletter")
        assert moment_of(connection, scope, None, "newsletter") == NOW
        with pytest.raises(NotFound, match='Did you mean "newsletter"'):
            moment_of(connection, scope, None, "newslettr")


@pytest.mark.parametrize(
    ("since", "campaign"), [(None, None), ("today", "x"), ("soon", None), ("in 3 days", None)]
)
def test_a_comparison_needs_one_day_of_the_past(
    store: Store, workspace: Workspace, since: str | None, campaign: str | None
) -> None:
    with store.read() as connection, pytest.raises(InputError):
        moment_of(connection, scope_for(workspace, NOW), since, campaign)
