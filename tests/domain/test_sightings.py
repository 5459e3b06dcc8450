"""Sightings: the scan of a badge that nobody has claimed waits for its owner, counts for nobody, and is theirs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.domain import (
    attendance,
    badges,
    blocks,
    contacts,
    corrections,
    encounters,
    questions,
    rollcall,
    rosters,
    sightings,
)
from app.domain.blocks import YouBlocked
from app.domain.cards import CardWithdrawn
from app.domain.encounters import BADGE, Encounter, Observation, OwnCard, SentForAnother
from app.domain.sightings import NotHere, Sighting
from tests import cast


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    cast.arrive(people.event, people.ada, people.cleo)
    return people


@pytest.fixture
def gareth(session, world, clock):
    """Gareth's place, which nobody holds."""
    place = attendance.expect(world.event, "Gareth Bevan", attendance.GOING, clock.now)
    session.flush()
    return place


@pytest.fixture
def see(world, clock):
    def seen(observer, place, op_id=None, now=None):
        now = now or clock.now
        badge = badges.issue(place, now)
        return sightings.see(observer, badge.place, op_id or uuid4(), world.event, now, now)

    return seen


def counted(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_a_held_badge_is_a_meeting_that_opens_what_anyone_may_see(session, world, see):
    """D3."""
    [place] = cast.arrive(world.event, world.ben)
    observation = see(world.ada, place)
    assert isinstance(observation, Observation)
    assert (observation.how, observation.observed_id) == (BADGE, world.ben.id)
    assert contacts.level(contacts.find(world.ada, world.ben)) == "anyone"


def asked_by(person, clock):
    return [question.asker_id for question in questions.for_me(person, clock.now)]


def test_a_held_badge_asks_its_owner_for_the_rest(world, see, clock):
    """D3."""
    [bens] = cast.arrive(world.event, world.ben)
    see(world.ada, bens)
    see(world.ada, bens)
    assert asked_by(world.ben, clock) == [world.ada.id], "once, however often it is scanned"
    assert asked_by(world.ada, clock) == []
    see(world.ben, attendance.of(world.event, world.ada))
    assert asked_by(world.ben, clock) == [], "both have scanned, so both are open"


def test_a_waiting_sighting_asks_once_its_place_is_claimed(world, gareth, see, clock):
    """D3."""
    for person in (world.ada, world.cleo):
        see(person, gareth)
    rosters.claim(gareth, world.ben, clock.now)
    assert sorted(asked_by(world.ben, clock)) == sorted([world.ada.id, world.cleo.id])


def test_a_sixth_question_is_not_asked_and_breaks_neither_scan_nor_claim(world, gareth, see, clock):
    """D3."""
    see(world.ada, gareth)
    for n in range(questions.OPEN_PER_ASKER + 1):
        [place] = cast.arrive(world.event, cast.person(f"Guest {n}", clock.now))
        see(world.ada, place)
    assert questions.waiting(world.ada, clock.now) == questions.OPEN_PER_ASKER
    rosters.claim(gareth, world.ben, clock.now)
    assert len(encounters.between(world.ada, world.ben)) == 1
    assert asked_by(world.ben, clock) == []


@pytest.mark.parametrize("mine", [True, False])
def test_a_block_keeps_a_badge_shut_and_breaks_no_claim(world, gareth, see, clock, mine):
    """D3, D12."""
    see(world.ada, gareth)
    blocks.add(*((world.ada, world.ben) if mine else (world.ben, world.ada)), clock.now)
    rosters.claim(gareth, world.ben, clock.now)
    assert gareth.person_id == world.ben.id
    assert contacts.find(world.ada, world.ben) is None
    assert asked_by(world.ben, clock) == []
    with pytest.raises((CardWithdrawn, YouBlocked)):
        see(world.ada, gareth)


def test_two_badges_scanned_from_both_sides_open_both_cards(session, world, see):
    """D3."""
    [bens] = cast.arrive(world.event, world.ben)
    see(world.ada, bens)
    see(world.ben, attendance.of(world.event, world.ada))
    for one, other in ((world.ada, world.ben), (world.ben, world.ada)):
        assert contacts.level(contacts.find(one, other)) == "met"


def test_ones_own_badge_is_met_by_nobody(world, see):
    with pytest.raises(OwnCard):
        see(world.ada, attendance.of(world.event, world.ada))


def test_a_sighting_counts_for_nobodys_numbers(session, world, gareth, see, clock):
    """D3."""
    before = rollcall.figures(world.event, clock.now)
    see(world.ada, gareth)
    assert (counted(session, Encounter), counted(session, Observation)) == (0, 0)
    assert rollcall.figures(world.event, clock.now) == before


def test_the_same_scan_sent_again_is_the_same_sighting(session, world, gareth, see, clock):
    op_id = uuid4()
    assert see(world.ada, gareth, op_id) is see(world.ada, gareth, op_id)
    assert counted(session, Sighting) == 1
    other = attendance.expect(world.event, "Siân", attendance.GOING, clock.now)
    session.flush()
    with pytest.raises(SentForAnother):
        see(world.ada, other, op_id)


def test_who_is_not_at_the_event_notes_nobody_without_a_card(world, gareth, see):
    with pytest.raises(NotHere):
        see(world.ben, gareth)
    with pytest.raises(NotHere):
        see(world.ada, gareth, now=world.event.closes_at)


def test_when_the_place_is_claimed_everyone_who_scanned_it_has_met_its_person(session, world, gareth, see, clock):
    """D3."""
    ids = {world.ada.id: uuid4(), world.cleo.id: uuid4()}
    for person in (world.ada, world.cleo):
        see(person, gareth, ids[person.id])
    rosters.claim(gareth, world.ben, clock.now + timedelta(hours=1))
    found = session.scalars(select(Observation)).all()
    assert {row.observer_id: row.op_id for row in found} == ids
    assert {(row.observed_id, row.how, row.met_at) for row in found} == {(world.ben.id, BADGE, clock.now)}
    assert {row.encounter.event_id for row in found} == {world.event.id}
    assert sightings.of(world.ada) == []
    assert contacts.level(contacts.find(world.ada, world.ben)) == "anyone"


def test_handing_over_twice_is_once_and_the_old_id_leads_to_the_meeting(session, world, gareth, see, clock):
    op_id = uuid4()
    see(world.ada, gareth, op_id)
    rosters.claim(gareth, world.ben, clock.now)
    sightings.hand_over(gareth, clock.now)
    assert (counted(session, Encounter), counted(session, Observation)) == (1, 1)
    assert see(world.ada, gareth, op_id) is encounters.find(world.ada, op_id)


def test_what_was_taken_back_is_not_handed_over(session, world, gareth, see, clock):
    sightings.void(world.ada, see(world.ada, gareth).op_id, clock.now)
    rosters.claim(gareth, world.ben, clock.now)
    assert counted(session, Observation) == 0


def test_who_scans_a_badge_and_then_claims_it_has_not_met_themselves(session, world, gareth, see, clock):
    session.delete(attendance.of(world.event, world.cleo))
    session.flush()
    see(world.ada, gareth)
    sighting = see(world.ada, gareth)
    ada_before = attendance.of(world.event, world.ada)
    corrections.join(ada_before, gareth, clock.now, cast.LATE_AFTER, world.cleo)
    assert counted(session, Observation) == 0
    assert sighting.voided_at is not None


def test_a_badge_that_the_wrong_person_claimed_waits_for_the_right_one(session, world, gareth, see, clock):
    see(world.ada, gareth)
    rosters.claim(gareth, world.ben, clock.now)
    corrections.part(gareth, clock.now, cast.LATE_AFTER, world.cleo)
    assert encounters.between(world.ada, world.ben) == []
    assert [waiting.sighting.name for waiting in sightings.of(world.ada)] == ["Gareth Bevan"]
    rosters.claim(gareth, world.dev, clock.now)
    assert len(encounters.between(world.ada, world.dev)) == 1


def test_the_list_of_those_who_wait_names_each_once_by_one_query(session, world, gareth, see, clock, queries):
    for n in range(4):
        place = attendance.expect(world.event, f"Guest {n}", attendance.GOING, clock.now)
        session.flush()
        see(world.ada, place)
        see(world.ada, place)
    with queries() as asked:
        found = sightings.of(world.ada)
    assert (len(found), asked.count) == (4, 1), asked


def test_a_group_may_keep_the_names_to_itself(session, world, gareth, see):
    world.group.badge_names = False
    assert see(world.ada, gareth).name == ""
