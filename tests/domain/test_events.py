"""Events: a morning in its zone, what may be said of it, and how it is copied, changed and called off."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.domain import events, groups, people
from app.domain.events import Event
from app.domain.refusals import NotFound
from tests import cast

TUESDAY = cast.TUESDAY


@pytest.fixture
def company(session, clock):
    return cast.assemble(clock.now)


def make(company, clock, **changes):
    return events.create(company.group.id, replace(TUESDAY, **changes), clock.now)


def test_local_times_become_instants_of_their_zone(company):
    event = company.event
    assert event.starts_at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert event.closes_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "start", "utc"),
    [
        ("Europe/London", date(2026, 7, 7), time(7, 0), datetime(2026, 7, 7, 6, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 24), time(7, 30), datetime(2026, 11, 24, 12, 30, tzinfo=UTC)),
        ("Europe/London", date(2026, 3, 29), time(1, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/London", date(2026, 10, 25), time(1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(2026, 11, 24), time(7, 0), datetime(2026, 11, 23, 17, 0, tzinfo=UTC)),
    ],
)
def test_the_start_is_right_across_every_change_of_the_clocks(company, clock, zone, day, start, utc):
    """R31."""
    event = make(company, clock, time_zone=zone, day=day, start_time=start, end_time=time(9, 0))
    assert event.starts_at == utc


def test_a_morning_may_hold_the_hour_that_comes_twice(company, clock):
    event = make(company, clock, day=date(2026, 10, 25), start_time=time(0, 30), end_time=time(2, 30))
    assert event.ends_at - event.starts_at == timedelta(hours=3)


@pytest.mark.parametrize(
    ("field", "changes", "refusal"),
    [
        ("name", {"name": "  "}, events.NoEventName),
        ("name", {"name": "Two\nlines"}, people.NotPlainText),
        ("name", {"name": "x" * 121}, people.NotPlainText),
        ("place", {"place": "a\u2028b"}, people.NotPlainText),
        ("time_zone", {"time_zone": "Mars/Olympus"}, people.UnknownZone),
        ("day", {"day": date(1999, 12, 31)}, events.DayOutOfReach),
        ("day", {"day": date(9999, 12, 31)}, events.DayOutOfReach),
        ("end_time", {"end_time": time(7, 0)}, events.EndsTooEarly),
        ("end_time", {"end_time": time(6, 59)}, events.EndsTooEarly),
        (
            "end_time",
            {"day": date(2026, 3, 29), "start_time": time(1, 10), "end_time": time(1, 50)},
            events.EndsTooEarly,
        ),
        ("follow_up_days", {"follow_up_days": -1}, events.DaysOutOfReach),
        ("follow_up_days", {"follow_up_days": 61}, events.DaysOutOfReach),
        ("one_to_one_days", {"one_to_one_days": 10**9}, events.DaysOutOfReach),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(session, company, clock, field, changes, refusal):
    with pytest.raises(refusal) as refused:
        make(company, clock, **changes)
    assert refused.value.field == field
    session.flush()
    assert events.of_group(company.group.id) == [company.event], "nothing was half made"


@pytest.mark.parametrize("days", [0, 60])
def test_prompts_may_come_from_the_same_day_up_to_sixty_days_later(company, clock, days):
    event = make(company, clock, follow_up_days=days, one_to_one_days=days)
    assert (event.follow_up_days, event.one_to_one_days) == (days, days)


@pytest.mark.parametrize(
    "broken",
    [{"ends_at": Event.starts_at}, {"follow_up_days": 61}, {"one_to_one_days": -1}, {"name": ""}],
)
def test_the_database_keeps_the_rules_too(session, company, broken):
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Event).values(broken))


def test_every_event_has_a_code_of_its_own_which_can_be_typed_carelessly(company, clock):
    other = make(company, clock)
    assert other.code != company.event.code
    careless = f" {company.event.code[:4].lower()}-{company.event.code[4:].lower().replace('0', 'o').replace('1', 'l')}"
    assert events.by_code(careless) is company.event
    with pytest.raises(NotFound):
        events.by_code("zzzz")


def test_a_copy_is_the_same_morning_a_week_later(company, clock):
    assert events.again(company.event, clock.now) == replace(TUESDAY, day=date(2026, 12, 1))


def test_a_copy_keeps_its_local_hour_when_the_clocks_change(company, clock):
    last_of_summer = make(company, clock, day=date(2026, 10, 20))
    before = datetime(2026, 10, 20, 12, tzinfo=UTC)
    winter = events.create(company.group.id, events.again(last_of_summer, before), clock.now)
    assert (winter.day, winter.start_time) == (date(2026, 10, 27), time(7, 0))
    assert winter.starts_at - last_of_summer.starts_at == timedelta(days=7, hours=1)


def test_a_copy_of_a_morning_long_ago_is_still_to_come(company):
    plan = events.again(company.event, datetime(2027, 1, 20, 12, tzinfo=UTC))
    assert (plan.day, plan.day.weekday()) == (date(2027, 1, 26), TUESDAY.day.weekday())


def test_a_change_takes_all_that_is_said_and_raises_the_version(session, company):
    event, before = company.event, company.event.version
    events.change(event, replace(TUESDAY, name="Wednesday", day=date(2026, 11, 25), follow_up_days=3))
    assert (event.name, event.starts_at.day, event.follow_up_days) == ("Wednesday", 25, 3)
    assert event.version == before + 1


def test_what_cannot_be_meant_changes_nothing(session, company):
    with pytest.raises(events.EndsTooEarly):
        events.change(company.event, replace(TUESDAY, name="New name", end_time=time(5, 0)))
    assert (company.event.name, company.event.version) == (TUESDAY.name, 1)


def test_calling_off_is_done_once_and_keeps_what_was_logged(session, company, clock):
    [place] = cast.arrive(company.event, company.ada)
    events.cancel(company.event, clock.now)
    at, version = company.event.cancelled_at, company.event.version
    events.cancel(company.event, clock.move(hours=1))
    assert (company.event.cancelled_at, company.event.version) == (at, version)
    session.expire_all()
    assert place.is_here


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [(-121, events.EventNotOpen), (-120, None), (0, None), (299, None), (300, events.EventOver)],
)
def test_the_door_is_open_from_two_hours_before_the_start_to_three_after_the_end(company, minutes, refusal):
    now = company.event.starts_at + timedelta(minutes=minutes)
    assert company.event.is_on(now) is (refusal is None)
    if refusal is None:
        events.must_be_on(company.event, now)
    else:
        with pytest.raises(refusal):
            events.must_be_on(company.event, now)


def test_an_organiser_may_note_who_came_when_the_event_is_over_but_not_before_it_or_when_called_off(company, clock):
    event = company.event
    events.must_have_opened(event, event.closes_at + timedelta(days=3))
    with pytest.raises(events.EventNotOpen):
        events.must_have_opened(event, event.starts_at - timedelta(days=1))
    events.cancel(event, clock.now)
    with pytest.raises(events.EventCancelled):
        events.must_have_opened(event, event.starts_at)


def test_a_groups_events_come_newest_first(company, clock):
    earlier, later = make(company, clock, day=date(2026, 11, 17)), make(company, clock, day=date(2026, 12, 1))
    assert events.of_group(company.group.id) == [later, company.event, earlier]


def test_the_next_meeting_is_the_first_after_a_day_that_was_not_called_off(company, clock):
    off, on = make(company, clock, day=date(2026, 12, 1)), make(company, clock, day=date(2026, 12, 8))
    events.cancel(off, clock.now)
    assert events.next_after(company.group.id, TUESDAY.day) is on
    assert events.next_after(company.group.id, TUESDAY.day, but=on.id) is None


def test_to_everybody_but_its_groups_organisers_an_event_is_not_there(company, clock):
    """A128."""
    groups.belong(company.group.id, company.ada.id, clock.now)
    company.dev.may_start_groups = True
    groups.start(company.dev, "Another Table", cast.ZONE, clock.now)
    assert events.organised_by(company.cleo, company.event.id) is company.event
    for person in (company.ada, company.ben, company.dev):
        with pytest.raises(NotFound):
            events.organised_by(person, company.event.id)
