"""The store: tables equal migrations, transactions hold, moments and amounts survive."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, text

from nurture.config import Workspace
from nurture.errors import OutsideError
from nurture.store import Store, open_store, totals
from nurture.store import tables as t
from nurture.store.people import address_hash, email_key

AT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def add_customer(store: Store, email: str) -> int:
    row = {
        "email": email,
        "email_key": email_key(email),
        "address_hash": address_hash(email),
        "tracking": True,
        "attributes": {},
        "created_at": AT,
        "updated_at": AT,
    }
    with store.write() as connection:
        return int(
            connection.execute(insert(t.customers).values(row).returning(t.customers.c.id)).scalar_one()
        )


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, t.METADATA) == []


def test_a_transaction_that_raises_writes_nothing(store: Store) -> None:
    customer = add_customer(store, "a@x.example")
    with pytest.raises(RuntimeError, match="on purpose"), store.write() as connection:
        connection.execute(t.customers.update().values(owner="佐藤"))
        raise RuntimeError("on purpose")
    with store.read() as connection:
        assert connection.scalars(select(t.customers.c.owner)).all() == [None]
    assert customer == 1


def test_moments_come_back_aware_and_in_utc(store: Store) -> None:
    tokyo = datetime(2026, 11, 2, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with store.write() as connection:
        connection.execute(insert(t.suppressions).values(address_hash="h", reason="manual", at=tokyo))
        found = connection.scalar(select(t.suppressions.c.at))
    assert found == tokyo
    assert found is not None
    assert found.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 2)  # noqa: DTZ001  # the mistake this test is about
    with pytest.raises(Exception, match="time zone"), store.write() as connection:
        connection.execute(insert(t.suppressions).values(address_hash="h", reason="manual", at=naive))


def test_totals_follow_purchases_exactly(store: Store) -> None:
    customer = add_customer(store, "a@x.example")
    other = add_customer(store, "b@x.example")
    rows = [("0.10", date(2025, 3, 1)), ("0.20", date(2026, 3, 1)), ("1200", date(2024, 2, 29))]
    with store.write() as connection:
        for number, (amount, on) in enumerate(rows):
            connection.execute(
                insert(t.purchases).values(
                    customer_id=customer,
                    product="軸受",
                    amount=Decimal(amount),
                    currency="JPY",
                    purchased_on=on,
                    external_id=str(number),
                    created_at=AT,
                )
            )
        totals.refresh(connection, [customer, other], ["purchases"])
        totals.refresh(connection, [customer], ["purchases"])
        columns = t.totals.c
        found = connection.execute(
            select(
                columns.purchases, columns.spent, columns.first_purchase_on, columns.last_purchase_on
            ).order_by(columns.customer_id)
        ).all()
    assert [tuple(row) for row in found] == [
        (3, Decimal("1200.30"), date(2024, 2, 29), date(2026, 3, 1)),
        (0, Decimal(0), None, None),
    ]


def test_emails_received_are_counted_per_customer(store: Store) -> None:
    first, second = add_customer(store, "a@x.example"), add_customer(store, "b@x.example")
    with store.write() as connection:
        totals.count_received(connection, [first, second, first], date(2026, 11, 2))
        found = connection.execute(
            select(t.totals.c.received, t.totals.c.last_received_on).order_by(t.totals.c.customer_id)
        ).all()
    assert [tuple(row) for row in found] == [(2, date(2026, 11, 2)), (1, date(2026, 11, 2))]


def test_a_store_is_made_on_first_use_and_found_on_the_next(workspace: Workspace) -> None:
    open_store(workspace).close()
    again = open_store(workspace)
    with again.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    again.close()


def test_a_database_of_a_newer_version_is_left_alone(workspace: Workspace) -> None:
    store = open_store(workspace)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(OutsideError, match="newer nurture"):
        open_store(workspace)


def test_a_file_that_is_no_database_is_told_in_words(workspace: Workspace) -> None:
    (workspace.root / "nurture.db").write_text("sender:\n  name: a text file of some length\n" * 20)
    with pytest.raises(OutsideError, match="file is not a database"):
        open_store(workspace)
