"""Kills workers, the database and the mail server while letters go out; counts what was lost and what came twice.

    make faults                    # 10,000 prompts and 500 kills, on SQLite and on PostgreSQL
    make faults QUICK=1            # the same in small, within a minute
    .venv/bin/python -m bench.faults --database sqlite --seed 7 --header

The workers' clock runs twenty times as fast as the wall's (--speed), so that leases and waits end while one looks.
Whatever chance decides follows from the seed, as far as processes that are killed do the same twice. Ends with 1 if
anything was lost, came in two kinds, or came again without a connection having been cut.
"""

import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from sqlalchemy import func, select

from app import create_app
from app.database import db, session
from app.domain import claims
from app.domain.deliveries import FINAL, SENT, Delivery
from app.domain.people import Person
from bench import letters, mailrooms
from bench.mailrooms import Copy, Habits, Mailroom
from tests.infrastructure import databases, postgres
from tests.infrastructure.crews import Crew, Time
from tests.infrastructure.runs import Run

DATABASES: Final = ("sqlite", "postgresql")
WORKERS: Final = 2
LATEST_S: Final = 0.02  # how long after a letter came its worker, or the other one, is killed
AWAY_S: Final = 3.0
STALLS_AFTER_S: Final = 240.0


@dataclass(frozen=True)
class Plan:
    """What is to happen to how many letters."""

    prompts: int
    kills: int
    restarts: int
    seed: int
    header: bool = False
    speed: float = 20.0


@dataclass
class Figures:
    """What came of it."""

    database: str
    seed: int
    prompts: int
    kills: int = 0
    restarts: int = 0
    away: int = 0
    refused_451: int = 0
    answers_lost: int = 0
    lost: int = 0
    of_another_kind: int = 0
    identical_extra: int = 0
    cut: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Say whether nothing was lost, nothing differs, and what came again had a cut connection to blame."""
        return not (self.lost or self.of_another_kind or self.unfinished) and self.identical_extra <= self.cut


@click.command()
@click.option("--prompts", default=10_000, help="How many people have a prompt due.")
@click.option("--kills", default=500, help="How many workers are killed while their letters go out.")
@click.option("--restarts", default=5, help="How often the database is torn down; on SQLite, all workers at once.")
@click.option("--seed", default=0, help="What chance begins with; 0: a new one, which is printed.")
@click.option("--database", "only", type=click.Choice(DATABASES), help="One database instead of both.")
@click.option("--speed", default=20.0, help="How many times as fast as the wall's the workers' clock runs.")
@click.option("--header", is_flag=True, help="The mail server knows idempotency headers: exactly one copy each.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for a program to read.")
def main(
    prompts: int, kills: int, restarts: int, seed: int, only: str | None, speed: float, *, header: bool, as_json: bool
) -> None:
    """Deliver in spite of it all, and count."""
    plan = Plan(prompts, kills, restarts, seed or random.SystemRandom().randrange(1, 1 << 31), header, speed)
    console, found, run = Console(stderr=as_json, highlight=False), [], Run.begin()
    try:
        with Progress(console=console) as progress:
            found = [_tried(database, plan, run, progress) for database in ([only] if only else DATABASES)]
    finally:
        run.end()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found]))
    else:
        console.print(told(found))
    sys.exit(0 if all(one.sound and not (header and one.identical_extra) for one in found) else 1)


def told(found: Sequence[Figures]) -> Table:
    """Return the figures as a table, a column a database."""
    table = Table("", *(one.database for one in found), title="Letters in spite of it all", title_justify="left")
    for name in asdict(found[0]):
        if name != "database":
            table.add_row(name.replace("_", " "), *(f"{getattr(one, name):,}" for one in found))
    table.add_row("sound", *("[green]yes[/]" if one.sound else "[bold red]no[/]" for one in found))
    return table


def _tried(database: str, plan: Plan, run: Run, progress: Progress) -> Figures:
    figures, task = Figures(database, plan.seed, plan.prompts), progress.add_task(database, total=plan.prompts)
    with tempfile.TemporaryDirectory(prefix="marmalade-faults-") as folder, ExitStack() as opened:
        url = databases.postgresql(run, "faults") if database == "postgresql" else ""
        habits = Habits(knows_keys=plan.header)
        room = opened.enter_context(mailrooms.opened(habits, plan.seed))
        settings = {
            "INSTANCE_PATH": str(Path(folder) / "instance"),
            "DATABASE_URL": url,
            "PUBLIC_URL": "",
            "KEYS": "",
            "SMTP_URL": f"smtp://localhost:{room.port}",
            "IDEMPOTENCY_HEADER": mailrooms.KEY if plan.header else "",
        }
        letters.breakfast(settings, plan.prompts)
        begun, hour = time.monotonic(), Time.from_now(letters.THURSDAY, plan.speed)
        log = Path(folder) / "workers.log"
        crew = opened.enter_context(Crew(settings, hour, log, WORKERS))
        trouble = _Trouble(plan, room, crew, url, figures)
        trouble.make(progress, task)
        _settle(settings, plan.speed, figures)
        figures.seconds = round(time.monotonic() - begun, 1)
        _count(room, settings, figures)
    return figures


class _Trouble:
    """What happens, when so many have their letter: kills all along, and now and then something larger."""

    def __init__(self, plan: Plan, room: Mailroom, crew: Crew, url: str, figures: Figures) -> None:
        self._plan, self._room, self._crew, self._url, self._figures = plan, room, crew, url, figures
        self._chance = random.Random(plan.seed)
        self._restarts = [plan.prompts * number // (plan.restarts + 1) for number in range(1, plan.restarts + 1)]
        self._away = [plan.prompts * 2 // 5]

    def make(self, progress: Progress, task: TaskID) -> None:
        """Go on until everybody has their letter, or nothing has come for too long."""
        latest = time.monotonic()
        while self._room.taken < self._plan.prompts and time.monotonic() - latest < STALLS_AFTER_S:
            mark = self._plan.prompts * (self._figures.kills + 1) // (self._plan.kills + 1)
            before = self._room.taken
            if self._room.wait_for(min(max(mark, 1), self._plan.prompts), 0.5) and self._left:
                time.sleep(self._chance.uniform(0, LATEST_S))  # the fault itself: at whatever instant chance says
                self._kill(self._chance.randrange(WORKERS))
            self._larger()
            if self._room.taken > before:
                latest = time.monotonic()
            progress.update(task, completed=self._room.taken)

    @property
    def _left(self) -> bool:
        return self._figures.kills < self._plan.kills

    def _kill(self, place: int) -> None:
        self._crew.replace(place, signal.SIGKILL)
        self._figures.kills += 1

    def _larger(self) -> None:
        if self._restarts and self._room.taken >= self._restarts[0]:
            self._restarts.pop(0)
            self._figures.restarts += 1
            if self._url:
                postgres.restart(self._url)
            else:
                for place in range(WORKERS):
                    self._kill(place)
        if self._away and self._room.taken >= self._away[0]:
            self._away.pop(0)
            self._figures.away += 1
            self._room.shut()
            time.sleep(AWAY_S)
            self._room.open()


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
            time.sleep(0.2)
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
    figures.lost = len(wanted - room.copies.keys()) + max(0, unsent - figures.unfinished)
    kinds: list[set[Copy]] = [set(copies) for copies in room.copies.values()]
    figures.of_another_kind = sum(len(kind) - 1 for kind in kinds)
    figures.identical_extra = sum(len(copies) - 1 for copies in room.copies.values()) - figures.of_another_kind
    figures.refused_451, figures.answers_lost = room.refused, room.unanswered
    torn = figures.restarts * WORKERS if figures.database == "postgresql" else 0  # between a reply and its note
    figures.cut = figures.kills + room.unanswered + room.cut + torn


if __name__ == "__main__":
    main()
