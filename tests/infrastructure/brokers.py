"""A Redis of a test's own: nothing of it is kept, as a broker's messages may be lost at any time."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.infrastructure.networking import free_port

MISSING = "Redis is missing: no redis-server on the PATH. `make test` installs it as root on Debian."
PATIENCE_S = 20.0


@dataclass
class Broker:
    """The server, and where it is."""

    port: int

    @property
    def url(self) -> str:
        """Return its address as BROKER_URL has it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Throw away everything that waits in it."""
        assert self.ask("FLUSHALL") == "+OK"

    def ask(self, words: str) -> str:
        """Ask it something, in the protocol's inline form."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as line:
            line.sendall(f"{words}\r\n".encode())
            return line.recv(4096).decode().strip()


def find() -> Path | None:
    """Return where the server's program is."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


@contextmanager
def serve() -> Iterator[Broker]:
    """Run a server on a free port of this machine until the block ends."""
    program, broker = find(), Broker(free_port())
    if program is None:
        raise RuntimeError(MISSING)
    options = ["--port", str(broker.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                assert broker.ask("PING") == "+PONG"
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield broker
    finally:
        process.terminate()
        process.wait()
