"""What a round of the courier costs among many stored prompts: ten letters due, and the question whether one may go.

    make bench-backlog                  # 10,000 to ten million prompts on SQLite (POSTGRESQL=1, QUICK=1)
    .venv/bin/python -m bench.backlog --most 1000000 --dry-run

Each database is the one before it, grown. The letters go nowhere: what is measured is the database's part and ours.
"""

import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import click
from flask import Flask
from rich.console import Console
from sqlalchemy import delete, select, update

from app import clock, create_app
from app.database import begin_write, db, session
from app.delivery import courier
from app.domain import manners, rations
from app.domain.deliveries import WAITING, Delivery
from app.domain.rations import Portion, Ration
from bench import archives, ledgers, letters
from bench.ledgers import Ledger, Machine, figure
from bench.letters import THURSDAY
from tests.infrastructure import databases
from tests.infrastructure.runs import Run

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
DUE, TIMES = 10, 15
MOST_TIMES_SLOWER, CAP_CHECK_MS = 1.5, 5.0
ROUND, CAP = "a round, ten letters due", "the cap check of one letter"
LOOK, PLAN = "a look whether anything changed", "a look for what to plan"
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class _Nowhere:
    """A way out that takes every letter and keeps none."""

    def send(self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]) -> bool:
        return before_dot()

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Filled:
    """How many prompts were stored, and the milliseconds that each thing took there, the median of many."""

    prompts: int
    took_ms: dict[str, float]


@dataclass(frozen=True)
class House:
    """A house with so many prompts, and the numbers of the letters that are due in it again and again."""

    prompts: int
    app: Flask
    ours: Sequence[int]


@click.command()
@click.option("--postgresql", is_flag=True, help="On PostgreSQL instead of SQLite.")
@click.option("--most", default=SIZES[-1], help="No more prompts than these.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(most: int, *, postgresql: bool, dry_run: bool) -> None:
    """Fill databases, each further than the one before, measure the same in each, print, write docs/benchmarks.md."""
    run, sizes = Run.begin(), [size for size in SIZES if size <= most]
    try:
        with tempfile.TemporaryDirectory(prefix="marmalade-backlog-", ignore_cleanup_errors=True) as folder:
            found = _measured([*_grown(run, Path(folder), sizes, postgresql)])
    finally:
        run.end()
    ledger = _ledger(found, postgresql)
    console.print(ledger.drawn())
    if not dry_run:
        ledgers.write("backlog-postgresql" if postgresql else "backlog", clock.now(), [f"{Machine.here()}."], [ledger])


def _grown(run: Run, folder: Path, sizes: Sequence[int], postgresql: bool) -> Iterator[House]:
    """Yield a house for each size: a copy of the one before it, with more of the past."""
    before, house = 0, _settle(run, folder / "0", postgresql)
    for size in sizes:
        url = databases.copied(run, f"backlog{size}", f"backlog{before}") if postgresql else ""
        shutil.copytree(folder / str(before), folder / str(size))
        begun, house = perf_counter(), House(size, _app(folder / str(size), url), house.ours)
        with console.status(f"writing {size:,} prompts"), house.app.app_context():
            archives.grow(db.engine, before, size, THURSDAY)
            db.engine.dispose()
        console.print(f"{size:>10,} prompts after {perf_counter() - begun:.0f} s")
        before = size
        yield house


def _settle(run: Run, folder: Path, postgresql: bool) -> House:
    url = databases.postgresql(run, "backlog0", on_disk=True) if postgresql else ""
    app = _app(folder, url)
    letters.breakfast(_settings(folder, url), DUE)
    with clock.fixed(THURSDAY), app.app_context():
        courier.plan(THURSDAY)
        ours = session.scalars(select(Delivery.id)).all()
        session.remove()
        db.engine.dispose()
    return House(0, app, ours)


def _app(folder: Path, url: str) -> Flask:
    return create_app(_settings(folder, url))


def _settings(folder: Path, url: str) -> dict[str, str]:
    return {"INSTANCE_PATH": str(folder), "DATABASE_URL": url, "PUBLIC_URL": "", "KEYS": ""}


def _measured(houses: Sequence[House]) -> list[Filled]:
    """Measure the same in each house, in turns, so that what else the machine does is the same for all."""
    took: dict[int, dict[str, list[float]]] = {house.prompts: defaultdict(list) for house in houses}
    for _time in range(TIMES):
        for house in houses:
            with clock.fixed(THURSDAY), house.app.app_context():
                for name, ms in _once(house.ours):
                    took[house.prompts][name].append(ms)
                session.remove()
    for house in houses:
        with house.app.app_context():
            db.engine.dispose()
    return [Filled(size, {name: median(ms[1:]) for name, ms in found.items()}) for size, found in took.items()]


def _once(ours: Sequence[int]) -> Iterator[tuple[str, float]]:
    _make_due(ours)
    yield CAP, _cap_check(ours[0])
    yield LOOK, _timed(lambda: courier.pulse(THURSDAY))
    yield PLAN, _timed(_plan)
    yield ROUND, _timed(_go_round)


def _make_due(ours: Sequence[int]) -> None:
    begin_write()
    session.execute(delete(Ration).where(Ration.delivery_id.in_(ours)))
    session.execute(update(Delivery).where(Delivery.id.in_(ours)).values(state=WAITING, sent_at=None, lease_until=None))
    session.commit()


def _go_round() -> None:
    tally = courier.round(THURSDAY, _Nowhere(), plans=False)
    if tally.count("sent") != DUE:
        raise LookupError(f"{tally.count('sent')} of {DUE} letters went.")


def _plan() -> None:
    if courier.plan(THURSDAY):
        raise LookupError("There was something to plan.")


def _cap_check(delivery: int) -> float:
    """Ask what went to the reader this week, and use the day up, as each letter does; nothing is kept.

    Return the milliseconds of that. The letter itself is read before, as a round has read it with others.
    """
    begin_write()
    portion = manners.portion(session.get_one(Delivery, delivery), THURSDAY)
    if portion is None:
        raise LookupError("This letter uses no day up.")
    took = _timed(lambda: _use_up(portion, delivery))
    session.rollback()
    return took


def _use_up(portion: Portion, delivery: int) -> None:
    told = rations.used(portion, rations.lately([portion.person_id], THURSDAY))
    if told or not rations.take(portion, delivery, THURSDAY):
        raise LookupError("This letter has no day of its own.")


def _timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return (perf_counter() - begun) * 1000


def _ledger(found: list[Filled], postgresql: bool) -> Ledger:
    headings = ["ms, among so many prompts", *(f"{one.prompts:,}" for one in found), "× of the least", "aim"]
    rows = []
    for name in found[0].took_ms:
        took = [one.took_ms[name] for one in found]
        times = took[-1] / took[0]
        flat = f"≤ {MOST_TIMES_SLOWER} × {'✓' if times <= MOST_TIMES_SLOWER else '✗'}"
        cap = f", ≤ {CAP_CHECK_MS:g} ms {'✓' if took[-1] <= CAP_CHECK_MS else '✗'}" if name == CAP else ""
        rows.append([name, *map(figure, took), figure(times), flat + cap])
    return Ledger(f"A round among many, {'PostgreSQL' if postgresql else 'SQLite'}", headings, rows)


if __name__ == "__main__":
    main()
