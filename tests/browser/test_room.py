"""The organiser's room in a real browser: in step with the door, honest when it is not, and whole without a script."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app import clock, database
from app.domain import attendance, contacts, encounters
from app.domain.events import Event
from app.domain.groups import Membership
from app.domain.people import Person
from app.domain.sessions import Session
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.chromium import awake
from tests.infrastructure.outboxes import settled
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

NewPhone = Callable[..., "Page"]
NEXT_QUESTION_MS, LOST_AFTER_MS = 3_400, 16_500
NAMES = ("Ada Price", "Gareth Bevan", "Siân Rhys")


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    with site.app.app_context():
        people = cast.assemble(clock.now)
        for name in NAMES:
            attendance.expect(people.event, name, attendance.GOING, clock.now)
        database.session.commit()
    return people


@pytest.fixture
def room(new_phone: NewPhone, site: Site, world: Cast) -> "Page":
    """Cleo's phone, showing the room; its timers run when a test says so."""
    phone = signed_in(new_phone(), site, world.cleo)
    phone.clock.install()
    phone.goto(f"/events/{world.event.id}")
    expect(settled(phone).get_by_role("button", name="Find")).to_be_hidden()
    phone.wait_for_load_state("networkidle")  # from here on it asks for nothing but news
    return phone


@contextmanager
def door(site: Site, world: Cast):
    """What happens at the door meanwhile, in a unit of work of its own."""
    with site.app.app_context():
        database.begin_write()
        yield database.session.get(Event, world.event.id)
        database.session.commit()


def person(known: Person) -> Person:
    found = database.session.get(Person, known.id)
    assert found
    return found


def figure(page: "Page", name: str) -> "Locator":
    return page.locator(f"#figure-{name}")


def row(page: "Page", name: str):
    return page.locator("#attendees > li").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: "Page") -> "Locator":
    return page.locator("#attendees > li:visible .list-name")


def after_the_next_question(page: "Page") -> None:
    with page.expect_response("**/live?*"):
        page.clock.run_for(NEXT_QUESTION_MS)


def test_who_arrives_is_there_at_the_next_question_three_seconds_later(room: "Page", site: Site, world: Cast) -> None:
    expect(figure(room, "present")).to_have_text("0")
    expect(figure(room, "expected")).to_have_text("3")
    with door(site, world) as event:
        gareth = next(p for p in database.session.query(attendance.Attendance) if p.name == "Gareth Bevan")
        attendance.check_in(gareth, clock.now(), cast.LATE_AFTER, person(world.cleo), attendance.ORGANISER)
        cast.arrive(event, person(world.dev), now=event.starts_at)
    after_the_next_question(room)
    expect(figure(room, "present")).to_have_text("2")
    expect(figure(room, "expected")).to_have_text("2")
    expect(figure(room, "walk_ins")).to_have_text("1")
    expect(names(room)).to_have_text(["Ada Price", "Dev Singh", "Gareth Bevan", "Siân Rhys"])
    assert "Late\n7:30" in row(room, "Gareth Bevan").inner_text()
    expect(row(room, "Dev Singh").get_by_role("button", name="Undo Dev Singh")).to_be_visible()


def test_nobody_scanned_yet_follows_what_happens_at_the_tables(room: "Page", site: Site, world: Cast) -> None:
    with door(site, world) as event:
        cast.arrive(event, person(world.ada), person(world.ben))
    after_the_next_question(room)
    expect(room.locator("#figure-unscanned")).to_have_text("fewer than 5")
    with door(site, world) as event:
        now = clock.now()
        contacts.meet(person(world.ada), person(world.ben), uuid4(), encounters.CARD, event, now, now)
    after_the_next_question(room)
    expect(room.locator("#figure-unscanned")).to_have_text("0")


def test_a_tap_checks_in_without_leaving_the_page_and_another_takes_it_back(room: "Page", world: Cast) -> None:
    gareth = row(room, "Gareth Bevan")
    gareth.get_by_role("button", name="Check in Gareth Bevan").click()
    gareth.get_by_role("button", name="Undo Gareth Bevan").wait_for()
    expect(room.locator("#figure-present")).to_have_text("1")
    expect(room.locator("#figure-expected")).to_have_text("2")
    expect(gareth).not_to_contain_text("Saved on this phone")
    gareth.get_by_role("button", name="Undo Gareth Bevan").click()
    gareth.get_by_role("button", name="Check in Gareth Bevan").wait_for()
    expect(gareth).to_contain_text("Expected")
    expect(room.locator("#figure-present")).to_have_text("0")
    assert room.url.endswith(f"/events/{world.event.id}")


def test_the_list_narrows_while_it_is_typed_and_keeps_who_was_just_checked_in(room: "Page", world: Cast) -> None:
    room.get_by_label("Find a name or a firm").fill("sian")
    expect(names(room)).to_have_text(["Siân Rhys"])
    row(room, "Siân Rhys").get_by_role("button").click()
    room.get_by_role("button", name="Undo Siân Rhys").wait_for()
    expect(names(room)).to_have_text(["Siân Rhys"])
    room.get_by_label("Find a name or a firm").fill("nobody of that name")
    expect(names(room)).to_have_count(0)
    expect(room.get_by_text("Nobody here by those words.")).to_be_visible()
    room.get_by_label("Find a name or a firm").fill("")
    expect(names(room)).to_have_text(NAMES)


def test_a_tap_without_signal_is_kept_and_goes_when_there_is(room: "Page", world: Cast) -> None:
    room.context.set_offline(True)
    gareth = row(room, "Gareth Bevan")
    gareth.get_by_role("button").click()
    expect(gareth).to_contain_text("Saved on this phone")
    expect(figure(room, "present")).to_have_text("0")
    room.context.set_offline(False)
    expect(room.locator("#figure-present")).to_have_text("1")
    expect(gareth).not_to_contain_text("Saved on this phone")


def refuse(route: "Route") -> None:
    said = {"result": "refused", "reason": "no", "message": "That can't be done any more."}
    answers = [{"id": item["id"], **said} for item in route.request.post_data_json["items"]]
    route.fulfill(json={"svc": "marmalade", "v": 1, "answers": answers})


def test_a_tap_that_was_not_taken_is_taken_back_and_says_why(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = signed_in(new_phone(), site, world.cleo)
    # Only the page sends, so that it is this answer it gets.
    phone.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    phone.route("**/api/v1/sync", refuse)
    phone.goto(f"/events/{world.event.id}")
    gareth = row(awake(phone), "Gareth Bevan")
    gareth.get_by_role("button").click()
    gareth.get_by_text("That can't be done any more.").wait_for()
    gareth.get_by_role("button", name="Check in Gareth Bevan").wait_for()


def test_a_phone_that_keeps_nothing_sends_a_tap_at_once_and_says_when_it_did_not_arrive(
    new_phone: NewPhone, site: Site, world: Cast
) -> None:
    """O54."""
    phone = signed_in(new_phone(), site, world.cleo)
    phone.add_init_script("IDBFactory.prototype.open = () => { throw new Error('Full') }")
    phone.goto(f"/events/{world.event.id}")
    gareth = row(awake(phone), "Gareth Bevan")
    phone.context.set_offline(True)
    gareth.get_by_role("button").click()
    gareth.get_by_text("Not saved. Check the signal, then tap again.").wait_for()
    phone.context.set_offline(False)
    gareth.get_by_role("button", name="Check in").click()
    gareth.get_by_role("button", name="Undo").wait_for()
    expect(phone.get_by_text("Not saved.")).to_be_hidden()


def a_hotels_page(route: "Route") -> None:
    route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to the hotel's wifi</h1>")


@pytest.mark.parametrize("fault", ["no signal", "the hotel's own page", "out of order"])
def test_numbers_turn_grey_when_nobody_answers_and_come_back(room: "Page", site: Site, world: Cast, fault: str) -> None:
    answers: dict[str, Callable[[Route], None]] = {
        "no signal": lambda route: route.abort(),
        "the hotel's own page": a_hotels_page,
        "out of order": lambda route: route.fulfill(status=503, content_type="application/json", body="{}"),
    }
    room.route("**/live?*", answers[fault])
    room.clock.run_for(LOST_AFTER_MS)
    room.get_by_text("We've lost touch.").wait_for()
    expect(room.locator("#room")).to_contain_class("stale")
    expect(names(room)).to_have_text(NAMES)
    with door(site, world) as event:
        cast.arrive(event, person(world.dev))
    room.unroute("**/live?*")
    room.evaluate("window.dispatchEvent(new Event('online'))")
    with room.expect_response("**/live?*"):
        room.clock.run_for(1_100)
    expect(room.locator("#figure-present")).to_have_text("1")
    expect(room.locator("#room")).not_to_contain_class("stale")
    expect(room.get_by_text("We've lost touch.")).to_be_hidden()


@pytest.mark.parametrize("lost", ["the session", "the role"])
def test_whoever_may_no_longer_look_is_told_and_the_page_stops_asking(
    room: "Page", site: Site, world: Cast, lost: str
) -> None:
    with door(site, world):
        database.session.query(Session if lost == "the session" else Membership).delete()
    after_the_next_question(room)
    room.get_by_text("This page has stopped").wait_for()
    asked: list[str] = []
    room.on("request", lambda request: asked.append(request.url))
    room.clock.run_for(60_000)
    assert asked == []


def test_a_phone_in_a_pocket_asks_nothing_and_asks_at_once_when_it_is_out_again(room: "Page", world: Cast) -> None:
    look = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true}); "
    look += "document.dispatchEvent(new Event('visibilitychange')); }"
    asked: list[str] = []
    room.evaluate(look, True)
    room.on("request", lambda request: asked.append(request.url))
    room.clock.run_for(60 * 60 * 1000)
    assert asked == []
    with room.expect_response("**/live?*"):
        room.evaluate(look, False)


def test_what_is_not_new_is_asked_for_in_a_few_bytes(room: "Page", world: Cast) -> None:
    with room.expect_response("**/live?*") as answered:
        room.clock.run_for(NEXT_QUESTION_MS)
    assert answered.value.status == 304


def test_after_a_new_release_the_page_comes_anew(room: "Page", site: Site, world: Cast) -> None:
    room.evaluate("document.getElementById('room').dataset.old = 'yes'")
    site.app.config["ASSETS"] = "fedcba9876543210"
    room.clock.run_for(NEXT_QUESTION_MS)
    expect(room.locator("#room[data-old]")).to_have_count(0)
    expect(room.locator("#room")).to_have_count(1)


def test_it_is_whole_without_a_script(new_phone: NewPhone, site: Site, world: Cast) -> None:
    page = signed_in(new_phone(java_script_enabled=False), site, world.cleo)
    page.goto(f"/events/{world.event.id}")
    page.get_by_label("Find a name or a firm").fill("bevan")
    page.get_by_role("button", name="Find").click()
    expect(names(page)).to_have_text(["Gareth Bevan"])
    page.get_by_role("button", name="Check in Gareth Bevan").click()
    page.wait_for_url("**#place-*")
    expect(names(page)).to_have_text(["Gareth Bevan"])
    expect(figure(page, "present")).to_have_text("1")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo Gareth Bevan").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Still expected").click()
    page.get_by_label("Find a name or a firm").fill("")
    page.get_by_role("button", name="Find").click()
    expect(names(page)).to_have_text(NAMES)


def test_the_mornings_follow_what_is_typed(new_phone: NewPhone, site: Site, world: Cast) -> None:
    page = signed_in(new_phone(), site, world.cleo)
    page.goto(f"/groups/{world.group.id}/events/new?copy={world.event.id}")
    page.get_by_text("The follow-up comes on Thu 3 Dec, 8:30.").wait_for()
    awake(page).get_by_label("Follow-up, days after").fill("1")
    page.get_by_text("The follow-up comes on Wed 2 Dec, 8:30.").wait_for()


@pytest.mark.parametrize(("zone", "chosen"), [("America/New_York", "America/New_York"), ("Etc/GMT+5", "Europe/London")])
def test_a_new_group_is_where_its_organisers_phone_is(
    new_phone: NewPhone, site: Site, world: Cast, zone: str, chosen: str
) -> None:
    page = signed_in(new_phone(timezone_id=zone), site, world.cleo)
    page.goto("/groups/new")
    expect(awake(page).get_by_label("Time zone")).to_have_value(chosen)
