"""Brings a database to the shape that this code knows. One change a file, under versions/."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

HERE = Path(__file__).parent
LOCK = 0x4D41524D  # any number that nobody else takes


def upgrade(engine: Engine) -> None:
    """Apply every change that this database has not seen; killed half-way, the next start completes it."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            _alone(connection)
        command.upgrade(_config(connection), "head")


def _alone(connection: Connection) -> None:
    # Of several that start at once one brings the changes, for as long as they take, and the others find them there.
    # Out of the pool, the lock and the missing limits end with the connection.
    connection.detach()
    for statement in ("SET statement_timeout = 0", "SET lock_timeout = 0", f"SELECT pg_advisory_lock({LOCK})"):
        connection.exec_driver_sql(statement)
    connection.commit()


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
