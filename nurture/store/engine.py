"""The store: one database, SQLite or PostgreSQL, opened and brought up to date.

In:  the database URL of the workspace.
Out: a Store that hands out connections; `read()` for questions, `write()` for one transaction.

SQLite runs in WAL mode with synchronous=FULL: a commit that returned has reached the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from nurture.config import Workspace
from nurture.errors import Finding, OutsideError
from nurture.store import migrate

# A writer waits this long for another process's transaction before it gives up.
SQLITE_BUSY_MS = 30_000


class Store:
    """A database that is ready for use. Threads may share it; processes open their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`"""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for questions; what it sees stands still until it is closed."""
        with _told(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is written when the block ends, nothing if it raises."""
        with _told(self.engine), self.engine.connect() as connection:
            connection.execution_options(nurture_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def open_store(workspace: Workspace) -> Store:
    """The store of a workspace, its tables made or migrated to this version.

    Raises:
        OutsideError: the database cannot be reached, or was written by a newer nurture.
    """
    store = Store(make_engine(database_url(workspace)))
    with _told(store.engine):
        migrate.upgrade(store.engine)
    return store


def database_url(workspace: Workspace) -> URL:
    """Where the store is: a relative SQLite path lies in the workspace folder."""
    url = make_url(workspace.config.database)
    if url.drivername == "sqlite":
        name = url.database or ""
        return url if name in ("", ":memory:") else url.set(database=str(workspace.root / Path(name)))
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    password = workspace.secrets.database_password
    return url if password is None else url.set(password=password)


def make_engine(url: URL | str) -> Engine:
    """An engine set up the way nurture needs it; the tables are not touched."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A database that was restarted costs a reconnect, not an error.
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # We say BEGIN ourselves: the driver would start a transaction only at the first write.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -64000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a transaction that will write queues at its start, where waiting is safe.
    write = connection.get_execution_options().get("nurture_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Turn a database that cannot be reached or written into words."""
    try:
        yield
    except OperationalError as error:
        raise OutsideError(_finding(engine, error)) from error
    except DBAPIError as error:
        # SQLite says of a file that is no database, or a damaged one, a bare DatabaseError.
        if error.connection_invalidated or type(error) is DatabaseError:
            raise OutsideError(_finding(engine, error)) from error
        raise


def _finding(engine: Engine, error: DBAPIError) -> Finding:
    where = f"database {engine.url.render_as_string(hide_password=True)}"
    first_line = (str(error.orig).strip() or "no reason given").splitlines()[0]
    fix = "Is it running, and may we write there? `database` in config.yaml says where it is."
    return Finding(where, f"The database does not do what we ask: {first_line}", fix)
