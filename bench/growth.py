"""Whether pages stay as quick when years have passed: the same person's pages among 1 k, 100 k and 1 M encounters.

.venv/bin/python -m bench.growth --postgresql --dry-run
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import click
from flask import Flask
from rich.console import Console
from sqlalchemy import Engine, insert

from app import clock, create_app, migrations
from app.database import db, session
from app.domain.attendance import PRESENT
from app.domain.contacts import KEEPING_UP, Contact
from app.domain.encounters import CARD, Encounter, Observation
from app.domain.events import Event
from app.domain.prompts import FOLLOW_UP, Prompt
from app.web import forms
from bench import crowds, ledgers, loads, rounds, servers, towns
from bench.ledgers import Ledger, Machine, figure
from bench.rounds import Cell, always
from bench.rounds import Path as Asked
from bench.towns import Visitor
from tests.infrastructure import databases, statements
from tests.infrastructure.runs import Run

SIZES = (1_000, 100_000, 1_000_000)
HERE, MORNINGS, MET_EACH = 60, 30, 10
CLIENTS, MOST_TIMES_SLOWER = 4, 1.5
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Regular:
    """Somebody who organises a group, is at its breakfast, and has met 300 people at those before."""

    me: Visitor
    here: Sequence[Visitor]
    event: int

    def pages(self, host: str) -> dict[str, Callable[[], Iterator[bytes]]]:
        """Return what they ask for, by name."""
        mine = {"people": "/people", "organiser's page": f"/events/{self.event}", "Today": "/today"}
        card = loads.get(host, f"/c/{self.here[1].card}")
        asked = {name: _again(loads.get(host, path, self.me.cookie)) for name, path in mine.items()}
        return {"card, signed out": _again(card), "scan POST": lambda: self._scans(host), **asked}

    def _scans(self, host: str) -> Iterator[bytes]:
        pairs = [(one, other) for one in self.here for other in self.here if one.id != other.id]
        for number, (one, other) in enumerate(pairs):
            fields = {"id": str(UUID(int=number, version=4)), "card": other.card, forms.FIELD: one.csrf}
            yield loads.post(host, "/encounters", fields, one.cookie)


@dataclass(frozen=True)
class Filled:
    """One database with so many encounters: the settings that lead to it, and who is measured in it."""

    encounters: int
    settings: Mapping[str, str]
    regular: Regular
    seconds: float
    asked: Mapping[str, int]


@click.command()
@click.option("--postgresql", is_flag=True, help="On PostgreSQL instead of SQLite.")
@click.option("--most", default=SIZES[-1], help="No more encounters than these.")
@click.option("--quick", is_flag=True, help="One short round.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(postgresql: bool, most: int, quick: bool, dry_run: bool) -> None:
    """Fill three databases, measure the same pages in each, print, and write docs/benchmarks.md."""
    run, sizes = Run.begin(), [size for size in SIZES if size <= most]
    try:
        with tempfile.TemporaryDirectory(prefix="marmalade-growth-", ignore_cleanup_errors=True) as folder:
            filled = [_fill(run, Path(folder), size, postgresql) for size in sizes]
            ledger = _ledger(filled, _measured(filled, 1 if quick else 5), postgresql)
    finally:
        run.end()
    console.print(ledger.drawn())
    if not dry_run:
        ledgers.write("growth-postgresql" if postgresql else "growth", clock.now(), [f"{Machine.here()}."], [ledger])


def _fill(run: Run, folder: Path, encounters: int, postgresql: bool) -> Filled:
    url = databases.postgresql(run, f"growth{encounters}") if postgresql else ""
    settings = {"INSTANCE_PATH": str(folder / str(encounters)), "DATABASE_URL": url}
    app, now, begun = create_app({**settings, "PUBLIC_URL": "", "KEYS": ""}), clock.now(), monotonic()
    with console.status(f"writing {encounters:,} encounters"), app.app_context():
        migrations.upgrade(db.engine)
        regular = _settle(app, now)
        crowds.gather(encounters, now)
        engine = db.engine
    seconds = monotonic() - begun
    asked = {name: _count(app, engine, next(ask())) for name, ask in regular.pages("localhost").items()}
    engine.dispose()
    console.print(f"{encounters:>9,} encounters written in {seconds:.0f} s")
    return Filled(encounters, settings, regular, seconds, asked)


def _settle(app: Flask, now: datetime) -> Regular:
    found = towns.move_in(app, HERE + MORNINGS * MET_EACH, now)
    me, here, met = found[0], found[:HERE], found[HERE:]
    group = towns.form([one.id for one in here], now)
    for number in range(MORNINGS):
        _meet(me, met[number * MET_EACH : (number + 1) * MET_EACH], towns.open_one(group, now), number + 1, now)
    breakfast = towns.open_one(group, now)
    towns.seat(breakfast, [one.id for one in here], PRESENT, now)
    session.commit()
    return Regular(me, here, breakfast.id)


def _meet(me: Visitor, them: Sequence[Visitor], event: Event, weeks_ago: int, now: datetime) -> None:
    """Let the event have been some weeks ago, and both sides have met there; of the latest a prompt is open."""
    back = timedelta(weeks=weeks_ago)
    event.day, event.starts_at = event.day - back, event.starts_at - back
    event.ends_at, event.closes_at = event.ends_at - back, event.closes_at - back
    towns.seat(event, [me.id, *(one.id for one in them)], PRESENT, now)
    met = {"met_at": event.starts_at}
    pairs: list[dict[str, Any]] = [{"low_id": me.id, "high_id": one.id, "event_id": event.id, **met} for one in them]
    seen = {"observer_id": me.id, "how": CARD, "received_at": event.starts_at, **met}
    session.execute(
        insert(Observation),
        [
            {"op_id": UUID(int=pair["high_id"]), "observed_id": pair["high_id"], "encounter_id": encounter, **seen}
            for pair, encounter in zip(pairs, towns.add(Encounter, pairs), strict=True)
        ],
    )
    sides = [(me.id, one.id) for one in them] + [(one.id, me.id) for one in them]
    known = {"stage": KEEPING_UP, "created_at": now, "opened_at": now}
    session.execute(insert(Contact), [{"owner_id": owner, "other_id": other, **known} for owner, other in sides])
    if weeks_ago == 1:
        due = {"due_day": now.date(), "due_time": event.start_time, "due_zone": event.time_zone, "due_at": now}
        about = {"kind": FOLLOW_UP, "subject": f"event:{event.id}", "event_id": event.id, "person_id": me.id}
        session.execute(insert(Prompt), [{**about, **due, "created_at": now}])


def _again(request: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: always(request)


def _count(app: Flask, engine: Engine, request: bytes) -> int:
    """Return how many statements this request sends."""
    with statements.counted(engine) as asked:
        said = loads.ask(app.wsgi_app, request)
    if said[0] not in "23":
        raise LookupError(f"{said}: {request.decode()}")
    return asked.count


def _measured(filled: Sequence[Filled], number: int) -> list[Cell]:
    with _opened(filled) as opened:
        cells = [
            Cell(Asked(f"{name}/{one.encounters}", server, islice(ask(), 1, None), clients=(CLIENTS,)), CLIENTS)
            for one, server in zip(filled, opened, strict=True)
            for name, ask in one.regular.pages(server.host).items()
        ]
        with console.status("") as status:
            rounds.measure(sorted(cells, key=lambda cell: cell.path.name.split("/")[0]), number, 2.0, status.update)
    return cells


@contextmanager
def _opened(filled: Sequence[Filled]) -> Iterator[list[servers.Server]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(servers.marmalade(Path(one.settings["INSTANCE_PATH"]), one.settings["DATABASE_URL"]))
            for one in filled
        ]


def _ledger(filled: Sequence[Filled], cells: Sequence[Cell], postgresql: bool) -> Ledger:
    by_name = {cell.path.name: cell for cell in cells}
    headings = ["page", *(f"queries, {one.encounters:,}" for one in filled)]
    headings += [f"p95 ms, {one.encounters:,}" for one in filled] + ["× of the least", "aim"]
    rows = []
    for name in filled[0].asked:
        waits = [by_name[f"{name}/{one.encounters}"].percentile(95) for one in filled]
        counts = [one.asked[name] for one in filled]
        times = waits[-1] / waits[0]
        kept = times <= MOST_TIMES_SLOWER and len(set(counts)) == 1
        aim = f"the same queries, ≤ {MOST_TIMES_SLOWER} × {'✓' if kept else '✗'}"
        rows.append([name, *map(str, counts), *map(figure, waits), figure(times), aim])
    return Ledger(f"Growth, {'PostgreSQL' if postgresql else 'SQLite'}", headings, rows)


if __name__ == "__main__":
    main()
