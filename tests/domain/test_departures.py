"""Departures and who runs a group: nobody is kept, and no group is left without anybody."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domain import attendance, departures, events, groups, people, rollcall, rosters
from app.domain.attendance import GOING, Attendance
from app.domain.refusals import NotFound
from app.domain.rosters import RosterEntry
from tests import cast


@pytest.fixture
def company(session, clock):
    """Ada and Cleo were at Tuesday's breakfast; next week's is planned."""
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    cast.arrive(made.event, made.ada, made.cleo)
    return made


@pytest.fixture
def next_week(session, company, clock):
    """The breakfast after it, with Ada on the list, who said "That's me"."""
    event = events.create(company.group.id, events.again(company.event, clock.now), clock.now)
    place = attendance.expect(event, "Ada Bevan", GOING, clock.now)
    name = people.comparable("Ada Bevan")
    entry = RosterEntry(
        event=event, attendance=place, layout="hand", name="Ada Bevan", comparable_name=name, created_at=clock.now
    )
    session.add(entry)
    session.flush()
    rosters.claim(place, company.ada, clock.now)
    return event


def role(session, company, person) -> str | None:
    membership = session.get(groups.Membership, (company.group.id, person.id), populate_existing=True)
    return membership and membership.role


def test_who_leaves_belongs_no_more_and_their_coming_place_is_free(session, company, next_week, clock) -> None:
    assert [place.event for place in departures.coming(company.ada, company.group, clock.now)] == [next_week]
    departures.leave(company.ada, company.group, clock.now)
    assert role(session, company, company.ada) is None
    place = session.scalars(select(Attendance).where(Attendance.event_id == next_week.id)).one()
    assert (place.person_id, place.name, place.state) == (None, "Ada Bevan", GOING)
    assert rosters.of(next_week)[0].claimed_at is None


def test_that_they_came_stays_counted(session, company, next_week, clock) -> None:
    departures.leave(company.ada, company.group, clock.now)
    assert rollcall.figures(company.event, clock.now).present == 2
    assert attendance.of(company.event, company.ada).is_here


def test_a_morning_that_has_begun_is_not_to_come(session, company, clock) -> None:
    clock.move(minutes=1)
    assert departures.coming(company.ada, company.group, clock.now) == []


def test_the_last_organiser_hands_over_before_they_go(session, company, clock) -> None:
    with pytest.raises(groups.LastOrganiser):
        departures.leave(company.cleo, company.group, clock.now)
    groups.appoint(company.group, company.ada.id, company.cleo)
    departures.leave(company.cleo, company.group, clock.now)
    assert role(session, company, company.ada) == groups.ORGANISER
    with pytest.raises(groups.LastOrganiser):
        groups.dismiss(company.group, company.ada.id)


def test_nobody_leaves_what_they_do_not_belong_to(session, company, clock) -> None:
    with pytest.raises(NotFound):
        departures.leave(company.dev, company.group, clock.now)


def test_only_a_member_becomes_an_organiser(session, company) -> None:
    with pytest.raises(NotFound):
        groups.appoint(company.group, company.dev.id, company.cleo)


def test_who_was_made_an_organiser_is_told_by_whom_until_they_have_read_it(session, company, clock) -> None:
    groups.appoint(company.group, company.ada.id, company.cleo)
    groups.appoint(company.group, company.ada.id, company.ada)
    [news] = groups.news(company.ada)
    assert (news.made_by, news.group) == (company.cleo, company.group)
    groups.heard(company.ada, company.group.id)
    assert groups.news(company.ada) == []


def test_an_organiser_who_was_dismissed_is_a_member(session, company) -> None:
    groups.appoint(company.group, company.ada.id, company.cleo)
    groups.dismiss(company.group, company.cleo.id)
    assert role(session, company, company.cleo) == groups.MEMBER
    assert groups.organised_by(company.cleo) == []


def test_everybody_who_belongs_is_told_by_name(session, company, clock) -> None:
    clock.move(hours=1)
    cast.arrive(company.event, company.ben, now=clock.now + timedelta(minutes=1))
    assert [one.person.first_name for one in groups.belonging(company.group)] == ["Ada", "Ben", "Cleo"]
