"""The worker goes round by itself, shows that it is alive, waits for a database that is away, and stops when told."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from app.delivery import courier, housekeeping, workers
from app.delivery.breakers import Breaker
from app.delivery.tallies import Tally
from app.delivery.workers import Worker
from app.domain import deliveries, events, sessions
from tests import cast
from tests.infrastructure.houses import ROOT


class Asked:
    """Stands in for a worker's Event: told to stop after so many waits, and never really waits."""

    def __init__(self, waits):
        self.left = waits
        self.waited = []

    def is_set(self):
        return self.left <= 0

    def set(self):
        self.left = 0

    def wait(self, seconds):
        self.waited.append(seconds)
        self.left -= 1


def test_a_sign_in_code_is_on_its_way_after_one_turn(app, session, clock, smtp, way):
    code = sessions.ask_code("ada@example.org", "nonce", clock.now)
    deliveries.carry_code(code, clock.now)
    session.commit()
    assert not Worker(app, way).turn()
    assert code.digits[:3] in smtp.wait_for(1)[0].message["Subject"]


def test_it_shows_that_it_is_alive(app, session, clock, way):
    """R22."""
    Worker(app, way).turn()
    assert deliveries.worker_age(clock.move(seconds=3)) == 3


def test_it_plans_and_beats_now_and_then_and_looks_for_codes_each_time(app, way, monkeypatch):
    seen = []
    monkeypatch.setattr(courier, "round", lambda *_a, plans, **_k: seen.append(plans) or Tally())
    worker = Worker(app, way)
    for _turn in range(3):
        worker.turn()
    assert seen == [True, False, False]


def test_it_plans_at_once_when_something_has_changed_and_else_holds_nobody_up(app, session, clock, way, monkeypatch):
    seen = []
    monkeypatch.setattr(courier, "round", lambda *_a, plans, **_k: seen.append(plans) or Tally())
    monkeypatch.setattr(workers, "LOOKS_EVERY", 0.0)
    event = cast.assemble(clock.now).event
    session.commit()
    worker = Worker(app, way)
    worker.turn()
    worker.turn()
    events.touch(event)
    session.commit()
    worker.turn()
    worker.turn()
    clock.set(event.closes_at)
    worker.turn()
    worker.turn()
    assert seen == [True, False, True, False, True, False]


def test_a_full_batch_is_followed_by_the_next_at_once(app, way, monkeypatch):
    tallies = [Tally(held=courier.BATCH), Tally(held=courier.BATCH), Tally(held=1), Tally()]
    monkeypatch.setattr(courier, "round", lambda *_a, **_k: tallies.pop(0))
    worker = Worker(app, way, stopping=Asked(2))
    worker.work()
    assert tallies == []
    assert len(worker.stopping.waited) == 2


def test_a_database_that_is_away_is_waited_for_with_one_line_in_the_log(app, way, monkeypatch, caplog):
    """R18."""

    def away(*_arguments, **_options):
        raise OperationalError("SELECT 1", {}, ConnectionError())

    monkeypatch.setattr(housekeeping, "beat", away)
    monkeypatch.setattr(courier, "round", away)
    worker = Worker(app, way, stopping=Asked(5))
    worker.work()
    assert len(worker.stopping.waited) == 5
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_told_to_stop_it_finishes_what_is_in_flight_and_begins_nothing_new(app, session, clock, way, smtp):
    """R23."""
    for number in range(5):
        code = sessions.ask_code(f"guest{number}@example.org", f"nonce{number}", clock.now)
        deliveries.carry_code(code, clock.now)
    session.commit()
    worker = Worker(app, way)
    send = way.send

    def stop_meanwhile(*arguments):
        worker.stopping.set()
        return send(*arguments)

    way.send = stop_meanwhile
    worker.work()
    assert len(smtp.letters) == 1
    way.send = send
    Worker(app, way).turn()
    assert len(smtp.letters) == 5


def test_told_to_stop_while_it_plans_it_goes_no_further_and_the_next_finds_the_rest(session, breakfast):
    """R23."""
    due = breakfast.event.starts_at + timedelta(days=3)
    session.rollback()
    assert courier.plan(due, lambda: True) == 0
    assert courier.plan(due) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_without_a_trace(app, settings, session, number):
    """R23."""
    session.rollback()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        begun = process.stderr.readline()
        process.send_signal(number)
        _out, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "at work" in begun
    assert (process.returncode, said) == (0, "")


class TestTheBreaker:
    NOW = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)

    def test_it_opens_after_five_failures_in_a_row_and_closes_with_the_first_answer(self):
        breaker = Breaker()
        for _failure in range(5):
            assert breaker.room(self.NOW, 20) == 20
            breaker.failed(self.NOW)
        assert breaker.room(self.NOW, 20) == 0
        assert breaker.room(self.NOW.replace(minute=31), 20) == 1
        breaker.answered(self.NOW)
        assert breaker.room(self.NOW, 20) == 20

    def test_an_answer_in_between_begins_the_count_anew(self):
        breaker = Breaker()
        for _time in range(4):
            for _failure in range(4):
                breaker.failed(self.NOW)
            breaker.answered(self.NOW)
        assert not breaker.is_open
