"""Addresses: another one takes the place of the old, which can take that back for a week."""

from datetime import timedelta

import pytest

from app.domain import addresses, people, sessions
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def company(session, clock):
    return cast.assemble(clock.now)


def test_a_proved_address_takes_the_place_of_the_old(company, clock) -> None:
    changed = addresses.change(company.ada, "ada@example.net", clock.now)
    assert people.find_by_email("ada@example.net") is company.ada
    assert people.find_by_email("ada@example.org") is None
    assert (changed.old_email, changed.new_email, changed.changed_at) == (
        "ada@example.org",
        "ada@example.net",
        clock.now,
    )


def test_an_address_with_a_card_of_its_own_is_nobody_elses(company, clock) -> None:
    with pytest.raises(addresses.AddressTaken):
        addresses.change(company.ada, "ben@example.org", clock.now)
    assert company.ada.email == "ada@example.org"


def test_the_same_address_again_and_a_guests_change_nothing(company, clock) -> None:
    assert addresses.change(company.ada, "ada@example.org", clock.now) is None
    assert addresses.change(company.dev, "dev@example.org", clock.now) is None
    assert company.dev.email is None


def test_the_old_address_takes_it_back_within_seven_days_and_every_session_ends(company, clock) -> None:
    """A124, A122."""
    changed = addresses.change(company.ada, "ada@example.net", clock.now)
    token = addresses.undo_token(changed)
    _row, cookie = sessions.start(company.ada, "Somebody's phone", clock.now)
    clock.move(days=7, seconds=-1)
    addresses.undo(addresses.by_undo(token, clock.now), clock.now)
    assert company.ada.email == "ada@example.org"
    assert sessions.find(cookie, clock.now) is None
    addresses.undo(addresses.by_undo(token, clock.move(days=30)), clock.now)
    assert changed.undone_at == clock.now - timedelta(days=30)


def test_after_seven_days_it_stands(company, clock) -> None:
    """A124."""
    token = addresses.undo_token(addresses.change(company.ada, "ada@example.net", clock.now))
    clock.move(days=7)
    with pytest.raises(addresses.UndoTooLate):
        addresses.by_undo(token, clock.now)


def test_who_changed_it_twice_cannot_undo_the_undoing(company, clock) -> None:
    first = addresses.change(company.ada, "thief@example.net", clock.now)
    second = addresses.change(company.ada, "thief@example.com", clock.now)
    addresses.undo(first, clock.now)
    addresses.undo(addresses.by_undo(addresses.undo_token(second), clock.now), clock.now)
    assert company.ada.email == "ada@example.org"


def test_an_address_that_somebody_else_has_proved_since_is_not_taken_from_them(company, clock) -> None:
    changed = addresses.change(company.ada, "ada@example.net", clock.now)
    cast.person("Another Ada", clock.now, "ada@example.org")
    with pytest.raises(addresses.UndoOvertaken):
        addresses.undo(changed, clock.now)


def test_a_link_for_something_else_is_none(company, clock) -> None:
    """A132."""
    changed = addresses.change(company.ada, "ada@example.net", clock.now)
    token = addresses.undo_token(changed)
    changed.person_id = company.ben.id
    for wrong in (token, token[:-2] + "AA", "nonsense"):
        with pytest.raises(NotFound):
            addresses.by_undo(wrong, clock.now)


@pytest.mark.parametrize(("email", "told"), [("ada@example.org", "a…@example.org"), ("x@y.uk", "x…@y.uk")])
def test_an_address_is_told_with_its_middle_hidden(email, told) -> None:
    assert addresses.masked(email) == told
