"""A worker that is killed, stopped or broken at any step of a letter loses none, and repeats at most that one."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.database import db
from app.delivery import courier, dots, mail, tallies, verdicts
from app.delivery.breakers import Breaker
from app.delivery.mail import Relay, Server
from app.domain import claims
from tests.delivery.ways import Way, states

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
EVERYBODY = ["ada@example.org", "ben@example.org", "cleo@example.org"]
KILLED, STOPPED, BROKEN = "SIGKILL", "SIGSTOP", "exception"
# What is done, where in the code, and whether the fault comes before or after it.
POINTS = {
    "taking hold, not committed": (claims, "take", "after"),
    "hold taken": (verdicts, "_read", "before"),
    "read and worded": (verdicts, "_write_down", "before"),
    "written, not committed": (claims, "freeze", "after"),
    "frozen": (Relay, "send", "before"),
    "body sent": (claims, "to_dot", "before"),
    "noting the dot, not committed": (claims, "to_dot", "after"),
    "dot noted": (Relay, "_finish", "before"),
    "dot sent": (mail, "_reply_to_dot", "before"),
    "answered": (Relay, "_finish", "after"),
    "noting that it is sent, not committed": (claims, "sent", "after"),
    "sent": (courier, "_note_sent", "after"),
}
UNCOMMITTED = {name for name in POINTS if "not committed" in name} | {"body sent"}
PAST_THE_DOT = {"dot sent", "answered", "noting that it is sent, not committed"}
OTHER_CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
PATIENCE_S = 60


class Planted(Exception):
    """The fault that a test plants."""


def fault(how):
    if how == BROKEN:
        raise Planted
    os.kill(os.getpid(), signal.SIGKILL if how == KILLED else signal.SIGSTOP)


def plant(point, how):
    """Let this process go wrong there, once."""
    room, name, when = POINTS[point]
    left, real = [how], getattr(room, name)

    def once(*arguments, **options):
        if when == "before" and left:
            fault(left.pop())
        result = real(*arguments, **options)
        if when == "after" and left:
            fault(left.pop())
        return result

    setattr(room, name, once)


def work(app, url, point, how):
    """Be a worker process that goes round once."""
    try:
        plant(point, how)
        with app.app_context():
            courier.round(DUE, Relay(Server.at(url), "marmalade.example"))
    except BaseException:  # noqa: BLE001 - whatever it is, nothing of the test may go on in this process
        os._exit(1)
    os._exit(0)


def is_forgotten(session, dialect):
    """Wait until the database has noticed that a worker is gone.

    Until then PostgreSQL keeps the rows locked that were not committed, and every round passes them over.
    """
    until = time.monotonic() + PATIENCE_S
    while dialect == "postgresql" and session.scalar(OTHER_CONNECTIONS):
        session.rollback()
        assert time.monotonic() < until
        time.sleep(0.005)  # the database tells nobody that it has let a connection go
    session.rollback()


@pytest.mark.parametrize("how", [KILLED, STOPPED, BROKEN])
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_ends_anywhere_loses_nothing_and_repeats_at_most_that_letter(
    app, breakfast, go, session, smtp, dialect, point, how
):
    """R5, R6, R9, R16, R23: each step of a letter, each way to be interrupted there."""
    session.remove()
    db.engine.dispose()
    pid = os.fork()
    if pid == 0:
        work(app, smtp.url, point, how)
    _pid, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status) == (how == STOPPED)
    if how != STOPPED:
        is_forgotten(session, dialect)
    try:
        if how != STOPPED or dialect == "postgresql" or point not in UNCOMMITTED:
            go(DUE + timedelta(seconds=121))
    finally:
        if how == STOPPED:
            os.kill(pid, signal.SIGCONT)
            os.waitpid(pid, 0)
            is_forgotten(session, dialect)
    at = DUE + timedelta(seconds=121)
    while set(states(session)) != {"sent"}:
        go(at)
        at += timedelta(seconds=121)
        assert at < DUE + timedelta(minutes=30), states(session)
    for address in EVERYBODY:
        copies = smtp.to(address)
        assert copies, f"{address} got none"
        assert len({copy.raw for copy in copies}) == 1
    again = len(smtp.letters) - len(EVERYBODY)
    assert again == 0 or (again == 1 and (point in PAST_THE_DOT or (point == "dot noted" and how == STOPPED)))


class Killed(BaseException):
    """What takes a process away between the note of the dot and the dot."""


def kill():
    raise Killed


def test_a_hold_that_is_told_of_again_after_its_dot_waits_for_its_lease(breakfast, session):
    """R5, R21: a broker may bring a message again whose worker was killed; only the lease decides about the letter."""
    courier.plan(DUE)
    [held] = courier.take(DUE, 1, None)
    way = Way()
    way.send = lambda _sender, _recipient, _content, last_word: last_word() and kill()
    with pytest.raises(Killed):
        courier.carry([held], DUE, way, Breaker())
    assert courier.carry([held], DUE + timedelta(seconds=1), Way(), Breaker()) == []
    assert dots.note_withheld(held, DUE + timedelta(seconds=1))[0] == tallies.LOST
    assert states(session)["dot"] == 1
    session.rollback()
    [uncertain] = [one for one in courier.take(DUE + claims.LEASE, 9, None) if one.id == held.id]
    assert [note.outcome for note in courier.carry([uncertain], DUE + claims.LEASE, Way(), Breaker())] == ["sent"]
