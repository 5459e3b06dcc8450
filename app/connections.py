"""Connections to the database: how each is furnished when it opens, begins, ends and has rested."""

import time
from contextlib import suppress
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

try:
    import pysqlite3 as sqlite  # brings its own SQLite, without the WAL-reset defect
except ModuleNotFoundError:  # no wheel for this platform
    import sqlite3 as sqlite

BUSY_TIMEOUT_MS = 10_000
LOOKS_EVERY_S = 0.0005
RESTS_FOR_S = 1.0
SOUND_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
PG_OPTIONS = "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"


def engine_options(url: str) -> dict[str, Any]:
    """Return what create_engine needs for this address: the driver, and PostgreSQL's time limits."""
    if url.startswith("sqlite"):
        return {"module": sqlite}
    return {"connect_args": {"options": PG_OPTIONS}}


def wal_is_sound(driver: ModuleType = sqlite) -> bool:
    """Say whether this SQLite is free of the WAL-reset defect (fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    version = driver.sqlite_version_info
    return version >= SOUND_WAL[0] or any(version[:2] == fixed[:2] and version >= fixed for fixed in SOUND_WAL)


def furnish(engine: Engine, driver: ModuleType = sqlite) -> None:
    """Give every SQLite connection its pragmas and its own BEGIN; one to PostgreSQL keeps what it has prepared."""
    if engine.dialect.name == "sqlite":
        _furnish_sqlite(engine, driver)
    else:
        _look_at_what_rested(engine)
        _keep_what_is_prepared(engine)


def _furnish_sqlite(engine: Engine, driver: ModuleType) -> None:
    journal = "WAL" if wal_is_sound(driver) else "DELETE"

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late: it loses updates silently
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            f"journal_mode={journal}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "mmap_size=0",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("writes"):
            _synchronise(connection, "FULL" if options["durable"] else "NORMAL")
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _look_at_what_rested(engine: Engine) -> None:
    """Ask a connection that nobody used for a while whether it is still there; to ask each time costs a question."""

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, _proxy: Any) -> None:
        now = time.monotonic()
        if now - record.info.get("rests_since", now) > RESTS_FOR_S and not _is_there(engine, connection):
            raise DisconnectionError


def _is_there(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _keep_what_is_prepared(engine: Engine) -> None:
    """End by COMMIT what has read and written nothing: after a ROLLBACK the driver forgets all it has prepared.

    Most requests read, and end so. Prepared, a statement is neither read nor planned anew by PostgreSQL, which takes
    longer than most answers.
    """
    driver = engine.dialect.loaded_dbapi

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.info["only_reads"] = True

    @event.listens_for(engine, "after_cursor_execute")
    def note(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("SELECT"):
            connection.info["only_reads"] = False

    @event.listens_for(engine, "rollback")
    def end(connection: Any) -> None:
        if connection.invalidated:  # it broke already, and whoever asked was told
            return
        line = connection.connection.dbapi_connection
        if connection.info.get("only_reads") and line.info.transaction_status == driver.pq.TransactionStatus.INTRANS:
            with suppress(driver.Error):  # of a line that is gone, the ROLLBACK is told as well
                line.commit()  # and a ROLLBACK that follows has nothing to do


def _synchronise(connection: Connection, how: str) -> None:
    if connection.info.get("synchronous", "FULL") != how:
        connection.exec_driver_sql(f"PRAGMA synchronous={how}")
        connection.info["synchronous"] = how


def _begin_immediate(connection: Connection) -> None:
    # SQLite's own busy handler looks the more seldom the longer it has waited, so that of many processes one may wait
    # until it is refused. Here all look equally often, and each has its turn.
    line: Any = connection.connection.dbapi_connection
    line.execute("PRAGMA busy_timeout=0")
    try:
        if not _has_turn(line):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for the refusal that everybody knows
    finally:
        line.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _has_turn(line: Any) -> bool:
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while time.monotonic() < deadline:
        try:
            line.execute("BEGIN IMMEDIATE")
        except sqlite.OperationalError as refused:
            if "locked" not in str(refused):
                return False
            time.sleep(LOOKS_EVERY_S)  # SQLite tells nobody that its lock is free
        else:
            return True
    return False


def opened(file: str) -> Any:
    """Open a SQLite file with the one SQLite of this house, for whoever copies into it."""
    return sqlite.connect(file)


def scrub(engine: Engine) -> bool:
    """Rewrite a SQLite file without what was deleted in it, log included; say whether all of it went.

    Others who read at this moment keep the log from being emptied: then it is tried again later. PostgreSQL does
    this by itself (autovacuum).
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        line: Any = connection.connection.dbapi_connection
        try:
            line.execute("VACUUM")
            busy, *_pages = line.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite.OperationalError:  # somebody writes
            return False
    return not busy
