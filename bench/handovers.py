"""Letters and messages a second through the courier, beside the bare sending of the same bytes, in one run.

    make bench-delivery            # SQLite and PostgreSQL, one worker and two; 20,000 due at nine
    make bench-delivery QUICK=1    # a few hundred each

The floor is the client of Python's library on one connection that stays open, without any database; messages are
sealed by it as well. The mail server or push service that takes it all runs on the same cores.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console

from app import clock
from bench import ledgers, letters, mornings, pushes, routes
from bench.ledgers import Ledger, Machine, figure
from bench.letters import Post
from bench.mornings import Morning
from bench.routes import Reached
from tests.infrastructure import databases
from tests.infrastructure.runs import Run

DATABASES = ("SQLite", "PostgreSQL")
QUICK, FULL, A_MORNING = 300, 4_000, 20_000
AT_ONCE = (1, 2)
A_SECOND, AIMED_AT, MESSAGES_A_SECOND, TWICE = 250, 410, 600, 1.7
MORNING_LASTS_S, WEB_P95_MS = 120, 500
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class Found(NamedTuple):
    """What one database and so many workers came to, and the floor that was measured right after."""

    database: str
    workers: int
    ours: Post
    floor: Post


@dataclass
class Findings:
    """All of it."""

    letters: list[Found] = field(default_factory=list)
    messages: list[Found] = field(default_factory=list)
    mornings: list[tuple[str, Morning]] = field(default_factory=list)


@click.command()
@click.option("--letters", "number", default=FULL, help="How many are due, each time.")
@click.option("--morning", "many", default=A_MORNING, help="How many are due at nine.")
@click.option("--quick", is_flag=True, help="A few hundred, within minutes.")
@click.option("--database", "only", type=click.Choice(DATABASES), help="One database instead of both.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(number: int, many: int, only: str | None, *, quick: bool, dry_run: bool) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    run, due, at_nine, found = Run.begin(), QUICK if quick else number, QUICK if quick else many, Findings()
    try:
        with console.status("") as status, tempfile.TemporaryDirectory(prefix="marmalade-handovers-") as folder:
            for database in [only] if only else DATABASES:
                _measure(_Place(run, Path(folder), database), due, at_nine, found, status.update)
    finally:
        run.end()
    made = [_of_letters(found.letters), _of_messages(found.messages), _of_mornings(found.mornings)]
    for ledger in made:
        console.print(ledger.drawn())
    if not dry_run:
        how = f"{due:,} each time, the floor right after it; {at_nine:,} at nine."
        ledgers.write("delivery", clock.now(), [f"{Machine.here()}.", how], made)


@dataclass
class _Place:
    """Where one database's installations are made, each with a folder and a database of its own."""

    run: Run
    folder: Path
    database: str
    made: int = 0

    def another(self) -> tuple[Path, str]:
        self.made += 1
        url = databases.postgresql(self.run, f"handovers{self.made}") if self.database == "PostgreSQL" else ""
        return self.folder / f"{self.database}-{self.made}", url


def _measure(place: _Place, due: int, at_nine: int, found: Findings, said: Callable[[str], None]) -> None:
    for workers in AT_ONCE:
        said(f"{place.database}, letters, {workers} at work")
        folder, url = place.another()
        found.letters.append(Found(place.database, workers, *letters.measure(folder, due, url, workers)))
    said(f"{place.database}, messages")
    found.messages.append(Found(place.database, 1, *pushes.measure(*_three(place, due))))
    said(f"{place.database}, {at_nine:,} letters at nine, and phones at the web")
    found.mornings.append((place.database, mornings.measure(*_three(place, at_nine), workers=max(AT_ONCE))))


def _three(place: _Place, number: int) -> tuple[Path, int, str]:
    folder, url = place.another()
    return folder, number, url


def _of_letters(found: Sequence[Found]) -> Ledger:
    return Ledger("Letters handed over", HEADINGS, [_row(one, _aims(one, found)) for one in found])


def _of_messages(found: Sequence[Found]) -> Ledger:
    rows = [_row(one, [(one.ours.rate, MESSAGES_A_SECOND, "per s", True)]) for one in found]
    return Ledger("Messages handed over", HEADINGS, rows)


HEADINGS = ("database", "workers", "sent", "per s", "floor, per s", "of the floor", "CPU ms", "floor, CPU ms", "aim")


def _aims(one: Found, found: Sequence[Found]) -> list[Reached]:
    """Say what several workers are to reach: a rate, a better one, on PostgreSQL so many times one worker's."""
    if one.workers < max(AT_ONCE):
        return []
    aims: list[Reached] = [(one.ours.rate, least, "per s", True) for least in (A_SECOND, AIMED_AT)]
    if one.database == "PostgreSQL":
        alone = next(other for other in found if other.database == one.database and other.workers == 1)
        aims.append((one.ours.rate / alone.ours.rate, TWICE, "× one", True))
    return aims


def _row(one: Found, aims: Sequence[Reached]) -> Sequence[str]:
    share, rates = one.ours.rate / one.floor.rate, (figure(one.ours.rate), figure(one.floor.rate))
    costs = (figure(one.ours.cpu_ms), figure(one.floor.cpu_ms))
    return (
        one.database,
        str(one.workers),
        f"{one.ours.letters + 1:,}",
        *rates,
        figure(share),
        *costs,
        routes.said(aims),
    )


def _of_mornings(found: Sequence[tuple[str, Morning]]) -> Ledger:
    headings = ("database", "workers", "letters", "s", "per s", "web answers", "not 2xx or 3xx", "web p95 ms", "aim")
    return Ledger("All at nine, and the web meanwhile", headings, [_of_morning(*one) for one in found])


def _of_morning(database: str, morning: Morning) -> Sequence[str]:
    post, waits = morning.post, morning.waits
    p95, wrong = waits.percentile(95), sum(count for status, count in waits.statuses.items() if status >= 400)
    aims: list[Reached] = [(post.seconds, MORNING_LASTS_S, "s", False), (p95, WEB_P95_MS, "ms", False)]
    letters = (f"{post.letters + 1:,}", figure(post.seconds), figure(post.rate))
    web = (f"{waits.answers:,}", str(wrong), figure(p95))
    return (database, str(max(AT_ONCE)), *letters, *web, routes.said(aims))


if __name__ == "__main__":
    main()
