"""Attendees: the organiser's list says who, since when and by whom, and shows of a card what anyone may see."""

import pytest

from app.domain import attendance, attendees, cards, events, fields
from app.domain.attendance import GOING, INVITED, ORGANISER, SELF, WALK_IN
from app.domain.rosters import RosterEntry
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


def expect(session, event, clock, name, **said):
    place = attendance.expect(event, name, said.pop("state", GOING), clock.now)
    comparable = name.casefold()
    session.add(
        RosterEntry(
            event=event,
            attendance=place,
            layout="hand-kept",
            name=name,
            comparable_name=comparable,
            created_at=clock.now,
            **said,
        )
    )
    session.flush()
    return place


def the_one(event, now, name):
    return next(attendee for attendee in attendees.of(event, now) if attendee.name == name)


def test_the_list_is_by_name_accents_and_case_aside(session, company, clock):
    for name in ("Zoë Adams", "bryn Evans"):
        expect(session, company.event, clock, name)
    cast.arrive(company.event, company.ada, cast.person("Éva Kiss", clock.now))
    assert [attendee.name for attendee in attendees.of(company.event, clock.now)] == [
        "Ada Bevan",
        "bryn Evans",
        "Éva Kiss",
        "Zoë Adams",
    ]


def test_what_the_organisers_list_says_goes_before_what_the_card_says(session, company, clock):
    place = expect(
        session, company.event, clock, "A. Bevan", company="Bevan & Co", ticket="Member", guests=1, flags=["unpaid"]
    )
    attendance.hold(place, company.ada, clock.now)
    attendee = the_one(company.event, clock.now, "A. Bevan")
    assert (attendee.company, attendee.what_i_do) == ("Bevan & Co", "I keep the books for cafés")
    assert (attendee.ticket, attendee.guests, attendee.flags) == ("Member", 1, ["unpaid"])


def test_of_a_card_only_what_anyone_may_see_is_shown(session, company, clock):
    """P174."""
    typed = {"company": "Secret & Sons", "what_i_do": "I keep secrets", "phone": "07700 900123"}
    levels = {"company": cards.MET, "what_i_do": cards.NOBODY, "phone": cards.ANYONE}
    cards.change(cards.of(company.ada), company.ada.name, typed, fields.RESERVED, levels, "GB")
    cast.arrive(company.event, company.ada)
    attendee = the_one(company.event, clock.now, "Ada Bevan")
    assert (attendee.company, attendee.what_i_do) == ("", "")
    assert "07700" not in repr(attendee)


def test_no_address_no_number_and_no_account_stands_on_the_list():
    """P174."""
    names = set(attendees.Attendee._fields)
    assert not names & {"email", "phone", "person_id", "person", "kept"}


@pytest.mark.parametrize(("state", "after_the_close"), [(GOING, attendees.ABSENT), (INVITED, attendees.ABSENT)])
def test_who_is_expected_is_absent_once_the_event_has_closed(company, clock, state, after_the_close):
    attendance.expect(company.event, "Gareth", state, clock.now)
    assert the_one(company.event, clock.now, "Gareth").standing == state
    assert the_one(company.event, company.event.closes_at, "Gareth").standing == after_the_close


def test_nobody_is_absent_from_an_event_that_was_called_off(company, clock):
    attendance.expect(company.event, "Gareth", GOING, clock.now)
    events.cancel(company.event, clock.now)
    assert the_one(company.event, company.event.closes_at, "Gareth").standing == GOING


def test_a_walk_in_whose_check_in_was_taken_back_was_not_here(company, clock):
    [place] = cast.arrive(company.event, company.dev)
    attendance.undo(place, clock.now, company.cleo, ORGANISER)
    attendee = the_one(company.event, company.event.closes_at, "Dev Singh")
    assert (attendee.origin, attendee.standing, attendee.is_here) == (WALK_IN, attendees.NOT_HERE, False)


def test_only_what_changed_since_a_version_can_be_asked_for(company, clock):
    listed = [attendance.expect(company.event, name, GOING, clock.now) for name in ("Gareth", "Owen", "Siân")]
    attendance.check_in(listed[0], clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    seen = company.event.version
    assert attendees.of(company.event, clock.now, since=seen) == []
    attendance.check_in(listed[2], clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    cast.arrive(company.event, company.ada)
    assert [attendee.name for attendee in attendees.of(company.event, clock.now, since=seen)] == ["Ada Bevan", "Siân"]


def test_an_arrival_is_told_with_who_noted_it_last_and_how(company, clock):
    listed = attendance.expect(company.event, "Gareth", GOING, clock.now)
    attendance.check_in(listed, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    [own] = cast.arrive(company.event, company.ada)
    [undone] = cast.arrive(company.event, company.ben)
    attendance.undo(undone, clock.now, company.cleo, ORGANISER)
    [again] = cast.arrive(company.event, company.dev)
    attendance.undo(again, clock.now, company.dev, SELF)
    attendance.check_in(again, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    assert attendees.arrivals(company.event) == {
        listed.id: attendees.Arrival("Cleo Nowak", ORGANISER),
        own.id: attendees.Arrival("Ada Bevan", SELF),
        again.id: attendees.Arrival("Cleo Nowak", ORGANISER),
    }


def test_the_list_of_one_event_holds_nobody_of_another(company, clock):
    other = events.create(company.group.id, cast.TUESDAY, clock.now)
    cast.arrive(other, company.ada)
    assert attendees.of(company.event, clock.now) == []
    assert attendees.arrivals(company.event) == {}


def test_each_question_is_one_query_for_ten_people_as_for_a_hundred(session, company, clock, queries):
    for size in (10, 100):
        cast.arrive(company.event, *(cast.person(f"Guest {number}", clock.now) for number in range(size)))
        session.commit()
        for ask in (lambda: attendees.of(company.event, clock.now), lambda: attendees.arrivals(company.event)):
            with queries() as asked:
                ask()
            assert asked.count == 1, asked
