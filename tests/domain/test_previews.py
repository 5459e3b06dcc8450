"""Previews: before I walk in, whom I know, and what I promised them."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, contacts, encounters, events, previews
from app.domain.contacts import LINE, PROMISE
from tests import cast


@pytest.fixture
def company(session, clock):
    """Ada met Ben and Cleo last week, promised Cleo something, and is expected again with both."""
    company = cast.assemble(clock.now)
    clock.set(company.event.starts_at)
    cast.arrive(company.event, company.ada, company.ben, company.cleo)
    for other in (company.ben, company.cleo):
        contacts.meet(company.ada, other, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    contacts.write(contacts.find(company.ada, company.cleo), PROMISE, "The caterer's number", None, clock.now)
    contacts.write(contacts.find(company.ada, company.ben), LINE, "Cycles", None, clock.now)
    company.event = events.create(company.group.id, events.plan_of(company.event, date(2026, 12, 1)), clock.now)
    clock.set(company.event.starts_at - timedelta(hours=20))
    for person in (company.ada, company.ben, company.cleo):
        place = attendance.expect(company.event, person.name, attendance.GOING, clock.now)
        attendance.hold(place, person, clock.now)
    return company


def test_it_names_whom_i_know_with_my_promises_first(company, clock):
    preview = previews.of(company.ada, clock.now)
    told = [(one.contact.other.first_name, one.promises) for one in preview.coming]
    assert told == [("Cleo", ["The caterer's number"]), ("Ben", [])]


def test_it_comes_a_day_before_and_goes_when_i_am_in(company, clock):
    assert previews.of(company.ada, company.event.starts_at - timedelta(hours=24, seconds=1)) is None
    assert previews.of(company.ada, company.event.starts_at).event == company.event
    cast.arrive(company.event, company.ada)
    assert previews.of(company.ada, company.event.starts_at) is None


def test_nobody_learns_of_somebody_they_have_not_met(company, clock):
    assert [one.contact.other for one in previews.of(company.ben, clock.now).coming] == [company.ada]


def test_who_cannot_come_is_not_in_it(session, company, clock):
    place = attendance.of(company.event, company.ben)
    place.state = attendance.EXCUSED
    session.flush()
    assert [one.contact.other for one in previews.of(company.ada, clock.now).coming] == [company.cleo]


def test_a_meeting_that_was_taken_back_is_nobody_known(company, clock):
    observation = encounters.latest(company.ada, clock.now - timedelta(days=30), 5)
    for one in observation:
        contacts.take_back(company.ada, one.op_id, clock.now)
    assert previews.of(company.ada, clock.now).coming == []


def test_it_costs_three_queries_however_many_come(session, company, clock, queries):
    session.commit()
    with queries() as asked:
        previews.of(company.ada, clock.now)
    assert asked.count <= 4, asked
