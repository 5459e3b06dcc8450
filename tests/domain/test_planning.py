"""Planning: one prompt for each who was there, whenever it is found out, and as often as it is asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import database
from app.database import begin_write
from app.domain import attendance, contacts, deliveries, events, planning, prompts
from app.domain.deliveries import Delivery
from app.domain.encounters import CARD
from app.domain.prompts import CLOSED, FOLLOW_UP, ONE_TO_ONE, OPEN, Prompt
from tests import cast

THURSDAY, MONDAY = datetime(2026, 11, 26, 8, 30, tzinfo=UTC), datetime(2026, 11, 30, 8, 30, tzinfo=UTC)


@pytest.fixture
def scene(session, clock):
    """Ada, Ben and Cleo are here; Ada has met Ben; Dev is expected. The event has closed."""
    assembled = cast.assemble(clock.now)
    event = assembled.event
    cast.arrive(event, assembled.ada, assembled.ben, assembled.cleo)
    attendance.hold(attendance.expect(event, "Dev Singh", attendance.INVITED, clock.now), assembled.dev, clock.now)
    contacts.meet(assembled.ada, assembled.ben, uuid4(), CARD, event, clock.now, clock.now)
    session.commit()
    clock.set(event.closes_at)
    return assembled


@pytest.fixture
def plan(session):
    def run(now):
        session.rollback()
        begin_write()
        new = planning.plan(now)
        session.commit()
        session.expire_all()
        return new

    return run


@pytest.fixture
def change(session):
    """Does something as a door would."""

    def work(verb, *arguments):
        session.rollback()
        begin_write()
        verb(*arguments)
        session.commit()

    return work


def planned(session, kind=None):
    session.rollback()
    rows = session.scalars(select(Prompt).order_by(Prompt.id)).all()
    return {(row.kind, row.person.first_name): row for row in rows if kind in (None, row.kind)}


def of(session, kind):
    return {name for of_kind, name in planned(session) if of_kind == kind}


class TestWho:
    def test_everyone_who_was_there_has_a_follow_up_and_who_met_somebody_a_one_to_one_prompt(
        self, session, clock, scene, plan
    ):
        """R1."""
        assert plan(clock.now) == 5
        assert of(session, FOLLOW_UP) == {"Ada", "Ben", "Cleo"}
        assert of(session, ONE_TO_ONE) == {"Ada", "Ben"}

    def test_a_second_run_adds_nothing(self, session, clock, scene, plan):
        """R3."""
        plan(clock.now)
        assert plan(clock.now) == 0
        assert plan(MONDAY) == 0
        assert len(planned(session)) == 5

    def test_eight_at_once_leave_the_same_rows(self, app, session, clock, scene):
        """R1, R21."""
        start, now = Barrier(8), clock.now

        def worker(_number):
            with app.app_context():
                start.wait()
                begin_write()
                new = planning.plan(now)
                database.session.commit()
                return new

        session.rollback()
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(worker, range(8))) == 5
        assert len(planned(session)) == 5

    def test_nothing_is_planned_before_the_event_closes(self, session, clock, scene, plan):
        assert plan(clock.move(seconds=-1)) == 0

    def test_a_late_arrival_counts_as_there(self, session, clock, scene, plan, change):
        eve = cast.person("Eve Late", clock.now)
        session.commit()
        change(cast.arrive, scene.event, eve)
        (place,) = [attendance.of(scene.event, eve)]
        place.state = attendance.LATE
        session.commit()
        plan(clock.now)
        assert "Eve" in of(session, FOLLOW_UP)

    def test_a_check_in_that_is_told_of_days_later_is_planned_by_the_next_round(
        self, session, clock, scene, plan, change
    ):
        plan(clock.now)
        place = attendance.of(scene.event, scene.dev)
        change(attendance.check_in, place, MONDAY, timedelta(minutes=10), scene.cleo, attendance.ORGANISER)
        assert plan(MONDAY) == 1
        assert "Dev" in of(session, FOLLOW_UP)

    def test_a_scan_that_comes_in_days_later_is_planned_by_the_next_round(self, session, clock, scene, plan, change):
        plan(clock.now)
        change(contacts.meet, scene.cleo, scene.ada, uuid4(), CARD, scene.event, clock.now, MONDAY)
        assert plan(MONDAY) == 1
        assert of(session, ONE_TO_ONE) == {"Ada", "Ben", "Cleo"}

    def test_a_meeting_that_was_taken_back_plans_nothing(self, session, clock, scene, plan, change):
        op_id = uuid4()
        change(contacts.meet, scene.cleo, scene.ada, op_id, CARD, scene.event, clock.now, clock.now)
        change(contacts.take_back, scene.cleo, op_id, clock.now)
        plan(clock.now)
        assert "Cleo" not in of(session, ONE_TO_ONE)

    def test_a_cancelled_event_plans_nothing_and_takes_back_what_was_planned(self, session, clock, scene, plan, change):
        plan(clock.now)
        change(events.cancel, scene.event, clock.now)
        plan(clock.now)
        assert {row.state for row in planned(session).values()} == {CLOSED}

    def test_who_was_not_there_after_all_is_asked_nothing_and_who_was_is_asked_again(
        self, session, clock, scene, plan, change
    ):
        plan(clock.now)
        place = attendance.of(scene.event, scene.cleo)
        change(attendance.undo, place, clock.now, scene.cleo, attendance.SELF)
        plan(clock.now)
        assert planned(session)[FOLLOW_UP, "Cleo"].state == CLOSED
        place = attendance.of(scene.event, scene.cleo)
        change(attendance.check_in, place, clock.now, timedelta(minutes=10), scene.cleo, attendance.ORGANISER)
        plan(clock.now)
        assert planned(session)[FOLLOW_UP, "Cleo"].state == OPEN

    def test_what_is_long_past_and_still_open_loses_its_ground_when_its_turn_comes(
        self, session, clock, scene, plan, change, monkeypatch
    ):
        monkeypatch.setattr(planning, "IN_TURN", 1)
        plan(clock.now)
        change(attendance.undo, attendance.of(scene.event, scene.cleo), clock.now, scene.cleo, attendance.SELF)
        late = clock.now + planning.HORIZON + timedelta(days=9)
        for minute in range(30):
            plan(late + timedelta(minutes=minute))
        states = {name: row.state for (_kind, name), row in planned(session, FOLLOW_UP).items()}
        assert states == {"Ada": OPEN, "Ben": OPEN, "Cleo": CLOSED}

    def test_the_number_of_statements_does_not_grow_with_the_people(self, session, clock, scene, plan, queries):
        with queries() as few:
            plan(clock.now)
        week = timedelta(days=7)
        following = events.create(
            scene.group.id, replace(cast.TUESDAY, day=scene.event.day + week), scene.event.created_at
        )
        crowd = [cast.person(f"Guest {number}", clock.now) for number in range(30)]
        cast.arrive(following, scene.ada, *crowd)
        for one in crowd:
            contacts.meet(scene.ada, one, uuid4(), CARD, following, clock.now, clock.now)
        session.commit()
        with queries() as many:
            plan(clock.now + week)
        assert many.count <= few.count + 2, many


class TestWhen:
    def test_follow_up_and_one_to_one_come_two_and_six_days_after_at_half_past_eight(self, session, clock, scene, plan):
        plan(clock.now)
        rows = planned(session)
        assert rows[FOLLOW_UP, "Ada"].due_at == THURSDAY
        assert rows[ONE_TO_ONE, "Ada"].due_at == MONDAY
        assert (rows[FOLLOW_UP, "Ada"].due_day, rows[FOLLOW_UP, "Ada"].due_time) == (date(2026, 11, 26), time(8, 30))

    def test_each_is_asked_in_their_own_zone(self, session, clock, scene, plan):
        scene.ben.time_zone = "America/New_York"
        scene.cleo.time_zone = "Narnia/Lantern"
        session.commit()
        plan(clock.now)
        rows = planned(session, FOLLOW_UP)
        assert rows[FOLLOW_UP, "Ben"].due_at == THURSDAY + timedelta(hours=5)
        assert (rows[FOLLOW_UP, "Cleo"].due_at, rows[FOLLOW_UP, "Cleo"].due_zone) == (THURSDAY, cast.ZONE)

    def test_where_the_group_meets_again_within_a_day_it_comes_the_working_day_before(
        self, session, clock, scene, plan
    ):
        events.create(scene.group.id, replace(cast.TUESDAY, day=date(2026, 11, 30)), clock.now)
        session.commit()
        plan(clock.now)
        row = planned(session)[ONE_TO_ONE, "Ada"]
        assert row.due_day == date(2026, 11, 27)
        assert prompts.meets_again(row) == date(2026, 11, 30)

    @pytest.mark.parametrize(
        ("changed", "due"),
        [
            ({"follow_up_days": 3}, THURSDAY + timedelta(days=1)),
            ({"day": date(2026, 11, 23)}, THURSDAY - timedelta(days=1)),
        ],
        ids=["days", "date"],
    )
    def test_what_was_not_sent_follows_its_event(self, session, clock, scene, plan, change, changed, due):
        """R29."""
        plan(clock.now)
        change(events.change, scene.event, replace(cast.TUESDAY, **changed))
        plan(clock.now)
        assert {row.due_at for row in planned(session, FOLLOW_UP).values()} == {due}
        assert len(planned(session)) == 5

    def test_what_was_sent_stays_as_it_was(self, session, clock, scene, plan, change):
        """R29."""
        plan(THURSDAY)
        sent = session.scalar(select(Delivery).where(Delivery.prompt.has(Prompt.person_id == scene.ada.id)))
        sent.attempt, sent.state = 1, deliveries.SENT
        session.commit()
        change(events.change, scene.event, replace(cast.TUESDAY, follow_up_days=3))
        plan(THURSDAY)
        rows = planned(session, FOLLOW_UP)
        assert rows[FOLLOW_UP, "Ada"].due_at == THURSDAY
        assert rows[FOLLOW_UP, "Ben"].due_at == THURSDAY + timedelta(days=1)

    def test_a_letter_that_waited_for_the_old_time_is_called_back_and_comes_at_the_new_one(
        self, session, clock, scene, plan, change
    ):
        """R29."""
        plan(THURSDAY)
        change(events.change, scene.event, replace(cast.TUESDAY, follow_up_days=3))
        plan(THURSDAY)
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        plan(THURSDAY + timedelta(days=1))
        assert session.scalar(select(func.count()).select_from(Delivery)) == 3

    def test_what_somebody_put_off_keeps_the_morning_they_chose(self, session, clock, scene, plan, change):
        plan(clock.now)
        mine = planned(session)[FOLLOW_UP, "Ada"]
        change(prompts.snooze, mine, date(2026, 12, 9), THURSDAY)
        change(events.change, scene.event, replace(cast.TUESDAY, follow_up_days=5))
        plan(clock.now)
        assert planned(session)[FOLLOW_UP, "Ada"].due_day == date(2026, 12, 9)

    def test_what_was_put_off_is_worked_out_anew_when_a_country_changes_its_offset(
        self, session, clock, scene, plan, change
    ):
        """R32."""
        plan(clock.now)
        mine = planned(session)[FOLLOW_UP, "Ada"]
        change(prompts.snooze, mine, date(2026, 12, 9), THURSDAY)
        mine.due_at += timedelta(hours=1)
        session.commit()
        plan(clock.now)
        assert planned(session)[FOLLOW_UP, "Ada"].due_at == datetime(2026, 12, 9, 8, 30, tzinfo=UTC)


class TestTheOutbox:
    def test_a_letter_is_put_there_once_a_round_when_its_prompt_is_due(self, session, clock, scene, plan):
        """R1."""
        plan(THURSDAY - timedelta(seconds=1))
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        plan(THURSDAY)
        plan(THURSDAY)
        assert session.scalar(select(func.count()).select_from(Delivery)) == 3

    def test_what_has_been_due_for_a_fortnight_is_told_in_the_app_alone(self, session, clock, scene, plan):
        """R34."""
        late = THURSDAY + timedelta(days=14)
        plan(late)
        letters = session.scalars(select(Delivery)).all()
        assert {letter.prompt.kind for letter in letters} == {ONE_TO_ONE}
        assert prompts.waiting(scene.ada, late)[0].kind == FOLLOW_UP

    def test_an_address_that_is_confirmed_later_gets_what_still_waits(self, session, clock, scene, plan, change):
        from app.domain import people

        scene.ada.email = scene.ada.email_confirmed_at = None
        session.commit()
        plan(THURSDAY)
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2
        change(people.confirm, scene.ada, "ada@example.org", THURSDAY)
        plan(THURSDAY + timedelta(hours=1))
        assert session.scalar(select(func.count()).select_from(Delivery)) == 3
