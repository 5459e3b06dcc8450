"""Brings a database to the shape that this code knows. One change a file, under versions/."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

HERE = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Apply every change that this database has not seen; killed half-way, the next start completes it."""
    with engine.connect() as connection:
        command.upgrade(_config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Say whether this database has seen every change."""
    return MigrationContext.configure(connection).get_current_revision() == _head()


@cache
def _head() -> str | None:
    return ScriptDirectory(str(HERE)).get_current_head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config
