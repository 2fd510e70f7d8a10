"""The registry: where links lead, from memory, and never anywhere else."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from nurture.errors import OutsideError
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.engine import make_engine
from nurture.tracking.registry import BLOCK, Found, Registry
from tests.tracking.world import URLS, add_customer, add_delivery, add_run

PERSONAL = "2-0123456789"


def broken() -> Store:
    return Store(make_engine("sqlite:////nowhere/at/all.db"))


def test_a_link_is_found_once_and_then_remembered(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    registry = Registry(store)
    assert registry.recall(delivery, "1") is None
    assert registry.find(delivery, "1") == Found(URLS[1])
    registry._store = broken()
    assert registry.recall(delivery, "1") == Found(URLS[1])
    assert registry.find(delivery, "5") == Found(URLS[5])
    assert registry.find(delivery, "6") == Found(None)


def test_a_click_on_one_email_warms_all_its_neighbours(store: Store) -> None:
    run = add_run(store)
    first, second = (add_delivery(store, run, add_customer(store, f"{n}@x.example")) for n in range(2))
    registry = Registry(store)
    registry.find(first, "0")
    registry._store = broken()
    assert registry.find(second, "0") == Found(URLS[0])


def test_a_warm_registry_needs_no_database_at_all(store: Store) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    registry = Registry(store)
    registry.warm()
    assert registry.recall(delivery, "3") == Found(URLS[3])


def test_an_empty_store_is_warmed_too(store: Store) -> None:
    registry = Registry(store)
    registry.warm()
    assert registry.find(1, "0") == Found(None)


def test_emails_between_each_other_keep_their_own_links(store: Store) -> None:
    news, other = add_run(store), add_run(store, ["https://other.example/"], campaign="other")
    customer, second = add_customer(store, "a@x.example"), add_customer(store, "b@x.example")
    ids = [add_delivery(store, run, who) for who in (customer, second) for run in (news, other)]
    registry = Registry(store)
    found = [registry.find(delivery, "0").url for delivery in ids]
    assert found == [URLS[0], "https://other.example/"] * 2


def test_an_email_accepted_later_is_found_though_its_block_was_loaded_before(store: Store) -> None:
    run = add_run(store)
    registry = Registry(store)
    first = add_delivery(store, run, add_customer(store, "a@x.example"))
    registry.find(first, "0")
    second = add_delivery(store, run, add_customer(store, "b@x.example"))
    assert registry.find(second, "0") == Found(URLS[0])
    assert registry.find(second + 1, "0") == Found(None)
    assert registry.find(second + 10 * BLOCK, "0") == Found(None)


def test_a_personal_link_is_looked_up_by_its_whole_key(store: Store) -> None:
    run = add_run(store)
    delivery = add_delivery(store, run, add_customer(store, "a@x.example"))
    row = {"run_id": run, "step": 0, "key": PERSONAL, "slot": 2, "url": "https://s.example/?c=1", "label": ""}
    with store.write() as connection:
        connection.execute(insert(t.links).values(row))
    registry = Registry(store)
    assert registry.find(delivery, PERSONAL) == Found("https://s.example/?c=1")
    assert registry.find(delivery, "2-ffffffffff") == Found(None)
    registry._store = broken()
    assert registry.find(delivery, PERSONAL) == Found("https://s.example/?c=1")


@pytest.mark.parametrize(
    "key", ["", "x", "-1", "1-", "00000", "1-0123", "1-0123456789a", "１", "0\n", "../0"]
)
def test_what_cannot_be_a_key_is_answered_without_the_database(key: str) -> None:
    assert Registry(broken()).find(1, key) == Found(None)


def test_a_database_that_is_down_is_told() -> None:
    with pytest.raises(OutsideError):
        Registry(broken()).find(1, "0")
