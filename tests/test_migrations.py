"""Migrations: what older databases hold is kept, and the rules in the database are those of the models."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, Inspector, MetaData, inspect, select

from app import create_app, database, migrations
from app.database import Base
from tests.infrastructure import databases
from tests.infrastructure.runs import Run

FIRST_MORNING = Path(__file__).parent / "infrastructure/morning-at-0001.sql"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def first_morning(instance: Path) -> Iterator[Engine]:
    """A house as the first migration made it, with a morning in it."""
    instance.mkdir(parents=True)
    line = sqlite3.connect(instance / "marmalade.sqlite3")
    line.executescript(FIRST_MORNING.read_text())
    line.close()
    app = create_app({"INSTANCE_PATH": str(instance), "DATABASE_URL": ""})
    with app.app_context():
        yield database.db.engine
        database.db.engine.dispose()


def test_an_older_morning_keeps_every_row_and_value_through_every_migration(first_morning: Engine) -> None:
    with first_morning.connect() as connection:
        before = _rows(connection)
    migrations.upgrade(first_morning)
    with first_morning.connect() as connection:
        after = _rows(connection)
        assert migrations.is_current(connection)
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert before["encounters"]
    assert before["notes"]
    for table, rows in before.items():
        if table != "alembic_version":
            kept = [{column: row[column] for column in was} for row, was in zip(after[table], rows, strict=True)]
            assert kept == rows, table


def _rows(connection: Connection) -> Rows:
    tables = MetaData()
    tables.reflect(connection)
    return {
        table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in tables.sorted_tables
    }


@pytest.mark.both_databases
def test_migrations_leave_the_same_rules_in_the_database_as_the_models(app: Flask, dialect: str) -> None:
    with app.app_context():
        engine = database.db.engine
        migrated = _rules(inspect(engine))
        with engine.connect() as connection:
            if dialect == "postgresql":
                connection.exec_driver_sql("CREATE SCHEMA models")
                connection.exec_driver_sql("SET search_path TO models")
            else:
                for table in inspect(connection).get_table_names():
                    connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")
                    for index in inspect(connection).get_indexes(f"old_{table}"):
                        connection.exec_driver_sql(f"DROP INDEX {index['name']}")
            Base.metadata.create_all(connection)
            made = _rules(inspect(connection))
            connection.rollback()
    assert made
    for table, rules in made.items():
        assert migrated[table] == rules, table


def _rules(found: Inspector) -> dict[str, Any]:
    return {
        name: {
            "checks": sorted((check["name"], check["sqltext"]) for check in found.get_check_constraints(name)),
            "uniques": sorted((rule["name"], rule["column_names"]) for rule in found.get_unique_constraints(name)),
            "foreign keys": sorted(
                (rule["constrained_columns"], rule["referred_table"], rule["options"])
                for rule in found.get_foreign_keys(name)
            ),
            "indexes": sorted((rule["name"], rule["column_names"]) for rule in found.get_indexes(name)),
            "nullable": sorted((column["name"], column["nullable"]) for column in found.get_columns(name)),
        }
        for name in found.get_table_names()
        if name in Base.metadata.tables
    }


def test_of_several_that_start_at_once_one_brings_the_changes(run: Run, worker_id: str) -> None:
    fresh = databases.fresh(run, f"at_once_{worker_id}")
    apps = [create_app({"DATABASE_URL": fresh}) for _ in range(3)]

    def start(app: Flask) -> bool:
        with app.app_context():
            migrations.upgrade(database.db.engine)
            with database.db.engine.connect() as connection:
                current = migrations.is_current(connection)
            database.db.engine.dispose()
        return current

    with ThreadPoolExecutor(len(apps)) as starting:
        assert [*starting.map(start, apps)] == [True] * len(apps)
