"""Which decoder reads a card, and when: by itself and as the app climbs from one to the other. Needs Node.

    .venv/bin/python -m bench.decoding
    .venv/bin/python -m bench.decoding --sequences 2 --dry-run

Frames are made by bench/sights.py, decoders are those that phones are sent, time is counted as in bench/decoding.mjs.
Ends with 1 if the ladder reads fewer than 95 % of the sequences of a cell within three seconds.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple, cast

import click
from rich.console import Console
from rich.progress import track

from app import clock
from bench import sights
from bench.ledgers import Ledger
from bench.sights import Cell

ROOT = Path(__file__).parent.parent
WAYS = {"small": "small JS", "large": "wasm", "ladder": "the app's ladder"}
LEAST, SEQUENCES = 0.95, 20
HOW = (
    "Frames made by `bench/sights.py`; time is what the decoders take here, four times as long, as on a phone that is "
    "some years old; the large decoder's megabyte comes over 10 Mbit/s. Alone, decoders see pictures as they are; "
    "the ladder sharpens every second one. Processor time, not the clock."
)


class Outcome(NamedTuple):
    """What came of one sequence: after how many milliseconds something was read, if it was, and whether rightly."""

    ms: float | None
    right: bool


@dataclass
class Eyes:
    """The decoders in a Node of their own."""

    process: "subprocess.Popen[bytes]"

    def read(self, way: str, address: str, frames: "Frames") -> Outcome:
        """Hold frame after frame before this decoder, as it asks for them."""
        into, out = cast(IO[bytes], self.process.stdin), cast(IO[bytes], self.process.stdout)
        into.write(json.dumps({"way": way, "address": address}).encode() + b"\n")
        into.flush()
        while (said := out.readline().decode()).strip().isdecimal():
            into.write(frames.at(int(said)))
            into.flush()
        return Outcome(**json.loads(said))


@dataclass
class Frames:
    """A sequence, made as far as somebody looks."""

    left: Iterator[bytes]
    made: list[bytes] = field(default_factory=list)

    def at(self, number: int) -> bytes:
        """Return this frame."""
        while len(self.made) <= number:
            self.made.append(next(self.left))
        return self.made[number]


@contextmanager
def eyes(slower: int = 4) -> Iterator[Eyes]:
    """Open the decoders; each takes so many times as long as here, or with 0 no time at all, whatever the machine."""
    command = [shutil.which("node") or "node", "--no-warnings", "bench/decoding.mjs", str(slower)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Eyes(process)
        cast(IO[bytes], process.stdin).close()


def measured(cell: Cell, seed: int, to: Eyes) -> dict[str, Outcome]:
    """Return what each way makes of one sequence."""
    address, left = sights.sequence(cell, seed)
    frames = Frames(left)
    return {way: to.read(way, address, frames) for way in WAYS}


def share(found: list[Outcome]) -> float:
    """Return which share of the sequences was read, and rightly."""
    return sum(outcome.right for outcome in found) / len(found)


def _cell(found: list[Outcome]) -> str:
    times = sorted(outcome.ms for outcome in found if outcome.right and outcome.ms is not None)
    median = f", {statistics.median(times):,.0f} ms" if times else ""
    return f"{share(found):.0%}{median}"


@click.command()
@click.option("--sequences", default=SEQUENCES, help="How many of each cell.")
@click.option("--only", default="", help="Only cells in whose name this stands.")
@click.option("--dry-run", is_flag=True, help="Print, but leave docs/benchmarks.md as it is.")
def main(sequences: int, only: str, dry_run: bool) -> None:
    """Hold every cell before every decoder, print, and write docs/benchmarks.md."""
    from bench import ledgers

    console, found = Console(stderr=True), dict[str, dict[str, list[Outcome]]]()
    with eyes() as opened:
        for cell in (cell for cell in sights.CELLS if only in cell.name):
            tried = [measured(cell, seed, opened) for seed in track(range(sequences), cell.name, console=console)]
            found[cell.name] = {way: [one[way] for one in tried] for way in WAYS}
    rows = [(name, *(_cell(ways[way]) for way in WAYS)) for name, ways in found.items()]
    ledger = Ledger(
        f"Read within three seconds, of {sequences} sequences each, and after how long", ("", *WAYS.values()), rows
    )
    Console().print(ledger.drawn())
    if not dry_run:
        ledgers.write("decoding", clock.now(), [HOW], [ledger])
    sys.exit(0 if all(share(ways["ladder"]) >= LEAST for ways in found.values()) else 1)


if __name__ == "__main__":
    main()
