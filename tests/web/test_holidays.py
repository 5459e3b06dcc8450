"""Holidays: an organiser adds a day, takes one off, or takes over the bank holidays."""

from datetime import date

import pytest

from app.domain import holidays
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client):
    return client.sign_in(company.cleo)


@pytest.fixture
def address(company):
    return f"/groups/{company.group.id}/holidays"


def listed(session, company):
    session.rollback()
    return [(holiday.day, holiday.name) for holiday in holidays.of_group(company.group)]


def test_a_day_is_added_and_taken_off_again(session, company, cleo, address):
    assert cleo.post(address, data={"day": "2026-12-04", "name": "Founders' day"}).status_code == 303
    assert listed(session, company) == [(date(2026, 12, 4), "Founders' day")]
    assert "Fri 4 Dec 2026" in cleo.get(address).text
    [holiday] = holidays.of_group(company.group)
    for _twice in range(2):
        assert cleo.post(f"{address}/{holiday.id}/drop").status_code == 303
    assert listed(session, company) == []


def test_the_bank_holidays_that_are_to_come_are_taken_over_with_one_button_that_then_goes(
    session, company, cleo, address
):
    assert "bank holidays of England and Wales, 2026 and 2027" in cleo.get(address).text
    assert cleo.post(f"{address}/bank").status_code == 303
    days = listed(session, company)
    assert (len(days), days[0]) == (10, (date(2026, 12, 25), "Christmas Day"))
    assert "bank holidays of England and Wales, 2026 and 2027" not in cleo.get(address).text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"day": "", "name": "Yule"}, "Please pick a day"),
        ({"day": "4 December", "name": "Yule"}, "Please pick a day"),
        ({"day": "2026-12-04", "name": "  "}, "Say which day it is"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_nothing_typed_is_lost(company, cleo, address, typed, says):
    answer = cleo.post(address, data=typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{typed["day"] or typed["name"]}"' in answer.text


def test_the_sentence_under_a_plan_goes_around_a_holiday(session, company, cleo, address):
    """D9."""
    cleo.post(address, data={"day": "2026-11-26", "name": "Founders' day"})
    assert "follow-up comes on Fri 27 Nov" in cleo.get(f"/events/{company.event.id}/edit").text


def test_the_page_costs_the_same_for_many_days_as_for_none(session, company, cleo, address, queries, clock):
    counts = []
    for years in ((), range(2027, 2040)):
        for year in years:
            holidays.keep_all(company.group, holidays.bank_holidays(year), clock.now)
        session.commit()
        with queries() as asked:
            assert cleo.get(address).status_code == 200
        counts.append(asked.count)
    assert counts == [4, 4]
