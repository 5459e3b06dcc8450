"""Kills processes that write, and lets many write at once; counts what became of every acknowledged write.

    .venv/bin/python -m bench.kills --kills 1000
    .venv/bin/python -m bench.kills --writers 8 --seconds 30

A write is one unit of work as the doors do it: begin as a writer, read a count, raise it, make a person with a card,
commit. Only then is it acknowledged, on a pipe. Ends with 1 if one is missing, torn, refused or counted wrongly.
"""

import json
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import clock, create_app, database, migrations
from app.domain import cards, people
from app.domain.people import Person

COUNT = 1  # the number of the person whose name is the count
FIRST = "first"
WHOLE = """
    SELECT name FROM people JOIN cards ON cards.person_id = people.id JOIN card_tokens ON card_tokens.card_id = cards.id
"""
LONGEST_LIFE_S = 0.05
KILLED_AT_ONCE = 0.2  # the share that is killed while it may still be opening the database


@dataclass
class Figures:
    """What came of it."""

    kills: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    lost: int = 0
    torn: int = 0
    refused: int = 0
    corrupt: int = 0
    counted: int = 0
    there: int = 0
    seconds: float = 0.0
    longest_ms: float = 0.0

    @property
    def sound(self) -> bool:
        """Say whether nothing was lost, torn, refused, corrupted or counted wrongly."""
        return not (self.lost or self.torn or self.refused or self.corrupt) and self.counted == self.there


@click.command()
@click.option("--kills", default=0, help="How many writing processes to kill.")
@click.option("--writers", default=0, help="How many processes write at once.")
@click.option("--seconds", default=30.0, help="How long they write, …")
@click.option("--writes", default=0, help="… or how much each of them writes.")
@click.option("--seed", default=1, help="What chance begins with.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for a program to read.")
def main(kills: int, writers: int, seconds: float, writes: int, seed: int, *, as_json: bool) -> None:
    """Kill writers, or let them write at once, and count."""
    figures, console = Figures(), Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="marmalade-kills-") as folder, _progress(console) as advance:
        app = _prepared(Path(folder) / "instance")
        begun = time.monotonic()
        if kills:
            _kill_many(app, kills, random.Random(seed), figures, advance)
        if writers:
            _write_at_once(app, writers, seconds, writes, figures, advance)
        figures.seconds = round(time.monotonic() - begun, 1)
    (click.echo if as_json else console.print)(json.dumps(asdict(figures)))
    sys.exit(0 if figures.sound else 1)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    # Drawn without a thread of its own, since this process forks.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        task = progress.add_task("")

        def advance(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total, refresh=True)

        yield advance


def _prepared(folder: Path) -> Flask:
    """Return the application on an empty database with the count at 0, its connections closed: forks follow."""
    app = create_app({"INSTANCE_PATH": str(folder), "DATABASE_URL": "", "KEYS": "", "SMTP_URL": ""})
    with app.app_context():
        migrations.upgrade(database.db.engine)
        database.begin_write()
        people.join("0", "UTC", clock.now())
        database.session.commit()
        _unit_of_work(FIRST)  # forks find it compiled
        _close()
    return app


# A writer


@dataclass
class Writer:
    """A forked process that writes until it is killed or has done its part, seen from outside."""

    pid: int
    pipe: int
    said: bytes = b""

    def listen(self, seconds: float | None = None) -> bool:
        """Take in what it says within this time; False once it has no more to say."""
        if select.select([self.pipe], [], [], seconds)[0]:
            heard = os.read(self.pipe, 65_536)
            self.said += heard
            return bool(heard)
        return True

    def end(self) -> list[list[str]]:
        """Hear the rest, wait for it to be gone, and return its lines, the words of each."""
        while self.listen():
            pass
        os.close(self.pipe)
        os.waitpid(self.pid, 0)
        return [line.split(maxsplit=1) for line in self.said.decode().splitlines()]


def _start(app: Flask, name: str, enough: Callable[[int], bool]) -> Writer:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Writer(pid, reading)
    try:
        os.close(reading)
        _write(app, name, writing, enough)
        os._exit(0)
    finally:  # whatever happened, the parent's work is not a child's to go on with
        os._exit(1)


def _write(app: Flask, name: str, pipe: int, enough: Callable[[int], bool]) -> None:
    number = 0
    with app.app_context():
        while not enough(number):
            number += 1
            begun = time.monotonic()
            try:
                _unit_of_work(f"{name}-{number}")
            except DBAPIError as refused:
                database.session.rollback()
                os.write(pipe, f"refused {refused.orig}\n".encode())
                continue
            os.write(pipe, f"{name}-{number} {(time.monotonic() - begun) * 1000:.1f}\n".encode())


def _unit_of_work(name: str) -> None:
    database.begin_write()
    count = database.session.get_one(Person, COUNT, with_for_update=True, populate_existing=True)
    count.name = str(int(count.name) + 1)
    cards.issue(people.join(name, "UTC", clock.now()), clock.now())
    database.session.commit()


# What is done to writers


def _kill_many(
    app: Flask, kills: int, chance: random.Random, figures: Figures, advance: Callable[[str, int, int], None]
) -> None:
    acknowledged = {FIRST}
    for kill in range(kills):
        writer = _start(app, str(kill), lambda _number: False)
        if chance.random() > KILLED_AT_ONCE:
            writer.listen(10.0)
        deadline = time.monotonic() + chance.uniform(0, LONGEST_LIFE_S)
        while (left := deadline - time.monotonic()) > 0 and writer.listen(left):
            pass
        os.kill(writer.pid, signal.SIGKILL)
        figures.kills += 1
        _note(writer.end(), acknowledged, figures)
        _look(app, acknowledged, figures)
        advance("Killing", kill + 1, kills)


def _write_at_once(
    app: Flask,
    writers: int,
    seconds: float,
    writes: int,
    figures: Figures,
    advance: Callable[[str, int, int], None],
) -> None:
    deadline = time.monotonic() + seconds

    def enough(number: int) -> bool:
        return number >= writes if writes else time.monotonic() > deadline

    acknowledged = {FIRST}
    at_work = [_start(app, f"writer{number}", enough) for number in range(writers)]
    for done, writer in enumerate(at_work, start=1):
        _note(writer.end(), acknowledged, figures)
        advance("Writing", done, writers)
    _look(app, acknowledged, figures)


def _note(lines: list[list[str]], acknowledged: set[str], figures: Figures) -> None:
    for first, second in lines:
        if first == "refused":
            figures.refused += 1
        else:
            acknowledged.add(first)
            figures.longest_ms = max(figures.longest_ms, float(second))
    figures.acknowledged = len(acknowledged)


def _look(app: Flask, acknowledged: set[str], figures: Figures) -> None:
    """Read the database as whoever opens it next does, and compare it with what was acknowledged."""
    with app.app_context():
        there = set(_column(f"SELECT name FROM people WHERE id <> {COUNT}"))  # noqa: S608 - a number of our own
        whole = set(_column(WHOLE))
        [count] = _column(f"SELECT name FROM people WHERE id = {COUNT}")  # noqa: S608 - as above
        sound = _column("PRAGMA integrity_check") == ["ok"] and not _column("PRAGMA foreign_key_check")
        _close()
    figures.there, figures.counted = len(there), int(count)
    figures.lost = len(acknowledged - there)
    figures.torn = len(there - whole)
    figures.unacknowledged = len(there - acknowledged)
    figures.corrupt += not sound


def _column(question: str) -> list[Any]:
    return list(database.session.scalars(text(question)))


def _close() -> None:
    # No connection may live through a fork: SQLite's locks belong to the process that took them.
    database.session.remove()
    database.db.engine.dispose()


if __name__ == "__main__":
    main()
