"""Kills workers, the database and the mail server while letters go out; counts what was lost and what came twice.

    make faults                    # 10,000 prompts and 500 kills: plain workers on SQLite, Celery on PostgreSQL
    make faults QUICK=1            # the same in small, within two minutes
    .venv/bin/python -m bench.faults --run sqlite --run postgresql --seed 7

Four runs: `sqlite` and `postgresql` with plain workers, `celery` with a beat, a broker and three hosts of two
processes each on PostgreSQL, and `header` and `celery-header` where the mail server knows idempotency headers, with a
tenth of the letters. Without --run it is all but `postgresql`.

The workers' clock runs twenty times as fast as the wall's (--speed), so that leases and waits end while one looks.
Whatever chance decides follows from the seed, as far as processes that are killed do the same twice. Ends with 1 if
anything was lost, came in two kinds, or came again oftener than connections were cut: at most once for each line to
the mail server that had carried a letter and ended without goodbye (its worker was killed, it was cut, or an answer
was lost), and for each that a worker had to a database that was torn down.
"""

import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import func, select

from app import create_app
from app.database import db, session
from app.domain import claims
from app.domain.deliveries import FINAL, SENT, Delivery
from app.domain.people import Person
from bench import letters, mailrooms
from bench.mailrooms import Copy, Habits, Mailroom
from tests.infrastructure import brokers, databases, postgres
from tests.infrastructure.brokers import Broker
from tests.infrastructure.crews import Crew, Time
from tests.infrastructure.offices import Office
from tests.infrastructure.runs import Run

WORKERS: Final = 2
LATEST_S: Final = 0.02  # how long after a letter came somebody is killed
ALL_KILLED_BY: Final = 0.9  # of the letters, so that those are left which wait for what was killed
AWAY_AT, AWAY_S = 0.4, 3.0
STALLS_AFTER_S: Final = 240.0
BROKER_FALLS: Final = 4
A_PART: Final = 10  # one of so many letters, where the mail server knows headers
SETTINGS: Final = {"PUBLIC_URL": "https://marmalade.example", "KEYS": "faults:" + "bWFybWFsYWRl" * 4}


@dataclass(frozen=True)
class Kind:
    """What a run is of."""

    name: str
    postgresql: bool = False
    celery: bool = False
    header: bool = False


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("sqlite"),
        Kind("postgresql", postgresql=True),
        Kind("celery", postgresql=True, celery=True),
        Kind("header", header=True),
        Kind("celery-header", postgresql=True, celery=True, header=True),
    )
}
USUAL: Final = ("sqlite", "celery", "header", "celery-header")


@dataclass(frozen=True)
class Plan:
    """What is to happen to how many letters."""

    prompts: int
    kills: int
    restarts: int
    seed: int
    speed: float = 20.0

    def of(self, kind: Kind) -> "Plan":
        """Return the plan for one run."""
        part = A_PART if kind.header else 1
        return Plan(max(1, self.prompts // part), self.kills // part, self.restarts, self.seed, self.speed)


@dataclass
class Figures:
    """What came of it."""

    run: str
    seed: int
    prompts: int
    kills: int = 0
    workers: int = 0
    children: int = 0
    mains: int = 0
    beats: int = 0
    restarts: int = 0
    broker_flushed: int = 0
    broker_restarted: int = 0
    away: int = 0
    refused_451: int = 0
    answers_lost: int = 0
    lines_cut: int = 0
    allowed_extra: int = 0
    identical_extra: int = 0
    of_another_kind: int = 0
    lost: int = 0
    noted_otherwise: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Say whether nothing was lost, nothing differs, and what came again had a cut connection to blame."""
        wrong = self.lost or self.of_another_kind or self.noted_otherwise or self.unfinished
        return not wrong and self.identical_extra <= self.allowed_extra

    def strike(self, what: str, number: int = 1) -> None:
        """Note whom a kill fell upon."""
        self.kills += number
        setattr(self, what, getattr(self, what) + number)


@click.command()
@click.option("--prompts", default=10_000, help="How many people have a prompt due.")
@click.option("--kills", default=500, help="How many processes are killed while letters go out.")
@click.option("--restarts", default=5, help="How often the database is torn down; on SQLite, all workers at once.")
@click.option("--seed", default=0, help="What chance begins with; 0: a new one, which is printed.")
@click.option("--run", "names", type=click.Choice([*KINDS]), multiple=True, default=USUAL, help="Which of them.")
@click.option("--speed", default=20.0, help="How many times as fast as the wall's the workers' clock runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for a program to read.")
def main(
    prompts: int, kills: int, restarts: int, seed: int, names: Sequence[str], speed: float, *, as_json: bool
) -> None:
    """Deliver in spite of it all, and count."""
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(1))  # told to stop, it takes along what it has started
    plan = Plan(prompts, kills, restarts, seed or random.SystemRandom().randrange(1, 1 << 31), speed)
    console, found, run = Console(stderr=as_json, highlight=False), [], Run.begin()
    console.print(f"--seed {plan.seed}")
    try:
        with _progress(console) as progress:
            found = [_tried(KINDS[name], plan.of(KINDS[name]), run, progress) for name in names]
    finally:
        run.end()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found]))
    else:
        console.print(told(found))
    sys.exit(0 if all(one.sound for one in found) else 1)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[kills]} kills"), console=console)


def told(found: Sequence[Figures]) -> Table:
    """Return the figures as a table, a column a run."""
    table = Table("", *(one.run for one in found), title="Letters in spite of it all", title_justify="left")
    for name in asdict(found[0]):
        if name != "run":
            table.add_row(name.replace("_", " "), *(f"{getattr(one, name):,}" for one in found))
    table.add_row("sound", *("[green]yes[/]" if one.sound else "[bold red]no[/]" for one in found))
    return table


def _tried(kind: Kind, plan: Plan, run: Run, progress: Progress) -> Figures:
    figures = Figures(kind.name, plan.seed, plan.prompts)
    task = progress.add_task(kind.name, total=plan.prompts, kills=0)
    with tempfile.TemporaryDirectory(prefix="marmalade-faults-") as folder, ExitStack() as opened:
        room = opened.enter_context(mailrooms.opened(Habits(knows_keys=kind.header), plan.seed))
        broker = opened.enter_context(brokers.serve()) if kind.celery else None
        settings = _settings(kind, run, Path(folder), room, broker)
        letters.breakfast(settings, plan.prompts)
        begun, hour = time.monotonic(), Time.from_now(letters.THURSDAY, plan.speed)
        staff = _staff(kind, settings, hour, Path(folder))
        opened.push(staff)
        trouble = _Trouble(plan, figures, room, staff, broker, settings["DATABASE_URL"])
        trouble.make(lambda: progress.update(task, completed=room.taken, kills=figures.kills))
        _settle(settings, plan.speed, figures)
        figures.seconds = round(time.monotonic() - begun, 1)
        _count(room, settings, figures)
    figures.allowed_extra = 0 if kind.header else figures.lines_cut + trouble.database_lines_cut
    return figures


def _settings(kind: Kind, run: Run, folder: Path, room: Mailroom, broker: Broker | None) -> dict[str, str]:
    return {
        **SETTINGS,
        "INSTANCE_PATH": str(folder / "instance"),
        "DATABASE_URL": databases.postgresql(run, kind.name) if kind.postgresql else "",
        "BROKER_URL": broker.url if broker else "",
        "SMTP_URL": f"smtp://localhost:{room.port}",
        "IDEMPOTENCY_HEADER": mailrooms.KEY if kind.header else "",
    }


def _staff(kind: Kind, settings: dict[str, str], hour: Time, folder: Path) -> Crew | Office:
    return Office(folder, settings, hour) if kind.celery else Crew(settings, hour, folder / "workers.log", WORKERS)


class _Trouble:
    """What happens, when so many have their letter: kills all along, and now and then something larger."""

    def __init__(
        self, plan: Plan, figures: Figures, room: Mailroom, staff: Crew | Office, broker: Broker | None, url: str
    ) -> None:
        self._plan, self._figures, self._room, self._staff = plan, figures, room, staff
        self._url, self._chance = url, random.Random(plan.seed)
        self._coming = sorted(
            [
                *((share, self._tear_the_database_down) for share in _spread(plan.restarts)),
                *(((share, partial(self._empty, broker)) for share in _spread(BROKER_FALLS)) if broker else ()),
                (AWAY_AT, self._send_the_mail_server_away),
            ],
            key=itemgetter(0),
        )

    @property
    def database_lines_cut(self) -> int:
        """Return how many workers may have been between a reply and its note when the database was torn down."""
        return self._figures.restarts * self._staff.carriers if self._url else 0

    def make(self, show: Callable[[], None]) -> None:
        """Go on until everybody has their letter, or nothing has come for too long."""
        latest = time.monotonic()
        while self._room.taken < self._plan.prompts and time.monotonic() - latest < STALLS_AFTER_S:
            before = self._room.taken
            if self._room.wait_for(self._next_kill(), 0.5) and self._figures.kills < self._plan.kills:
                time.sleep(self._chance.uniform(0, LATEST_S))  # the fault itself: at whatever instant chance says
                self._figures.strike(self._staff.strike(self._chance))
            while self._coming and self._room.taken >= self._coming[0][0] * self._plan.prompts:
                self._coming.pop(0)[1]()
            if self._room.taken > before:
                latest = time.monotonic()
            show()

    def _next_kill(self) -> int:
        """Return how many must have their letter before somebody is killed, or everything is over."""
        if self._figures.kills >= self._plan.kills:
            return self._plan.prompts
        return max(1, round(self._plan.prompts * ALL_KILLED_BY * self._figures.kills / self._plan.kills))

    def _tear_the_database_down(self) -> None:
        self._figures.restarts += 1
        if self._url:
            postgres.restart(self._url)
        elif isinstance(self._staff, Crew):
            self._figures.strike("workers", self._staff.strike_all())

    def _empty(self, broker: Broker) -> None:
        if self._figures.broker_flushed > self._figures.broker_restarted:
            broker.restart()
            self._figures.broker_restarted += 1
        else:
            broker.flush()
            self._figures.broker_flushed += 1

    def _send_the_mail_server_away(self) -> None:
        self._figures.away += 1
        self._room.shut()
        time.sleep(AWAY_S)  # the fault itself
        self._room.open()


def _spread(times: int) -> list[float]:
    """Return so many shares of the letters, evenly between none and all of them."""
    return [number / (times + 1) for number in range(1, times + 1)]


def _settle(settings: dict[str, str], speed: float, figures: Figures) -> None:
    """Wait until the journal says so too: what was taken without an answer is sent again, and then it ends."""
    app, deadline = create_app(settings), time.monotonic() + 60
    deadline += 2 * claims.LADDER[3].total_seconds() / speed  # a letter that was not taken four times waits so long
    left = select(func.count()).where(Delivery.state.not_in(FINAL))
    with app.app_context():
        while time.monotonic() < deadline:
            figures.unfinished = session.scalar(left) or 0
            session.rollback()
            if not figures.unfinished:
                break
            time.sleep(0.2)  # other processes write it, and the database tells nobody
        for one in session.scalars(select(Delivery).where(Delivery.state.not_in(FINAL))) if figures.unfinished else ():
            when = f"next try {one.next_try_at}, lease {one.lease_until}"
            Console(stderr=True).print(f"{one.id} is {one.state} after {one.failures} failures, {when}: {one.reason}")
        session.remove()
        db.engine.dispose()


def _count(room: Mailroom, settings: dict[str, str], figures: Figures) -> None:
    app = create_app(settings)
    with app.app_context():
        wanted = set(session.scalars(select(Person.email)))
        unsent = session.scalar(select(func.count()).where(Delivery.state != SENT)) or 0
        session.remove()
        db.engine.dispose()
    figures.lost = len(wanted - room.copies.keys())
    figures.noted_otherwise = max(0, unsent - figures.unfinished)
    kinds: list[set[Copy]] = [set(copies) for copies in room.copies.values()]
    figures.of_another_kind = sum(len(kind) - 1 for kind in kinds)
    figures.identical_extra = sum(len(copies) - 1 for copies in room.copies.values()) - figures.of_another_kind
    figures.refused_451, figures.answers_lost, figures.lines_cut = room.refused, room.unanswered, room.cut


if __name__ == "__main__":
    main()
