"""What is installed is exactly what was locked, from wherever it is fetched."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.lock"))
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)")
MOST_PACKAGES = 50


def pins(lock: Path) -> dict[str, str]:
    found = (PINNED.match(line) for line in lock.read_text().splitlines())
    return {pin[1]: pin[2] for pin in found if pin}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_version_and_a_hash(lock: Path) -> None:
    requirements = lock.read_text().replace("\\\n", " ").splitlines()
    assert len(pins(lock)) == len(requirements)
    assert all("--hash=sha256:" in requirement for requirement in requirements)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_lock_names_a_registry(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links", lock.read_text())


def test_the_app_stands_on_few_packages() -> None:
    assert len(pins(REQUIREMENTS / "app.lock")) <= MOST_PACKAGES


def test_the_app_is_tested_on_the_versions_it_runs_on() -> None:
    app, dev = pins(REQUIREMENTS / "app.lock"), pins(REQUIREMENTS / "dev.lock")
    assert {name: dev.get(name) for name in app} == app
