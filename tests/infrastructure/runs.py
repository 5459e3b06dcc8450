"""One run of the tests: a folder that its processes share, and things made once in it for all of them."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass
class Run:
    """A run, seen from one of its processes."""

    folder: Path
    _alive: IO[bytes] | None = None

    @classmethod
    def begin(cls) -> "Run":
        """Make the folder of a new run. Its lock is held for as long as this process lives: see `over`."""
        run = cls(Path(tempfile.mkdtemp(prefix="marmalade-tests-")))
        run._alive = (run.folder / "alive").open("wb")
        fcntl.flock(run._alive, fcntl.LOCK_EX)
        return run

    def end(self) -> None:
        """End the run: everything that waits for `over` stops, and the folder goes once it has."""
        if self._alive:
            self._alive.close()
            self.settled()
            shutil.rmtree(self.folder, ignore_errors=True)

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Return what `make` returned to whichever process of the run asked first; the others wait for it."""
        kept = self.folder / f"{name}.json"
        with _locked(self.folder / f"{name}.lock"):
            if not kept.exists():
                kept.write_text(json.dumps(make()))
            return str(json.loads(kept.read_text()))

    def guard(self) -> None:
        """Let `end` wait until this process has gone, for it looks after something."""
        fcntl.flock(os.open(self.folder, os.O_RDONLY), fcntl.LOCK_SH)

    def over(self) -> None:
        """Wait until the run's first process has ended the run, or has been killed: its lock is free then."""
        with _locked(self.folder / "alive"):
            pass

    def settled(self) -> None:
        """Wait until every process that looked after something has gone."""
        try:
            folder = os.open(self.folder, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
        finally:
            os.close(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
