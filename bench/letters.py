"""Letters a second: a breakfast's follow-ups through a real worker into a mail server here, and the bare sending.

The worker's clock is held at the Thursday after, so that the same letters are due whenever this is run.
"""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import click
from sqlalchemy import insert, text

from app import clock, create_app, migrations, serving
from app.database import db, session
from app.delivery import courier
from app.delivery.workers import Worker
from app.domain import events, groups
from app.domain.attendance import PRESENT, WALK_IN, Attendance
from app.domain.contacts import NEW, Contact
from app.domain.encounters import Encounter
from app.domain.events import Event, Plan
from app.domain.people import Person
from bench import processes, servers, sinks, towns
from bench.sinks import Sink

TUESDAY, THURSDAY = date(2026, 11, 24), datetime(2026, 11, 26, 9, tzinfo=UTC)
MET = 3
ENDS_WITHIN_S = 30.0
HERE = (sys.executable, "-m", "bench.letters")


@dataclass(frozen=True)
class Post:
    """What it took to send so many letters over one connection."""

    letters: int
    seconds: float
    cpu_ms: float
    octets: int

    @property
    def rate(self) -> float:
        """Return letters a second."""
        return self.letters / self.seconds


@click.group()
def main() -> None:
    """Run one side of the measurement as a process of its own."""


@main.command()
def work() -> None:
    """Be the worker, on the Thursday after."""
    app = create_app()
    with clock.fixed(THURSDAY), app.app_context():
        worker = Worker(app, courier.transport())
        worker.obey(signal.SIGTERM)
        worker.work()


@main.command()
@click.argument("port", type=int)
@click.argument("number", type=int)
@click.argument("file", type=click.Path(path_type=Path))
def send(port: int, number: int, file: Path) -> None:
    """Be the floor: hand the bytes of FILE over so many times, on one connection."""
    letter = file.read_bytes()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for _time in range(number):
            client.sendmail("marmalade@localhost", ["person@example.org"], letter)


def measure(folder: Path, number: int, database_url: str = "", workers: int = 1) -> tuple[Post, Post]:
    """Send a follow-up to so many people who were at one breakfast; return what it took, and the bare sending of it.

    Several workers share the letters; the floor is one connection. A PostgreSQL on this machine counts as ours.
    """
    settings = place(folder, database_url)
    breakfast(settings, number)
    ours, letter = delivered(settings, number, workers)
    (folder / "letter").write_bytes(letter)
    with sinks.serve(number, reading := Reading()) as sink:
        floor = sent(sink, reading, [[*HERE, "send", str(sink.port), str(number), str(folder / "letter")]], {})
    return ours, floor


def place(folder: Path, database_url: str) -> dict[str, str]:
    """Return the settings of an installation in this folder."""
    return {"INSTANCE_PATH": str(folder), "DATABASE_URL": database_url, "PUBLIC_URL": "", "KEYS": ""}


def delivered(settings: Mapping[str, str], number: int, workers: int) -> tuple[Post, bytes]:
    """Let so many workers deliver what is due; return what it took, and one of the letters."""
    with sinks.serve(number, reading := Reading(settings["DATABASE_URL"])) as sink:
        given = {**settings, "SMTP_URL": f"smtp://localhost:{sink.port}"}
        return sent(sink, reading, [[*HERE, "work"]] * workers, given), sink.one


class Reading:
    """Tells the processor time of the processes that send, and of their database."""

    def __init__(self, database_url: str = "") -> None:
        self.roots = servers.database(database_url)

    def __call__(self) -> float:
        """Return the seconds so far."""
        return processes.cpu_seconds(self.roots)


def sent(sink: Sink, reading: Reading, commands: Sequence[Sequence[str]], given: Mapping[str, str]) -> Post:
    """Run these until the sink has all it wants; return what that took from the first to the last."""
    environment = {**os.environ, **given}
    started = [
        subprocess.Popen(command, env=environment, cwd=serving.ROOT, stderr=subprocess.DEVNULL) for command in commands
    ]
    reading.roots += [process.pid for process in started]
    try:
        sink.wait()
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(ENDS_WITHIN_S)
    between = sink.wanted - 1
    seconds, cpu_ms = sink.arrivals[-1] - sink.arrivals[0], (sink.ended - sink.begun) * 1000 / between
    return Post(between, seconds, cpu_ms, len(sink.one))


def breakfast(settings: Mapping[str, str], number: int) -> Sequence[int]:
    """Let so many people have been at Tuesday's breakfast, and each have met three; return their numbers."""
    app, now = create_app(settings), datetime.combine(TUESDAY, time(8), UTC)
    with app.app_context():
        migrations.upgrade(db.engine)
        ids = towns.add(Person, [towns.person(one, now) for one in range(number)])
        group = groups.start(session.get_one(Person, ids[0]), "Severn Breakfast", "UTC", now, open_to_all=True)
        event = events.create(
            group.id, Plan("Tuesday Breakfast", "The Severn Hotel", "UTC", TUESDAY, time(7), time(9)), now
        )
        session.execute(insert(Attendance), [_there(event, person, number, now) for number, person in enumerate(ids)])
        _meetings(event, ids, now)
        session.commit()
        if db.engine.dialect.name == "postgresql":
            session.execute(text("ANALYZE"))  # as it does by itself, within a minute
            session.commit()
        db.engine.dispose()
    return ids


def _there(event: Event, person: int, number: int, now: datetime) -> dict[str, object]:
    here = {"state": PRESENT, "origin": WALK_IN, "arrived_at": now, "created_at": now}
    return {"event_id": event.id, "person_id": person, "name": towns.name(number), **here}


def _meetings(event: Event, ids: Sequence[int], now: datetime) -> None:
    pairs = [(ids[one], ids[one + step]) for step in range(1, MET + 1) for one in range(len(ids) - step)]
    met = {"event_id": event.id, "met_at": now + timedelta(minutes=10)}
    session.execute(insert(Encounter), [{"low_id": low, "high_id": high, **met} for low, high in pairs])
    contacts = [(owner, other) for pair in pairs for owner, other in (pair, pair[::-1])]
    known = {"stage": NEW, "created_at": now}
    session.execute(insert(Contact), [{"owner_id": owner, "other_id": other, **known} for owner, other in contacts])


if __name__ == "__main__":
    main()
