"""The throw-away server is there for the whole run, and gone after it, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from app.domain import people
from tests.conftest import Clock
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


@pytest.fixture
def dialect() -> str:
    """All of this is about one of the two databases."""
    return "postgresql"


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


def test_a_database_is_emptied_and_counts_from_one_again(
    session: scoped_session[Session], postgres_url: str, clock: Clock
) -> None:
    for _time in range(2):
        assert people.join("Ada", "Europe/London", clock.now).id == 1
        session.commit()
        databases.empty(postgres_url)
    assert session.scalars(select(people.Person.id)).all() == []


def test_a_test_that_leaves_a_lock_behind_is_told_so(session: scoped_session[Session], postgres_url: str) -> None:
    session.execute(text("LOCK TABLE people"))
    with pytest.raises(psycopg.errors.LockNotAvailable):
        databases.empty(postgres_url)
