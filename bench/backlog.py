"""What a round of the courier costs among many stored prompts: ten letters due, and the question whether one may go.

    make bench-backlog                  # 10,000, 100,000 and a million prompts on SQLite (POSTGRESQL=1, QUICK=1)
    .venv/bin/python -m bench.backlog --most 10000000 --dry-run

The letters go nowhere, so that what is measured is the database's part and ours.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import click
from rich.console import Console
from sqlalchemy import delete, func, insert, select, text, update

from app import clock, create_app
from app.database import begin_write, db, session
from app.delivery import courier
from app.domain import manners, rations
from app.domain.deliveries import MAIL, SENT, WAITING, Delivery
from app.domain.prompts import Prompt
from app.domain.rations import Ration
from bench import crowds, ledgers, letters
from bench.ledgers import Ledger, Machine, figure
from bench.letters import THURSDAY
from tests.infrastructure import databases
from tests.infrastructure.runs import Run

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
USUAL, DUE, TIMES = 1_000_000, 10, 15
MOST_TIMES_SLOWER, CAP_CHECK_MS = 1.5, 5.0
ROUND, LOOK, CAP = "a round, ten letters due", "a look whether anything changed", "the cap check of one letter"
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


@click.command()
@click.option("--postgresql", is_flag=True, help="On PostgreSQL instead of SQLite.")
@click.option("--most", default=USUAL, help="No more prompts than these; up to ten million.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(most: int, *, postgresql: bool, dry_run: bool) -> None:
    """Fill the databases, measure the same rounds in each, print, and write docs/benchmarks.md."""
    run = Run.begin()
    try:
        with tempfile.TemporaryDirectory(prefix="marmalade-backlog-", ignore_cleanup_errors=True) as folder:
            found = [_measured(run, Path(folder), size, postgresql) for size in SIZES if size <= most]
    finally:
        run.end()
    ledger = _ledger(found, postgresql)
    console.print(ledger.drawn())
    if not dry_run:
        ledgers.write("backlog-postgresql" if postgresql else "backlog", clock.now(), [f"{Machine.here()}."], [ledger])


def _measured(run: Run, folder: Path, prompts: int, postgresql: bool) -> Filled:
    url = databases.postgresql(run, f"backlog{prompts}") if postgresql else ""
    settings = {"INSTANCE_PATH": str(folder / str(prompts)), "DATABASE_URL": url, "PUBLIC_URL": "", "KEYS": ""}
    letters.breakfast(settings, DUE)
    app, begun = create_app(settings), perf_counter()
    with clock.fixed(THURSDAY), app.app_context():
        courier.plan(THURSDAY)
        ours = session.scalars(select(Delivery.id)).all()
        session.rollback()
        with console.status(f"writing {prompts:,} prompts"):
            crowds.gather(prompts // 2, THURSDAY)
            _use_days_up()
        stored = session.scalar(select(func.count()).select_from(Prompt)) or 0
        session.rollback()
        console.print(f"{stored:>10,} prompts written in {perf_counter() - begun:.0f} s")
        took: dict[str, list[float]] = {ROUND: [], LOOK: [], CAP: []}
        for _time in range(TIMES):
            _make_due(list(ours))
            took[CAP].append(_timed(lambda: _cap_check(ours[0])))
            took[LOOK].append(_timed(lambda: courier.pulse(THURSDAY)))
            took[ROUND].append(_timed(_go_round))
        session.remove()
        db.engine.dispose()
    return Filled(stored, {name: median(times[1:]) for name, times in took.items()})


def _use_days_up() -> None:
    """Let every letter of the crowd have used up its reader's day."""
    day = select(Prompt.person_id, Prompt.due_day, func.min(Delivery.id), func.min(Delivery.due_at))
    day = day.join(Delivery, Delivery.prompt_id == Prompt.id).where(Delivery.state == SENT)
    columns = ["person_id", "channel", "day", "delivery_id", "used_at"]
    chosen = day.group_by(Prompt.person_id, Prompt.due_day).subquery()
    person, due, delivery, at = chosen.c
    session.execute(insert(Ration).from_select(columns, select(person, text(f"'{MAIL}'"), due, delivery, at)))
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE"))
    session.commit()


def _make_due(ours: list[int]) -> None:
    begin_write()
    session.execute(delete(Ration).where(Ration.delivery_id.in_(ours)))
    session.execute(update(Delivery).where(Delivery.id.in_(ours)).values(state=WAITING, sent_at=None, lease_until=None))
    session.commit()


def _go_round() -> None:
    tally = courier.round(THURSDAY, _Nowhere(), plans=False)
    if tally.count("sent") != DUE:
        raise LookupError(f"{tally.count('sent')} of {DUE} letters went.")


def _cap_check(delivery: int) -> None:
    """Ask what went to the reader this week, and use the day up, as each letter does; nothing is kept."""
    begin_write()
    found = session.get_one(Delivery, delivery)
    portion = manners.portion(found, THURSDAY)
    if (
        portion is None
        or rations.used(portion, rations.lately([portion.person_id], THURSDAY))
        or not rations.take(portion, delivery, THURSDAY)
    ):
        raise LookupError("This letter has no day of its own.")
    session.rollback()


def _timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return (perf_counter() - begun) * 1000


def _ledger(found: list[Filled], postgresql: bool) -> Ledger:
    headings = ["what", *(f"ms, {one.prompts:,} prompts" for one in found), "× of the least", "aim"]
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
