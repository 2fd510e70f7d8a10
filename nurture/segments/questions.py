"""What one asks of a segment: how many, who, why, and by which SQL.

In:  a connection, a Segment, a Scope.
Out: numbers, rows as they come from the database, an Explanation, a statement to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from nurture.config import Workspace
from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.filters import Explanation, Scope, audience_from, explain, load_person, select_customers
from nurture.segments.files import Segment
from nurture.segments.scope import scope_for
from nurture.store import tables as t
from nurture.store.people import email_key

ROWS_AT_A_TIME = 1_000
DEFAULT_COLUMNS = ("email", "family_name", "given_name", "company")


def count(connection: Connection, segment: Segment, scope: Scope) -> int:
    """How many customers are in a segment now."""
    members_ = select_customers(segment.filter, scope).subquery()
    return connection.scalar(select(func.count()).select_from(members_)) or 0


def member_count(connection: Connection, workspace: Workspace, segment: Segment, now: datetime) -> int:
    """How many customers of a workspace are in a segment at a moment."""
    return count(connection, segment, scope_for(workspace, now))


def members(
    connection: Connection,
    segment: Segment,
    scope: Scope,
    limit: int | None = None,
    columns: Sequence[str] = DEFAULT_COLUMNS,
) -> Iterator[dict[str, Any]]:
    """The customers in a segment, as they come from the database, in the order they were added.

    The connection must stay open until the last one has been read; memory does not grow with them.

    Raises:
        InputError: a column has no such name.
    """
    statement = _members(segment, scope, columns).limit(limit)
    found = connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(statement)
    return (dict(row) for row in found.mappings())


def explain_customer(connection: Connection, segment: Segment, scope: Scope, email: str) -> Explanation:
    """Why a customer is in a segment or not.

    Raises:
        NotFound: nobody has this address.
    """
    asked = select(t.customers.c.id).where(t.customers.c.email_key == email_key(email))
    # What no database can hold, nobody is called.
    customer_id = connection.scalar(asked) if email.isprintable() else None
    if customer_id is None:
        fix = "Addresses are compared without regard to case. nurture customers list shows them."
        raise NotFound(Finding(email, "There is no customer with this address.", fix))
    return explain(segment.filter, scope, load_person(connection, customer_id, scope, segment.filter))


def shown_sql(segment: Segment, scope: Scope, dialect: str) -> str:
    """The statement that selects the members, with its values written into it, for reading."""
    # The bare dialects: those of drivers double every percent sign for the driver.
    bare: Any = PGDialect if dialect == "postgresql" else SQLiteDialect
    shown = bare(paramstyle="named")
    statement = select_customers(segment.filter, scope)
    return str(statement.compile(dialect=shown, compile_kwargs={"literal_binds": True}))


def columns_of() -> dict[str, ColumnElement[Any]]:
    """What can be shown of a member, by name."""
    customers, companies, totals = t.customers.c, t.companies.c, t.totals.c
    hidden = {"id", "email_key", "address_hash", "company_id", "birthday_md", "attributes", "updated_at"}
    own = {column.name: column for column in customers if column.name not in hidden}
    named = {"company": companies.name, "industry": companies.industry, "stage": companies.stage}
    counted = {column.name: column for column in totals if column.name != "customer_id"}
    return {**own, **named, **counted, "lead_state": t.lead_states.c.state}


def _members(segment: Segment, scope: Scope, columns: Sequence[str]) -> Select[Any]:
    known = columns_of()
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise InputError(
            Finding("columns", f'There is no column called "{name}".', did_you_mean(name, list(known)))
            for name in unknown
        )
    ids = select_customers(segment.filter, scope)
    return (
        select(*(known[name].label(name) for name in columns))
        .select_from(audience_from())
        .where(t.customers.c.id.in_(ids))
        .order_by(t.customers.c.id)
    )
