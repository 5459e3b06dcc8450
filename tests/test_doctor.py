"""The doctor: says what is wrong and how to mend it, and ends with 1 if anything has failed."""

import time
from contextvars import Context
from pathlib import Path

import pytest

from app import clock, connections
from app.commands import doctors
from app.domain import deliveries, holds


def told(app) -> tuple[int, str]:
    answer = Context().run(app.test_cli_runner().invoke, args=["doctor"], env={"COLUMNS": "200"})
    return answer.exit_code, answer.output


@pytest.fixture
def at_work(session):
    """A worker that was seen just now."""
    deliveries.beat("here", clock.now())
    session.commit()


@pytest.mark.both_databases
def test_a_house_that_is_well_is_told_so(app, session, at_work, smtp, monkeypatch) -> None:
    app.config["SMTP_URL"] = smtp.url
    monkeypatch.setattr(doctors, "CLOCKS_APART_S", 10**10)  # this test's clock stands still
    session.remove()
    code, said = told(app)
    assert code == 0, said
    assert "https://marmalade.example" in said
    assert "answers" in said
    assert "Migrations" in said
    assert not smtp.letters, "no letter is sent to try it"


def test_the_doctor_says_which_log_is_used(app, session, at_work, monkeypatch) -> None:
    """S55."""
    session.remove()
    assert "sound" in told(app)[1]
    monkeypatch.setattr(connections, "wal_is_sound", lambda: False)
    assert "WAL-reset defect" in told(app)[1]


def test_what_has_failed_ends_with_one_and_says_how_to_mend_it(app, session, monkeypatch) -> None:
    monkeypatch.setattr(doctors, "CLOCKS_APART_S", 10**10)
    app.config["SMTP_URL"] = "smtp://localhost:9"
    folder = Path(app.config["INSTANCE_PATH"])
    folder.chmod(0o755)
    holds.put_on(clock.now(), clock.now())
    session.commit()
    session.remove()
    code, said = told(app)
    assert code == 1
    for words in ("never seen", "does not answer", "chmod 700", "flask release"):
        assert words in said, words


def test_a_clock_that_is_wrong_is_found(app, session, at_work) -> None:
    """The test's clock stands in 2026; the database's does not."""
    session.remove()
    clock_now = clock.now().timestamp()
    assert ("s apart" in told(app)[1]) == (abs(clock_now - time.time()) > doctors.CLOCKS_APART_S)
