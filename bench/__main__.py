"""Measures Marmalade and the floors under it, in one run: `make bench`, or `make bench QUICK=1` for a first look.

.venv/bin/python -m bench --quick --only scan --dry-run
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from flask import Flask
from packaging.requirements import Requirement
from rich.console import Console
from sqlalchemy.engine import make_url

from app import clock, create_app, migrations
from app.database import db
from bench import floors, ledgers, letters, processes, rounds, routes, servers, setups, towns
from bench.ledgers import Ledger, Machine, figure
from bench.letters import Post
from bench.rounds import Cell
from bench.servers import Server
from tests.infrastructure import databases, postgres
from tests.infrastructure.runs import Run

ROOT = Path(__file__).parent.parent
MOST_PSS_MIB, MOST_PACKAGES, MOST_SETUP_S = 200, 50, 120
LETTERS_A_SECOND, LETTER_CPU_MS = 250, 4.0
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Pace:
    """How long it is looked at."""

    rounds: int
    seconds: float
    letters: int


QUICK, FULL = Pace(1, 0.7, 300), Pace(3, 1.5, 2_000)


@click.command()
@click.option("--quick", is_flag=True, help="One short round, within two minutes.")
@click.option("--only", default="", help="Only paths in whose name this stands, with their floors.")
@click.option("--setup", is_flag=True, help="Also make and open a fresh clone, and say how long that took.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(quick: bool, only: str, setup: bool, dry_run: bool) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    pace = QUICK if quick else FULL
    run = Run.begin()
    try:
        with tempfile.TemporaryDirectory(prefix="marmalade-bench-", ignore_cleanup_errors=True) as folder:
            found = list(_measured(run, Path(folder), pace, only, setup))
    finally:
        run.end()
    for ledger in found:
        console.print(ledger.drawn())
    if not dry_run:
        how = f"{pace.rounds} rounds of {pace.seconds:g} s a path, floors and ours in turns, medians."
        ledgers.write("figures", clock.now(), [f"{Machine.here()}.", how], found)


def _measured(run: Run, folder: Path, pace: Pace, only: str, setup: bool) -> Iterator[Ledger]:
    with _open(run, folder) as (house, pg_house, bare, town, pg_town):
        paths = routes.all_of(house, pg_house, bare, town, pg_town)
        wanted = {path.name for path in paths if only in path.name}
        wanted |= {path.floor for path in paths if path.name in wanted}
        cells = rounds.cells([path for path in paths if path.name in wanted])
        with console.status("") as status:
            rounds.measure(cells, pace.rounds, pace.seconds, status.update)
        yield _paths(cells)
        kept = _kept(house)
    if not only or "letters" in only:
        with console.status("letters"):
            yield _letters(*letters.measure(folder / "letters", pace.letters))
    yield _house(kept, setups.seconds(folder) if setup else None)


@contextmanager
def _open(run: Run, folder: Path) -> Iterator[tuple[Server, Server, Server, towns.Town, towns.Town]]:
    """Fill the databases, and open the three servers."""
    url = databases.postgresql(run, "bench")
    with console.status("filling the databases"):
        town = _filled({"INSTANCE_PATH": str(folder / "sqlite"), "DATABASE_URL": ""})
        pg_town = _filled({"INSTANCE_PATH": str(folder / "postgres"), "DATABASE_URL": url})
        bare_url = _lay(folder, postgres.ensure(run))
    with ExitStack() as opened, console.status("opening"):
        house = opened.enter_context(servers.marmalade(folder / "sqlite"))
        pg_house = opened.enter_context(servers.marmalade(folder / "postgres", url))
        bare = opened.enter_context(servers.bare(folder, bare_url))
        yield house, pg_house, bare, town, pg_town


def _filled(settings: dict[str, str]) -> towns.Town:
    app: Flask = create_app({**settings, "PUBLIC_URL": "", "KEYS": ""})
    with app.app_context():
        migrations.upgrade(db.engine)
        town = towns.settle(app, clock.now())
        db.engine.dispose()
    return town


def _lay(folder: Path, server: str) -> str:
    """Make the floors' databases; return the address of the one on PostgreSQL."""
    file = floors.connect_sqlite(str(folder / "floors.sqlite3"))
    file.execute("BEGIN")
    floors.lay(file, "INTEGER", "?")
    file.execute("COMMIT")
    file.close()
    with databases.connect(server) as line:
        line.execute("CREATE DATABASE floors")
    url = make_url(server).set(database="floors").render_as_string(hide_password=False)
    with databases.connect(url) as line, line.transaction():
        floors.lay(line, "INTEGER GENERATED ALWAYS AS IDENTITY", "%s")
    return url


def _paths(cells: Sequence[Cell]) -> Ledger:
    headings = ("path", "clients", "per s", "p50 ms", "p95 ms", "CPU ms", "× floor", "kB", "aim")
    order = sorted(cells, key=lambda cell: [other.path.name for other in cells].index(cell.path.name))
    return Ledger("Paths", headings, [_path(cell, cells) for cell in order])


def _path(cell: Cell, cells: Sequence[Cell]) -> Sequence[str]:
    floor = rounds.floor_of(cell, cells)
    name = cell.path.name if cell.path.floor else f"floor: {cell.path.name}"
    times = figure(cell.ratio(floor)) if floor else ""
    numbers = (cell.rate, cell.percentile(50), cell.percentile(95), cell.cpu_ms)
    wrong = f" ({cell.wrong} wrong)" if cell.wrong else ""
    weight = figure(cell.octets / 1000)
    return (name + wrong, str(cell.clients), *map(figure, numbers), times, weight, routes.verdict(cell, floor))


def _letters(ours: Post, floor: Post) -> Ledger:
    rows = [
        ("floor: ready bytes, one connection", *_post(floor), "", ""),
        ("follow-ups through the courier", *_post(ours), figure(ours.cpu_ms / floor.cpu_ms), _met(ours)),
    ]
    return Ledger("Letters", ("path", "letters", "per s", "CPU ms", "kB", "× floor", "aim"), rows)


def _post(post: Post) -> tuple[str, str, str, str]:
    return str(post.letters), figure(post.rate), figure(post.cpu_ms), figure(post.octets / 1000)


def _met(post: Post) -> str:
    return routes.said([(post.rate, LETTERS_A_SECOND, "per s", True), (post.cpu_ms, LETTER_CPU_MS, "ms CPU", False)])


def _house(kept: dict[str, float], setup_s: float | None) -> Ledger:
    total, packages = sum(kept.values()), _packages()
    rows = [(f"memory of {name}, PSS", f"{size:.0f} MiB", "") for name, size in kept.items()]
    rows.append(("memory in all, PSS", f"{total:.0f} MiB", routes.said([(total, MOST_PSS_MIB, "MiB", False)])))
    rows.append(("packages", str(packages), routes.said([(packages, MOST_PACKAGES, "", False)])))
    if setup_s is not None:
        aim = routes.said([(setup_s, MOST_SETUP_S, "s", False)])
        rows.append(("a fresh clone, from `make serve` to its first answer", f"{setup_s:.0f} s", aim))
    return Ledger("The house", ("what", "figure", "aim"), rows)


def _kept(house: Server) -> dict[str, float]:
    """Return the memory of web and worker in MiB, by what each process is."""
    kept: dict[str, float] = {}
    for pid, size in processes.memory(house.roots).items():
        started = processes.command(pid)
        what = next((name for name in ("granian", "worker", "serve") if name in started), "the rest")
        kept[what] = kept.get(what, 0.0) + size
    return kept


def _packages() -> int:
    """Count what the app's lock file installs on this machine."""
    lines = (ROOT / "requirements" / "app.lock").read_text().splitlines()
    locked = [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]
    return sum(package.marker is None or package.marker.evaluate() for package in locked)


if __name__ == "__main__":
    sys.exit(main())
