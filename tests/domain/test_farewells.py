"""Farewells: from the end of a breakfast until its close a guest who is here is asked once for an address."""

from datetime import date, timedelta

import pytest

from app.domain import attendance, farewells, people
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    cast.arrive(made.event, made.dev, made.ada)
    return made


def test_a_guest_is_asked_from_the_end_until_the_close_and_never_before(company, clock) -> None:
    """D11."""
    clock.set(company.event.ends_at - timedelta(seconds=1))
    assert farewells.due(company.dev, clock.now) is None
    clock.set(company.event.ends_at)
    assert farewells.due(company.dev, clock.now).place is attendance.of(company.event, company.dev)
    clock.set(company.event.closes_at)
    assert farewells.due(company.dev, clock.now) is None


def test_the_day_is_that_of_the_note_itself(company, clock) -> None:
    """D11."""
    clock.set(company.event.ends_at)
    assert farewells.due(company.dev, clock.now).day == date(2026, 11, 26)
    company.event.follow_up_days = 4
    assert farewells.due(company.dev, clock.now).day == date(2026, 11, 30)


def test_who_said_no_is_asked_no_more_about_this_breakfast(company, clock) -> None:
    """D11."""
    clock.set(company.event.ends_at)
    for _tap in range(2):
        farewells.decline(attendance.of(company.event, company.dev), clock.now)
    assert farewells.due(company.dev, clock.now) is None


def test_nobody_is_asked_who_has_an_address_or_was_not_here(company, clock) -> None:
    """D11."""
    clock.set(company.event.ends_at)
    late = cast.person("Gus Hall", clock.now)
    assert farewells.due(late, clock.now) is None
    assert farewells.due(company.ada, clock.now) is None
    people.confirm(company.dev, "dev@example.org", clock.now)
    assert farewells.due(company.dev, clock.now) is None
