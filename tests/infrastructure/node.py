"""Node of this machine, and what the tests of the browser's scripts need under it."""

import os
import shutil
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "js"
MISSING = (
    "Node is missing: neither node nor npm is on the PATH. Run `make test` as root on Debian, which installs both, or "
    "install Node 20 or newer yourself."
)
UNPACKED = "The packages of tests/js are missing: run `make test` once, or `npm ci` in tests/js."


def find() -> Path | None:
    """Return Node's program, or None where it or npm is missing."""
    found = shutil.which("node")
    return Path(found) if found and shutil.which("npm") else None


def unpack() -> None:
    """Install the pinned packages of tests/js, unless they are there."""
    pinned, there = SCRIPTS / "package-lock.json", SCRIPTS / "node_modules/.package-lock.json"
    if there.exists() and there.stat().st_mtime >= pinned.stat().st_mtime:
        return
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(command, cwd=SCRIPTS, check=True)
    os.utime(there)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Node in tests/js; an AssertionError with a sentence where it or its packages are missing."""
    program = find()
    assert program, MISSING
    assert (SCRIPTS / "node_modules").is_dir(), UNPACKED
    # The reporter of tests looks for a terminal and its colours; here is none.
    return subprocess.run([program, *arguments], cwd=SCRIPTS, capture_output=True, text=True, check=False, timeout=120)
