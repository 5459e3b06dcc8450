"""Connections: how each is furnished, what it is asked when it has rested, and how what only reads is ended."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from rich.console import Console
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app import connections, database, serving
from app.delivery import units
from app.domain import people
from app.domain.people import Person
from tests.conftest import Clock
from tests.infrastructure.threads import at_once

DEFECTIVE = [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 3), (3, 50, 6), (3, 51, 2)]
SOUND = [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0), (3, 53, 4), (4, 0, 0)]
FULL = 2
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def pragmas(file: Path, version: tuple[int, int, int]) -> dict[str, Any]:
    """Open a file as the app would with this SQLite, write to it, and return how the connection is set."""
    engine = create_engine(f"sqlite:///{file}", module=connections.sqlite)
    connections.furnish(engine, SimpleNamespace(sqlite_version_info=version))  # type: ignore[arg-type] # all it is asked
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS jars (id INTEGER PRIMARY KEY)"))
    with engine.connect() as connection:
        found = {name: pragma(connection, name) for name in ("journal_mode", "synchronous")}
    engine.dispose()
    return found


def pragma(connection: Any, name: str) -> Any:
    return connection.execute(text(f"PRAGMA {name}")).scalar()


@pytest.mark.parametrize("version", DEFECTIVE)
def test_an_sqlite_that_may_reset_its_log_keeps_none(tmp_path: Path, version: tuple[int, int, int]) -> None:
    """S55."""
    assert pragmas(tmp_path / "jars", version) == {"journal_mode": "delete", "synchronous": FULL}


@pytest.mark.parametrize("version", SOUND)
def test_a_sound_sqlite_keeps_a_log_and_waits_for_the_disk(tmp_path: Path, version: tuple[int, int, int]) -> None:
    """S55."""
    assert pragmas(tmp_path / "jars", version) == {"journal_mode": "wal", "synchronous": FULL}


def test_a_database_with_a_log_loses_it_where_sqlite_is_not_sound(tmp_path: Path) -> None:
    """S55."""
    pragmas(tmp_path / "jars", SOUND[-1])
    assert pragmas(tmp_path / "jars", DEFECTIVE[-1])["journal_mode"] == "delete"


@pytest.mark.parametrize("sound", [True, False])
def test_the_house_says_when_its_sqlite_is_not_sound(app: Flask, monkeypatch: pytest.MonkeyPatch, sound: bool) -> None:
    """S55."""
    said = io.StringIO()
    monkeypatch.setattr(serving, "console", Console(file=said, width=200))
    monkeypatch.setattr(connections, "wal_is_sound", lambda: sound)
    serving._announce(app.config, "key")
    assert ("DELETE journal" in said.getvalue()) is not sound


def test_the_sqlite_that_comes_along_is_sound() -> None:
    """S55: where there is a wheel, the slower journal is for other people's machines."""
    assert connections.wal_is_sound() or connections.sqlite.__name__ == "sqlite3"


@contextmanager
def at_checkout(app: Flask, *questions: str) -> Iterator[list[dict[str, Any]]]:
    """Ask each connection these questions whenever it is handed out, and yield the answers."""
    answers: list[dict[str, Any]] = []
    with app.app_context():
        engine = database.db.engine

    def ask(connection: Any, _record: Any, _proxy: Any) -> None:
        answers.append({question: connection.execute(question).fetchone()[0] for question in questions})

    event.listen(engine, "checkout", ask)
    try:
        yield answers
    finally:
        event.remove(engine, "checkout", ask)


def test_every_connection_is_furnished_whenever_it_is_handed_out(app: Flask, clock: Clock) -> None:
    """S61."""
    names = ("foreign_keys", "busy_timeout", "mmap_size", "synchronous", "journal_mode")
    with at_checkout(app, *(f"PRAGMA {name}" for name in names)) as answers:
        at_once(app, [lambda: people.join("Guest", "UTC", clock.now)] * 4)
        at_once(app, [lambda: people.find_by_email("ada@example.org")] * 4)
    assert len(answers) >= 8
    for answer in answers:
        foreign_keys, patience, mapped, synchronous, journal = answer.values()
        assert (foreign_keys, mapped, synchronous, journal) == (1, 0, FULL, "wal")
        assert patience >= 5000


@on_postgresql
def test_nothing_waits_for_ever_on_postgresql(app: Flask) -> None:
    """S67."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with at_checkout(app, *(f"SHOW {name}" for name in names)) as answers:
        at_once(app, [lambda: people.find_by_email("ada@example.org")] * 4)
    assert len(answers) >= 4
    assert {tuple(answer.values()) for answer in answers} == {("15s", "5s", "30s")}


@on_postgresql
def test_a_connection_that_broke_while_it_rested_is_not_handed_out(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESTS_FOR_S", 0)
    with app.app_context():
        broken = database.session.scalar(text("SELECT pg_backend_pid()"))
        database.session.remove()
        another = create_engine(database.db.engine.url, poolclass=NullPool)
        with another.begin() as line:
            assert line.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": broken})
        assert database.session.scalar(text("SELECT pg_backend_pid()")) != broken


def prepared(line: Any) -> int:
    """Return how many statements this session's connection has prepared."""
    return line.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0


@on_postgresql
def test_a_connection_keeps_what_it_has_prepared_where_it_has_only_read(app: Flask) -> None:
    with app.app_context():
        for _time in range(7):  # the driver prepares what it is asked for the sixth time
            assert people.find_by_email("ada@example.org") is None
            database.session.remove()
        assert prepared(database.session) > 0


@on_postgresql
@pytest.mark.parametrize("how", ["in a row", "in a statement", "within a savepoint"])
def test_what_is_written_and_not_committed_is_gone(app: Flask, clock: Clock, how: str) -> None:
    with app.app_context():
        people.join("Ada", "UTC", clock.now)
        database.session.commit()
        if how == "in a row":
            people.join("Ben", "UTC", clock.now)
            database.session.flush()
        elif how == "in a statement":
            changed = text("WITH changed AS (UPDATE people SET name = 'Ben' RETURNING id) SELECT count(*) FROM changed")
            assert database.session.scalar(changed) == 1
        else:
            with database.session.begin_nested():
                people.join("Ben", "UTC", clock.now)
        assert database.session.scalars(select(Person.name)).all() != ["Ada"]
        database.session.remove()
        assert database.session.scalars(select(Person.name)).all() == ["Ada"]


@on_postgresql
@pytest.mark.parametrize(
    "find_out",
    [lambda: database.session.scalar(text("SELECT 1")), database.session.rollback],
    ids=["when it is asked", "when it ends"],
)
def test_a_connection_that_breaks_while_it_reads_is_told_of_and_another_is_had(
    app: Flask, find_out: Callable[[], object]
) -> None:
    with app.app_context():
        broken = database.session.scalar(text("SELECT pg_backend_pid()"))
        another = create_engine(database.db.engine.url, poolclass=NullPool)
        with another.begin() as line:
            assert line.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": broken})
        with pytest.raises(OperationalError):
            find_out()
        database.session.rollback()
        assert database.session.scalar(text("SELECT pg_backend_pid()")) != broken


@on_postgresql
@pytest.mark.parametrize(("awaited", "how"), [(True, "on"), (False, "off")])
def test_only_what_nobody_awaits_is_answered_before_it_is_on_the_disk(app: Flask, awaited: bool, how: str) -> None:
    with app.app_context():
        for wait, expected in ((awaited, how), (True, "on")):
            with units.unit_of_work(durable=False, awaited=wait):
                assert database.session.scalar(text("SHOW synchronous_commit")) == expected


def test_only_what_would_be_found_out_again_does_not_wait_for_the_disk(app: Flask) -> None:
    with app.app_context():
        waits = []
        for durable in (True, False, False, True):
            database.begin_write(durable=durable)
            waits.append(pragma(database.session.connection(), "synchronous") == FULL)
            database.session.rollback()
    assert waits == [True, False, False, True]
