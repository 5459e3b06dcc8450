"""Letters are neither lost nor doubled while workers, database and mail server go down: `make faults` in small."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.crews import ROOT

PATIENCE_S = 420
SMALL = ("--prompts", "240", "--kills", "24", "--restarts", "2", "--seed", "11", "--speed", "30", "--json")
TINY = ("--prompts", "2400", "--kills", "240")  # of which the header's run takes a tenth
RUNS = {"sqlite": (), "postgresql": (), "celery": (), "header": TINY}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked and killed by Linux's means.")


class Going:
    """A run of the bench. What it says goes into files: a pipe would stay open with whatever it leaves behind."""

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self._said, self._complained = folder / f"{name}.json", folder / f"{name}.log"
        with self._said.open("wb") as said, self._complained.open("wb") as complained:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.faults", *SMALL, "--run", name, *options],
                cwd=ROOT,
                env=dict(os.environ),
                stdout=said,
                stderr=complained,
                start_new_session=True,
            )

    def figures(self) -> dict[str, Any]:
        """Wait for it to end, and return what it has found."""
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"It goes on after {PATIENCE_S} s:\n{self._complained.read_text()}")
        said = self._said.read_text()
        assert said, self._complained.read_text()
        (found,) = json.loads(said)
        return dict(found)

    def end(self) -> None:
        """Let it go home with all it has started; by force, if it does not."""
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Going]]:
    """Every run at once: mostly they wait."""
    folder = tmp_path_factory.mktemp("runs")
    started = {name: Going(folder, name, *options) for name, options in RUNS.items()}
    yield started
    for one in started.values():
        one.end()


@pytest.mark.parametrize("name", ["sqlite", "postgresql", "celery"])
def test_nothing_is_lost_and_what_comes_again_is_the_same_letter(running: Mapping[str, Going], name: str) -> None:
    """R5, R6, R7, R17: kills, restarts, a broker emptied, a mail server that is away, refuses and loses its answers."""
    found = running[name].figures()
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
    running: Mapping[str, Going],
) -> None:
    """R8."""
    found = running["header"].figures()
    assert (found["lost"], found["of_another_kind"], found["identical_extra"]) == (0, 0, 0)
    assert found["answers_lost"] > 0
