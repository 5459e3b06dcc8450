"""Series: a breakfast that repeats is planned ahead, each morning once, at its local time whatever the clocks do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app import database
from app.database import begin_write
from app.domain import events, groups, holidays, planning, recurrences, series
from app.domain.events import Event
from app.domain.recurrences import FORTNIGHTLY, MONTHLY, WEEKLY
from tests import cast

FIRST = date(2026, 12, 1)
PLAN = replace(cast.TUESDAY, day=FIRST)


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def start(company, clock):
    def begin(repeats=WEEKLY, plan=PLAN, skips=True, **ends):
        return series.start(company.group, plan, recurrences.rule(repeats, plan.day, **ends), clock.now, skips)

    return begin


def days(started):
    return [f"{event.day:%d %b}" for event in series.mornings(started)]


def test_its_mornings_are_planned_twelve_weeks_ahead(start):
    assert days(start())[:3] == ["01 Dec", "08 Dec", "15 Dec"]
    assert days(start(FORTNIGHTLY, replace(PLAN, start_time=time(8))))[-1] == "09 Feb"
    assert days(start(MONTHLY, replace(PLAN, start_time=time(6)))) == ["01 Dec", "05 Jan", "02 Feb"]


def test_each_begins_as_the_plan_says(start):
    event = series.mornings(start())[1]
    assert events.plan_of(event) == replace(PLAN, day=date(2026, 12, 8))


def test_the_worker_plans_further_ones_each_once_however_often_it_looks(start, clock, session):
    started = start()
    before = days(started)
    for weeks in (0, 0, 1, 0, 3):
        clock.move(weeks=weeks)
        planning.plan(clock.now)
        session.flush()
    after = days(started)
    assert (after[: len(before)], len(after), len(set(after))) == (before, len(before) + 4, len(after))


def test_two_workers_at_once_plan_each_morning_once(start, clock, session, app):
    started = start()
    session.commit()
    later, both = clock.now + timedelta(weeks=6), Barrier(2)

    def work():
        with app.app_context():
            both.wait()
            begin_write()
            series.extend_all(later)
            database.session.commit()
            database.session.remove()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result()
    session.expire_all()
    found = days(started)
    assert len(found) == len(set(found)) == 18


def test_a_morning_begins_at_the_same_local_time_on_both_sides_of_a_change_of_the_clocks(start, clock):
    clock.set(datetime(2026, 3, 1, 9, tzinfo=UTC))
    mornings = series.mornings(start(plan=replace(PLAN, day=date(2026, 3, 24))))
    assert [f"{event.starts_at:%d %b %H:%M}" for event in mornings[:2]] == ["24 Mar 07:00", "31 Mar 06:00"]
    clock.set(datetime(2026, 10, 1, 9, tzinfo=UTC))
    mornings = series.mornings(start(plan=replace(PLAN, day=date(2026, 10, 20))))
    assert [f"{event.starts_at:%d %b %H:%M}" for event in mornings[:2]] == ["20 Oct 06:00", "27 Oct 07:00"]


def test_holidays_are_left_out_where_that_was_asked(company, start, clock):
    holidays.keep(company.group, date(2026, 12, 8), "Founders' day", clock.now)
    assert days(start())[:2] == ["01 Dec", "15 Dec"]
    assert days(start(plan=replace(PLAN, start_time=time(8)), skips=False))[:2] == ["01 Dec", "08 Dec"]


def test_it_ends_by_itself_after_so_many_times(start, clock):
    started = start(times=3)
    clock.move(weeks=8)
    series.extend_all(clock.now)
    assert days(started) == ["01 Dec", "08 Dec", "15 Dec"]


def test_a_morning_that_was_planned_by_hand_is_taken_on_and_not_doubled(company, start):
    by_hand = company.event
    started = start(plan=cast.TUESDAY)
    assert series.mornings(started)[0] is by_hand
    assert series.of_event(by_hand) is started


def test_one_that_was_called_off_by_hand_is_not_taken_on(company, start, clock):
    events.cancel(company.event, clock.now)
    [first, *_more] = series.mornings(start(plan=cast.TUESDAY))
    assert (first.day, first.cancelled_at, first is company.event) == (cast.TUESDAY.day, None, False)


def test_days_that_have_passed_are_not_planned(start, company, clock):
    assert days(start(plan=replace(PLAN, day=date(2026, 11, 3))))[0] == "24 Nov"


def test_one_that_is_called_off_stays_so_and_is_not_planned_again(start, clock):
    started = start()
    second = series.mornings(started)[1]
    events.cancel(second, clock.now)
    clock.move(weeks=1)
    series.extend_all(clock.now)
    assert [event.cancelled_at is not None for event in series.mornings(started)[:3]] == [False, True, False]


def test_changing_one_changes_no_other(start, clock):
    started = start()
    first, second = series.mornings(started)[:2]
    assert series.change(first, replace(events.plan_of(first), place="The Lamb"), clock.now)[0][0] is first
    assert (first.place, second.place) == ("The Lamb", PLAN.place)


def test_changing_all_that_follow_leaves_those_before_and_each_its_own_day(start, clock, session):
    started = start()
    first, second, third, *_more = series.mornings(started)
    moved = replace(events.plan_of(third), day=third.day + timedelta(days=1))
    events.change(third, moved)
    told = series.change(
        second,
        replace(events.plan_of(second), place="The Lamb", start_time=time(7, 30)),
        clock.now,
        all_that_follow=True,
    )
    assert [(one.day, was.place) for one, was in told[:2]] == [(second.day, PLAN.place), (third.day, PLAN.place)]
    assert [(event.place, event.day) for event in (first, second, third)] == [
        (PLAN.place, date(2026, 12, 1)),
        ("The Lamb", date(2026, 12, 8)),
        ("The Lamb", date(2026, 12, 16)),
    ]
    clock.move(weeks=2)
    series.extend_all(clock.now)
    newest = series.mornings(started)[-1]
    assert (newest.place, newest.start_time) == ("The Lamb", time(7, 30))


def test_an_end_brings_no_more_and_keeps_what_is_planned(start, clock):
    started = start()
    before = days(started)
    series.end(started, clock.now)
    clock.move(weeks=8)
    series.extend_all(clock.now)
    assert days(started) == before
    with pytest.raises(series.SeriesEnded):
        series.end(started, clock.now)


def test_an_end_may_call_off_what_is_to_come(start, clock):
    started = start()
    clock.set(series.mornings(started)[0].ends_at)
    series.end(started, clock.now, calls_off=True)
    first, *following = series.mornings(started)
    assert first.cancelled_at is None
    assert all(event.cancelled_at for event in following)


@pytest.mark.parametrize(
    ("change", "ends", "refused"),
    [
        ({"name": " "}, {}, events.NoEventName),
        ({"end_time": time(6)}, {}, events.EndsTooEarly),
        ({"day": date(2025, 1, 7)}, {"times": 2}, series.NoMorning),
    ],
)
def test_what_cannot_be_meant_is_refused(start, change, ends, refused):
    with pytest.raises(refused):
        start(plan=replace(PLAN, **change), **ends)


def test_a_preview_names_the_days_and_keeps_nothing(company, clock, session):
    rule = recurrences.rule(WEEKLY, FIRST)
    found = series.preview(company.group, PLAN, rule, clock.now, most=2)
    assert found == [date(2026, 12, 1), date(2026, 12, 8)]
    assert session.scalar(select(func.count(Event.id))) == 1
    assert not session.new


def test_another_groups_series_is_not_there(company, start, clock):
    started = start()
    other = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
    with pytest.raises(series.NotFound):
        series.of(other, started.id)
    assert series.of_group(other) == []
    assert series.of_group(company.group) == [started]


def test_looking_for_series_to_extend_is_one_query_where_there_are_none_to(start, clock, session, queries):
    start()
    session.commit()
    with queries() as asked:
        series.extend_all(clock.now)
    assert asked.count == 1, asked
