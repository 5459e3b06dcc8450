"""The door on the morning: on the list, signed in, or new here."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app import clock
from app.domain import attendance, cards, events, rosters
from app.domain.attendance import Attendance
from app.domain.people import Person
from app.domain.rosters import RosterEntry
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock
from tests.infrastructure.visitors import Visitor

NewClient = Callable[[], Visitor]


@pytest.fixture
def world(session) -> Cast:
    people = cast.assemble(clock.now())
    session.commit()
    return people


def listed(session, world: Cast, name: str, company: str = "") -> RosterEntry:
    place = attendance.expect(world.event, name, attendance.GOING, clock.now())
    entry = RosterEntry(
        event=world.event,
        attendance=place,
        layout="hand",
        name=name,
        comparable_name=rosters.comparable(name) if hasattr(rosters, "comparable") else name.casefold(),
        company=company,
        email="gareth@example.org",
        created_at=clock.now(),
    )
    session.add(entry)
    session.commit()
    return entry


def door(world: Cast, *rest: str) -> str:
    return "/".join(("/e", world.event.code, *rest))


def places(session) -> list[Attendance]:
    session.rollback()
    return list(session.scalars(select(Attendance)))


def test_the_poster_says_good_morning_to_anyone_and_names_nobody(session, world, client: Visitor) -> None:
    listed(session, world, "Gareth Bevan")
    page = client.get(door(world)).text
    assert "Tuesday Breakfast" in page
    assert "7:00" in page
    assert "Gareth" not in page


def test_a_typed_code_is_forgiven_its_spelling(world, client: Visitor) -> None:
    code = world.event.code
    typed = f"{code[:4]}-{code[4:]}".lower().replace("0", "o").replace("1", "l")
    assert client.get("/e", query_string={"code": typed}).location == f"/e/{code}"


def test_an_unknown_code_says_so_and_keeps_what_was_typed(world, client: Visitor) -> None:
    answer = client.get("/e?code=XXXX")
    assert (answer.status_code, "XXXX" in answer.text) == (404, True)


def test_somebody_on_the_list_types_a_name_and_is_in(session, world, client: Visitor) -> None:
    listed(session, world, "Gareth Bevan", "Bevan Services")
    asked = client.post(door(world, "name"), data={"name": "gareth  bévan"})
    assert "Are you on this morning's list as Gareth Bevan?" in unescape(asked.text)
    assert "Bevan Services" not in unescape(asked.text)
    assert "gareth@example.org" not in unescape(asked.text)
    assert client.post(door(world, "claim"), data={"name": "gareth bévan"}).location == door(world)
    assert "You're in since 7:30" in unescape(client.get(door(world)).text)
    (place,) = places(session)
    assert (place.person.name, place.state, place.origin) == ("Gareth Bevan", attendance.LATE, attendance.LIST)


def test_a_claim_opens_nothing_of_the_entry_but_the_name(session, world, client: Visitor) -> None:
    listed(session, world, "Gareth Bevan", "Bevan Services")
    client.post(door(world, "claim"), data={"name": "Gareth Bevan"})
    (place,) = places(session)
    card = cards.of(place.person)
    assert (place.person.email, place.person.email_typed, card.fields) == (None, None, [])


def test_a_claimed_entry_cannot_be_claimed_again(session, world, new_client: NewClient) -> None:
    listed(session, world, "Gareth Bevan")
    new_client().post(door(world, "claim"), data={"name": "Gareth Bevan"})
    second = new_client().post(door(world, "name"), data={"name": "Gareth Bevan"})
    assert "Make your card" in second.text
    new_client().post(door(world, "claim"), data={"name": "Gareth Bevan"})
    assert len(places(session)) == 1


def test_two_of_the_same_name_each_claim_their_own(session, world, new_client: NewClient) -> None:
    listed(session, world, "Tom Jones")
    listed(session, world, "Tom Jones")
    for _each in range(2):
        new_client().post(door(world, "claim"), data={"name": "Tom Jones"})
    assert [place.is_here for place in places(session)] == [True, True]


def test_a_name_that_is_not_on_the_list_gets_three_fields_with_the_name_in(session, world, client: Visitor) -> None:
    page = client.post(door(world, "name"), data={"name": "Niamh Doyle"}).text
    assert 'value="Niamh Doyle"' in page
    assert "Make my card" in page


def test_a_newcomer_is_in_with_a_card_and_nothing_to_confirm(session, world, client: Visitor) -> None:
    typed = {"name": "Niamh Doyle", "what_i_do": "I bake", "email": "niamh@example.org", "time_zone": "Europe/Dublin"}
    assert client.post(door(world, "join"), data=typed).location == door(world)
    (place,) = places(session)
    niamh = place.person
    assert (place.origin, place.is_here) == (attendance.WALK_IN, True)
    assert (niamh.email, niamh.email_typed, niamh.time_zone) == (None, "niamh@example.org", "Europe/Dublin")
    assert cards.visible(cards.of(niamh), cards.ANYONE)["what_i_do"] == "I bake"
    assert client.get("/card").status_code == 200


@pytest.mark.parametrize(("ticked", "met_see"), [({}, None), ({"may": "mail"}, "niamh@example.org")])
def test_people_i_meet_see_my_address_only_if_i_ticked_so(session, world, client: Visitor, ticked, met_see) -> None:
    """P159."""
    client.post(door(world, "join"), data={"name": "Niamh", "email": "niamh@example.org", **ticked})
    card = cards.of(places(session)[0].person)
    assert cards.visible(card, cards.MET).get("email") == met_see
    assert "email" not in cards.visible(card, cards.ANYONE)


def test_who_may_be_rung_is_asked_for_the_number_before_anything_is_kept(session, world, client: Visitor) -> None:
    """P159, D6."""
    typed = {"name": "Niamh", "what_i_do": "I bake", "may": "ring"}
    answer = client.post(door(world, "join"), data=typed)
    assert answer.status_code == 422
    assert 'name="phone"' in answer.text
    assert places(session) == []
    client.post(door(world, "join"), data={**typed, "phone": "07700 900123"})
    session.rollback()
    card = cards.of(places(session)[0].person)
    assert cards.visible(card, cards.MET)["phone"]
    assert "phone" not in cards.visible(card, cards.ANYONE)


def test_who_may_be_written_to_gives_an_address(session, world, client: Visitor) -> None:
    """D6."""
    assert client.post(door(world, "join"), data={"name": "Niamh", "may": "mail"}).status_code == 422
    assert places(session) == []


@pytest.mark.parametrize("ticked", [True, False])
def test_who_wants_to_be_asked_first_is_asked_by_whoever_scans(session, world, client: Visitor, ticked) -> None:
    """D6."""
    client.post(door(world, "join"), data={"name": "Niamh"} | ({"may": "ask"} if ticked else {}))
    assert places(session)[0].person.asks_first == ticked


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": " ", "what_i_do": "I bake"}, "Please type your name"),
        ({"name": "N", "what_i_do": "I bake", "email": "nonsense"}, "should read like"),
        ({"name": "N", "what_i_do": "I bake" + "x" * 300}, "200 characters at most"),
        ({"name": "N\x00M", "what_i_do": "I bake"}, "one line of ordinary text"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_stays_typed(session, world, client, typed, sentence) -> None:
    answer = client.post(door(world, "join"), data=typed)
    assert (answer.status_code, sentence in unescape(answer.text), "I bake" in answer.text) == (422, True, True)
    assert places(session) == []
    assert session.scalars(select(Person).where(Person.name.like("N%"))).all() == []


def test_who_is_signed_in_is_in_with_one_tap_and_out_with_another(session, world, client: Visitor) -> None:
    client.sign_in(world.ada)
    client.post(door(world, "attendance"))
    client.post(door(world, "attendance"))
    assert [place.state for place in places(session)] == [attendance.LATE]
    client.post(door(world, "attendance", "undo"))
    assert [place.state for place in places(session)] == [attendance.INVITED]


def test_who_is_signed_in_and_listed_under_the_same_name_is_no_walk_in(session, world, client: Visitor) -> None:
    listed(session, world, "Ada Bevan")
    client.sign_in(world.ada).post(door(world, "attendance"))
    assert [(p.origin, p.person_id) for p in places(session)] == [(attendance.LIST, world.ada.id)]


def test_before_and_after_the_morning_the_door_is_shut_with_a_reason(session, world, client, clock: Clock) -> None:
    client.sign_in(world.ada)
    clock.set(
        world.event.starts_at - events.OPENS_BEFORE - (moment := world.event.ends_at - world.event.starts_at) / 100
    )
    assert "isn't open yet" in unescape(client.post(door(world, "attendance")).text)
    clock.set(world.event.closes_at + moment / 100)
    assert "This event is over" in unescape(client.post(door(world, "attendance")).text)
    assert places(session) == []


def test_a_cancelled_event_says_so(session, world, client: Visitor) -> None:
    events.cancel(world.event, clock.now())
    session.commit()
    answer = client.get(door(world))
    assert (answer.status_code, "was cancelled" in answer.text) == (410, True)


def test_one_browser_cannot_walk_the_list(session, world, client: Visitor) -> None:
    answers = [client.post(door(world, "name"), data={"name": f"Name {n}"}).status_code for n in range(25)]
    assert answers == [200] * 20 + [429] * 5


def test_the_event_tab_shows_where_i_am_and_where_i_was(session, world, client: Visitor, clock: Clock) -> None:
    client.sign_in(world.ada)
    assert "No breakfast yet" in client.get("/event").text
    client.post(door(world, "attendance"))
    page = client.get("/event").text
    assert "Who is here" in page
    assert "No breakfast yet" not in page
    clock.set(world.event.closes_at)
    over = client.get(door(world)).text
    assert "You were there" in over
    assert "Undo" not in over
    assert "You were there" in client.get("/event").text


def test_the_event_tab_lists_my_mornings_by_what_became_of_them(session, world, client: Visitor, clock: Clock) -> None:
    plans = [replace(cast.TUESDAY, day=world.event.day + timedelta(weeks=weeks)) for weeks in (2, 1)]
    later = [events.create(world.group.id, plan, clock.now) for plan in plans]
    for event in (world.event, *later):
        attendance.hold(attendance.expect(event, "Ada Bevan", attendance.GOING, clock.now), world.ada, clock.now)
    events.cancel(later[0], clock.now)
    session.commit()
    client.sign_in(world.ada)
    clock.set(world.event.ends_at)
    page = " ".join(re.sub("<[^>]+>", " ", unescape(client.get("/event").text)).split())
    assert "Coming up Tue 1 Dec, 7:00 Tuesday Breakfast Tue 8 Dec, 7:00 Tuesday Breakfast Called off" in page
    assert "Called off You weren't there Tue 24 Nov" in page
