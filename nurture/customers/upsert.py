"""Statements that find or write many rows at once, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Connection, Dialect, Insert, Select, Table, select, text
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

# Statements with a list of this many keys are prepared once and used again and again.
CHUNK = 1000
# One import writes at a time; any number will do, as long as every nurture takes the same one.
IMPORT_LOCK = 7_305_518_022


def lock_imports(connection: Connection) -> None:
    """Wait until no other import is writing; held until the transaction ends (SQLite waits by itself)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def found_by(
    connection: Connection, statement: Select[Any], column: Column[Any], keys: Iterable[Any]
) -> Iterator[Any]:
    """The rows of a statement whose `column` is one of the keys."""
    for chunk in chunks(sorted(set(keys))):
        yield from connection.execute(statement.where(column.in_(chunk)))


def insert_or_update(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    updated: Sequence[str],
) -> None:
    """Write rows that have the same columns; where `key` is there already, the `updated` columns change."""
    if not rows:
        return
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in updated}
    )
    execute_many(connection, statement, table, rows)


def execute_many(
    connection: Connection, statement: Insert, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run an INSERT for many rows that have the same columns.

    SQLAlchemy's own way costs more than the database does: it prepares every value of every row. Here
    the statement is compiled once, only values whose type needs it are converted, and each distinct
    value of a date column only once.
    """
    names = list(rows[0])
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    order = compiled.positiontup or names
    columns = []
    for name in order:
        convert = _converter(table.c[name], connection.dialect)
        values = [row[name] for row in rows]
        columns.append(values if convert is None else list(map(convert, values)))
    parameters: Any = list(zip(*columns, strict=True))
    if not compiled.positional:
        parameters = [dict(zip(order, values, strict=True)) for values in parameters]
    connection.exec_driver_sql(str(compiled), parameters)


def _converter(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """From a value to what the driver takes, None where those are the same."""
    kind = column.type.dialect_impl(dialect)
    process: Callable[[Any], Any] | None = kind.bind_processor(dialect)
    if process is None or isinstance(column.type, JSON):
        return process
    return cache(process)


def ids_by(connection: Connection, table: Table, column: str, keys: Iterable[Any]) -> dict[Any, int]:
    """The ids of rows, by a column that is unique."""
    wanted = table.c[column]
    return {row[0]: row[1] for row in found_by(connection, select(wanted, table.c.id), wanted, keys)}
