"""Holidays: the days a group keeps, the bank holidays as they were and will be, and prompts that go around both."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.database import begin_write
from app.domain import cadence, events, groups, holidays, planning, prompts
from app.domain.prompts import FOLLOW_UP, Prompt
from tests import cast

# From gov.uk/bank-holidays (England and Wales), and of one year that is further away.
KNOWN = {
    2016: "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}


@pytest.mark.parametrize("year", KNOWN)
def test_the_bank_holidays_of_england_and_wales_are_those_that_were_published(year):
    assert [f"{day:%m-%d}" for day in sorted(holidays.bank_holidays(year))] == KNOWN[year].split()


def test_where_christmas_is_a_sunday_boxing_day_stays_and_christmas_moves_on():
    days = holidays.bank_holidays(2022)
    assert (days[date(2022, 12, 26)], days[date(2022, 12, 27)]) == ("Boxing Day", "Christmas Day")


@pytest.mark.parametrize("year", range(2000, 2100))
def test_every_year_has_eight_all_of_them_working_days_otherwise(year):
    days = holidays.bank_holidays(year)
    assert len(days) == 8
    assert all(cadence.is_working_day(day, frozenset()) and day.year == year for day in days)


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


class TestTheList:
    def test_holds_each_day_once_under_its_latest_name(self, company, clock):
        for name in ("Founders' day", "Jubilee"):
            holidays.keep(company.group, date(2026, 12, 4), name, clock.now)
        assert [(holiday.day, holiday.name) for holiday in holidays.of_group(company.group)] == [
            (date(2026, 12, 4), "Jubilee")
        ]

    def test_takes_many_over_and_leaves_the_names_that_are_there(self, company, clock):
        holidays.keep(company.group, date(2026, 12, 25), "Yule", clock.now)
        for _twice in range(2):
            holidays.keep_all(company.group, holidays.bank_holidays(2026), clock.now)
        listed = {holiday.day: holiday.name for holiday in holidays.of_group(company.group)}
        assert (len(listed), listed[date(2026, 12, 25)], listed[date(2026, 12, 28)]) == (8, "Yule", "Boxing Day")

    def test_drops_a_day_once_and_no_other_groups(self, company, clock):
        other = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
        holidays.keep(company.group, date(2026, 12, 4), "Ours", clock.now)
        [ours] = holidays.of_group(company.group)
        holidays.drop(other, ours.id)
        assert holidays.days(company.group.id) == {date(2026, 12, 4)}
        for _twice in range(2):
            holidays.drop(company.group, ours.id)
        assert holidays.days(company.group.id) == frozenset()

    @pytest.mark.parametrize(
        ("day", "name", "refused"),
        [(date(2026, 12, 4), " ", holidays.NoHolidayName), (date(1999, 1, 1), "Old", holidays.NotADay)],
    )
    def test_refuses_what_cannot_be_meant(self, company, clock, day, name, refused):
        with pytest.raises(refused):
            holidays.keep(company.group, day, name, clock.now)

    def test_has_an_end(self, company, clock):
        many = {date(2026, 1, 1) + n * (date(2026, 1, 2) - date(2026, 1, 1)): "A day" for n in range(401)}
        with pytest.raises(holidays.TooManyHolidays):
            holidays.keep_all(company.group, many, clock.now)

    def test_of_all_groups_is_one_query(self, company, clock, session, queries):
        holidays.keep_all(company.group, holidays.bank_holidays(2026), clock.now)
        session.commit()
        with queries() as asked:
            kept = holidays.by_group()
        assert (asked.count, len(kept[company.group.id])) == (1, 8)


class TestPromptsGoAroundThem:
    @pytest.fixture
    def due(self, company, session, clock):
        """Holds a breakfast on a day, with Ada there, and says when her follow-up is due."""

        def when(day, kind=FOLLOW_UP):
            if not session.query(Prompt).count():
                begin(session)
                events.change(company.event, replace(cast.TUESDAY, day=day))
                cast.arrive(company.event, company.ada)
                session.commit()
            begin(session)
            clock.set(company.event.closes_at)
            planning.plan(clock.now)
            session.commit()
            session.expire_all()
            return session.query(Prompt).where(Prompt.kind == kind).one().due_at

        return when

    @pytest.mark.parametrize(
        ("breakfast", "comes"),
        [
            (date(2026, 4, 1), datetime(2026, 4, 7, 7, 30, tzinfo=UTC)),  # Good Friday → the Tuesday after Easter
            (
                date(2026, 12, 23),
                datetime(2026, 12, 29, 8, 30, tzinfo=UTC),
            ),  # Christmas Day → the 29th
            (date(2026, 11, 24), datetime(2026, 11, 26, 8, 30, tzinfo=UTC)),
        ],
    )
    def test_a_follow_up_on_a_holiday_comes_on_the_next_working_day(
        self, company, session, clock, due, breakfast, comes
    ):
        """D9."""
        begin(session)
        holidays.keep_all(company.group, holidays.bank_holidays(2026), clock.now)
        session.commit()
        assert due(breakfast) == comes

    def test_a_holiday_that_is_added_or_dropped_later_moves_what_was_planned(self, company, session, clock, due):
        """D9."""
        tuesday, thursday = date(2026, 11, 24), date(2026, 11, 26)
        assert due(tuesday).date() == thursday
        begin(session)
        holidays.keep(company.group, thursday, "Founders' day", clock.now)
        session.commit()
        assert due(tuesday).date() == date(2026, 11, 27)
        begin(session)
        holidays.drop(company.group, holidays.of_group(company.group)[0].id)
        session.commit()
        assert due(tuesday).date() == thursday

    def test_what_is_put_off_to_a_holiday_comes_on_the_working_day_after_it(self, company, session, clock, due):
        """D9."""
        due(date(2026, 12, 21))
        begin(session)
        holidays.keep_all(company.group, holidays.bank_holidays(2026), clock.now)
        prompt = session.query(Prompt).where(Prompt.kind == FOLLOW_UP).one()
        clock.set(datetime(2026, 12, 24, 9, tzinfo=UTC))
        choices = [choice.moment.local_date for choice in prompts.later_choices(prompt, clock.now)]
        assert choices == [date(2026, 12, 29)]
        prompts.snooze(prompt, date(2026, 12, 25), clock.now)
        assert prompt.due_day == date(2026, 12, 29)

    def test_another_groups_holidays_move_nothing(self, company, session, clock, due):
        begin(session)
        other = groups.start(company.dev, "Another Table", cast.ZONE, clock.now, open_to_all=True)
        holidays.keep(other, date(2026, 11, 26), "Theirs", clock.now)
        session.commit()
        assert due(date(2026, 11, 24)).date() == date(2026, 11, 26)


def begin(session):
    session.rollback()
    begin_write()
