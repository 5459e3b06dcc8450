"""The door in a real browser: slips forgiven as one types, and whoever is on no list asked about as they come."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import database
from app.domain import attendance
from app.domain.events import Event
from app.domain.people import Person
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.outboxes import settled
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NewPhone = Callable[..., "Page"]
NEXT_QUESTION_MS, TYPED_MS = 3_400, 300
NAMES = ("Gareth Bevan", "Siân Rhys", "Owen Stewart")


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    with site.app.app_context():
        people = cast.assemble(clock.now)
        for name in NAMES:
            attendance.expect(people.event, name, attendance.GOING, clock.now)
        database.session.commit()
    return people


@pytest.fixture
def door(new_phone: NewPhone, site: Site, world: Cast) -> "Page":
    """Cleo's phone at the door; its timers run when a test says so."""
    phone = signed_in(new_phone(), site, world.cleo)
    phone.clock.install()
    phone.goto(f"/events/{world.event.id}/door")
    expect(settled(phone).get_by_role("button", name="Find")).to_be_hidden()
    return phone


def names(page: "Page") -> "Locator":
    return page.locator("#attendees > li:visible .list-name")


def test_a_slip_is_forgiven_while_one_types(door: "Page") -> None:
    door.get_by_label("Find a name, a firm or a code").fill("sian")
    expect(names(door)).to_have_text(["Siân Rhys"])
    with door.expect_response("**/door/found?*"):
        door.get_by_label("Find a name, a firm or a code").fill("gareht")
        door.clock.run_for(TYPED_MS)
    expect(names(door)).to_have_text(["Gareth Bevan"])
    door.get_by_role("button", name="Check in Gareth Bevan").click()
    expect(door.get_by_role("button", name="Undo Gareth Bevan")).to_be_visible()
    expect(door.locator("#figure-present")).to_have_text("1")


def test_whoever_is_on_no_list_is_asked_about_as_they_come(door: "Page", site: Site, world: Cast) -> None:
    expect(door.locator("#waiting")).to_be_hidden()
    with site.app.app_context():
        database.begin_write()
        event = database.session.get(Event, world.event.id)
        dev = database.session.get(Person, world.dev.id)
        assert event
        assert dev
        cast.arrive(event, dev, now=event.starts_at)
        database.session.commit()
    with door.expect_response("**/live?*"):
        door.clock.run_for(NEXT_QUESTION_MS)
    expect(door.locator("#waiting .list-name")).to_have_text("Dev Singh")
    door.get_by_role("button", name="Yes, they're here Dev Singh").click()
    expect(door.locator("#waiting")).to_be_hidden()
    with site.app.app_context():
        place = attendance.of(event, dev)
        assert place
        assert place.is_vouched
