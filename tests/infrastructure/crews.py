"""A crew of workers: forked from one process that has the application open, so that each is at work in no time.

Run as a program it is that process. Their clock may run faster than the wall's, so that a lease ends while one looks.
"""

import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
BEGINS, STARTED, SPEED = "CREW_BEGINS", "CREW_STARTED", "CREW_SPEED"


@dataclass(frozen=True)
class Time:
    """A clock that showed `begins` at an instant of the machine's own, and runs so many times as fast since then."""

    begins: datetime
    speed: float
    started: float

    @classmethod
    def from_now(cls, begins: datetime, speed: float = 1.0) -> Self:
        """Let the clock begin now."""
        return cls(begins, speed, time.monotonic())

    @classmethod
    def told(cls, environment: Mapping[str, str]) -> Self:
        """Read the clock that `as_told` wrote down."""
        begins = datetime.fromisoformat(environment[BEGINS])
        return cls(begins, float(environment[SPEED]), float(environment[STARTED]))

    def as_told(self) -> dict[str, str]:
        """Write the clock down for another process of this machine: they share the monotonic clock."""
        return {BEGINS: self.begins.isoformat(), SPEED: str(self.speed), STARTED: str(self.started)}

    def now(self) -> datetime:
        """Return what it shows."""
        return self.begins + timedelta(seconds=(time.monotonic() - self.started) * self.speed)

    def wound(self) -> None:
        """Let the application's clock be this one, in this process."""
        from app import clock

        clock.now = self.now
        clock.shared = lambda ask: self.now()


class Crew:
    """Workers of one installation. Whoever starts one gets its process id, and may kill it."""

    def __init__(self, settings: Mapping[str, str], clock: Time, log: Path, number: int = 0) -> None:
        """`log` takes what workers say; `number` of them are started at once."""
        self._closing = ExitStack()
        said = self._closing.enter_context(log.open("ab"))
        self._mother = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**os.environ, **settings, **clock.as_told()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        self.pids = [self.start() for _worker in range(number)]

    def start(self) -> int:
        """Start one more, and return its process id."""
        assert self._mother.stdin
        assert self._mother.stdout
        self._mother.stdin.write("work\n")
        self._mother.stdin.flush()
        return int(self._mother.stdout.readline())

    def replace(self, place: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill the worker in this place, and start another instead."""
        _kill(self.pids[place], number)
        self.pids[place] = self.start()

    @property
    def carriers(self) -> int:
        """Return how many processes hand over letters at once."""
        return len(self.pids)

    def strike(self, chance: random.Random) -> str:
        """Kill one of them, and start another instead; return what it was."""
        self.replace(chance.randrange(len(self.pids)))
        return "workers"

    def strike_all(self) -> int:
        """Kill all of them at once, start as many others, and return how many that were."""
        for pid in self.pids:
            _kill(pid, signal.SIGKILL)
        self.pids = [self.start() for _worker in self.pids]
        return len(self.pids)

    def end(self) -> None:
        """Kill whoever is left."""
        for pid in self.pids:
            _kill(pid, signal.SIGKILL)
        self._mother.communicate()
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:  # it has ended by itself
        return


def mother(work: Callable[[], None]) -> None:
    """Fork a worker for each line that is heard, and say its process id."""
    from app import tethers

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed leaves nothing behind
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            tethers.tie(signal.SIGKILL)
            try:
                work()
            except Exception:
                traceback.print_exc()  # into the crew's log: nobody hears of it elsewhere
                raise
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _open() -> Callable[[], None]:
    """Open the application, and return what each of the forked does."""
    import logging

    from app import clock, create_app
    from app.database import db, session
    from app.delivery import courier
    from app.delivery.workers import Worker

    Time.told(os.environ).wound()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    app = create_app()
    with app.app_context():
        courier.preview(clock.now(), 1)  # the forked find every statement and every template compiled
        session.remove()
        db.engine.dispose()

    def work() -> None:
        with app.app_context():
            way = courier.transport()
        worker = Worker(app, way)
        worker.obey(signal.SIGTERM)
        worker.work()

    return work


if __name__ == "__main__":
    mother(_open())
