"""Many hosts on one machine: each has an instance folder of its own and runs one program, and may lose its power.

An office is what an installation with Celery has of them: some with workers, and one with the beat.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tests.infrastructure.crews import ROOT, Time

CHILDREN: Final = 2
CELERY: Final = (sys.executable, "-m", "celery", "--app", "tests.infrastructure.wound:office")
WORKER: Final = (
    *(*CELERY, "worker", "--concurrency", str(CHILDREN), "--loglevel", "ERROR"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)
HOSTS: Final = 3
MAINS, BEATS = 0.04, 0.04  # how many of the kills fall upon a worker's main process, and upon the beat


def beat(schedule: Path) -> tuple[str, ...]:
    """Return the command that sends the rounds."""
    return (*CELERY, "beat", "--schedule", str(schedule), "--pidfile=", "--loglevel", "ERROR")


class Host:
    """A machine with an instance folder of its own, and one program that runs on it."""

    def __init__(self, folder: Path, command: Sequence[str], settings: Mapping[str, str], hour: Time) -> None:
        """Start it."""
        folder.mkdir(mode=0o700)
        self.log, self._command = folder / "log", command
        self._environment = {**os.environ, **settings, **hour.as_told(), "INSTANCE_PATH": str(folder)}
        self.start()

    def start(self) -> None:
        """Start its program."""
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=said, stderr=said, start_new_session=True
            )

    @property
    def children(self) -> list[int]:
        """Return the processes that its program has forked."""
        with suppress(OSError):
            main = self._process.pid
            return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]
        return []

    def kill(self) -> None:
        """Let it lose its power."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_main(self) -> None:
        """Kill the process that was started and no other, and start it anew; its children are left to themselves."""
        self._process.kill()
        self._process.wait()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()


class Office:
    """Celery as an installation has it: hosts of workers, and one beat."""

    def __init__(self, folder: Path, settings: Mapping[str, str], hour: Time) -> None:
        """Start it, with its hosts' folders in this one."""
        self._beat = Host(folder / "beat", beat(folder / "schedule"), settings, hour)
        self._hosts = [Host(folder / f"host{number}", WORKER, settings, hour) for number in range(HOSTS)]

    @property
    def carriers(self) -> int:
        """Return how many processes hand over letters at once."""
        return HOSTS * CHILDREN

    def strike(self, chance: random.Random) -> str:
        """Kill somebody, mostly a process that hands over letters; whoever it was is replaced. Return what it was."""
        what, at_work = chance.random(), [pid for host in self._hosts for pid in host.children]
        if what < BEATS:
            self._beat.kill_main()
            return "beats"
        if what < BEATS + MAINS or not at_work:
            chance.choice(self._hosts).kill_main()
            return "mains"
        with suppress(ProcessLookupError):
            os.kill(chance.choice(at_work), signal.SIGKILL)
        return "children"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for host in (self._beat, *self._hosts):
            host.kill()
