"""Many hosts: Celery carries what a round took hold of to whoever is free. The outbox stays the truth beneath it.

A message that is lost, late or brought twice changes nothing: the lease runs out, or the hold is somebody else's by
then. Nothing here is imported unless BROKER_URL is set and requirements/many.lock installed.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from celery import Celery
from flask import Flask
from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from app import config, create_app
from app.database import session
from app.delivery import courier, phones
from app.delivery.breakers import PROBE_EVERY
from app.delivery.units import reading
from app.delivery.workers import COMPLAINS_EVERY, Worker
from app.domain import claims, holds
from app.domain.claims import Claim
from app.domain.deliveries import MAIL, PUSH

log = logging.getLogger(__name__)

ROUND, CARRY = "marmalade.round", "marmalade.carry"
EVERY_S: Final = 1.0
ROUND_LASTS_S: Final = 5.0  # a round that nobody had time for in so long is not made up for
CARRY_LASTS_S: Final = 45.0  # a hold lasts 120 s and a send 60 s: what waited for longer is let run out
AT_ONCE: Final = 5
MOST_IN_FLIGHT: Final = 200


def opened() -> Celery:
    """Return Celery's application: one beat sends the round, any number of workers on any hosts do what it finds."""
    settings = config.read()
    if not settings["BROKER_URL"]:
        raise config.BadSetting("BROKER_URL is empty, but should say where Celery's messages wait: redis://host/0.")
    made = Celery("marmalade", broker=settings["BROKER_URL"])
    made.conf.update(
        accept_content=["json"],
        beat_schedule={"round": {"task": ROUND, "schedule": EVERY_S, "options": {"expires": ROUND_LASTS_S}}},
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": int(claims.LEASE.total_seconds()), "socket_timeout": 10},
        task_acks_late=True,
        task_ignore_result=True,
        task_reject_on_worker_lost=True,
        timezone="UTC",
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
    )
    made.task(name=ROUND)(go_round)
    made.task(name=CARRY)(carry)
    return made


@dataclass
class _Desk:
    """What one process keeps between tasks: the application, a way out and its breaker. All else is in the database."""

    app: Flask
    worker: Worker
    complained: float = field(default=-COMPLAINS_EVERY)


def go_round() -> None:
    """Plan, take hold of what is due, and have it carried by whoever is free."""
    desk = _desk()
    with _patiently(desk):
        now = courier.now()
        desk.worker.errands(now)
        with reading():
            hold = holds.current()
        if hold is None and desk.worker.may_plan(now):
            started = time.monotonic()
            courier.plan(now)
            desk.worker.rest(time.monotonic() - started)
        with reading():
            room = MOST_IN_FLIGHT - claims.in_flight(now)
        told = courier.take_messages(now) if hold is None and room > 0 and desk.worker.messenger else []
        _hand_on(courier.take(now, max(0, room), hold), now)
        _hand_on(told, now)


def _hand_on(held: list[Claim], now: datetime) -> None:
    for start in range(0, len(held), AT_ONCE):
        try:
            office.send_task(CARRY, [_told(held[start : start + AT_ONCE])], expires=CARRY_LASTS_S, retry=False)
        except OperationalError:
            log.error("the broker does not answer; %s letters wait for the next round", len(held) - start)
            courier.let_go(held[start:], now)
            return


def carry(told: Sequence[Sequence[Any]]) -> None:
    """Deliver what a round took hold of, unless the way is known to be broken."""
    desk = _desk()
    with _patiently(desk):
        now, held = courier.now(), [_heard(one) for one in told]
        letters = [claim for claim in held if claim.channel == MAIL]
        room = desk.worker.breaker.room(now, len(letters))
        desk.worker.count(courier.carry(letters[:room], now, desk.worker.way, desk.worker.breaker))
        if desk.worker.messenger:
            messages = [claim for claim in held if claim.channel == PUSH]
            desk.worker.count(courier.tell(messages, now, desk.worker.messenger))
        desk.worker.errands(now)
        courier.let_go(letters[room:], now + PROBE_EVERY)


def _told(held: Sequence[Claim]) -> list[list[Any]]:
    return [[*claim._replace(due_at=claim.due_at.isoformat())] for claim in held]  # type: ignore[arg-type] # as JSON has it


def _heard(told: Sequence[Any]) -> Claim:
    claim = Claim(*told)
    return claim._replace(due_at=datetime.fromisoformat(str(claim.due_at)))


def _desk() -> _Desk:
    return _desk_of(os.getpid())  # connections never cross a fork


@lru_cache(maxsize=1)
def _desk_of(_pid: int) -> _Desk:
    app = create_app()
    with app.app_context():
        return _Desk(app, Worker(app, courier.transport(), phones.messenger()))


@contextmanager
def _patiently(desk: _Desk) -> Iterator[None]:
    """Wait for a database that is away, with a line in the log now and then; the next round finds what was left."""
    with desk.app.app_context():
        try:
            yield
        except DBAPIError as away:
            session.rollback()
            if time.monotonic() - desk.complained >= COMPLAINS_EVERY:
                desk.complained = time.monotonic()
                log.error("the database does not answer: %s", type(away.orig).__name__)


office = opened()
