"""Recurrences: what an organiser chose becomes a rule of RFC 5545, and the rule gives the days that were meant."""

import time
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import recurrences
from app.domain.recurrences import FORTNIGHTLY, LAST, MONTHLY, OWN, WEEKLY

TUESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 26)
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


def first_days(rule, first, many=4):
    return [f"{day:%d %b}" for day in islice(recurrences.days(rule, first), many)]


@pytest.mark.parametrize(
    ("repeats", "first", "rule", "days"),
    [
        (WEEKLY, TUESDAY, "FREQ=WEEKLY;BYDAY=TU", "24 Nov, 01 Dec, 08 Dec, 15 Dec"),
        (FORTNIGHTLY, THURSDAY, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", "26 Nov, 10 Dec, 24 Dec, 07 Jan"),
        (MONTHLY, date(2026, 12, 1), "FREQ=MONTHLY;BYDAY=1TU", "01 Dec, 05 Jan, 02 Feb, 02 Mar"),
        (MONTHLY, date(2026, 12, 29), "FREQ=MONTHLY;BYDAY=-1TU", "29 Dec, 26 Jan, 23 Feb, 30 Mar"),
        (LAST, THURSDAY, "FREQ=MONTHLY;BYDAY=-1TH", "26 Nov, 31 Dec, 28 Jan, 25 Feb"),
    ],
)
def test_what_was_chosen_is_a_rule_that_begins_on_the_first_day(repeats, first, rule, days):
    assert recurrences.rule(repeats, first) == rule
    assert ", ".join(first_days(rule, first)) == days


@given(DAYS, st.sampled_from([WEEKLY, FORTNIGHTLY, MONTHLY]))
def test_the_first_day_is_always_one_of_them_unless_a_fifth_of_a_month_stands_for_the_last(first, repeats):
    rule = recurrences.rule(repeats, first)
    found = list(islice(recurrences.days(rule, first), 5))
    assert found[0] == first
    assert all(day.weekday() == first.weekday() for day in found)
    assert all(timedelta(days=7) <= later - day <= timedelta(days=35) for day, later in pairwise(found))


def test_it_ends_on_a_day_or_after_so_many_times_whichever_is_sooner():
    assert first_days(recurrences.rule(WEEKLY, TUESDAY, until=date(2026, 12, 8)), TUESDAY, 9)[-1] == "08 Dec"
    assert len(first_days(recurrences.rule(WEEKLY, TUESDAY, times=3), TUESDAY, 9)) == 3
    assert len(first_days(recurrences.rule(WEEKLY, TUESDAY, until=date(2026, 12, 8), times=9), TUESDAY, 9)) == 3
    assert len(first_days(recurrences.rule(WEEKLY, TUESDAY, until=date(2027, 12, 8), times=2), TUESDAY, 9)) == 2


def test_a_rule_of_ones_own_is_taken_as_calendars_write_it():
    rule = recurrences.rule(OWN, TUESDAY, own=" rrule:freq=monthly;byday=1tu,3tu ")
    assert rule == "FREQ=MONTHLY;BYDAY=1TU,3TU"
    assert first_days(rule, TUESDAY) == ["01 Dec", "15 Dec", "05 Jan", "19 Jan"]
    august = recurrences.rule(OWN, TUESDAY, own="FREQ=WEEKLY;BYDAY=TU;BYMONTH=1,2,3,4,5,6,7,9,10,11,12")
    assert not [day for day in islice(recurrences.days(august, TUESDAY), 60) if day.month == 8]


@pytest.mark.parametrize(
    "own",
    [
        "",
        "every Tuesday",
        "FREQ=DAILY",
        "FREQ=SECONDLY",
        "BYDAY=TU",
        "FREQ=WEEKLY;FREQ=MONTHLY",
        "FREQ=WEEKLY;BYDAY=1TU",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;BYHOUR=7",
        "FREQ=MONTHLY;BYDAY=6TU",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=5TU;BYMONTH=2",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=5MO",
        "FREQ=MONTHLY;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1TU;BYSETPOS=2",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYDAY=1TU",
        "FREQ=WEEKLY;UNTIL=20269999",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270101",
        "FREQ=WEEKLY\nEXDATE:20261201",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["TU"] * 80),
    ],
)
def test_what_is_no_rule_for_a_breakfast_is_refused(own):
    with pytest.raises(recurrences.NotARule):
        recurrences.rule(OWN, TUESDAY, own=own)


@pytest.mark.parametrize("times", [0, 501, -1])
def test_a_count_out_of_reach_is_refused(times):
    with pytest.raises(recurrences.NotATime):
        recurrences.rule(WEEKLY, TUESDAY, times=times)


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(recurrences.EndsBeforeItBegins):
        recurrences.rule(WEEKLY, TUESDAY, until=date(2026, 11, 23))


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["WEEKLY", "MONTHLY"])},
    optional={
        "INTERVAL": st.integers(1, 12).map(str),
        "BYDAY": st.sampled_from(["TU", "TU,TH", "5TU", "-5FR", "1MO,3MO"]),
        "BYMONTHDAY": st.sampled_from(["1", "31", "30,31", "-1"]),
        "BYMONTH": st.sampled_from(["2", "1,6", "12"]),
        "BYSETPOS": st.sampled_from(["1", "4", "-4"]),
    },
)


@given(PARTS, DAYS)
def test_a_rule_that_is_taken_is_soon_reckoned(parts, first):
    """A rule that no day could meet would be searched for to the end of the calendar."""
    try:
        rule = recurrences.rule(OWN, first, own=recurrences.written(parts))
    except recurrences.NotARule:
        return
    began = time.perf_counter()
    list(islice(recurrences.days(rule, first), 3))
    assert time.perf_counter() - began < 0.5
