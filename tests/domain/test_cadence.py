"""When a prompt is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import cadence

LONDON = "Europe/London"
SAMOA = "Pacific/Apia"
DAY = timedelta(days=1)
NONE: frozenset[date] = frozenset()

zones = st.sampled_from(sorted(available_timezones()))
dates = st.dates()
lived_dates = st.dates(date(1970, 1, 1), date(2100, 1, 1))
instants = st.datetimes(timezones=st.just(UTC))
several_days = st.integers(0, 60)
holidays = st.frozensets(lived_dates, max_size=20)


def lived_instants() -> st.SearchStrategy[datetime]:
    return st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def quiet_hours(draw: st.DrawFn) -> cadence.Hours:
    """Hours that leave four of the day."""
    begin, length = draw(st.integers(0, 24 * 60 - 1)), draw(st.integers(0, 20 * 60))
    end = (begin + length) % (24 * 60)
    return cadence.Hours(time(*divmod(begin, 60)), time(*divmod(end, 60)))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


class TestTheInstantOfALocalTime:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (date(2026, 3, 26), utc(2026, 3, 29, 8, 0)),
            (date(2026, 10, 22), utc(2026, 10, 25, 9, 0)),
            (date(2026, 3, 27), utc(2026, 3, 30, 8, 0)),
            (date(2026, 10, 23), utc(2026, 10, 26, 9, 0)),
        ],
    )
    def test_three_days_later_at_nine_keeps_the_wall_clock_and_not_the_hours(
        self, event: date, expected: datetime
    ) -> None:
        """R30. The Sundays on which London changes its clock, the weekend rule off, and their Mondays."""
        assert cadence.at(event + 3 * DAY, time(9), LONDON).utc == expected
        assert expected - cadence.at(event, time(9), LONDON).utc != timedelta(hours=72)

    def test_a_time_in_the_spring_gap_is_the_first_valid_instant_after_it(self) -> None:
        """R31."""
        assert cadence.at(date(2026, 3, 29), time(1, 30), LONDON).utc == utc(2026, 3, 29, 1, 0)

    def test_a_time_that_comes_twice_in_autumn_is_its_first(self) -> None:
        """R31."""
        assert cadence.at(date(2026, 10, 25), time(1, 30), LONDON).utc == utc(2026, 10, 25, 0, 30)

    def test_a_day_that_a_country_left_out_begins_where_the_next_one_does(self) -> None:
        assert cadence.at(date(2011, 12, 30), time(8, 30), SAMOA).utc == utc(2011, 12, 30, 10, 0)

    @given(lived_instants(), lived_instants(), zones)
    def test_a_later_wall_clock_time_is_never_an_earlier_instant(
        self, one: datetime, other: datetime, zone: str
    ) -> None:
        """R31."""
        earlier, later = sorted((one.replace(tzinfo=None), other.replace(tzinfo=None)))
        first = cadence.at(earlier.date(), earlier.time(), zone).utc
        assert first <= cadence.at(later.date(), later.time(), zone).utc

    @given(lived_dates, st.times(), zones)
    def test_the_wall_clock_shows_that_time_or_has_just_jumped_over_it(self, day: date, clock: time, zone: str) -> None:
        wished = datetime.combine(day, clock.replace(microsecond=0))
        instant = cadence.at(day, clock, zone).utc
        shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        just_before = (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown == wished or just_before < wished < shown

    def test_what_was_meant_is_kept_so_that_new_rules_give_a_new_instant(self) -> None:
        """R32."""
        meant = cadence.at(date(2026, 7, 1), time(8, 30), LONDON)
        outdated = cadence.Moment(meant.local_date, meant.local_time, meant.zone, meant.utc + timedelta(hours=1))
        assert cadence.again(outdated) == meant


class TestUnknownZones:
    @pytest.mark.parametrize("name", ["", "Narnia/Lantern", "../etc/passwd", "Europe", "a\0b", "/etc/passwd", "\ud800"])
    def test_an_unknown_zone_is_known_to_be_none(self, name: str) -> None:
        assert not cadence.is_zone(name)

    def test_an_unknown_zone_is_replaced_by_the_event_s_and_that_by_utc(self) -> None:
        day = date(2026, 7, 1)
        assert cadence.at(day, time(9), "Narnia/Lantern", LONDON) == cadence.at(day, time(9), LONDON)
        assert cadence.at(day, time(9), "Narnia/Lantern", "Narnia/Wardrobe").zone == "UTC"

    @given(st.text(), dates, st.times(), st.integers(), instants)
    def test_no_zone_date_or_number_makes_cadence_raise(
        self, zone: str, day: date, clock: time, days: int, instant: datetime
    ) -> None:
        cadence.is_zone(zone)
        cadence.at(day, clock, zone)
        cadence.follow_up_due(day, days, zone)
        cadence.one_to_one_due(day, days, zone, next_meeting=day)
        cadence.clear_of_quiet(instant, zone)
        cadence.snooze_choices(instant, zone)
        cadence.snoozed_to(day, instant, zone)


class TestTheFollowUp:
    def test_it_comes_two_days_after_at_half_past_eight(self) -> None:
        """D9."""
        due = cadence.follow_up_due(date(2026, 11, 24), 2, LONDON, NONE)
        assert due == cadence.Moment(date(2026, 11, 26), time(8, 30), LONDON, utc(2026, 11, 26, 8, 30))

    def test_it_moves_over_a_weekend_and_the_group_s_holidays(self) -> None:
        """D9."""
        thursday, monday = date(2026, 4, 2), date(2026, 4, 6)
        assert cadence.follow_up_due(thursday, 2, LONDON, NONE).local_date == monday
        assert cadence.follow_up_due(thursday, 2, LONDON, frozenset({monday})).local_date == monday + DAY

    def test_it_leaves_out_a_day_that_never_was(self) -> None:
        due = cadence.follow_up_due(date(2011, 12, 28), 2, SAMOA, NONE)
        assert due.local_date == date(2012, 1, 2)

    @given(dates, several_days, zones, holidays)
    def test_it_is_a_working_morning_outside_quiet_hours_whatever_the_zone(
        self, event: date, days: int, zone: str, closed: frozenset[date]
    ) -> None:
        due = cadence.follow_up_due(event, days, zone, closed)
        shown = cadence.local(due.utc, zone)
        assert cadence.is_working_day(due.local_date, closed)
        assert shown.date() == due.local_date
        assert not cadence.is_quiet(due.utc, zone)

    @given(dates, dates, several_days, zones, holidays)
    def test_a_later_event_never_has_an_earlier_follow_up(
        self, one: date, other: date, days: int, zone: str, closed: frozenset[date]
    ) -> None:
        """R31."""
        earlier, later = sorted((one, other))
        first = cadence.follow_up_due(earlier, days, zone, closed).utc
        assert first <= cadence.follow_up_due(later, days, zone, closed).utc


class TestTheOneToOnePrompt:
    tuesday = date(2026, 11, 24)

    def test_it_comes_six_days_after(self) -> None:
        """D9."""
        assert cadence.one_to_one_due(self.tuesday, 6, LONDON).local_date == date(2026, 11, 30)

    @pytest.mark.parametrize(
        ("next_meeting", "expected"),
        [
            (date(2026, 11, 29), date(2026, 11, 27)),
            (date(2026, 11, 30), date(2026, 11, 27)),
            (date(2026, 12, 1), date(2026, 11, 30)),
            (date(2026, 12, 2), date(2026, 11, 30)),
            (date(2026, 12, 8), date(2026, 11, 30)),
        ],
    )
    def test_it_comes_on_the_working_day_before_a_meeting_that_is_near(
        self, next_meeting: date, expected: date
    ) -> None:
        """D9."""
        assert cadence.one_to_one_due(self.tuesday, 6, LONDON, NONE, next_meeting).local_date == expected

    def test_a_holiday_that_moves_it_onto_the_meeting_brings_it_before_instead(self) -> None:
        closed = frozenset({date(2026, 11, 30)})
        due = cadence.one_to_one_due(self.tuesday, 6, LONDON, closed, date(2026, 12, 1))
        assert due.local_date == date(2026, 11, 27)

    def test_a_meeting_the_day_after_leaves_it_where_it_was(self) -> None:
        due = cadence.one_to_one_due(self.tuesday, 1, LONDON, NONE, date(2026, 11, 25))
        assert due.local_date == date(2026, 11, 25)

    @given(lived_dates, several_days, zones, holidays, lived_dates)
    def test_it_is_a_working_morning_not_before_the_event(
        self, event: date, days: int, zone: str, closed: frozenset[date], meeting: date
    ) -> None:
        due = cadence.one_to_one_due(event, days, zone, closed, meeting)
        assert cadence.is_working_day(due.local_date, closed)
        assert not cadence.is_quiet(due.utc, zone)
        assert due.local_date >= event

    @given(lived_dates, st.integers(0, 20), several_days, zones, holidays, st.integers(-3, 70))
    def test_a_later_event_never_has_an_earlier_one(
        self, event: date, apart: int, days: int, zone: str, closed: frozenset[date], ahead: int
    ) -> None:
        meeting = event + ahead * DAY
        first = cadence.one_to_one_due(event, days, zone, closed, meeting).utc
        assert first <= cadence.one_to_one_due(event + apart * DAY, days, zone, closed, meeting).utc


class TestQuietHours:
    @pytest.mark.parametrize(
        ("instant", "expected"),
        [
            (utc(2026, 11, 26, 19, 59), utc(2026, 11, 26, 19, 59)),
            (utc(2026, 11, 26, 20, 0), utc(2026, 11, 27, 8, 0)),
            (utc(2026, 11, 26, 22, 0), utc(2026, 11, 27, 8, 0)),
            (utc(2026, 11, 27, 7, 59), utc(2026, 11, 27, 8, 0)),
            (utc(2026, 11, 27, 8, 0), utc(2026, 11, 27, 8, 0)),
        ],
    )
    def test_what_falls_between_eight_and_eight_waits_for_the_morning(
        self, instant: datetime, expected: datetime
    ) -> None:
        """R36."""
        assert cadence.clear_of_quiet(instant, LONDON) == expected

    @pytest.mark.parametrize(
        ("begin", "end", "expected"),
        [
            (time(21, 30), time(6, 15), utc(2026, 11, 26, 20, 0)),
            (time(18, 0), time(10, 45), utc(2026, 11, 27, 10, 45)),
            (time(0, 0), time(9, 0), utc(2026, 11, 26, 20, 0)),
            (time(19, 0), time(22, 0), utc(2026, 11, 26, 22, 0)),
            (time(7, 0), time(7, 0), utc(2026, 11, 26, 20, 0)),
        ],
    )
    def test_ones_own_hours_count_over_midnight_or_within_the_day(
        self, begin: time, end: time, expected: datetime
    ) -> None:
        """R36."""
        hours = cadence.Hours(begin, end)
        assert cadence.clear_of_quiet(utc(2026, 11, 26, 20, 0), LONDON, hours=hours) == expected

    def test_on_wish_a_weekend_is_quiet_too(self) -> None:
        friday_evening = utc(2026, 11, 27, 21, 0)
        assert cadence.clear_of_quiet(friday_evening, LONDON) == utc(2026, 11, 28, 8, 0)
        assert cadence.clear_of_quiet(friday_evening, LONDON, weekends=False) == utc(2026, 11, 30, 8, 0)

    @given(lived_instants(), zones, st.booleans(), quiet_hours())
    def test_nothing_is_ever_sent_in_quiet_hours_or_before_its_time(
        self, instant: datetime, zone: str, weekends: bool, hours: cadence.Hours
    ) -> None:
        """R36."""
        clear = cadence.clear_of_quiet(instant, zone, weekends=weekends, hours=hours)
        assert not cadence.is_quiet(clear, zone, hours=hours)
        assert weekends or cadence.local(clear, zone).weekday() < 5
        assert timedelta(0) <= clear - instant <= timedelta(days=4)


class TestLater:
    def test_the_choices_are_tomorrow_friday_and_next_week_as_mornings(self) -> None:
        tuesday_noon = utc(2026, 11, 24, 12, 0)
        choices = {c.choice: c.moment.local_date for c in cadence.snooze_choices(tuesday_noon, LONDON)}
        assert choices == {
            "tomorrow": date(2026, 11, 25),
            "friday": date(2026, 11, 27),
            "next_week": date(2026, 11, 30),
        }

    def test_choices_that_mean_the_same_morning_are_offered_once(self) -> None:
        thursday, friday = utc(2026, 11, 26, 12, 0), utc(2026, 11, 27, 12, 0)
        assert [c.choice for c in cadence.snooze_choices(thursday, LONDON)] == ["tomorrow", "next_week"]
        assert [c.moment.local_date for c in cadence.snooze_choices(friday, LONDON)] == [
            date(2026, 11, 30),
            date(2026, 12, 4),
        ]

    def test_a_date_that_has_passed_means_the_next_slot(self) -> None:
        now = utc(2026, 11, 24, 12, 0)
        assert cadence.snoozed_to(date(2026, 1, 1), now, LONDON).local_date == date(2026, 11, 25)

    def test_a_chosen_saturday_means_the_monday_after(self) -> None:
        now = utc(2026, 11, 24, 12, 0)
        assert cadence.snoozed_to(date(2026, 11, 28), now, LONDON).local_date == date(2026, 11, 30)

    @given(lived_instants(), zones, holidays)
    def test_later_is_always_a_working_morning_still_to_come(
        self, now: datetime, zone: str, closed: frozenset[date]
    ) -> None:
        choices = cadence.snooze_choices(now, zone, closed)
        assert choices
        assert len({c.moment.utc for c in choices}) == len(choices)
        for choice in choices:
            assert choice.moment.utc > now
            assert cadence.is_working_day(choice.moment.local_date, closed)
            assert not cadence.is_quiet(choice.moment.utc, zone)


def test_what_was_due_is_tried_for_seven_days() -> None:
    """R15."""
    due = utc(2026, 11, 26, 8, 30)
    assert cadence.expires(due) == utc(2026, 12, 3, 8, 30)
