"""Attendance: who was there, since when, who said so, and that every change is kept and counted once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app import database
from app.domain import attendance, events, groups
from app.domain.attendance import (
    GOING,
    IMPORT,
    INVITED,
    LATE,
    LIST,
    ORGANISER,
    PRESENT,
    SELF,
    WALK_IN,
    Attendance,
    AttendanceChange,
)
from app.domain.events import Event
from app.domain.groups import Membership
from app.domain.people import Person
from app.domain.refusals import NotFound
from tests import cast

AT_ONCE = 50


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


def history(place):
    database.session.flush()
    return [(change.from_state, change.to_state, change.how) for change in attendance.changes(place)]


def arrive(company, person, minutes=0):
    when = company.event.starts_at + timedelta(minutes=minutes)
    return attendance.arrive(company.event, person, when, cast.LATE_AFTER)


class TestArriving:
    @pytest.mark.parametrize(
        ("seconds", "state"), [(-7200, PRESENT), (0, PRESENT), (599, PRESENT), (600, LATE), (7200, LATE)]
    )
    def test_late_is_from_ten_minutes_after_the_start(self, company, seconds, state):
        when = company.event.starts_at + timedelta(seconds=seconds)
        place = attendance.arrive(company.event, company.ada, when, timedelta(minutes=10))
        assert (place.state, place.arrived_at) == (state, when)

    def test_how_late_is_late_can_be_set(self, company):
        place = attendance.arrive(company.event, company.ada, company.event.starts_at, timedelta(0))
        assert place.state == LATE

    def test_who_is_on_no_list_walks_in(self, company):
        place = arrive(company, company.dev)
        assert (place.origin, place.name, place.person) == (WALK_IN, "Dev Singh", company.dev)

    def test_who_arrives_belongs_to_the_group_from_then_on(self, session, company):
        arrive(company, company.dev)
        assert session.get(Membership, (company.group.id, company.dev.id)).role == groups.MEMBER

    def test_saying_it_again_changes_nothing(self, session, company):
        first = arrive(company, company.ada)
        version = company.event.version
        again = arrive(company, company.ada, minutes=30)
        assert again is first
        assert (again.state, again.arrived_at) == (PRESENT, company.event.starts_at)
        assert company.event.version == version
        assert len(history(again)) == 1

    @pytest.mark.parametrize(("hours", "refusal"), [(-3, events.EventNotOpen), (5, events.EventOver)])
    def test_nobody_arrives_before_the_door_opens_or_after_the_close(self, session, company, hours, refusal):
        with pytest.raises(refusal):
            arrive(company, company.ada, minutes=hours * 60)
        assert attendance.of(company.event, company.ada) is None

    def test_nobody_arrives_at_an_event_that_was_called_off(self, company, clock):
        events.cancel(company.event, clock.now)
        with pytest.raises(events.EventCancelled):
            arrive(company, company.ada)


class TestAListedPlace:
    @pytest.fixture
    def listed(self, session, company, clock):
        place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now, company.cleo)
        session.flush()
        return place

    def test_is_nobodys_until_it_is_claimed(self, company, listed):
        assert (listed.person_id, listed.origin, listed.is_here) == (None, LIST, False)
        assert history(listed) == [(None, GOING, IMPORT)]

    def test_that_is_claimed_is_no_walk_in(self, session, company, listed, clock):
        attendance.hold(listed, company.dev, clock.now)
        place = arrive(company, company.dev)
        assert place is listed
        assert (place.origin, place.state, place.name) == (LIST, PRESENT, "Gareth Bevan")
        assert session.get(Membership, (company.group.id, company.dev.id))

    def test_is_claimed_once(self, company, listed, clock):
        attendance.hold(listed, company.dev, clock.now)
        with pytest.raises(attendance.PlaceTaken):
            attendance.hold(listed, company.ada, clock.now)
        assert listed.person is company.dev

    def test_is_none_for_whoever_has_a_place_already(self, session, company, listed, clock):
        own = arrive(company, company.dev)
        with pytest.raises(attendance.AlreadyOnTheList):
            attendance.hold(listed, company.dev, clock.now)
        session.refresh(listed)
        assert listed.person_id is None
        assert attendance.of(company.event, company.dev) is own

    def test_can_be_checked_in_by_an_organiser_without_its_person(self, company, listed, clock):
        attendance.check_in(listed, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert (listed.state, listed.person_id) == (PRESENT, None)

    def test_noted_by_an_organiser_from_a_paper_list_afterwards_is_present(self, company, listed):
        """A check-in after the end says that somebody was there, not how late."""
        afterwards = company.event.ends_at + timedelta(days=1)
        attendance.check_in(listed, afterwards, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert listed.state == PRESENT

    def test_is_of_one_event_only(self, company, listed, clock):
        """A128."""
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        assert attendance.at(company.event, listed.id) is listed
        with pytest.raises(NotFound):
            attendance.at(other, listed.id)


class TestUndoing:
    @pytest.mark.parametrize("before", [INVITED, GOING])
    def test_puts_a_listed_place_back_as_it_was(self, company, clock, before):
        place = attendance.expect(company.event, "Gareth Bevan", before, clock.now)
        attendance.check_in(place, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        attendance.undo(place, clock.move(minutes=1), company.cleo, ORGANISER)
        assert (place.state, place.arrived_at) == (before, None)

    def test_and_arriving_again_may_be_late(self, company):
        place = arrive(company, company.ada)
        attendance.undo(place, company.event.starts_at, company.ada, SELF)
        arrive(company, company.ada, minutes=11)
        assert place.state == LATE
        assert history(place) == [
            (INVITED, PRESENT, SELF),
            (PRESENT, INVITED, SELF),
            (INVITED, LATE, SELF),
        ]

    def test_lets_a_walk_in_not_have_been_there(self, company, clock):
        place = arrive(company, company.dev)
        attendance.undo(place, clock.now, company.cleo, ORGANISER)
        assert not place.is_here
        assert attendance.here_now(company.dev, clock.now) is None

    def test_who_is_not_here_changes_nothing(self, company, clock):
        place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        version = company.event.version
        attendance.undo(place, clock.now, company.cleo, ORGANISER)
        assert (place.state, company.event.version, len(history(place))) == (GOING, version, 1)


def test_every_change_is_kept_with_who_when_and_how(company, clock):
    place = arrive(company, company.ada)
    taken_back = clock.move(minutes=3)
    attendance.undo(place, taken_back, company.cleo, ORGANISER)
    by_herself, by_cleo = attendance.changes(place)
    assert (by_herself.by, by_herself.at, by_herself.how) == (company.ada, company.event.starts_at, SELF)
    assert (by_cleo.by, by_cleo.at, by_cleo.how) == (company.cleo, taken_back, ORGANISER)


def test_who_is_here_now_is_at_the_event_that_began_last(company, clock):
    breakfast = company.event
    later = events.create(
        company.group.id,
        events.Plan(
            "Second sitting",
            "",
            cast.ZONE,
            breakfast.day,
            cast.TUESDAY.end_time,
            breakfast.ends_at.time().replace(hour=11),
        ),
        clock.now,
    )
    arrive(company, company.ada)
    assert attendance.here_now(company.ada, clock.now) is breakfast
    cast.arrive(later, company.ada)
    assert attendance.here_now(company.ada, later.starts_at) is later
    assert attendance.here_now(company.ada, later.closes_at) is None
    assert attendance.here_now(company.ben, clock.now) is None


class TestTheVersion:
    def test_grows_with_every_change_of_anybody(self, company, clock):
        place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        seen = [company.event.version]
        for change in (
            lambda: attendance.hold(place, company.dev, clock.now),
            lambda: arrive(company, company.dev),
            lambda: attendance.undo(place, clock.now, company.cleo, ORGANISER),
            lambda: arrive(company, company.ada),
        ):
            change()
            seen.append(company.event.version)
        assert seen == [1, 2, 3, 4, 5]

    def test_is_noted_at_the_place_that_changed(self, company, clock):
        places = [attendance.expect(company.event, name, GOING, clock.now) for name in ("Gareth", "Owen")]
        attendance.check_in(places[1], clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert [place.version for place in places] == [0, company.event.version]

    def test_grows_in_the_same_transaction(self, session, company):
        session.commit()
        version = company.event.version
        place = arrive(company, company.ada)
        session.rollback()
        assert session.scalar(select(Event.version).where(Event.id == company.event.id)) == version
        assert session.get(Attendance, place.id) is None


@pytest.mark.parametrize(
    "broken",
    [{"state": "absent"}, {"origin": "elsewhere"}, {"arrived_at": None}, {"name": ""}, {"state": "going"}],
)
def test_the_database_keeps_the_rules_too(session, company, broken):
    arrive(company, company.ada)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Attendance).values(broken))


def test_one_person_has_one_place_at_an_event_whatever_happens(session, company, clock):
    arrive(company, company.ada)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            Attendance(
                event_id=company.event.id,
                person_id=company.ada.id,
                name="Ada again",
                state=INVITED,
                origin=WALK_IN,
                created_at=clock.now,
            )
        )


class TestAtOnce:
    """What happens when everybody taps at the same moment, each in a unit of work of their own."""

    @pytest.fixture
    def at_once(self, app, session, company):
        session.commit()

        def run(work, times=AT_ONCE):
            ready, failed = threading.Barrier(times), []

            def tap(number):
                with app.app_context():
                    try:
                        ready.wait()
                        database.begin_write()
                        work(number)
                        database.session.commit()
                    except Exception as fault:  # noqa: BLE001 - every fault is shown below
                        failed.append(fault)
                    finally:
                        database.session.remove()

            taps = [threading.Thread(target=tap, args=(number,)) for number in range(times)]
            for thread in taps:
                thread.start()
            for thread in taps:
                thread.join()
            session.expire_all()
            return failed

        return run

    def test_fifty_check_ins_of_one_person_make_one_place(self, session, company, at_once):
        """O51."""
        event_id, person_id, start = company.event.id, company.dev.id, company.event.starts_at

        def arrives(_number):
            event, dev = database.session.get(Event, event_id), database.session.get(Person, person_id)
            assert attendance.arrive(event, dev, start, cast.LATE_AFTER).is_here

        assert at_once(arrives) == []
        place = attendance.of(company.event, company.dev)
        assert session.scalar(select(func.count()).select_from(Attendance)) == 1
        assert history(place) == [(INVITED, PRESENT, SELF)]
        assert company.event.version == 2

    def test_many_taps_on_one_row_are_one_change(self, session, company, at_once, clock):
        place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        session.commit()
        place_id, cleo_id, start = place.id, company.cleo.id, company.event.starts_at

        def taps(_number):
            row, cleo = database.session.get(Attendance, place_id), database.session.get(Person, cleo_id)
            attendance.check_in(row, start, cast.LATE_AFTER, cleo, ORGANISER)

        assert at_once(taps, 8) == []
        assert history(place) == [(None, GOING, IMPORT), (GOING, PRESENT, ORGANISER)]

    def test_of_several_who_claim_one_listed_name_one_gets_it(self, session, company, at_once, clock):
        place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        crowd = [cast.person(f"Gareth {number}", clock.now) for number in range(8)]
        session.commit()
        place_id, ids, start = place.id, [person.id for person in crowd], clock.now

        def claims(number):
            row, person = database.session.get(Attendance, place_id), database.session.get(Person, ids[number])
            attendance.hold(row, person, start)

        failed = at_once(claims, 8)
        assert [type(fault) for fault in failed] == [attendance.PlaceTaken] * 7
        assert place.person in crowd

    def test_different_people_are_each_counted(self, session, company, at_once, clock):
        crowd = [cast.person(f"Guest {number}", clock.now) for number in range(20)]
        session.commit()
        event_id, ids, start = company.event.id, [person.id for person in crowd], company.event.starts_at

        def arrives(number):
            event, guest = database.session.get(Event, event_id), database.session.get(Person, ids[number])
            attendance.arrive(event, guest, start, cast.LATE_AFTER)

        assert at_once(arrives, 20) == []
        assert company.event.version == 21
        assert session.scalar(select(func.count()).select_from(AttendanceChange)) == 20
