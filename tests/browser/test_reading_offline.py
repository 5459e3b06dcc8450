"""Read and answered without a server, from what the phone has kept: card, Today, people, morning, door."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app import database
from app.domain import cards, contacts, encounters
from tests import cast, scenes
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.phones import signed_in
from tests.infrastructure.pockets import away, forget, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    """O53, A142."""
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
    ):
        phone.goto(path)
        expect(phone.get_by_role("heading", name=f"This phone hasn't got {missing}")).to_be_visible()
        expect(phone.get_by_text(re.compile("Open (this page|it) once with signal"))).to_be_visible()
