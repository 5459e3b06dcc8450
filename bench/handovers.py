"""Letters a second through the courier, beside the bare sending of the same bytes, in one run.

    make bench-delivery            # SQLite and PostgreSQL, one worker and two
    make bench-delivery QUICK=1    # a few hundred letters each
    .venv/bin/python -m bench.handovers --letters 20000 --dry-run

The floor is the mail client of Python's library on one connection that stays open, without any database. The mail
server that takes it all runs on the same cores.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console

from app import clock
from bench import ledgers, letters, routes
from bench.ledgers import Ledger, Machine, figure
from bench.letters import Post
from tests.infrastructure import databases
from tests.infrastructure.runs import Run

DATABASES = ("SQLite", "PostgreSQL")
QUICK, FULL = 300, 4_000
AT_ONCE = (1, 2)
A_SECOND, OF_THE_FLOOR, A_MORNING, MORNING_LASTS_S = 250, 0.5, 20_000, 120
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class Found(NamedTuple):
    """What one database and so many workers came to, and the floor that was measured right after."""

    database: str
    workers: int
    ours: Post
    floor: Post


@click.command()
@click.option("--letters", "number", default=FULL, help="How many letters are due, each time.")
@click.option("--quick", is_flag=True, help="A few hundred, within minutes.")
@click.option("--database", "only", type=click.Choice(DATABASES), help="One database instead of both.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(number: int, only: str | None, *, quick: bool, dry_run: bool) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    run, due = Run.begin(), QUICK if quick else number
    try:
        with console.status("") as status, tempfile.TemporaryDirectory(prefix="marmalade-handovers-") as folder:
            found = []
            for database in [only] if only else DATABASES:
                for workers in AT_ONCE:
                    status.update(f"{database}, {workers} at work")
                    url = databases.postgresql(run, f"handovers{workers}") if database == "PostgreSQL" else ""
                    measured = letters.measure(Path(folder) / f"{database}-{workers}", due, url, workers)
                    found.append(Found(database, workers, *measured))
    finally:
        run.end()
    ledger = _ledger(found)
    console.print(ledger.drawn())
    if not dry_run:
        how = f"{due:,} letters each time, the floor right after it."
        ledgers.write("delivery", clock.now(), [f"{Machine.here()}.", how], [ledger])


def _ledger(found: Sequence[Found]) -> Ledger:
    headings = (
        "database",
        "workers",
        "letters",
        "per s",
        "floor, per s",
        "of the floor",
        "CPU ms",
        "floor, CPU ms",
        "aim",
    )
    return Ledger("Letters handed over", headings, [_row(one) for one in found])


def _row(one: Found) -> Sequence[str]:
    share, rates = one.ours.rate / one.floor.rate, (figure(one.ours.rate), figure(one.floor.rate))
    costs = (figure(one.ours.cpu_ms), figure(one.floor.cpu_ms))
    aims = [(one.ours.rate, A_SECOND, "per s", True), (share, OF_THE_FLOOR, "of the floor", True)]
    if one.ours.letters + 1 >= A_MORNING:
        aims.append((one.ours.seconds, MORNING_LASTS_S, "s", False))
    wanted = routes.said(aims) if one.workers == max(AT_ONCE) else ""
    return (one.database, str(one.workers), f"{one.ours.letters + 1:,}", *rates, figure(share), *costs, wanted)


if __name__ == "__main__":
    main()
