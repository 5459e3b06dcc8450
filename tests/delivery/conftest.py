"""A breakfast that is over: Ada, Ben and Cleo were there, Dev was expected; Ada met Ben."""

from uuid import uuid4

import pytest

from app.delivery import courier
from app.delivery.mail import Relay, Server
from app.delivery.messages import Messenger
from app.delivery.push import Post
from app.domain import attendance, contacts, devices, sessions
from app.domain.encounters import CARD
from app.domain.endpoints import Service
from tests import cast
from tests.infrastructure import push_service


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

    def rounds(at, by=way, breaker=None, messenger=None):
        notes = []
        session.rollback()
        while (tally := courier.round(at, by, breaker, messenger=messenger)).held:
            notes += tally.notes
        session.expire_all()
        session.rollback()
        return notes

    return rounds


@pytest.fixture
def service(tls):
    """A push service that opens what it is given."""
    with push_service.serve(tls) as running:
        yield running


@pytest.fixture
def messenger(service):
    """The way out to that service."""
    out = Messenger(
        Post("mailto:cleo@example.org", service.trust()), (Service("localhost", service.port, "127.0.0.1"),)
    )
    yield out
    out.close()


@pytest.fixture
def device(service, messenger, session, clock):
    """Lets a browser of somebody's subscribe, in a session of its own; returns the browser."""

    def subscribe(person, name="", now=None):
        browser = service.subscribe(name)
        holder, _cookie = sessions.start(person, "A test's phone", now or clock.now)
        given = devices.Subscription(browser.endpoint, browser.point, browser.secret)
        devices.keep(given, holder, "test", "A test's phone", now or clock.now)
        session.commit()
        return browser

    return subscribe
