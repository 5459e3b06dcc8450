"""Finds what the tests need besides Python's packages, or installs it, or fails and says what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.infrastructure import brokers, chromium, firefox, node, postgres

ROOT = Path(__file__).parents[2]
APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]


def main() -> None:
    """Say where everything is, and install what is missing; Firefox and strace may stay away."""
    programs = postgres.find() or _debian("postgresql", postgres.find) or _wheel()
    if programs is None:
        sys.exit(postgres.MISSING)
    print(f"PostgreSQL: {_version(programs / 'postgres')}, {programs}")
    broker = brokers.find() or _debian("redis-server", brokers.find)
    if broker is None:
        sys.exit(brokers.MISSING)
    print(f"Redis: {_version(broker)}, {broker}", flush=True)
    browser = chromium.find() or _debian("chromium", chromium.find)
    if browser is None:
        sys.exit(chromium.MISSING)
    print(f"Chromium: {_version(browser)}, {browser}", flush=True)
    other = firefox.find() or _debian("firefox-esr", firefox.find)
    print(
        f"Firefox: {f'{_version(other)}, {other}' if other else 'not here, so that its tests are skipped'}", flush=True
    )
    runner = node.find() or _debian("nodejs npm", node.find)
    if runner is None:
        sys.exit(node.MISSING)
    node.unpack()
    print(f"Node: {_version(runner)}, {runner}", flush=True)
    tracer = _strace() or _debian("strace", _strace)
    print(f"strace: {tracer or 'not here, so that one test is skipped'}", flush=True)


def _strace() -> Path | None:
    found = shutil.which("strace")
    return Path(found) if found else None


def _debian(packages: str, find: Callable[[], Path | None]) -> Path | None:
    """Install Debian packages if we may; its own server, if it starts one, is not used."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print(f"Installing {packages} with apt-get.", flush=True)
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*APT, "update"], env=quietly, check=False)  # an old list may still do
    install = [*APT, "install", "--yes", "--no-install-recommends", *packages.split()]
    subprocess.run(install, env=quietly, stdout=subprocess.DEVNULL, check=False)
    return find()


def _wheel() -> Path | None:
    print("Installing PostgreSQL as a wheel.", flush=True)
    subprocess.run([ROOT / "bin" / "environment", "postgresql"], check=False)
    return postgres.find()


def _version(program: Path) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or f"{program.name} does not start: {said.stderr.strip()}"


if __name__ == "__main__":
    main()
