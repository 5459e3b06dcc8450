"""Everybody chooses between which hours nothing comes; what is due then waits for the end of them."""

from datetime import time

import pytest

from app.domain import people, quiet_hours
from app.domain.cadence import QUIET, Hours


@pytest.fixture
def ada(session, clock):
    """Somebody who chose nothing yet."""
    return people.join("Ada Bevan", "Europe/London", clock.now)


def test_from_eight_to_eight_where_nobody_said_otherwise(session, ada):
    session.expire(ada)
    assert ada.quiet_hours == QUIET == Hours(time(20), time(8))


@pytest.mark.parametrize(
    ("begin", "end"), [("21:30", "06:15"), ("00:00", "09:00"), ("07:00", "07:00"), (" 20:00 ", "16:00")]
)
def test_they_go_over_midnight_or_lie_within_the_day_or_are_none(session, ada, begin, end):
    quiet_hours.put(ada, begin, end)
    session.expire(ada)
    assert ada.quiet_hours == Hours(time.fromisoformat(begin.strip()), time.fromisoformat(end))


@pytest.mark.parametrize(("begin", "end", "field"), [("", "08:00", "quiet_from"), ("20:00", "25:00", "quiet_to")])
def test_what_is_no_hour_is_refused_where_it_stands(ada, begin, end, field):
    with pytest.raises(quiet_hours.NotAnHour) as refusal:
        quiet_hours.put(ada, begin, end)
    assert refusal.value.field == field
    assert ada.quiet_hours == QUIET


@pytest.mark.parametrize(("begin", "end"), [("08:00", "07:59"), ("00:00", "20:01")])
def test_four_hours_a_day_are_left(ada, begin, end):
    with pytest.raises(quiet_hours.TooLong):
        quiet_hours.put(ada, begin, end)
    assert ada.quiet_hours == QUIET


def test_who_chose_keeps_their_hours_when_two_become_one(session, clock, ada):
    guest = people.join("Ada B", "Europe/London", clock.now)
    quiet_hours.put(guest, "22:00", "09:30")
    quiet_hours.agree(guest, ada)
    assert ada.quiet_hours == Hours(time(22), time(9, 30))
    quiet_hours.put(guest, "19:00", "07:00")
    quiet_hours.agree(guest, ada)
    assert ada.quiet_hours == Hours(time(22), time(9, 30))
