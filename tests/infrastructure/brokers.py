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

    program: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

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

    def start(self) -> None:
        """Start it with nothing in it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self.program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Redis does not answer on port {self.port}.")
            time.sleep(0.05)

    def kill(self) -> None:
        """Let it be gone at once, with everything that waits in it."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Kill it, and start it with nothing in it."""
        self.kill()
        self.start()

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False


def find() -> Path | None:
    """Return where the server's program is."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


@contextmanager
def serve() -> Iterator[Broker]:
    """Run a server on a free port of this machine until the block ends."""
    program = find()
    if program is None:
        raise RuntimeError(MISSING)
    broker = Broker(program, free_port())
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
