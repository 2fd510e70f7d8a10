# rows read best on one line
"""What a template sees of customers, loaded for many at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import event, insert

from nurture.config import Workspace
from nurture.store import Store
from nurture.store import tables as t
from nurture.templates import contexts, full_context, recipient_urls, sparse_context
from tests.conftest import NOW
from tests.world import AT, customer


def shape(value: Any) -> Any:
    """The keys of mappings inside mappings: what a template can name."""
    return {key: shape(one) for key, one in value.items()} if isinstance(value, dict) else None


def test_a_context_holds_plain_values_and_none_for_what_is_blank(store: Store, workspace: Workspace) -> None:
    with store.write() as connection:
        company = connection.execute(
            insert(t.companies).returning(t.companies.c.id),
            {"name": "山田", "match_key": "山田", "attributes": {}, "created_at": AT, "updated_at": AT},
        ).scalar_one()
        attributes = {"machine": " ", "met_on": "2026-04-01", "unknown": 1}
        known = customer(
            connection, "a@x.example", family_name="佐藤", title="", company_id=company, attributes=attributes
        )
        alone = customer(connection, "b@x.example")
        rows = [
            {"customer_id": known, "product": product, "amount": Decimal(5), "currency": "JPY"}
            | {"purchased_on": on, "external_id": product, "created_at": AT}
            for product, on in (("old", date(2025, 1, 1)), ("new", date(2026, 1, 1)))
        ]
        connection.execute(insert(t.purchases), rows)
    with store.read() as connection:
        found = contexts(connection, workspace, [known, alone, 999_999], now=NOW, needs={"purchases"})
    assert sorted(found) == [known, alone]
    one, other = found[known]["customer"], found[alone]["customer"]
    assert one["family_name"] == "佐藤"
    assert one["title"] is None
    assert one["company"]["name"] == "山田" and one["company"]["industry"] is None
    assert one["attributes"] == {
        "machine": None,
        "machines": None,
        "met_on": date(2026, 4, 1),
        "dealer": None,
        "interests": None,
    }
    assert [purchase["product"] for purchase in one["purchases"]] == ["new", "old"]
    assert other["company"] is None and other["purchases"] == []
    assert found[known]["today"] == date(2026, 11, 2)


def test_lists_that_a_template_does_not_name_are_not_loaded(store: Store, workspace: Workspace) -> None:
    with store.write() as connection:
        who = customer(connection, "a@x.example")
        row = {"customer_id": who, "product": "p", "amount": Decimal(5), "currency": "JPY"}
        connection.execute(
            insert(t.purchases),
            row | {"purchased_on": date(2026, 1, 1), "external_id": "1", "created_at": AT},
        )
    with store.read() as connection:
        found = contexts(connection, workspace, [who], now=NOW, needs=())
    assert found[who]["customer"]["purchases"] == []


def test_the_customers_who_do_not_exist_have_the_fields_of_those_who_do(
    store: Store, workspace: Workspace
) -> None:
    with store.write() as connection:
        who = customer(connection, "a@x.example")
    with store.read() as connection:
        real = contexts(connection, workspace, [who], now=NOW)[who]
    pages = recipient_urls("http://127.0.0.1:8000", "preview")
    assert shape({**real, **pages}) == shape(sparse_context(workspace, NOW.date()))
    full = full_context(workspace, NOW.date())
    assert sorted(full["customer"]) == sorted(real["customer"])
    assert None not in full["customer"].values()


def test_many_customers_take_as_many_statements_as_one(sqlite_store: Store, workspace: Workspace) -> None:
    with sqlite_store.write() as connection:
        ids = [customer(connection, f"p{number}@x.example") for number in range(40)]
    counted: list[str] = []
    event.listen(sqlite_store.engine, "before_cursor_execute", lambda *args: counted.append(args[2][:6]))
    with sqlite_store.read() as connection:
        contexts(connection, workspace, ids[:1], now=NOW)
        one = counted.count("SELECT")
        contexts(connection, workspace, ids, now=NOW)
    assert counted.count("SELECT") == 2 * one
