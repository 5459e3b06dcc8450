"""Empty, migrated databases: a file to copy for SQLite, a template to clone for PostgreSQL."""

import shutil
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app import database, migrations
from tests.infrastructure import applications, postgres
from tests.infrastructure.runs import Run

FILE = "marmalade.sqlite3"
TEMPLATE = "marmalade_template"


def sqlite(run: Run, instance: Path) -> None:
    """Put a migrated SQLite file into an instance folder."""
    template = run.once("sqlite", lambda: str(_migrated_file(run.folder / "sqlite")))
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(template, instance / FILE)


def _migrated_file(folder: Path) -> Path:
    migrate({"INSTANCE_PATH": str(folder)})
    # The last connection to close folds the write-ahead log into the file, so the file alone is the database.
    return folder / FILE


def migrate(settings: dict[str, str]) -> None:
    """Bring the database of these settings to the newest migration."""
    with applications.opened(settings) as app, app.app_context():
        migrations.upgrade(database.db.engine)


def postgresql(run: Run, worker: str, *, on_disk: bool = False) -> str:
    """Return the address of this worker's own PostgreSQL database, migrated and empty; `on_disk` if it grows large."""
    server = postgres.ensure(run, on_disk=on_disk)
    run.once("postgresql", lambda: _migrated_template(server))
    return run.once(f"postgresql-{worker}", lambda: _cloned(server, f"marmalade_{worker}"))


def copied(run: Run, worker: str, source: str) -> str:
    """Return the address of another database like the one of `source`, which nobody is connected to."""
    server = postgres.ensure(run)
    _create(server, f"marmalade_{worker}", f"marmalade_{source}")
    return _beside(server, f"marmalade_{worker}")


def fresh(run: Run, name: str) -> str:
    """Return the address of a PostgreSQL database that has seen no migration."""
    server = postgres.ensure(run)
    _create(server, name, "template0")
    return _beside(server, name)


def _migrated_template(server: str) -> str:
    _create(server, TEMPLATE, "template0")
    address = _beside(server, TEMPLATE)
    migrate({"DATABASE_URL": address})
    return address


def _cloned(server: str, name: str) -> str:
    _create(server, name, TEMPLATE)
    return _beside(server, name)


def _create(server: str, name: str, template: str) -> None:
    named = sql.Identifier(name)
    with connect(server) as line:
        line.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(named))  # one that was left half-made
        line.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(named, sql.Identifier(template)))


def _beside(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def connect(address: str) -> psycopg.Connection:
    """Return a plain connection to a PostgreSQL database, each statement its own transaction."""
    return psycopg.connect(address.replace("+psycopg", ""), autocommit=True)


def empty(address: str) -> None:
    """Empty every table, and begin its numbers again at 1.

    A lock still held means that the test left a transaction open: that fails after a moment, and says so.
    """
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in database.Base.metadata.sorted_tables)
    with connect(address) as line:
        line.execute("SET lock_timeout = '3s'")
        line.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
