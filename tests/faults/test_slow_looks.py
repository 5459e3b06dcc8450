"""What the database gives up at its time limit keeps nothing else waiting."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import database
from app.delivery import courier
from app.delivery.mail import Relay, Server
from app.domain import deliveries, planning, sessions
from tests.conftest import Clock
from tests.infrastructure.smtp import Sink


def _takes_for_ever(_now: datetime) -> list[None]:
    database.session.execute(text("SET LOCAL statement_timeout = 10"))
    database.session.execute(text("SELECT pg_sleep(60)"))
    return []


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_step_of_planning_that_takes_too_long_keeps_no_other_from_being_done_and_no_letter_from_going(
    app: Flask,
    session: Session,
    clock: Clock,
    smtp: Sink,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []
    slow = planning.Step(_takes_for_ever, lambda _found, _now: done.append("the slow one") or 0)
    next_one = planning.Step(lambda _now: [None], lambda _found, _now: done.append("the next one") or 0)
    monkeypatch.setattr(planning, "STEPS", (slow, next_one))
    deliveries.carry_code(sessions.ask_code("ada@example.org", "nonce", clock.now), clock.now)
    session.commit()
    way = Relay(Server.at(smtp.url), "marmalade.example")
    try:
        courier.round(clock.now, way)
    finally:
        way.close()
    assert done == ["the next one"]
    assert "given up" in caplog.text
    assert len(smtp.letters) == 1
