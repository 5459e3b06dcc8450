"""Corrections: the door parts two people who share a name, and makes one of a person with two places."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, contacts, corrections, encounters, events, rollcall, rosters
from app.domain.attendance import GOING, LATE, LIST, ORGANISER, PRESENT, WALK_IN, Attendance
from app.domain.rosters import RosterEntry
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


@pytest.fixture
def gareth(session, company, clock):
    """A listed name with its entry."""
    place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
    session.add(
        RosterEntry(
            event=company.event,
            attendance=place,
            layout="hand-kept",
            name="Gareth Bevan",
            comparable_name="gareth bevan",
            created_at=clock.now,
        )
    )
    session.flush()
    return place


def claim(company, place, person, clock):
    [entry] = [entry for entry in rosters.of(company.event) if entry.attendance is place]
    rosters.claim(place, person, clock.now)
    attendance.arrive(company.event, person, clock.now, cast.LATE_AFTER)
    return entry


def numbers(company, clock):
    figures = rollcall.figures(company.event, clock.now)
    return figures.present, figures.expected, figures.walk_ins


class TestParting:
    def test_lets_the_name_be_expected_again_and_whoever_came_be_a_walk_in(self, company, gareth, clock):
        entry = claim(company, gareth, company.dev, clock)
        came = clock.now
        own = corrections.part(gareth, clock.move(minutes=30), cast.LATE_AFTER, company.cleo)
        assert (gareth.person, gareth.state, entry.claimed_at) == (None, GOING, None)
        assert (own.person, own.origin, own.state, own.arrived_at) == (company.dev, WALK_IN, PRESENT, came)
        assert numbers(company, clock) == (1, 1, 1)

    def test_lets_the_right_one_take_the_name(self, company, gareth, clock):
        claim(company, gareth, company.dev, clock)
        corrections.part(gareth, clock.now, cast.LATE_AFTER, company.cleo)
        [free] = rosters.claimable(company.event, "gareth bevan")
        rosters.claim(free, company.ada, clock.now)
        assert gareth.person is company.ada

    def test_keeps_somebody_who_took_the_check_in_back_away(self, company, gareth, clock):
        claim(company, gareth, company.dev, clock)
        attendance.undo(gareth, clock.now, company.dev, attendance.SELF)
        own = corrections.part(gareth, clock.now, cast.LATE_AFTER, company.cleo)
        assert not own.is_here
        assert numbers(company, clock) == (0, 1, 0)

    def test_is_kept_in_both_histories(self, company, gareth, clock):
        claim(company, gareth, company.dev, clock)
        own = corrections.part(gareth, clock.now, cast.LATE_AFTER, company.cleo)
        assert attendance.changes(gareth)[-1].by is company.cleo
        assert attendance.changes(own)[-1].by is company.cleo

    def test_is_news(self, company, gareth, clock):
        claim(company, gareth, company.dev, clock)
        version = company.event.version
        own = corrections.part(gareth, clock.now, cast.LATE_AFTER, company.cleo)
        assert gareth.version > version
        assert own.version > version

    def test_needs_somebody_to_part(self, company, gareth, clock):
        [walked_in] = cast.arrive(company.event, company.ada)
        for place in (gareth, walked_in):
            with pytest.raises(corrections.NothingToPart):
                corrections.part(place, clock.now, cast.LATE_AFTER, company.cleo)


class TestJoining:
    def test_gives_a_walk_in_the_place_on_the_list(self, session, company, gareth, clock):
        [walked_in] = cast.arrive(company.event, company.dev)
        came = walked_in.arrived_at
        corrections.join(walked_in, gareth, clock.move(minutes=30), cast.LATE_AFTER, company.cleo)
        assert (gareth.person, gareth.origin, gareth.state, gareth.arrived_at) == (company.dev, LIST, PRESENT, came)
        assert numbers(company, clock) == (1, 0, 0)
        assert session.query(Attendance).count() == 1
        assert rosters.of(company.event)[0].claimed_at == clock.now

    def test_keeps_the_earlier_arrival_of_the_two(self, company, gareth, clock):
        attendance.check_in(gareth, clock.now + timedelta(minutes=20), cast.LATE_AFTER, company.cleo, ORGANISER)
        assert gareth.state == LATE
        [walked_in] = cast.arrive(company.event, company.dev)
        corrections.join(walked_in, gareth, clock.move(minutes=30), cast.LATE_AFTER, company.cleo)
        assert (gareth.state, gareth.arrived_at) == (PRESENT, company.event.starts_at)

    def test_leaves_whoever_was_here_earlier_as_they_were(self, company, gareth, clock):
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        [walked_in] = cast.arrive(company.event, company.dev, now=clock.now + timedelta(minutes=20))
        corrections.join(walked_in, gareth, clock.move(minutes=30), cast.LATE_AFTER, company.cleo)
        assert (gareth.state, gareth.arrived_at) == (PRESENT, company.event.starts_at)

    def test_keeps_every_change_of_both(self, company, gareth, clock):
        [walked_in] = cast.arrive(company.event, company.dev)
        corrections.join(walked_in, gareth, clock.move(minutes=30), cast.LATE_AFTER, company.cleo)
        assert {(change.to_state, change.how) for change in attendance.changes(gareth)} == {
            (GOING, attendance.IMPORT),
            (PRESENT, attendance.SELF),
            (PRESENT, ORGANISER),
        }

    def test_needs_a_walk_in_and_a_name_that_is_free(self, session, company, gareth, clock):
        [ada, ben] = cast.arrive(company.event, company.ada, company.ben)
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        elsewhere = attendance.expect(other, "Owen", GOING, clock.now)
        for one, two in ((gareth, ada), (ada, ben), (ada, elsewhere)):
            with pytest.raises(corrections.NothingToJoin):
                corrections.join(one, two, clock.now, cast.LATE_AFTER, company.cleo)
        claim(company, gareth, company.dev, clock)
        session.commit()
        with pytest.raises(attendance.PlaceTaken):
            corrections.join(ada, gareth, clock.now, cast.LATE_AFTER, company.cleo)
        session.rollback()
        assert gareth.person is company.dev


def test_whose_phone_is_lost_has_their_place_with_the_new_card_and_counts_once(company, gareth, clock):
    """What the old card met and noted stays with it: nobody at the door can know whose it is."""
    lost = company.dev
    claim(company, gareth, lost, clock)
    came = clock.now
    contacts.meet(lost, company.ada, uuid4(), encounters.CARD, company.event, came, came)
    again = cast.person("Gareth", clock.move(minutes=20))
    [new] = cast.arrive(company.event, again, now=clock.now)
    old = corrections.part(gareth, clock.now, cast.LATE_AFTER, company.cleo)
    corrections.join(new, gareth, clock.now, cast.LATE_AFTER, company.cleo)
    assert (gareth.person, gareth.is_here, gareth.name) == (again, True, "Gareth Bevan")
    attendance.undo(old, clock.now, company.cleo, ORGANISER)
    assert numbers(company, clock) == (1, 0, 0)
    assert contacts.find(again, company.ada) is None
    assert contacts.find(lost, company.ada) is not None


def test_names_that_nobody_has_taken_are_told_by_name(company, gareth, clock):
    owen = attendance.expect(company.event, "Owen", GOING, clock.now)
    adam = attendance.expect(company.event, "Adam", GOING, clock.now)
    cast.arrive(company.event, company.ada)
    assert corrections.untaken(company.event) == [adam, gareth, owen]
    claim(company, gareth, company.dev, clock)
    assert corrections.untaken(company.event) == [adam, owen]
