"""Starts the whole of Marmalade as its users do, and knows every process that belongs to it."""

import os
import secrets
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FLASK = (str(BIN / "flask"), "--app", "wsgi", "serve")
# `app` is what brings the environment; this one is there already.
MAKE = ("make", "--assume-old=app", f"BIN={BIN}", "serve")
OPEN = b"Ctrl-C closes it"
MARK = "MARMALADE_HOUSE"
PATIENCE_S = 40.0


@dataclass
class House:
    """A running Marmalade: the process that was started, what it said until it was open, and where it is."""

    process: subprocess.Popen[str]
    said: str
    port: int
    mark: str

    def get(self, path: str) -> HTTPResponse:
        """Ask it for a page over http."""
        answer: HTTPResponse = urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10)
        return answer

    def answering(self, path: str) -> HTTPResponse:
        """Ask it for a page for as long as nobody listens there yet."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.get(path)
            except URLError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def processes(self) -> dict[int, str]:
        """Return every process of this house by its id, with its command: whoever has inherited the house's mark."""
        return {pid: _read(pid, "cmdline") for pid in _pids() if f"{MARK}={self.mark}" in _read(pid, "environ")}

    def emptied(self, seconds: float = PATIENCE_S) -> bool:
        """Wait until every process of the house has gone, and say whether they have."""
        deadline = time.monotonic() + seconds
        while left := self.processes():
            if not _gone(left, deadline - time.monotonic()):
                return False
        return True

    def end(self) -> None:
        """Take down whatever is left, gently or not."""
        for pid in self.processes():
            with suppress(ProcessLookupError):  # it may have gone by itself since it was counted
                os.kill(pid, 9)
        self.process.communicate()


@contextmanager
def opened(folder: Path, port: int, command: Sequence[str] = FLASK, **settings: str) -> Iterator[House]:
    """Start a house in this instance folder on this port, wait until it says that it is open, and leave nothing.

    A house that will not start is an AssertionError with what it said.
    """
    process, mark = start(folder, port, command, **settings)
    house = House(process, "", port, mark)
    try:
        house.said = _until_open(process)
        yield house
    finally:
        house.end()


def start(
    folder: Path, port: int, command: Sequence[str] = FLASK, **settings: str
) -> tuple[subprocess.Popen[str], str]:
    """Start a house as a shell would, in a process group of its own; return the process and the house's mark."""
    mark = secrets.token_hex(8)
    own = {"HOST": "127.0.0.1", "PORT": str(port), "INSTANCE_PATH": str(folder), MARK: mark, **settings}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=kept | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return process, mark


def _until_open(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    said, deadline = b"", time.monotonic() + PATIENCE_S
    while OPEN not in said:
        heard = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]
        more = os.read(process.stdout.fileno(), 65_536) if heard else b""
        said += more
        if not more:
            raise AssertionError(f"The house did not open:\n{said.decode()}")
    return said.decode()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # gone meanwhile
        return ""


def _gone(pids: dict[int, str], seconds: float) -> bool:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], max(0.0, seconds))[0]:
                return False
        finally:
            os.close(handle)
    return True
