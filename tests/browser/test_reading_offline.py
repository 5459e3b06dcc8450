"""Read and answered without a server, from what the phone has kept: card, Today, people, morning, door."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app import database
from app.domain import cards, contacts, encounters, endings, prompts
from app.domain.attendance import Attendance
from app.domain.prompts import Prompt
from tests import cast, scenes
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.chromium import awake
from tests.infrastructure.phones import signed_in
from tests.infrastructure.pockets import away, back, forget, ready

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NewPhone = Callable[..., "Page"]
LONG = "Maximiliane Antoinette von Hohenzollern-Sigmaringen-Wolkenstein zu Oberunterbach am Inn"


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    """Ada met Ben and Max this morning; Gareth is on the list, and Ada has a prompt."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada, people.ben)
        cards.put(cards.of(people.ben), "company", "Okafor Webworks", cards.ANYONE)
        for other in (people.ben, cast.person(LONG, clock.now, what_i_do="I paint very small ships")):
            contacts.meet(people.ada, other, uuid4(), encounters.CARD, people.event, clock.now, clock.now)
        scenes.follow_up(people)
        for name in ("Gareth Bevan", "Siân Rees", LONG):
            cast.expect(people.event, name, clock.now, company="Bevan & Daughters")
        database.session.commit()
    return people


def test_the_card_whom_i_met_today_and_the_morning_are_read_without_signal(
    new_phone: NewPhone, site: Site, world: Cast, clock: Clock
) -> None:
    """A142."""
    phone = signed_in(new_phone(), site, world.ada)
    phone.clock.set_fixed_time(clock.now)
    ready(phone, "/card")
    drawn = phone.locator(".qr-tile path[stroke]").get_attribute("d")
    code = phone.locator(".qr-code").inner_text()
    phone.clock.set_fixed_time(clock.now + timedelta(days=8))
    away(phone).goto("/card")
    expect(phone.locator(".qr-name")).to_have_text("Ada Bevan")
    expect(phone.locator(".qr-line")).to_have_text("I keep the books for cafés")
    assert phone.locator(".qr-tile path[stroke]").get_attribute("d") == drawn
    assert phone.locator(".qr-code").inner_text().split() == code.split()
    expect(phone.get_by_text("As of Tue 24 Nov, 7:30")).to_be_visible()

    phone.clock.set_fixed_time(clock.now + timedelta(minutes=44))
    phone.get_by_role("link", name="People", exact=True).click()
    expect(phone.get_by_role("heading", name="Tuesday Breakfast")).to_be_visible()
    expect(phone.get_by_text("I build websites · Okafor Webworks")).to_be_visible()
    expect(phone.get_by_text(LONG)).to_be_visible()
    expect(phone.get_by_text("As of 7:30")).to_be_visible()

    phone.get_by_role("link", name="Event", exact=True).click()
    expect(phone.get_by_role("heading", name="Tuesday Breakfast")).to_be_visible()
    expect(phone.get_by_text("Tue 24 Nov, 7:00 to 9:00")).to_be_visible()
    expect(phone.get_by_text("You're in since 7:00.")).to_be_visible()
    expect(phone.get_by_text("2 here · 3 still expected")).to_be_visible()


def test_what_a_phone_never_fetched_it_says_and_says_what_to_do(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = signed_in(new_phone(), site, world.dev)
    away(forget(ready(phone)))
    for path, missing in (
        ("/card", "your card"),
        ("/people", "your people"),
        ("/today", "your Today"),
        ("/event", "your morning"),
        (f"/events/{world.event.id}/door", "this door"),
    ):
        phone.goto(path)
        expect(phone.get_by_role("heading", name=f"This phone hasn't got {missing}")).to_be_visible()
        expect(phone.get_by_text(re.compile("Open (this page|it) once with signal"))).to_be_visible()


def test_today_and_the_minute_are_answered_without_signal_and_arrive_once_there_is(
    new_phone: NewPhone, site: Site, world: Cast, clock: Clock
) -> None:
    phone = signed_in(new_phone(), site, world.ada)
    ready(phone)
    clock.move(hours=2)
    phone.clock.set_fixed_time(clock.now)
    away(phone).goto("/today")
    phone.get_by_role("button", name="I've done it").click()
    expect(phone.get_by_text("Saved on this phone. It'll go when there's signal.")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("button", name="Undo")).to_be_visible()
    phone.get_by_role("button", name="Undo").click()
    phone.get_by_text("Later", exact=True).click()
    phone.get_by_role("button", name="Wed 25 Nov").click()
    expect(phone.get_by_text("Saved on this phone. It'll go when there's signal.")).to_be_visible()
    phone.get_by_role("link", name="Take a minute").click()
    expect(phone.get_by_role("heading", name="Ben Okafor")).to_be_visible()
    phone.get_by_label("a customer").check()
    phone.get_by_label("I promised").fill("Send Ben the café's address")
    phone.get_by_role("button", name="Keep").click()
    expect(phone.get_by_role("heading", name=LONG)).to_be_visible()
    phone.get_by_role("button", name="Skip").click()
    phone.get_by_label("Partly").check()
    phone.get_by_role("button", name="That's all").click()
    expect(phone.get_by_text("That's all. Have a good day.")).to_be_visible()
    expect(phone.locator("#outbox")).to_contain_text("3 things saved on this phone")

    back(phone)
    with site.app.app_context():
        ada, event = (database.session.merge(one) for one in (world.ada, world.event))
        [prompt] = database.session.scalars(select(Prompt).where(Prompt.person_id == ada.id))
        assert (prompt.state, prompt.due_day.isoformat()) == (prompts.OPEN, "2026-11-25")
        [ben, _max] = endings.met(ada, event)
        assert (ben.fit.fit, ben.promise) == ("customer", "Send Ben the café's address")
        assert endings.of(ada, event).worth == "partly"


def test_two_doors_without_signal_agree_afterwards(new_phone: NewPhone, site: Site, world: Cast, clock: Clock) -> None:
    door = f"/events/{world.event.id}/door"
    phones = [signed_in(new_phone(), site, world.cleo) for _each in range(2)]
    for phone in phones:
        phone.clock.set_fixed_time(clock.now)
        away(ready(phone, door))
    one, other = phones
    # The first has the page open when the signal goes, the second opens it without.
    one.get_by_role("button", name="Check in Gareth Bevan").click()
    expect(row(one, "Gareth Bevan")).to_contain_text("Saved on this phone")
    other.goto(door)
    expect(other.get_by_role("heading", name="The door")).to_be_visible()
    awake(other)
    for name in ("Gareth Bevan", "Siân Rees"):
        other.get_by_role("button", name=f"Check in {name}").click()
        expect(row(other, name)).to_contain_text("Present")
    row(other, "Siân Rees").get_by_role("button").click()
    expect(row(other, "Siân Rees")).to_contain_text("Expected")
    for phone, name in ((one, "Wilma Walkin"), (other, "Otto Ohne")):
        phone.get_by_text("Somebody without a place").click()
        phone.get_by_label("Their name").fill(name)
        phone.get_by_role("button", name="Let them in").click()
        expect(row(phone, name)).to_contain_text("Saved on this phone")
    other.reload()
    expect(row(other, "Siân Rees")).to_be_visible()
    awake(other)
    expect(row(other, "Gareth Bevan")).to_be_hidden()
    other.get_by_role("link", name="Here").click()
    for name in ("Gareth Bevan", "Otto Ohne"):
        expect(row(other, name)).to_contain_text("Present")

    for phone in phones:
        back(phone)
        phone.goto(door + "?show=here")
    for phone in phones:
        for name in ("Gareth Bevan", "Wilma Walkin", "Otto Ohne"):
            expect(row(phone, name)).to_contain_text(re.compile("Present|Late"))
        expect(row(phone, "Siân Rees")).to_be_hidden()
    with site.app.app_context():
        places = database.session.scalars(select(Attendance).where(Attendance.event_id == world.event.id)).all()
        here = sorted(place.name for place in places if place.is_here)
        assert here == ["Ada Bevan", "Ben Okafor", "Gareth Bevan", "Otto Ohne", "Wilma Walkin"]


def row(phone: "Page", name: str) -> "Locator":
    return phone.locator("#attendees > li", has_text=name).first
