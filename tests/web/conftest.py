"""The cast at the doors: whose phone is whose."""

from collections.abc import Callable

import pytest
from flask import Flask

from app import clock
from app.domain import groups
from app.domain.people import Person
from tests import cast
from tests.cast import Cast
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene, assembled
from tests.web.phones import Phone


@pytest.fixture
def world(session) -> Cast:
    """Everybody, with nobody arrived yet."""
    people = cast.assemble(clock.now())
    session.commit()
    return people


@pytest.fixture
def scene(session, app: Flask) -> Scene:
    """Something of Ada's behind every door, in Cleo's group; and Eve, who organises another one."""
    scene = assembled(app)
    session.commit()
    return scene


@pytest.fixture
def ada(world: Cast) -> Person:
    """Ada, who keeps the books for cafés."""
    return world.ada


@pytest.fixture
def hers(client: Visitor, ada: Person) -> Visitor:
    """Ada's phone."""
    return client.sign_in(ada)


@pytest.fixture
def bens(new_client: Callable[[], Visitor], world: Cast) -> Visitor:
    """Ben's phone."""
    return new_client().sign_in(world.ben)


@pytest.fixture
def adas(session, world: Cast, new_client: Callable[[], Visitor]) -> Phone:
    """Ada's phone, which was away; she and Ben are at the breakfast."""
    cast.arrive(world.event, world.ada, world.ben)
    session.commit()
    return Phone(new_client(), world.ada)


@pytest.fixture
def his(world: Cast, adas: Phone, new_client: Callable[[], Visitor]) -> Phone:
    """Ben's phone, which was away as well."""
    return Phone(new_client(), world.ben)


@pytest.fixture
def stranger(new_client: Callable[[], Visitor]) -> Visitor:
    """A phone that nobody has signed in on."""
    return new_client()


@pytest.fixture
def gwen(session, clock, new_client: Callable[[], Visitor]) -> Visitor:
    """Somebody who organises another group."""
    someone = cast.person("Gwen", clock.now, "gwen@example.org")
    groups.start(someone, "Another Table", cast.ZONE, clock.now, open_to_all=True)
    session.commit()
    return new_client().sign_in(someone)
