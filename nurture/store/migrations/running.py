"""Run Alembic on a connection that is inside a transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Run every migration that the database has not seen."""
    command.upgrade(configured(connection), "head")


def configured(connection: Connection) -> Config:
    """Alembic's settings: where the migrations lie, and which connection they run on."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
