"""A breakfast that is over: Ada, Ben and Cleo were there, Dev was expected; Ada met Ben."""

from uuid import uuid4

import pytest

from app.delivery import courier
from app.delivery.mail import Relay, Server
from app.domain import attendance, contacts
from app.domain.encounters import CARD
from tests import cast


@pytest.fixture
def breakfast(session, clock):
    """The cast on the Thursday after, an hour before the follow-ups are due."""
    scene = cast.assemble(clock.now)
    cast.arrive(scene.event, scene.ada, scene.ben, scene.cleo)
    attendance.hold(attendance.expect(scene.event, scene.dev.name, attendance.INVITED, clock.now), scene.dev, clock.now)
    contacts.meet(scene.ada, scene.ben, uuid4(), CARD, scene.event, clock.now, clock.now)
    session.commit()
    clock.move(days=2)
    return scene


@pytest.fixture
def way(smtp):
    """A connection to the mail server of the test."""
    relay = Relay(Server.at(smtp.url), "marmalade.example")
    yield relay
    relay.close()


@pytest.fixture
def go(way, session):
    """Goes round at an instant, as the worker does, until nothing is due."""

    def rounds(at, by=way, breaker=None):
        notes = []
        session.rollback()
        while (tally := courier.round(at, by, breaker)).held:
            notes += tally.notes
        session.expire_all()
        session.rollback()
        return notes

    return rounds
