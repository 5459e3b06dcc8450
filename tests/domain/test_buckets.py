"""Buckets: in no minute does more leave than is allowed, whoever asks and whatever the clock does."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import buckets
from app.domain.buckets import Bucket


@given(asks=st.lists(st.tuples(st.integers(0, 40), st.floats(0, 30)), max_size=40), a_minute=st.integers(1, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_in_no_minute_more_is_given_than_allowed(session, clock, asks, a_minute):
    """R14, R34: the rate holds over any sixty seconds."""
    session.query(Bucket).delete()
    now, given_at = clock.now, []
    for wanted, later in asks:
        now += timedelta(seconds=later)
        got = buckets.draw("mail", wanted, a_minute, now)
        assert got <= wanted
        given_at += [now] * got
    for start in given_at:
        assert sum(start <= at < start + timedelta(minutes=1) for at in given_at) <= a_minute
    session.rollback()


def test_it_fills_again_and_what_was_not_used_goes_back(session, clock):
    assert buckets.draw("mail", 50, 100, clock.now) == 10
    assert buckets.draw("mail", 50, 100, clock.now) == 0
    buckets.pour_back("mail", 4)
    assert buckets.draw("mail", 50, 100, clock.now) == 4
    assert buckets.draw("mail", 50, 100, clock.move(seconds=4)) == 6


def test_a_clock_that_goes_back_gives_nothing_twice(session, clock):
    """R33."""
    now = clock.now
    buckets.draw("mail", 50, 100, now)
    assert buckets.draw("mail", 50, 100, now - timedelta(hours=2)) == 0
    assert buckets.draw("mail", 50, 100, now + timedelta(seconds=2)) == 3
