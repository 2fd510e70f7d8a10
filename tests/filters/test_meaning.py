"""The promise of the grammar: SQL, explanation and a naive reading of the YAML agree, on both databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from nurture.config.models import AttributeType
from nurture.documents import Document
from nurture.filters import (
    Scope,
    explain,
    field_catalogue,
    load_people,
    parse_filter,
    select_customers,
)
from nurture.store import Store
from nurture.store.engine import make_engine
from nurture.store.migrate import upgrade
from tests.filters.made import SEGMENTS, filters
from tests.filters.reference import Reference
from tests.filters.world import NOW, Human, insert_world, make_world

# Said of a strategy's own repr, which nobody prints.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

ATTRIBUTES: dict[str, AttributeType] = {
    "machine": "text", "machines": "number", "met_on": "date", "dealer": "boolean", "interests": "list",
}  # fmt: skip
CATALOGUE = field_catalogue(ATTRIBUTES, SEGMENTS)
INNER = {"any": [{"industry": "machinery"}, {"bought": {"within": "90 days"}}]}
OUTER = [{"segment": "inner"}, {"not": {"tracking": False}}]
# Ordinary, a leap day, the day that stands for one, the first and last minute of a day in Tokyo.
MOMENTS = (
    NOW,
    datetime(2024, 2, 29, 3, tzinfo=UTC),
    datetime(2027, 2, 28, 3, tzinfo=UTC),
    datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 31, 15, 0, 0, tzinfo=UTC),
)
# More of them: NURTURE_EXAMPLES=2000 pytest tests/filters
EXAMPLES = int(os.environ.get("NURTURE_EXAMPLES", "40"))
ZONES = ("Asia/Tokyo", "Asia/Tokyo", "America/New_York", "Asia/Kolkata")


@dataclass(repr=False)
class World:
    store: Store
    people: list[Human]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sixty people, written once, in each database; no test here writes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('world')}/nurture.db"
    else:
        server = request.getfixturevalue("postgresql")
        with server.connect() as admin:
            admin.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        url = server.url
    store = Store(make_engine(url))
    upgrade(store.engine)
    people = make_world(seed=20261102, size=60)
    with store.write() as connection:
        insert_world(connection, people)
    yield World(store, people)
    store.close()


def answers(
    connection: Connection, data: Any, scope: Scope, people: list[Human]
) -> tuple[set[int], set[int]]:
    """Who is in a filter by SQL, and who is by explanation."""
    filter_ = parse_filter(Document("filter.yaml", {"where": data}), ("where",), CATALOGUE)
    ids: Any = connection.scalars(select_customers(filter_, scope))
    by_sql = set(ids)
    persons = load_people(connection, [human.id for human in people], scope, filter_)
    return by_sql, {number for number, person in persons.items() if explain(filter_, scope, person).member}


def scope_at(now: datetime, zone: str, fiscal_month: int) -> Scope:
    named = {"inner": INNER, "outer": OUTER}
    segments = {
        name: parse_filter(Document(name, {"where": data}), ("where",), CATALOGUE)
        for name, data in named.items()
    }
    return Scope(now, ZoneInfo(zone), fiscal_month, segments)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=filters(),
    now=st.sampled_from(MOMENTS),
    zone=st.sampled_from(ZONES),
    month=st.sampled_from([4, 1, 11]),
)
def test_sql_explanation_and_plain_reading_name_the_same_people(
    world: World, data: Any, now: datetime, zone: str, month: int
) -> None:
    store, people = world.store, world.people
    reference = Reference(now, ZoneInfo(zone), month, {"inner": INNER, "outer": OUTER}, people)
    expected = {human.id for human in people if reference.holds(data, human)}
    with store.read() as connection:
        by_sql, by_words = answers(connection, data, scope_at(now, zone, month), people)
    assert (by_sql, by_words) == (expected, expected)
