"""The throw-away server is there for the whole run, and gone after it, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.infrastructure import databases, postgres
from tests.infrastructure.runs import Run

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
# A run in small: it starts the server, says where it and the run's folder are, and waits to be ended.
A_RUN = """
import sys
from tests.infrastructure import postgres
from tests.infrastructure.runs import Run
run = Run.begin()
print(run.folder, postgres.ensure(run), flush=True)
sys.stdin.readline()
run.end()
"""


def begin_a_run() -> tuple[subprocess.Popen[str], Path, str]:
    command = [sys.executable, "-c", A_RUN]
    small = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert small.stdout
    folder, address = small.stdout.readline().split()
    return small, Path(folder), address


def answers(address: str) -> bool:
    try:
        databases.connect(address).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_server_stops_with_its_run() -> None:
    small, folder, address = begin_a_run()
    assert answers(address)
    small.communicate("end\n", timeout=PATIENCE_S)
    assert not answers(address)
    assert not folder.exists()


def test_the_server_stops_when_its_run_is_killed() -> None:
    small, folder, address = begin_a_run()
    with small:
        small.send_signal(signal.SIGKILL)
    Run(folder).settled()
    assert not answers(address)
    assert not folder.exists()


def test_all_who_ask_get_the_same_server(run: Run) -> None:
    assert postgres.ensure(run) == postgres.ensure(run)


def test_a_missing_server_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(postgres, "find", lambda: None)
    with pytest.raises(SystemExit, match=r"PostgreSQL is missing: .* install PostgreSQL"):
        postgres.guard(run)


def test_a_database_is_emptied_and_counts_from_one_again(postgres_url: str) -> None:
    join = (
        "INSERT INTO people (name, time_zone, mail_prompts, may_start_groups, created_at) "
        "VALUES ('Ada', 'Europe/London', true, false, now()) RETURNING id"
    )
    with databases.connect(postgres_url) as line:
        for _time in range(2):
            assert line.execute(join).fetchone() == (1,)
            databases.empty(postgres_url)
        assert line.execute("SELECT count(*) FROM people").fetchone() == (0,)
