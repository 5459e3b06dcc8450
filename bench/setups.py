"""How long a newcomer waits: from a fresh clone through `make serve` to the first answer, packages included."""

import os
import subprocess
import time
import urllib.request
from pathlib import Path

from app import serving
from bench.servers import WillNotStart
from tests.infrastructure import networking

WITHIN_S, LOOKS_EVERY_S, ENDS_WITHIN_S = 600.0, 0.1, 30.0


def seconds(folder: Path) -> float:
    """Clone what is committed here, open it, and return the seconds until it answers."""
    port, clone, instance = networking.free_port(), folder / "clone", folder / "fresh"
    subprocess.run(["git", "clone", "--quiet", str(serving.ROOT), str(clone)], check=True)
    given = {"PORT": str(port), "HOST": "127.0.0.1", "INSTANCE_PATH": str(instance), "DATABASE_URL": "", "SMTP_URL": ""}
    begun = time.monotonic()
    process = subprocess.Popen(["make", "serve"], cwd=clone, env={**os.environ, **given}, stdout=subprocess.DEVNULL)
    try:
        while time.monotonic() < begun + WITHIN_S and process.poll() is None:
            if _answers(port):
                return time.monotonic() - begun
            time.sleep(LOOKS_EVERY_S)  # a server tells nobody that it answers now
        raise WillNotStart("The fresh clone did not open.")
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except OSError:
        return False
