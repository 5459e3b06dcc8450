"""A few messages at once: one dot and one note for all of them, and still each by itself wanted, sent, left or lost."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.database import db
from app.delivery import courier, dots, phones, postmarks, tallies
from app.delivery.breakers import FAILURES
from app.delivery.dots import Leaving
from app.delivery.messages import Messenger
from app.domain import claims, rations
from app.domain.deliveries import PUSH, Delivery
from app.domain.devices import Device
from app.domain.rations import Portion, Ration
from tests import cast
from tests.delivery.test_crash_points import is_forgotten
from tests.delivery.ways import change

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Where a worker is killed, and how many messages have gone by then.
POINTS = {
    "before the dots": (dots, "bring", "before", 0),
    "dots noted": (dots, "bring", "after", 0),
    "one has gone": (Messenger, "send", "after", 1),
    "all have gone": (phones, "_note", "before", 3),
    "noting it, not committed": (claims, "sent", "after", 3),
    "noted": (phones, "_note", "after", 3),
}


@pytest.fixture
def crowd(breakfast, device, session):
    """Lets so many people have been there, each with a phone; returns their browsers."""

    def gather(number):
        people = [cast.person(f"Guest {one}", DUE - 30 * HOUR, f"guest{one}@example.org") for one in range(number)]
        cast.arrive(breakfast.event, *people)
        session.commit()
        return [device(one) for one in people]

    return gather


@pytest.fixture
def told(session):
    """The messages, in the order in which they were planned."""

    def rows():
        session.rollback()
        session.expire_all()
        return session.scalars(select(Delivery).where(Delivery.channel == PUSH).order_by(Delivery.id)).all()

    return rows


def hold():
    courier.plan(DUE)
    return courier.take_messages(DUE)


def days_used(session):
    session.rollback()
    return set(session.scalars(select(Ration.delivery_id)))


def meanwhile(messenger, number, work):
    """Do something when so many have gone."""
    send, left = messenger.send, [number]

    def watched(*arguments):
        went = send(*arguments)
        left[0] -= 1
        if left[0] == 0:
            work()
        return went

    messenger.send = watched


def test_nine_messages_ask_no_more_of_the_database_than_three(crowd, messenger, service, queries):
    crowd(12)
    held, asked = hold(), []
    for some in (held[:3], held[3:]):
        with queries() as seen:
            courier.tell(some, DUE, messenger)
        asked.append(seen)
    assert len(service.pushes) == 12
    assert asked[0].count == asked[1].count, asked[1]


def test_told_to_stop_those_that_have_not_gone_are_let_go_as_if_never_begun(
    crowd, messenger, service, told, session, instance
):
    crowd(8)
    stops = []
    meanwhile(messenger, 3, lambda: stops.append(True))
    courier.tell(hold(), DUE, messenger, lambda: bool(stops))
    assert len(service.pushes) == 3
    gone, left = told()[:3], told()[3:]
    assert {row.state for row in gone} == {"sent"}
    assert {(row.state, row.reason, row.failures, row.next_try_at) for row in left} == {("waiting", "", 0, DUE)}
    assert days_used(session) == {row.id for row in gone}
    assert len(postmarks.read([instance])) == 3
    session.rollback()
    courier.tell(courier.take_messages(DUE), DUE, messenger)
    assert len(service.pushes) == 8
    assert {row.state for row in told()} == {"sent"}


def test_when_their_service_goes_down_the_others_wait_without_a_failure_of_their_own(
    crowd, messenger, service, told, session
):
    crowd(9)
    service.answer(201, 201, *[503] * FAILURES)
    notes = courier.tell(hold(), DUE, messenger)
    assert service.requests == 2 + FAILURES
    assert [note.outcome for note in notes] == ["sent"] * 2 + ["later"] * 7
    assert [row.failures for row in told()] == [0, 0, *[1] * FAILURES, 0, 0]
    assert [row.reason for row in told()[-2:]] == ["its service is down"] * 2
    assert days_used(session) == {row.id for row in told()[:2]}


def test_one_whose_hold_was_lost_meanwhile_does_not_go_and_the_others_do(crowd, messenger, service, told, session):
    """R9."""
    crowd(4)
    held = hold()
    reach, taken_over = messenger.reach, update(Delivery).where(Delivery.id == held[1].id).values(attempt=9)

    def late(receiver, now):
        reach(receiver, now)
        change(session, lambda: session.execute(taken_over))

    messenger.reach = late
    notes = courier.tell(held, DUE, messenger)
    assert [note.outcome for note in notes] == ["sent", tallies.LOST, "sent", "sent"]
    assert len(service.pushes) == 3
    assert [row.state for row in told()] == ["sent", "claimed", "sent", "sent"]


def test_of_two_to_one_person_the_second_finds_the_day_used_and_undoes_nobody_elses_dot(crowd, told, session):
    """R35."""
    crowd(3)
    held = hold()
    day, prompts = DUE.date(), [row.prompt for row in told()]
    mine = Portion(prompts[0].person_id, PUSH, day, prompts[0].id, 1)
    other = Portion(prompts[2].person_id, PUSH, day, prompts[2].id, 1)
    portions = (mine, mine._replace(prompt_id=prompts[1].id), other)
    _worded(told(), session)
    going = dots.bring([Leaving(*one, "") for one in zip(held, portions, strict=True)], DUE)
    assert going == {held[0].id, held[2].id}
    assert [row.state for row in told()] == ["dot", "claimed", "dot"]
    assert days_used(session) == going


def _worded(rows, session):
    change(session, lambda: claims.freeze([claims.Frozen(row, b"{}", "", f"{row.id}") for row in rows], DUE))


def test_a_day_that_two_phones_share_stays_used_where_one_of_them_is_gone(breakfast, device, messenger, service, told):
    """R35, R26."""
    from app.database import session

    device(breakfast.ada)
    device(breakfast.ada)
    service.answer(410)
    courier.tell(hold(), DUE, messenger)
    assert [row.state for row in told()] == ["failed", "sent"]
    assert days_used(session) == {told()[1].id}


def test_a_fault_of_ours_with_one_lets_none_of_those_before_it_go_again(crowd, messenger, service, told):
    crowd(4)

    def fail():
        raise ArithmeticError

    meanwhile(messenger, 3, fail)
    with pytest.raises(ArithmeticError):
        courier.tell(hold(), DUE, messenger)
    assert [row.state for row in told()] == ["sent", "sent", "dot", "dot"]


def work(app, trust, services, point):
    """Be a worker process that tells once, and is killed there."""
    room, name, when, _gone = POINTS[point]
    real = getattr(room, name)

    def once(*arguments, **options):
        if when == "after":
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(room, name, once)
    with app.app_context():
        courier.tell(
            courier.take_messages(DUE), DUE, Messenger(phones.Post("mailto:cleo@example.org", trust), services)
        )
    os._exit(0)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_is_killed_anywhere_loses_none_and_what_goes_again_is_the_same(
    app, crowd, messenger, service, session, told, dialect, point
):
    """R5, R6, R25: a second one takes the first one's place, by topic while it waits and by tag once it is shown."""
    browsers = crowd(3)
    courier.plan(DUE)
    session.remove()
    db.engine.dispose()
    pid = os.fork()
    if pid == 0:
        try:
            work(app, service.trust(), messenger.services, point)
        finally:
            os._exit(1)
    os.waitpid(pid, 0)
    is_forgotten(session, dialect)
    later = DUE + claims.LEASE
    courier.tell(courier.take_messages(later), later, messenger)
    assert {row.state for row in told()} == {"sent"}
    gone = POINTS[point][3]
    assert len(service.pushes) == (3 if point == "noted" else 3 + gone)
    for browser in browsers:
        assert len({(push.headers["topic"], push.message["notification"]["tag"]) for push in service.to(browser)}) == 1
    assert rations.lately([row.prompt.person_id for row in told()], later)
    assert session.scalars(select(Device.failures)).all() == [0, 0, 0]
