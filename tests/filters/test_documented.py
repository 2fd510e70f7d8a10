"""docs/segments.md: every example runs and means what it says, and every operator and field is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from nurture.documents import Document, parse_text
from nurture.filters import Scope, explain, field_catalogue, load_people, parse_filter, select_customers
from nurture.filters.fields import SOURCES
from nurture.filters.operators import OPERATORS
from nurture.filters.tree import Fold
from nurture.store import Store
from tests.filters.reference import Reference
from tests.filters.test_meaning import ATTRIBUTES
from tests.filters.world import NOW, ZONE, Human, insert_world, make_world

PAGE = Path(__file__).parents[2] / "docs" / "segments.md"
SEGMENTS = {"customers": {"consent": "valid"}, "competitors": {"email": {"matches": "*@rival-*"}}}
CATALOGUE = field_catalogue(ATTRIBUTES, list(SEGMENTS))


def examples() -> list[Any]:
    """Each condition of the page, as data."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    return [item for block in blocks for item in parse_text(block, "docs/segments.md").data]


@pytest.fixture
def people(store: Store) -> list[Human]:
    found = make_world(seed=7, size=40)
    with store.write() as connection:
        insert_world(connection, found)
    return found


def test_every_example_of_the_page_means_the_same_in_sql_in_words_and_read_plainly(
    store: Store, people: list[Human]
) -> None:
    segments = {name: parsed(data) for name, data in SEGMENTS.items()}
    scope = Scope(NOW, ZONE, 4, segments)
    reference = Reference(NOW, ZONE, 4, SEGMENTS, people)
    ids = [human.id for human in people]
    with store.read() as connection:
        for data in examples():
            filter_ = parsed(data)
            expected = {human.id for human in people if reference.holds(data, human)}
            by_sql: Any = connection.scalars(select_customers(filter_, scope))
            persons = load_people(connection, ids, scope, filter_)
            by_words = {who for who, person in persons.items() if explain(filter_, scope, person).member}
            assert (data, set(by_sql), by_words) == (data, expected, expected)


def parsed(data: Any) -> Any:
    return parse_filter(Document("docs/segments.md", {"where": data}), ("where",), CATALOGUE)


def test_the_file_at_the_top_of_the_page_is_a_segment() -> None:
    (text,) = re.findall(r"^```yaml file\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    document = parse_text(text, "segments/dormant.yaml")
    assert set(document.data) == {"name", "description", "where"}
    assert parse_filter(document, ("where",), CATALOGUE) is not None


def test_every_operator_every_source_and_every_key_of_a_behaviour_has_an_example() -> None:
    used = set(keys(examples()))
    operators = {name for known in OPERATORS.values() for name in known}
    behaviours = {field.name for source in SOURCES.values() for field in source.fields} - {
        "valid",
        "withdrawn",
        "expired",
        "reason",
    }
    others = {"all", "any", "none", "not", "segment", "sequence", "top", "rfm", "sample", "times", "days"}
    others |= {"first", "latest", "within", *get_args(Fold)}
    others |= {"company.anyone", "company.nobody", "company.colleague", "company.customers"}
    assert (operators | behaviours | set(SOURCES) | others) - used == set()


def keys(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [found for key, value in data.items() for found in (key, *keys(value))]
    if isinstance(data, list):
        return [found for value in data for found in keys(value)]
    return []
