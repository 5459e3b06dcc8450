"""Rollcall: the organiser's figures are right, cost the same for ten as for a hundred, and tell of no two people."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, contacts, encounters, events, groups, holders, rollcall
from app.domain.attendance import GOING, INVITED, ORGANISER
from app.domain.discretion import How, Told
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


@pytest.fixture
def figures(company, clock):
    """The event's figures as they are when asked for."""
    return lambda event=company.event: rollcall.figures(event, clock.now)


def crowd(clock, size):
    return [cast.person(f"Guest {number}", clock.now) for number in range(size)]


def meet(event, one, other, clock, how=encounters.CARD):
    return contacts.meet(one, other, uuid4(), how, event, clock.now, clock.now)


def test_an_event_without_anybody_is_all_noughts(figures):
    assert {value.number if isinstance(value, Told) else value for value in asdict(figures()).values()} == {0}


def test_everyone_who_came_is_present_late_ones_and_walk_ins_among_them(company, figures, clock):
    listed = [attendance.expect(company.event, name, GOING, clock.now) for name in ("Gareth", "Owen", "Siân")]
    attendance.check_in(listed[0], clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    cast.arrive(company.event, company.ada)
    cast.arrive(company.event, company.ben, now=company.event.starts_at + timedelta(minutes=10))
    now = figures()
    assert (now.places, now.present, now.late, now.walk_ins, now.expected, now.absent) == (5, 3, 1, 2, 2, 0)


def test_invited_and_going_are_both_expected_until_the_close_and_absent_after_it(company, figures, clock):
    for name, state in (("Gareth", GOING), ("Owen", INVITED)):
        attendance.expect(company.event, name, state, clock.now)
    assert (figures().expected, figures().absent) == (2, 0)
    clock.set(company.event.closes_at)
    assert (figures().expected, figures().absent) == (0, 2)


def test_nobody_is_absent_from_an_event_that_was_called_off(company, figures, clock):
    attendance.expect(company.event, "Gareth", GOING, clock.now)
    events.cancel(company.event, clock.now)
    clock.set(company.event.closes_at)
    assert (figures().expected, figures().absent) == (1, 0)


def test_a_walk_in_whose_check_in_was_taken_back_is_neither_here_nor_expected_nor_absent(company, figures, clock):
    [place] = cast.arrive(company.event, company.dev)
    attendance.undo(place, clock.now, company.cleo, ORGANISER)
    clock.set(company.event.closes_at)
    now = figures()
    assert (now.places, now.present, now.walk_ins, now.expected, now.absent) == (1, 0, 0, 0, 0)


class TestNobodyScannedYet:
    def test_counts_who_is_here_and_in_no_encounter(self, company, figures, clock):
        guests = crowd(clock, 12)
        cast.arrive(company.event, *guests)
        assert figures().unscanned == (How.EXACT, 12)
        for number in range(5):
            meet(company.event, guests[0], guests[number + 1], clock)
        assert figures().unscanned == (How.EXACT, 6)
        assert figures().met == (How.EXACT, 6)
        meet(company.event, guests[1], guests[6], clock)
        assert figures().unscanned == (How.EXACT, 5)

    def test_is_told_so_that_what_is_left_over_gives_nobody_away(self, company, figures, clock):
        """P174, D15."""
        guests = crowd(clock, 12)
        cast.arrive(company.event, *guests)
        meet(company.event, guests[0], guests[1], clock)
        assert (figures().met, figures().unscanned) == ((How.FEWER, 5), (How.AT_LEAST, 8))

    @pytest.mark.parametrize("alone", [1, 2, 3, 4])
    def test_one_to_four_are_not_told_apart(self, company, figures, clock, alone):
        """P174."""
        cast.arrive(company.event, *crowd(clock, alone))
        assert figures().unscanned == (How.FEWER, 5)

    def test_nobody_is_told_as_nobody(self, company, figures, clock):
        one, other = crowd(clock, 2)
        cast.arrive(company.event, one, other)
        meet(company.event, one, other, clock)
        assert figures().unscanned == (How.EXACT, 0)

    def test_counts_a_meeting_no_more_once_it_is_taken_back(self, company, figures, clock):
        guests = crowd(clock, 6)
        cast.arrive(company.event, *guests)
        observation = meet(company.event, guests[0], guests[1], clock)
        contacts.take_back(guests[0], observation.op_id, clock.now)
        assert figures().unscanned == (How.EXACT, 6)

    def test_counts_a_meeting_only_once_it_waits_for_nobodys_yes(self, company, figures, clock):
        guests = crowd(clock, 12)
        cast.arrive(company.event, *guests)
        meet(company.event, guests[0], guests[1], clock, encounters.BADGE)
        before = company.event.version
        assert figures().unscanned == (How.EXACT, 12)
        holders.give(contacts.find(guests[0], guests[1]), clock.now)
        assert company.event.version > before, "whoever watches is told"
        assert figures().unscanned == (How.AT_LEAST, 8)

    def test_counts_a_meeting_that_both_speak_of(self, company, figures, clock):
        guests = crowd(clock, 12)
        cast.arrive(company.event, *guests)
        meet(company.event, guests[0], guests[1], clock, encounters.BADGE)
        meet(company.event, guests[1], guests[0], clock, encounters.BADGE)
        assert figures().unscanned == (How.AT_LEAST, 8)

    def test_is_news_to_whoever_watches_the_events_version(self, company, clock):
        """The organiser's page asks only whether the version grew."""
        seen = [company.event.version]
        observation = meet(company.event, company.ada, company.ben, clock)
        seen.append(company.event.version)
        contacts.take_back(company.ada, observation.op_id, clock.now)
        seen.append(company.event.version)
        assert seen == sorted(set(seen))

    def test_does_not_count_meetings_elsewhere(self, company, figures, clock):
        guests = crowd(clock, 6)
        cast.arrive(company.event, *guests)
        meet(date(2026, 11, 20), guests[0], guests[1], clock)
        other = events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 12, 1)), clock.now)
        meet(other, guests[2], guests[3], clock)
        assert figures().unscanned == (How.EXACT, 6)

    def test_counts_a_listed_name_that_the_organiser_checked_in(self, company, figures, clock):
        for number in range(5):
            place = attendance.expect(company.event, f"Name {number}", GOING, clock.now)
            attendance.check_in(place, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert figures().unscanned == (How.EXACT, 5)

    def test_leaves_out_who_met_somebody_but_is_not_here(self, company, figures, clock):
        *guests, gone = crowd(clock, 11)
        cast.arrive(company.event, *guests)
        for guest in guests[:5]:
            meet(company.event, gone, guest, clock)
        assert figures().unscanned == (How.EXACT, 5)


class TestHereForTheFirstTime:
    @pytest.fixture
    def last_week(self, company, clock):
        return events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)

    def test_are_people_who_came_to_none_of_the_groups_mornings_before(self, company, figures, last_week):
        cast.arrive(last_week, company.ada)
        cast.arrive(company.event, company.ada, company.ben)
        assert figures().first_timers == 1
        assert figures(last_week).first_timers == 1

    def test_are_not_regulars_elsewhere_which_no_group_learns(self, company, figures, clock):
        """Groups on one installation see nothing of each other."""
        elsewhere = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
        other = events.create(elsewhere.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)
        cast.arrive(other, company.ada)
        cast.arrive(company.event, company.ada)
        assert figures().first_timers == 1

    def test_are_those_too_who_were_expected_before_but_never_came(self, company, figures, last_week, clock):
        [place] = cast.arrive(last_week, company.ada)
        attendance.undo(place, last_week.starts_at, company.cleo, ORGANISER)
        cast.arrive(company.event, company.ada)
        assert figures().first_timers == 1

    def test_are_not_guessed_from_a_name(self, company, figures, clock):
        place = attendance.expect(company.event, "Gareth", GOING, clock.now)
        attendance.check_in(place, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert figures().first_timers == 0


def test_figures_tell_only_numbers_and_only_of_one_event(company, figures, clock):
    """P174. There is no place in them for a name, a note or a pair."""
    other = events.create(company.group.id, cast.TUESDAY, clock.now)
    cast.arrive(other, company.ada, company.ben)
    assert figures().present == 0
    assert all(isinstance(value, int | Told) for value in asdict(figures(other)).values())


def test_turnouts_are_told_for_each_event_of_the_group_and_no_other(company, clock):
    elsewhere = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
    theirs = events.create(elsewhere.id, cast.TUESDAY, clock.now)
    ours = events.create(company.group.id, cast.TUESDAY, clock.now)
    cast.arrive(theirs, company.ada)
    cast.arrive(ours, company.ada, company.ben)
    place = attendance.expect(ours, "Gareth", GOING, clock.now)
    attendance.check_in(place, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    attendance.expect(company.event, "Owen", GOING, clock.now)
    assert rollcall.turnouts(company.group.id) == {
        ours.id: rollcall.Turnout(present=3, walk_ins=2, listed=1),
        company.event.id: rollcall.Turnout(present=0, walk_ins=0, listed=1),
    }


class TestTheCurve:
    def test_grows_with_every_arrival_from_half_an_hour_before_the_start_to_the_end(self, company, clock):
        event = company.event
        for person, minutes in ((company.ada, -15), (company.ben, 0), (company.cleo, 0), (company.dev, 60)):
            cast.arrive(event, person, now=event.starts_at + timedelta(minutes=minutes))
        curve = rollcall.curve(event, event.ends_at)
        assert (curve.begin, curve.end) == (event.starts_at - timedelta(minutes=30), event.ends_at)
        assert curve.steps == [(15 / 150, 1), (30 / 150, 3), (90 / 150, 4)]

    def test_goes_no_further_than_the_present(self, company):
        event = company.event
        assert rollcall.curve(event, event.starts_at).until == 30 / 150
        assert rollcall.curve(event, event.starts_at - timedelta(days=1)).until == 0
        assert rollcall.curve(event, event.ends_at + timedelta(days=1)).until == 1

    def test_begins_with_the_first_to_arrive(self, company):
        early = company.event.starts_at - timedelta(minutes=100)
        cast.arrive(company.event, company.ada, now=early)
        curve = rollcall.curve(company.event, company.event.ends_at)
        assert curve.begin == early
        assert curve.steps == [(0, 1)]

    def test_ends_with_who_was_noted_afterwards(self, company, clock):
        place = attendance.expect(company.event, "Gareth", GOING, clock.now)
        afterwards = company.event.ends_at + timedelta(days=1)
        attendance.check_in(place, afterwards, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert rollcall.curve(company.event, afterwards).steps == [(1, 1)]


def test_each_question_is_one_query_for_ten_people_as_for_a_hundred(company, clock, queries, session):
    for size in (10, 100):
        cast.arrive(company.event, *crowd(clock, size))
        session.commit()
        company.event.id  # noqa: B018 - loaded before the counting begins
        for ask in (
            lambda: rollcall.figures(company.event, clock.now),
            lambda: rollcall.turnouts(company.group.id),
            lambda: rollcall.curve(company.event, clock.now),
        ):
            with queries() as asked:
                ask()
            assert asked.count == 1, asked
