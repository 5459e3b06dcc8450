"""The doctor: looks the house over and says of each thing whether it is well, and if not how to mend it."""

import shutil
import smtplib
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import clock, config, connections, migrations
from app.database import db, session
from app.delivery.mail import Server
from app.domain import counters, deliveries, forgotten, holds

OK, WARNING, FAILURE = "ok", "warning", "failure"
COLOURS: Final = {OK: "green", WARNING: "yellow", FAILURE: "red"}
PRAGMAS: Final = {"foreign_keys": 1, "synchronous": 2}
PATIENCE_S: Final = 10
CLOCKS_APART_S: Final = 5
ROOM_WANTED, ROOM_NEEDED = 1 << 30, 100 << 20


class Finding(NamedTuple):
    """One line of what the doctor says: what, how it is, and how to mend it where it isn't well."""

    what: str
    state: str
    words: str


Check = Callable[[], Iterator[Finding]]


@click.command()
@with_appcontext
def doctor() -> None:
    """Look the house over: mail, address, clock, database, keys, worker, disk. Ends with 1 if anything has failed."""
    console, table = Console(highlight=False), Table(title="How the house is", title_justify="left")
    for heading in ("", "", "What to do"):
        table.add_column(heading, overflow="fold")
    found: list[Finding] = []
    with console.status("Looking …"):
        for check in CHECKS:
            found += _examined(check)
    for finding in found:
        table.add_row(finding.what, f"[{COLOURS[finding.state]}]{finding.state}[/]", finding.words)
    console.print(table)
    raise SystemExit(any(finding.state == FAILURE for finding in found))


def _examined(check: Check) -> list[Finding]:
    try:
        return list(check())
    except DBAPIError as away:
        session.rollback()
        words = f"{type(away.orig).__name__}: start the database, or run: flask migrate"
        return [Finding(check.__name__.strip("_").capitalize(), FAILURE, words)]


def _database() -> Iterator[Finding]:
    engine = db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            version = connection.execute(text("SELECT sqlite_version()")).scalar()
            yield Finding("Database", OK, f"SQLite {version}")
            yield from _journal(str(connection.exec_driver_sql("PRAGMA journal_mode").scalar()))
            set_to = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
            off = [name for name, wanted in PRAGMAS.items() if set_to[name] != wanted]
            yield Finding("Pragmas", FAILURE if off else OK, f"not as they should be: {off}" if off else "")
        else:
            version = connection.execute(text("SHOW server_version")).scalar()
            yield Finding("Database", OK, f"PostgreSQL {version}")
        current = migrations.is_current(connection)
        yield Finding("Migrations", OK if current else FAILURE, "" if current else "Run: flask migrate")


def _journal(mode: str) -> Iterator[Finding]:
    """S55: the log of an SQLite with the WAL-reset defect is not used, and that is said."""
    if connections.wal_is_sound():
        state = OK if mode == "wal" else WARNING
        yield Finding("Write-ahead log", state, "sound" if mode == "wal" else f"sound, but {mode} is used: restart")
    else:
        words = "This SQLite has the WAL-reset defect, so the slower DELETE journal is used. Install pysqlite3's wheel."
        yield Finding("Write-ahead log", WARNING if mode == "delete" else FAILURE, words)


def _clock() -> Iterator[Finding]:
    """The database's clock beside the machine's, where it has one of its own."""
    asked = "SELECT now()" if db.engine.dialect.name == "postgresql" else "SELECT strftime('%s', 'now')"
    with db.engine.connect() as connection:
        told = connection.execute(text(asked)).scalar()
    theirs = told.timestamp() if isinstance(told, datetime) else float(told or 0)
    apart = abs(clock.now().timestamp() - theirs)
    words = f"The database's clock and this machine's are {apart:.0f} s apart. Switch time synchronisation on."
    yield Finding("Clock", OK if apart < CLOCKS_APART_S else FAILURE, "" if apart < CLOCKS_APART_S else words)


def _address() -> Iterator[Finding]:
    if config.ready_for_breakfast(current_app.config):
        yield Finding("Address", OK, str(current_app.config["PUBLIC_URL"]))
    else:
        yield Finding("Address", WARNING, "For trying at home. A breakfast needs https: set PUBLIC_URL.")


def _mail() -> Iterator[Finding]:
    """Say hello to the mail server, and send nothing."""
    url = current_app.config["SMTP_URL"]
    if not url:
        yield Finding("Mail", WARNING, "No letter leaves the house. Set SMTP_URL.")
        return
    server = Server.at(url)
    try:
        kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
        with kind(server.host, server.port, timeout=PATIENCE_S) as line:
            line.ehlo()
        yield Finding("Mail", OK, f"{server.host}:{server.port} answers")
    except (OSError, smtplib.SMTPException) as no:
        yield Finding("Mail", FAILURE, f"{server.host}:{server.port} does not answer ({no}). Look at SMTP_URL.")


def _folder() -> Iterator[Finding]:
    folder: Path = current_app.config["INSTANCE_PATH"]
    yield _private("Instance folder", folder, 0o700)
    keys = folder / config.KEYS_FILE
    if current_app.config["KEYS"]:
        yield Finding("Keys", OK, "from KEYS")
    elif keys.exists():
        yield _private("Keys", keys, 0o600)
    else:
        yield Finding("Keys", FAILURE, f"{keys} is missing: restore it from a backup, or no card and note opens.")
    free = shutil.disk_usage(folder).free
    state = OK if free > ROOM_WANTED else WARNING if free > ROOM_NEEDED else FAILURE
    yield Finding("Disk", state, f"{free / 1e9:.1f} GB free" + ("" if state == OK else ": make room"))


def _private(what: str, path: Path, mode: int) -> Finding:
    open_to = stat.S_IMODE(path.stat().st_mode)
    if open_to & ~mode:
        return Finding(what, FAILURE, f"Others on this machine can open it. Run: chmod {mode:o} {path}")
    return Finding(what, OK, "")


def _worker() -> Iterator[Finding]:
    age = deliveries.worker_age(clock.now())
    if age is not None and not deliveries.is_lost(age):
        yield Finding("Worker", OK, f"seen {age:.0f} s ago")
    else:
        seen = "never seen" if age is None else f"last seen {age / 60:.0f} minutes ago"
        yield Finding("Worker", FAILURE, f"{seen}: nothing is sent. Run: flask worker, or flask serve for everything")
    if hold := holds.current():
        number = holds.waiting(hold).letters
        yield Finding("Letters", WARNING, f"{number} held since a restore. Run: flask release")
    if left := counters.astray(clock.now()):
        yield Finding("Outbox", WARNING, f"{left} letters lie where no worker looks. Is one running? flask worker")
    if forgotten.unscrubbed():
        yield Finding("Erasures", WARNING, "The file still has to be cleaned after one: the worker does it.")
    session.rollback()


CHECKS: Final[tuple[Check, ...]] = (_database, _clock, _address, _mail, _folder, _worker)
COMMANDS = (doctor,)
