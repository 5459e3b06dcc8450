"""Lost cards: who proves the address typed for one has it back, with all that was on it, and nobody else is asked."""

import pytest
from sqlalchemy import select

from app.domain import attendance, cards, consents, contacts, lost_cards, people, sessions
from app.domain.attendance import Attendance
from app.domain.people import Person
from app.domain.sessions import Session
from tests import cast

ADDRESS = "niamh@example.org"


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


def guest(clock, name: str = "Niamh Byrne") -> Person:
    """Somebody who typed an address at the poster and has proved nothing."""
    someone = people.join(name, cast.ZONE, clock.now, ADDRESS)
    cards.issue(someone, clock.now, "I bake")
    return someone


@pytest.fixture
def niamh(company, clock) -> Person:
    """Niamh, who was at breakfast with the phone that she lost."""
    someone = guest(clock)
    cast.arrive(company.event, someone)
    return someone


def test_the_card_is_found_with_what_it_says_to_anyone_and_where_it_was_made(company, niamh) -> None:
    lost = lost_cards.find(ADDRESS)
    assert (lost.guest, lost.what_i_do, lost.event) == (niamh, "I bake", company.event)
    assert (lost.brings.meetings, lost.brings.notes, len(lost.brings.places)) == (0, 0, 1)


def test_a_card_made_elsewhere_names_no_event(company, clock) -> None:
    someone = guest(clock)
    someone.created_at = clock.move(days=-9)
    cast.arrive(company.event, someone)
    assert lost_cards.find(ADDRESS).event is None


def test_of_two_guests_with_one_address_neither_is_found(company, niamh, clock) -> None:
    guest(clock, "Niamh B")
    assert lost_cards.find(ADDRESS) is None
    with pytest.raises(lost_cards.NotLost):
        lost_cards.bring_back(ADDRESS, clock.now)


def test_whoever_proved_or_erased_their_own_card_has_lost_none(company, niamh, clock) -> None:
    people.confirm(niamh, "niamh@example.net", clock.now)
    assert lost_cards.typed_for(ADDRESS) is None
    other = guest(clock, "Gone")
    other.erased_at = clock.now
    assert lost_cards.typed_for(ADDRESS) is None


def test_without_an_account_the_card_itself_goes_on_and_its_old_phone_is_signed_out(company, niamh, clock, session):
    sessions.start(niamh, "The lost phone", clock.now)
    assert lost_cards.bring_back(ADDRESS, clock.now) is niamh
    assert (niamh.email, niamh.email_typed, niamh.is_guest) == (ADDRESS, None, False)
    assert session.scalars(select(Session)).all() == []
    assert consents.of(niamh)


def test_an_account_takes_the_card_in(company, niamh, clock, session) -> None:
    people.confirm(company.dev, ADDRESS, clock.now)
    assert lost_cards.bring_back(ADDRESS, clock.now) is company.dev
    assert session.get(Person, niamh.id) is None
    assert attendance.of(company.event, company.dev).is_here


def test_it_comes_back_once(company, niamh, clock) -> None:
    lost_cards.bring_back(ADDRESS, clock.now)
    with pytest.raises(lost_cards.NotLost):
        lost_cards.bring_back(ADDRESS, clock.now)


def test_not_mine_is_said_once_and_takes_nothing_from_the_guest(company, niamh, session) -> None:
    lost_cards.leave(ADDRESS)
    assert lost_cards.find(ADDRESS) is None
    assert (niamh.is_guest, niamh.email_typed) == (True, None)
    assert session.scalar(select(Attendance).where(Attendance.person_id == niamh.id)).is_here
    assert contacts.find(niamh, company.ada) is None
