"""Histories: a group's mornings side by side, and who comes often, who is new, who has not come for a while."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain import attendance, events, groups, histories
from app.domain.attendance import GOING, ORGANISER
from tests import cast

A_WEEK = timedelta(weeks=1)


@pytest.fixture
def company(session, clock):
    return cast.assemble(clock.now)


@pytest.fixture
def mornings(company, clock):
    """Holds as many weekly mornings as names were given for, the first of them on the cast's Tuesday."""

    def hold(*here):
        held = []
        events.cancel(company.event, clock.now)
        for number, names in enumerate(here):
            plan = replace(cast.TUESDAY, day=cast.TUESDAY.day + number * A_WEEK)
            event = events.create(company.group.id, plan, clock.now)
            cast.arrive(event, *(getattr(company, name) for name in names.split()))
            held.append(event)
        clock.set(held[-1].closes_at)
        return held

    return hold


@pytest.fixture
def history(company, clock):
    return lambda: histories.of_group(company.group.id, clock.now)


def test_of_no_morning_there_is_nothing_to_tell(history):
    assert history() == histories.History([], [], [], [])


def test_each_morning_is_told_in_exact_numbers_the_newest_first(company, mornings, history, clock):
    """D15. Attendance figures are exact."""
    first, second = mornings("ada ben", "ada")
    cast.arrive(second, company.dev, now=second.starts_at + timedelta(minutes=20))
    attendance.expect(second, "Gareth", GOING, clock.now)
    told = history().mornings
    assert [morning.event for morning in told] == [second, first]
    newest = told[0]
    assert (newest.present, newest.late, newest.walk_ins, newest.first_timers, newest.absent) == (2, 1, 2, 1, 1)


def test_a_first_timer_came_back_if_they_were_at_any_later_morning(mornings, history):
    mornings("ada ben", "cleo", "ada dev")
    assert [(morning.first_timers, morning.came_back) for morning in history().mornings] == [(1, None), (1, 0), (2, 1)]


def test_a_regular_came_to_three_of_the_last_five(mornings, history):
    mornings("dev", "ada dev", "ben dev", "ada ben", "ben", "ada")
    assert history().regulars == ["Ada Bevan", "Ben Okafor"]


def test_who_came_three_times_and_to_none_of_the_last_three_has_not_been_seen_lately(mornings, history):
    mornings("ada ben cleo", "ada ben", "ada ben", "ben", "cleo", "cleo")
    assert history().lapsed == ["Ada Bevan"]


def test_a_morning_whose_names_have_faded_keeps_its_numbers_and_names_nobody(mornings, history):
    for event in mornings("ada ben", "ada ben", "ada ben"):
        for place in attendance.session.query(attendance.Attendance).where(attendance.Attendance.event == event):
            place.person_id, place.name = None, "Somebody"
        event.faded_at, event.faded_first_timers = event.closes_at, 2
    told = history()
    assert [(morning.present, morning.first_timers, morning.came_back) for morning in told.mornings] == [
        (2, 2, None)
    ] * 3
    assert (told.regulars, told.newcomers, told.lapsed) == ([], [], [])


def test_who_was_at_the_newest_morning_for_the_first_time_is_new(mornings, history):
    mornings("ada", "ada ben")
    assert history().newcomers == ["Ben Okafor"]


def test_a_listed_name_that_nobody_claimed_is_a_regular_like_any_other_but_never_guessed_to_be_new(
    company, mornings, history, clock
):
    for event, name in zip(mornings("", "", ""), ("Siân Rhys", "SIAN RHYS", "Siân Rhys"), strict=True):
        place = attendance.expect(event, name, GOING, clock.now)
        attendance.check_in(place, event.starts_at, cast.LATE_AFTER, company.cleo, ORGANISER)
    told = history()
    assert (told.regulars, told.newcomers) == (["Siân Rhys"], [])


def test_neither_another_groups_mornings_nor_called_off_ones_nor_those_still_on_are_told(
    company, mornings, history, clock
):
    [held] = mornings("ada")
    theirs = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
    cast.arrive(events.create(theirs.id, cast.TUESDAY, clock.now), company.ben)
    events.cancel(events.create(company.group.id, cast.TUESDAY, clock.now), clock.now)
    events.create(company.group.id, replace(cast.TUESDAY, day=cast.TUESDAY.day + A_WEEK), clock.now)
    assert [morning.event for morning in history().mornings] == [held]


def test_two_queries_for_twenty_mornings_as_for_two_and_no_more_than_the_latest_twelve(
    company, mornings, history, queries, session
):
    for count, told in ((2, 2), (20, 12)):
        mornings(*["ada ben cleo dev"] * count)
        session.commit()
        company.group.id  # noqa: B018 - loaded before the counting begins
        with queries() as asked:
            mornings_told = history().mornings
        assert asked.count == 2, asked
        assert len(mornings_told) == told
        session.rollback()
