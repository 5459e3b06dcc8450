"""What is shipped for other machines: the image holds what it says, and the services know only settings that exist."""

import re
from pathlib import Path

import pytest
import yaml

from app import config

ROOT = Path(__file__).parent.parent


@pytest.fixture
def services() -> dict[str, dict]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_service_is_told_settings_that_exist_and_no_secret(services, name: str) -> None:
    told = services[name]["environment"]
    assert set(told) <= {setting.name for setting in config.SETTINGS}
    secret = re.findall(r"://marmalade:([^@]+)@", told["DATABASE_URL"])
    assert [word[:2] for word in secret] == ["${"], "a password comes from outside"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_service_may_do_as_little_as_it_can_do_with(services, name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service, "only the front is open to the world"


def test_there_is_all_that_a_breakfast_needs(services) -> None:
    assert {"web", "worker", "database", "front", "letters"} <= set(services)
    assert services["front"]["ports"][:2] == ["80:80", "443:443"]
    assert services["letters"]["ports"] == ["127.0.0.1:8025:8025"], "letters are for whoever runs the machine"


def test_the_image_is_made_of_files_that_are_here_and_runs_as_nobody_in_particular() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE):
        *sources, _target = line.split()
        assert all((ROOT / source).exists() for source in sources), line
    assert re.search(r"^USER (?!root)\w+$", recipe, re.MULTILINE)
    assert "--require-hashes" in recipe


def test_nothing_private_goes_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*", "deny by default"
    assert not [line for line in ignored if line.startswith("!") and re.search("env|instance|git|test", line)]
