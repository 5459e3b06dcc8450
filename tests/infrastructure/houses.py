"""Marmalade as it is really run: `flask serve` in processes of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.infrastructure import networking

ROOT = Path(__file__).parents[2]
OPENS_WITHIN = 60.0


def settings(instance: Path, **more: str) -> dict[str, str]:
    """Return an environment for a house in this instance folder, on a free port."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    port = str(networking.free_port())
    return {**kept, "INSTANCE_PATH": str(instance), "PORT": port, "HOST": "127.0.0.1", **more}


def flask(environment: dict[str, str], *words: str) -> str:
    """Run one of our commands to its end; return what it printed."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def opened(environment: dict[str, str]) -> Iterator[str]:
    """Open the house, yield its address once it answers, and close it as Ctrl-C would."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    house = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{environment['PORT']}"
    try:
        _await_answer(house, url)
        yield url
    finally:
        house.send_signal(signal.SIGINT)
        output, _nothing = house.communicate(timeout=60)
    assert house.returncode == 0, output.decode()


def _await_answer(house: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + OPENS_WITHIN
    while house.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url + "/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.05)  # a server that is not there yet gives no event to wait for
    raise AssertionError(f"The house did not open.\n{house.stdout.read().decode() if house.stdout else ''}")
