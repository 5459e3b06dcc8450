"""Absences: who can't come is excused, who comes instead counts like anybody, and both can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain import absences, attendance, attendees, people, rollcall, rosters
from app.domain.attendance import EXCUSED, GOING, INVITED, ORGANISER, PRESENT, SELF, SUBSTITUTE, Attendance
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
    place = attendance.expect(company.event, "Gareth Bevan", INVITED, clock.now)
    entry = RosterEntry(
        event=company.event,
        attendance=place,
        layout="hand-kept",
        name="Gareth Bevan",
        comparable_name="gareth bevan",
        created_at=clock.now,
    )
    session.add(entry)
    session.flush()
    return place


def send(company, place, clock, name="Nia Ahmed"):
    return absences.send_instead(place, name, clock.now, company.cleo, ORGANISER)


def numbers(company, now):
    figures = rollcall.figures(company.event, now)
    return figures.present, figures.expected, figures.absent, figures.excused, figures.substitutes, figures.walk_ins


class TestWhoCantCome:
    def test_is_excused_and_neither_expected_nor_absent(self, company, gareth, clock):
        assert numbers(company, clock.now) == (0, 1, 0, 0, 0, 0)
        absences.excuse(gareth, clock.now, None, SELF)
        assert gareth.state == EXCUSED
        assert numbers(company, clock.now) == (0, 0, 0, 1, 0, 0)
        assert numbers(company, company.event.closes_at) == (0, 0, 0, 1, 0, 0)

    def test_reads_so_in_the_list_after_the_close_too(self, company, gareth, clock):
        absences.excuse(gareth, clock.now, None, SELF)
        [row] = attendees.of(company.event, company.event.closes_at)
        assert (row.standing, row.kinds) == (EXCUSED, ())

    def test_is_excused_once_however_often_it_is_said(self, company, gareth, clock):
        for _time in range(2):
            absences.excuse(gareth, clock.now, company.cleo, ORGANISER)
        assert len(attendance.changes(gareth)) == 2

    def test_comes_after_all_and_is_as_before(self, company, gareth, clock):
        absences.excuse(gareth, clock.now, None, SELF)
        absences.come_after_all(gareth, clock.now, None, SELF)
        assert gareth.state == INVITED
        absences.come_after_all(gareth, clock.now, None, SELF)
        assert [change.to_state for change in attendance.changes(gareth)] == [INVITED, EXCUSED, INVITED]

    def test_who_turns_up_all_the_same_is_present_and_undone_is_excused(self, company, gareth, clock):
        absences.excuse(gareth, clock.now, None, SELF)
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert numbers(company, clock.now) == (1, 0, 0, 0, 0, 0)
        attendance.undo(gareth, clock.now, company.cleo, ORGANISER)
        assert gareth.state == EXCUSED

    def test_nobody_who_is_here_can_be_excused(self, company, gareth, clock):
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        with pytest.raises(absences.HereAlready):
            absences.excuse(gareth, clock.now, None, SELF)
        assert gareth.state == PRESENT

    def test_every_change_is_told_to_an_open_room(self, company, gareth, clock):
        for verb in (absences.excuse, absences.come_after_all):
            before = company.event.version
            verb(gareth, clock.now, None, SELF)
            assert gareth.version == company.event.version == before + 1


class TestASubstitute:
    def test_has_a_place_of_their_own_and_the_other_is_excused(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        assert (nia.name, nia.state, nia.origin, nia.in_place_of) == ("Nia Ahmed", GOING, SUBSTITUTE, gareth)
        assert gareth.state == EXCUSED
        assert numbers(company, clock.now) == (0, 1, 0, 1, 0, 0)
        told = {row.name: row.in_place_of for row in attendees.of(company.event, clock.now)}
        assert told == {"Gareth Bevan": None, "Nia Ahmed": "Gareth Bevan"}

    def test_counts_as_present_when_here(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        attendance.check_in(nia, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert numbers(company, clock.now) == (1, 0, 0, 1, 1, 0)

    def test_who_never_came_was_absent(self, company, gareth, clock):
        send(company, gareth, clock)
        assert numbers(company, company.event.closes_at) == (0, 0, 1, 1, 0, 0)

    def test_claims_their_place_at_the_poster_by_name(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        [found] = rosters.claimable(company.event, "AHMED, Nia")
        assert found is nia
        someone = cast.person("Nia Ahmed", clock.now)
        rosters.claim(nia, someone, clock.now)
        assert attendance.arrive(company.event, someone, clock.now, cast.LATE_AFTER) is nia
        assert numbers(company, clock.now)[-1] == 0
        assert rosters.claimable(company.event, "Nia Ahmed") == []

    def test_named_again_is_the_same_one(self, company, gareth, clock):
        assert send(company, gareth, clock) is send(company, gareth, clock, " nia AHMED ")

    def test_named_anew_lets_the_one_before_stay_away(self, company, gareth, clock):
        nia, owen = send(company, gareth, clock), send(company, gareth, clock, "Owen Stewart")
        assert (nia.state, owen.state) == (EXCUSED, GOING)
        assert absences.substitute(gareth) is owen

    def test_who_has_come_is_replaced_by_nobody(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        attendance.check_in(nia, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        with pytest.raises(absences.SubstituteIsHere):
            send(company, gareth, clock, "Owen Stewart")

    def test_stays_away_when_the_other_comes_after_all(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        absences.come_after_all(gareth, clock.now, company.cleo, ORGANISER)
        assert (gareth.state, nia.state) == (INVITED, EXCUSED)

    def test_who_has_come_stays_when_the_other_comes_after_all(self, company, gareth, clock):
        nia = send(company, gareth, clock)
        attendance.check_in(nia, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        absences.come_after_all(gareth, clock.now, company.cleo, ORGANISER)
        assert numbers(company, clock.now) == (1, 1, 0, 0, 1, 0)

    @pytest.mark.parametrize("name", ["", "  ", "Nia\nAhmed", "N" * 121])
    def test_needs_a_name(self, company, gareth, clock, name):
        with pytest.raises((people.NoName, people.NotPlainText)):
            send(company, gareth, clock, name)
        assert gareth.state == INVITED

    def test_cannot_be_sent_by_somebody_who_is_here(self, company, gareth, clock):
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        with pytest.raises(absences.HereAlready):
            send(company, gareth, clock)

    @pytest.mark.both_databases
    def test_there_is_one_to_a_place_in_the_database_too(self, session, company, gareth, clock):
        send(company, gareth, clock)
        session.add(
            Attendance(
                event=company.event,
                name="Owen Stewart",
                state=GOING,
                origin=SUBSTITUTE,
                in_place_of=gareth,
                created_at=clock.now + timedelta(minutes=1),
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()
