"""Starts what is measured: Marmalade as `flask serve` runs it, and the floors on the same server with its options."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app import config, serving
from bench import floors, processes
from tests.infrastructure import networking

STARTS_WITHIN_S, LOOKS_EVERY_S, ENDS_WITHIN_S = 60.0, 0.05, 60.0


class WillNotStart(RuntimeError):
    """A server did not answer in time, or ended; the message holds what it said."""


@dataclass(frozen=True)
class Server:
    """One server that answers: where, and the processes whose trees make up its cost."""

    port: int
    roots: Sequence[int]

    @property
    def host(self) -> str:
        """Return what a browser's Host header says."""
        return f"localhost:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the processor time of everything that serves so far."""
        return processes.cpu_seconds(self.roots)


@contextmanager
def marmalade(folder: Path, database_url: str = "") -> Iterator[Server]:
    """Run `flask serve` on this instance folder: two web processes and the worker; its database counts as well."""
    port = networking.free_port()
    given = {"INSTANCE_PATH": str(folder), "DATABASE_URL": database_url, "PORT": str(port), "HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    with _running(command, {**given, "SMTP_URL": "", "PUBLIC_URL": ""}, port, "/healthz", folder) as process:
        yield Server(port, [process, *database(database_url)])


@contextmanager
def web(folder: Path, database_url: str = "") -> Iterator[Server]:
    """Run the web of this instance folder alone, without a worker."""
    port = networking.free_port()
    given = {"INSTANCE_PATH": str(folder), "DATABASE_URL": database_url, "PORT": str(port), "HOST": "127.0.0.1"}
    command = serving.web(config.read(given))
    with _running(command, {**given, "SMTP_URL": "", "PUBLIC_URL": ""}, port, "/healthz", folder) as process:
        yield Server(port, [process, *database(database_url)])


@contextmanager
def bare(folder: Path, postgres_url: str) -> Iterator[Server]:
    """Run the floors with the very options that the web is run with."""
    port = networking.free_port()
    where = {"PORT": str(port), "HOST": "127.0.0.1"}
    command = serving.web(config.read(where), "bench.floors:app")
    given = {floors.SQLITE: str(folder / "floors.sqlite3"), floors.POSTGRES: postgres_url.replace("+psycopg", "")}
    with _running(command, given, port, "/hello", folder) as process:
        yield Server(port, [process, *database(postgres_url)])


def database(url: str) -> list[int]:
    """Return the process of a PostgreSQL on this machine that serves this address, if it is one."""
    places = parse_qs(urlsplit(url).query).get("host", [])
    return [int((Path(place) / "cluster" / "postmaster.pid").read_text().split()[0]) for place in places]


@contextmanager
def _running(command: Sequence[str], given: Mapping[str, str], port: int, path: str, folder: Path) -> Iterator[int]:
    said = folder / f"{port}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **given}, cwd=serving.ROOT, stdout=log, stderr=log)
    try:
        _await(process, f"http://127.0.0.1:{port}{path}", said)
        yield process.pid
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)


def _await(process: subprocess.Popen[bytes], address: str, said: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(LOOKS_EVERY_S)  # a server tells nobody that it answers now
    raise WillNotStart(said.read_text())
