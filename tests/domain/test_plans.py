"""Plans: what is typed of an event is read as it was meant, and the mornings that are promised are the ones planned."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from app.domain import events, people, plans
from app.domain.refusals import Unfit
from tests import cast

TYPED = plans.typed(cast.TUESDAY)


@pytest.fixture
def company(session, clock):
    return cast.assemble(clock.now)


def utc(day, hour, minute=30, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_what_is_typed_and_read_is_the_same_plan():
    assert plans.read(TYPED) == cast.TUESDAY


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("07:00", time(7)), ("7:05", time(7, 5)), ("7", time(7)), (" 7.30 ", time(7, 30)), ("07:00:00", time(7))],
)
def test_a_time_is_read_however_a_phone_or_a_hand_writes_it(typed, meant):
    assert plans.read({**TYPED, "start_time": typed}).start_time == meant


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("day", ""),
        ("day", "24/11/2026"),
        ("day", "2026-02-30"),
        ("start_time", ""),
        ("start_time", "25:00"),
        ("end_time", "nine"),
        ("end_time", "-1:00"),
        ("follow_up_days", ""),
        ("follow_up_days", "-1"),
        ("follow_up_days", "2.5"),
        ("one_to_one_days", "1e9"),
        ("one_to_one_days", "9" * 5000),
        ("one_to_one_days", "٢"),
    ],
)
def test_what_says_nothing_we_can_read_is_refused_at_its_field(field, typed):
    with pytest.raises(Unfit) as refused:
        plans.read({**TYPED, field: typed})
    assert refused.value.field == field


def test_nothing_typed_at_all_is_refused_and_not_a_fault():
    with pytest.raises(Unfit):
        plans.read({})


def test_before_anything_is_typed_the_usual_hours_and_days_stand_there(company):
    blank = plans.blank(company.group)
    assert blank.keys() == TYPED.keys()
    assert (blank["time_zone"], blank["start_time"], blank["follow_up_days"]) == (cast.ZONE, "07:00", "2")
    assert (blank["name"], blank["day"]) == ("", "")


class TestMornings:
    def test_are_two_and_six_days_later_at_half_past_eight_unless_that_is_a_weekend(self, company):
        assert plans.mornings(cast.TUESDAY, company.group) == (utc(26, 8), utc(30, 8))
        assert plans.mornings(replace(cast.TUESDAY, follow_up_days=4), company.group).follow_up == utc(30, 8)

    def test_are_meant_in_the_events_own_zone(self, company):
        plan = replace(cast.TUESDAY, time_zone="America/New_York")
        assert plans.mornings(plan, company.group).follow_up == utc(26, 13)

    def test_of_the_1_2_1_question_come_before_the_group_meets_again_around_then(self, company, clock):
        events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 12, 1)), clock.now)
        assert plans.mornings(cast.TUESDAY, company.group).one_to_one == utc(30, 8)
        assert plans.mornings(replace(cast.TUESDAY, one_to_one_days=7), company.group).one_to_one == utc(30, 8)

    def test_leave_the_event_that_is_being_changed_out_of_it(self, company):
        moved = replace(cast.TUESDAY, day=date(2026, 11, 17), one_to_one_days=7)
        assert plans.mornings(moved, company.group).one_to_one == utc(23, 8)
        assert plans.mornings(moved, company.group, company.event).one_to_one == utc(24, 8)

    def test_come_no_sooner_than_the_event_closes(self, company):
        same_day = replace(cast.TUESDAY, follow_up_days=0, one_to_one_days=0)
        assert plans.mornings(same_day, company.group) == (utc(24, 12, 0), utc(24, 12, 0))

    def test_cannot_be_told_of_what_cannot_be_meant(self, company):
        with pytest.raises(people.UnknownZone):
            plans.mornings(replace(cast.TUESDAY, time_zone="Mars"), company.group)

    def test_need_no_name_yet(self, company):
        assert plans.mornings(replace(cast.TUESDAY, name=""), company.group).follow_up == utc(26, 8)


def test_zones_are_told_by_place_with_the_one_chosen_already_among_them():
    names = [name for name, _said in plans.zones()]
    assert {"Europe/London", "America/Argentina/Buenos_Aires", "UTC"} <= set(names)
    assert not [name for name in names if name.startswith(("Etc/", "US/", "posix"))]
    assert ("America/New_York", "America / New York") in plans.zones()
    assert plans.zones("Etc/GMT+5")[0] == ("Etc/GMT+5", "Etc / GMT+5")
    assert plans.zones("Europe/London") == plans.zones()
