"""Whether the time of an answer tells what the answer does not: an address known or not, another's thing or none.

.venv/bin/python -m bench.timings --dry-run
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median

import click
from flask import Flask
from rich.console import Console

from app import clock, create_app, migrations, tokens
from app.database import db, session
from app.domain.attendance import GOING
from app.web import forms
from bench import ledgers, loads, servers, towns
from bench.ledgers import Ledger, Machine, figure
from bench.towns import Visitor

TRIALS, MOST_MS = 400, 5.0
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Scene:
    """Who asks, for what of others, and the browsers in which somebody types an address."""

    group: int
    event: int
    place: int
    stranger: Visitor
    browsers: Sequence[tuple[str, str]]

    def pairs(self, host: str) -> dict[str, tuple[Iterator[bytes], Iterator[bytes]]]:
        """Return what is asked in turns, by what it must not tell: the thing that is there, and the one that is not."""
        known = (f"person{number}@example.org" for number in range(1, TRIALS + 1))
        unknown = (f"nobody{number}@example.org" for number in range(1, TRIALS + 1))
        browsers = cycle(self.browsers)
        mine = self.stranger.cookie
        return {
            "sign-in, address known or not": (_typed(host, known, browsers), _typed(host, unknown, browsers)),
            "another group's event, or none": _looked(host, "/events/{}", (self.event, 2**30), mine),
            "another group's page, or none": _looked(host, "/groups/{}", (self.group, 2**30), mine),
            "another's contact, or none": _looked(host, "/people/{}", (1, 2**30), mine),
        }


def _typed(host: str, addresses: Iterator[str], browsers: Iterator[tuple[str, str]]) -> Iterator[bytes]:
    for address, (cookie, token) in zip(addresses, browsers, strict=False):
        yield loads.post(host, "/sign-in", {"email": address, "next": "", forms.FIELD: token}, cookie)


def _looked(host: str, path: str, numbers: tuple[int, int], cookie: str) -> tuple[Iterator[bytes], Iterator[bytes]]:
    one, other = (loads.get(host, path.format(number), cookie) for number in numbers)
    return iter([one] * TRIALS), iter([other] * TRIALS)


@click.command()
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(dry_run: bool) -> None:
    """Ask in turns, compare the medians, print, and write docs/benchmarks.md."""
    with tempfile.TemporaryDirectory(prefix="marmalade-timings-", ignore_cleanup_errors=True) as folder:
        instance = Path(folder) / "instance"
        scene = _settled(create_app({"INSTANCE_PATH": str(instance), "DATABASE_URL": "", "PUBLIC_URL": "", "KEYS": ""}))
        with servers.marmalade(instance) as house:
            pairs = scene.pairs(house.host)
            rows = [_compared(house.port, name, *pair) for name, pair in pairs.items()]
    headings = ("what the time must not tell", "statuses", "p50 ms, there", "p50 ms, not there", "difference ms", "aim")
    ledger = Ledger("Timing", headings, rows)
    console.print(ledger.drawn())
    if not dry_run:
        ledgers.write("timings", clock.now(), [f"{Machine.here()}.", f"{TRIALS} trials each, in turns."], [ledger])


def _compared(port: int, name: str, there: Iterator[bytes], missing: Iterator[bytes]) -> Sequence[str]:
    turns = (request for pair in zip(there, missing, strict=True) for request in pair)
    load = loads.press(port, turns, 1, 600.0)
    one, other = median(load.waits_ms[::2]), median(load.waits_ms[1::2])
    apart = abs(one - other)
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(load.statuses.items()))
    return (
        name,
        statuses,
        figure(one),
        figure(other),
        figure(apart),
        f"≤ {MOST_MS:g} ms {'✓' if apart <= MOST_MS else '✗'}",
    )


def _settled(app: Flask) -> Scene:
    now = clock.now()
    with app.app_context():
        migrations.upgrade(db.engine)
        people = towns.move_in(app, TRIALS + 2, now)
        group = towns.form([person.id for person in people[:2]], now)
        event = towns.open_one(group, now)
        [place] = towns.seat(event, [None], GOING, now)
        session.commit()
        browsers = [_browser(app) for _number in range(2 * TRIALS)]
        db.engine.dispose()
        return Scene(group, event.id, place, people[-1], browsers)


def _browser(app: Flask) -> tuple[str, str]:
    """Return the cookie of a browser that was never here, and the token that its form would carry."""
    cookie = f"browser={tokens.secret()}"
    with app.test_request_context(headers={"Cookie": cookie}):
        return cookie, forms.token()


if __name__ == "__main__":
    main()
