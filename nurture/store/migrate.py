"""Bring a database to the tables of this version, one process at a time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from nurture.errors import Finding, OutsideError

# Any number will do, as long as every nurture takes the same one.
LOCK = 7_305_518_021

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def upgrade(engine: Engine) -> None:
    """Run the migrations that this database has not seen; does nothing when there are none.

    Raises:
        OutsideError: the database was written by a newer nurture.
    """
    with engine.connect() as connection:
        if _revision(connection) == _known()[-1]:
            return
    # Only now: Alembic takes as long to import as most commands take to run.
    from nurture.store.migrations.running import run

    with engine.connect().execution_options(nurture_write=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _check_known(_revision(connection))
        run(connection)


def _revision(connection: Connection) -> str | None:
    """The version that the database's tables are at; None for a database without any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _known() -> list[str]:
    """The versions that this nurture knows, oldest first: their files are named by number."""
    return sorted(path.stem.split("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def _check_known(revision: str | None) -> None:
    if revision is not None and revision not in _known():
        raise OutsideError(
            Finding(
                "database",
                f"It was written by a newer nurture (its tables are at version {revision}).",
                "Install that version, or name another database in config.yaml.",
            )
        )
