"""Bring a database to the tables of this version, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from nurture.errors import Finding, OutsideError

# Any number will do, as long as every nurture takes the same one.
LOCK = 7_305_518_021


def upgrade(engine: Engine) -> None:
    """Run the migrations that this database has not seen; does nothing when there are none.

    Raises:
        OutsideError: the database was written by a newer nurture.
    """
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == _scripts().get_current_head():
            return
    with engine.connect().execution_options(nurture_write=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _check_known(connection)
        command.upgrade(_config(connection), "head")


def _check_known(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    if current is not None and current not in known:
        raise OutsideError(
            Finding(
                "database",
                f"It was written by a newer nurture (its tables are at version {current}).",
                "Install that version, or name another database in config.yaml.",
            )
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
