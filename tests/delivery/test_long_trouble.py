"""Days of trouble: a mail server that is away, a house that stands still, a clock that jumps, a disk that is full."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.database import UtcDateTime
from app.delivery import courier
from app.delivery.outcomes import Undeliverable
from app.domain import attendance, cadence, claims, counters, events, planning, prompts
from app.domain.deliveries import FINAL, Delivery
from tests import cast
from tests.delivery.ways import Way, change, states

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


class Times(Way):
    """A way out that also notes when each letter went, by the clock of the test."""

    def __init__(self, *outcomes):
        super().__init__(*outcomes)
        self.at, self.went = DUE, []

    def send(self, *arguments):
        went = super().send(*arguments)
        self.went += [(self.at, arguments[1])] if went else []
        return went


class Away(Times):
    """The same, until it is back."""

    back = False

    def send(self, *arguments):
        if not self.back:
            raise Undeliverable("connection refused", down=True)
        return super().send(*arguments)


@pytest.fixture
def guests(breakfast, session, clock):
    """Twelve more who were there."""
    for number in range(12):
        guest = cast.person(f"Guest {number}", breakfast.event.starts_at, f"guest{number}@example.org")
        attendance.arrive(breakfast.event, guest, breakfast.event.starts_at, cast.LATE_AFTER)
    session.commit()
    return breakfast


def go_on(session, way, at, until, step):
    """Go round now and then, as workers do, until an instant; while nothing can be due, time flies."""
    held = func.coalesce(Delivery.lease_until, Delivery.next_try_at)
    open_ = select(func.min(held, type_=UtcDateTime)).where(Delivery.state.not_in(FINAL))
    while at < until:
        way.at = at
        session.rollback()
        courier.round(at, way)
        at = max(at + step, session.scalar(open_) or until)
    session.expire_all()
    return max(at, until)


def test_after_two_days_without_a_mail_server_everything_goes_once_at_its_rate_and_not_at_night(guests, session, app):
    """R14: the oldest first, no more in a minute than may leave, none in quiet hours."""
    app.config["MAILS_A_MINUTE"] = 5
    way = Away()
    back = DUE + timedelta(hours=48)
    at = go_on(session, way, DUE, back, timedelta(minutes=20))
    assert way.went == []
    way.back = True
    go_on(session, way, at, back + timedelta(days=2, hours=11), timedelta(minutes=3))
    assert len(way.sent) == len(set(way.sent))
    assert len({address for _at, address in way.went}) == 15
    assert not [at for at, _address in way.went if cadence.is_quiet(at, cast.ZONE)]
    assert all(sum(one <= other < one + A_MINUTE for other, _a in way.went) <= 5 for one, _b in way.went)


def test_a_week_of_standing_still_ends_in_one_letter_each_and_what_is_stale_waits_in_the_app(guests, session, clock):
    """R34."""
    for day, days in ((date(2026, 11, 25), 2), (date(2026, 11, 12), 2)):
        event = events.create(
            guests.group.id, replace(cast.TUESDAY, name=f"Day {day}", day=day, follow_up_days=days), clock.now
        )
        for person in (guests.ada, guests.ben):
            attendance.arrive(event, person, event.starts_at, cast.LATE_AFTER)
    session.commit()
    late = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
    way = Times()
    go_on(session, way, late, late + timedelta(hours=8), timedelta(minutes=5))
    told = [address for _at, address in way.went]
    assert len(told) == len(set(told)) == 15
    waiting = [one.event.name for one in prompts.waiting(guests.ada, late) if one.kind == prompts.FOLLOW_UP]
    assert "Day 2026-11-12" in waiting
    stale = select(Delivery.id).join(Delivery.prompt).where(prompts.Prompt.subject.like("event:%"))
    about = {session.get(Delivery, one).prompt.event.name for one in session.scalars(stale)}
    assert "Day 2026-11-12" not in about


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-2)])
def test_a_clock_that_jumps_and_comes_back_sends_nothing_twice_and_holds_nothing_for_long(guests, session, jump):
    """R33."""
    way = Times()
    session.rollback()
    change(session, lambda: planning.plan(DUE))
    change(session, lambda: claims.take(DUE + jump, 3))
    go_on(session, way, DUE + jump, DUE + jump + timedelta(seconds=2), timedelta(seconds=1))
    end = go_on(session, way, DUE, DUE + timedelta(days=1, minutes=8), timedelta(minutes=4))
    told = [address for _at, address in way.went]
    assert len(told) == len(set(told)) == 15
    assert counters.astray(end) == 0


def test_on_a_full_disk_nothing_more_is_taken_and_only_what_was_in_flight_comes_again(guests, session, monkeypatch):
    """R19."""
    way, real = Times(), claims.sent
    full = OperationalError("UPDATE deliveries", {}, Exception("database or disk is full"))

    def no_room(*_arguments):
        raise full

    monkeypatch.setattr(claims, "sent", no_room)
    session.rollback()
    with pytest.raises(OperationalError):
        courier.round(DUE, way)
    session.rollback()
    assert len(way.went) == 1
    monkeypatch.setattr(claims, "sent", real)
    go_on(session, way, DUE + timedelta(seconds=121), DUE + timedelta(minutes=20), A_MINUTE)
    told = [address for _at, address in way.went]
    assert len(set(told)) == 15
    assert len(told) == 16
    assert len(set(way.sent)) == 15
    assert set(states(session)) == {"sent"}
