"""The wifi comes back, and a room of phones sends a morning at once: is every meeting there, once and only once?

The phones run the shipped modules of static/js/offline under Node, each on a store of its own that lives in memory;
the server is the whole of Marmalade. `.venv/bin/python -m bench.storm --phones 200 --scans 30`
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

import click
from flask import Flask
from rich.console import Console
from sqlalchemy import func, select

from app import clock, create_app, migrations
from app.database import db, session
from app.domain import attendance, cards, events, groups, people, sessions
from app.domain.encounters import Encounter, Observation
from app.domain.events import Event
from app.domain.people import Person
from app.web import access
from bench import servers
from tests.infrastructure import node

HERE = Path(__file__).parent
UNDONE = 0.05  # of the scans, right after
LATE_AFTER = timedelta(hours=3)
LINE = {"cut": 0.05, "unheard": 0.2, "doubled": 0.1}


@dataclass(frozen=True)
class Storm:
    """How many phones with how many scans each, within what time they come back, and how wrong their clocks may be."""

    phones: int = 200
    scans: int = 30
    within_s: float = 30.0
    skew: timedelta = timedelta(hours=26)
    patience_s: float = 240.0
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What the phones say, what the server has, and what is true."""

    said: Mapping[str, Any]
    met: set[tuple[int, int]]
    truth: set[tuple[int, int]]
    observations: int
    scans: int

    @property
    def is_exact(self) -> bool:
        """Say whether the server has every scan once, every meeting once, and the phones have nothing left."""
        nothing_left = self.said["waiting"] == self.said["attention"] == 0
        return nothing_left and self.met == self.truth and self.observations == self.scans


def rage(storm: Storm) -> Outcome:
    """Let it rage against a server of its own."""
    with tempfile.TemporaryDirectory(prefix="marmalade-storm-", ignore_cleanup_errors=True) as folder:
        settings = {"INSTANCE_PATH": folder, "DATABASE_URL": "", "SMTP_URL": "", "PUBLIC_URL": ""}
        with _opened(settings) as app:
            plan, truth = _planned(storm)
        with servers.marmalade(Path(folder)) as server:
            said = _phones({**plan, "site": f"http://localhost:{server.port}"})
        with app.app_context():
            return _outcome(said, truth, storm.phones * storm.scans)


@contextmanager
def _opened(settings: Mapping[str, str]) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        migrations.upgrade(db.engine)
        yield app
        session.remove()


def _planned(storm: Storm) -> tuple[dict[str, Any], set[tuple[int, int]]]:
    """Make the people and who scans whom in what order; return the phones' plan and who has met when all is said."""
    dice, now = Random(storm.seed), clock.now()
    event = _event(now)
    here = [_person(number, event, now) for number in range(storm.phones)]
    codes = {one.id: cards.living(cards.of(one)).token for one in here}
    alive, phones = set[tuple[int, int]](), []
    for one in here:
        others = [other for other in here if other is not one]
        seen = [dice.choice(others) for _scan in range(storm.scans)]
        scans = [{"whom": other.id, "again": dice.random() < UNDONE} for other in seen]
        alive |= {_pair(one.id, scan["whom"]) for scan in scans if not scan["again"]}
        told = [{"token": codes[scan["whom"]], "again": scan["again"]} for scan in scans]
        _row, cookie = sessions.start(one, "A phone", now)
        phones.append({"me": access.phone_key(one), "cookie": cookie, "scans": told})
    session.commit()
    given = {"within_ms": storm.within_s * 1000, "patience_ms": storm.patience_s * 1000, "seed": storm.seed}
    return {**given, **LINE, "skew_ms": storm.skew.total_seconds() * 1000, "phones": phones}, alive


def _event(now: datetime) -> Event:
    """Make a breakfast that is on: noon, wherever it is noon now."""
    zone = f"Etc/GMT{now.hour - 12:+d}"  # POSIX has its signs the other way round
    today = now.astimezone(UTC) - timedelta(hours=now.hour - 12)
    organiser = people.join("Cleo Nowak", zone, now)
    organiser.may_start_groups = True
    group = groups.start(organiser, "Bread & Butter", zone, now)
    return events.create(group.id, events.Plan("Storm", "The Grand", zone, today.date(), time(11), time(14)), now)


def _person(number: int, event: Event, now: datetime) -> Person:
    one = people.join(f"Guest {number}", event.time_zone, now)
    cards.issue(one, now)
    attendance.arrive(event, one, now, LATE_AFTER)
    return one


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _phones(plan: Mapping[str, Any]) -> dict[str, Any]:
    program = node.find()
    if program is None:
        raise SystemExit(node.MISSING)
    node.unpack()
    command: list[str | Path] = [program, "--experimental-vm-modules", "--no-warnings", HERE / "storm.js"]
    ran = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


def _outcome(said: Mapping[str, Any], truth: set[tuple[int, int]], scans: int) -> Outcome:
    alive = select(Encounter.low_id, Encounter.high_id).where(Encounter.voided_at.is_(None))
    rows = [_pair(low, high) for low, high in session.execute(alive)]
    if len(rows) != len(set(rows)):
        raise AssertionError("A pair has met twice at one event")
    return Outcome(said, set(rows), truth, session.scalar(select(func.count()).select_from(Observation)) or 0, scans)


def _told(outcome: Outcome, phones: int, scans: int) -> list[str]:
    said, met, truth = outcome.said, outcome.met, outcome.truth
    batches = quantiles(said["took"], n=100)
    return [
        f"{phones} phones, {scans} scans each, back within 30 s, clocks wrong by up to 26 h either way, on SQLite.",
        f"Requests that never left {said['cut']}, answers never heard {said['unheard']}, sent twice {said['doubled']}.",
        f"Scans made {outcome.scans}, on the server {outcome.observations}; refused {said['attention']}.",
        f"Meetings {len(truth)}, on the server {len(met)}; lost {len(truth - met)}, too many {len(met - truth)}.",
        f"Left on the phones {said['waiting']}. All of it settled {said['seconds']:.0f} s after the wifi came back.",
        f"Batches {len(said['took'])}, not taken {said['failed']}: p50 {batches[49]:.0f} ms, p95 {batches[94]:.0f} ms.",
    ]


@click.command()
@click.option("--phones", default=200)
@click.option("--scans", default=30)
@click.option("--seed", default=1)
def main(phones: int, scans: int, seed: int) -> None:
    """Let a storm rage, print what came of it, and fail where anything is lost or doubled."""
    outcome = rage(Storm(phones, scans, seed=seed))
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print("\n".join(_told(outcome, phones, scans)))
    sys.exit(0 if outcome.is_exact else 1)


if __name__ == "__main__":
    main()
