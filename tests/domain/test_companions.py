"""Companions: who else is here, as far as anyone may see them, and only while the event is on."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, cards, companions, contacts, events
from app.domain.companions import ListClosed
from app.domain.encounters import BY_HAND, CARD
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def scene(session, clock):
    assembled = cast.assemble(clock.now)
    card = cards.of(assembled.ben)
    words = {"company": "Okafor & Sons", "what_i_do": "Websites", "email": "ben@example.org"}
    cards.change(card, "Ben Okafor", words, "usual", {}, "GB")
    cast.arrive(assembled.event, assembled.ada, assembled.ben)
    session.flush()
    return assembled


def names(scene, now):
    return [companion.person.name for companion in companions.of(scene.ada, scene.event, now)]


def test_who_has_arrived_is_listed_by_name_but_for_oneself(scene, clock):
    cast.arrive(scene.event, cast.person("Álvaro Zapata", clock.now), scene.cleo)
    attendance.expect(scene.event, "Gareth Bevan", attendance.GOING, clock.now)
    assert names(scene, clock.now) == ["Álvaro Zapata", "Ben Okafor", "Cleo Nowak"]


def test_who_takes_their_arrival_back_is_not_listed(scene, clock):
    attendance.undo(attendance.of(scene.event, scene.ben), clock.now, scene.ben, attendance.SELF)
    assert names(scene, clock.now) == []


def test_being_in_one_room_opens_nothing_that_not_anyone_may_see(scene, clock):
    """A131."""
    cards.hang(cards.of(scene.ben), b"a picture")
    (ben,) = companions.of(scene.ada, scene.event, clock.now)
    assert ben.seen == {"company": "Okafor & Sons", "what_i_do": "Websites"}
    assert ben.photo == cards.of(scene.ben).photo.address
    cards.change(cards.of(scene.ben), "Ben Okafor", {"what_i_do": "Websites"}, "reserved", {}, "GB")
    assert companions.of(scene.ada, scene.event, clock.now)[0].photo == ""


def test_a_contact_stands_beside_whom_i_met_at_this_event_and_no_other(session, scene, clock):
    earlier = events.create(scene.group.id, cast.TUESDAY, clock.now)
    contacts.meet(scene.ada, scene.ben, uuid4(), CARD, earlier, clock.now, clock.now)
    assert companions.of(scene.ada, scene.event, clock.now)[0].contact is None
    observation = contacts.meet(scene.ben, scene.ada, uuid4(), BY_HAND, scene.event, clock.now, clock.now)
    assert companions.of(scene.ada, scene.event, clock.now)[0].contact is contacts.find(scene.ada, scene.ben)
    contacts.take_back(scene.ben, observation.op_id, clock.now)
    assert companions.of(scene.ada, scene.event, clock.now)[0].contact is None


def test_only_who_is_here_can_be_found(scene, clock):
    assert companions.find(scene.ada, scene.event, scene.ben.id, clock.now) is scene.ben
    for person_id in (scene.dev.id, 0):
        with pytest.raises(NotFound):
            companions.find(scene.ada, scene.event, person_id, clock.now)


@pytest.mark.parametrize("when", ["closed", "cancelled"])
def test_when_the_morning_is_over_so_is_its_list(scene, clock, when):
    now = clock.now
    if when == "cancelled":
        events.cancel(scene.event, now)
    else:
        now = scene.event.closes_at + timedelta(seconds=1)
    with pytest.raises(ListClosed):
        companions.of(scene.ada, scene.event, now)
    with pytest.raises(ListClosed):
        companions.find(scene.ada, scene.event, scene.ben.id, now)


@pytest.mark.parametrize("people", [2, 20])
def test_it_costs_two_queries_however_many_are_here(session, scene, clock, queries, people):
    for number in range(people):
        cast.arrive(scene.event, cast.person(f"Guest {number}", clock.now, what_i_do="Work"))
    session.commit()
    session.expunge_all()
    with queries() as asked:
        seen = [companion.seen for companion in companions.of(scene.ada, scene.event, clock.now)]
    assert (len(seen), asked.count) == (people + 1, 2), asked
