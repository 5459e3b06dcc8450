"""Letters are neither lost nor doubled while workers, database and mail server go down: `make faults` in small."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.crews import ROOT

PATIENCE_S = 300
SMALL = ("--prompts", "240", "--kills", "24", "--restarts", "2", "--seed", "11", "--speed", "60", "--json")
TINY = ("--prompts", "2400", "--kills", "240")  # of which the header's run takes a tenth
RUNS = {"sqlite": (), "postgresql": (), "celery": (), "header": TINY}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked and killed by Linux's means.")


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Every run at once: mostly they wait."""
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "bench.faults", *SMALL, "--run", name, *options],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, options in RUNS.items()
    }
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


def figures(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, complained = process.communicate(timeout=PATIENCE_S)
    assert said, complained
    (found,) = json.loads(said)
    return dict(found)


@pytest.mark.parametrize("name", ["sqlite", "postgresql", "celery"])
def test_nothing_is_lost_and_what_comes_again_is_the_same_letter(
    running: dict[str, subprocess.Popen[str]], name: str
) -> None:
    """R5, R6, R7, R17: kills, restarts, a broker emptied, a mail server that is away, refuses and loses its answers."""
    found = figures(running[name])
    assert found["kills"] >= 24
    assert found["restarts"] == 2
    assert found["away"] == 1
    assert [found[key] for key in ("lost", "of_another_kind", "noted_otherwise", "unfinished")] == [0, 0, 0, 0]
    assert found["answers_lost"] > 0
    assert found["identical_extra"] <= found["allowed_extra"]
    if name == "celery":
        assert found["children"] > 0
        assert (found["broker_flushed"], found["broker_restarted"]) == (2, 2)


def test_a_mail_server_that_knows_the_header_delivers_exactly_one_each(
    running: dict[str, subprocess.Popen[str]],
) -> None:
    """R8."""
    found = figures(running["header"])
    assert (found["lost"], found["of_another_kind"], found["identical_extra"]) == (0, 0, 0)
    assert found["answers_lost"] > 0
