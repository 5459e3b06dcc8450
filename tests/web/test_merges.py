"""Two cards of one person: the one on this phone, and the one whose address was just proved."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app import clock
from app.domain import attendance, cards, contacts, encounters, people
from app.domain.people import Person
from app.domain.sessions import Session, SignInCode
from tests import cast
from tests.infrastructure.visitors import Visitor


@pytest.fixture
def guest(session, world) -> Person:
    """Ada on another phone: at breakfast, where she met Ben and noted a line."""
    guest = cast.person("Ada B", clock.now())
    cast.arrive(world.event, guest)
    contacts.meet(guest, world.ben, uuid4(), encounters.CARD, world.event, clock.now(), clock.now())
    contacts.write(contacts.find(guest, world.ben), contacts.LINE, "Cycles in from Keynsham", None, clock.now())
    session.commit()
    return guest


def prove(visitor: Visitor, session, email: str, path: str = "/settings/address"):
    """Ask for a code and type it."""
    visitor.post(path, data={"email": email})
    session.rollback()
    digits = session.scalars(select(SignInCode).order_by(SignInCode.id.desc())).first().digits
    return visitor.post("/sign-in/code", data={"code": digits})


@pytest.mark.parametrize("path", ["/settings/address", "/sign-in"])
def test_a_guest_whose_address_has_a_card_is_shown_what_would_move(session, world, guest, client, path) -> None:
    """D12."""
    client.sign_in(guest)
    assert prove(client, session, "ada@example.org", path).location == "/two-cards"
    page = client.get("/two-cards").text
    for told in ("Ada Bevan", "1 meeting", "1 note", "Your place at Tuesday Breakfast", "Your card stays as it is"):
        assert told in page
    session.rollback()
    assert session.get(Person, guest.id) is not None


def test_one_tap_brings_them_together_and_the_phone_stays_signed_in(session, world, guest, client) -> None:
    """A120."""
    client.sign_in(guest)
    before, guest_id, code = client.cookie("session"), guest.id, cards.living(cards.of(guest)).token
    prove(client, session, "ada@example.org")
    assert client.post("/two-cards").location == "/today"
    session.rollback()
    session.expire_all()
    assert session.get(Person, guest_id) is None
    assert attendance.of(world.event, world.ada).is_here
    assert client.cookie("session") != before
    assert session.scalars(select(Session)).one().person_id == world.ada.id
    assert "Cycles in from Keynsham" in client.get(f"/people/{contacts.find(world.ada, world.ben).id}").text
    assert "Ada Bevan" in client.application.test_client().get(f"/c/{code}").text


def test_a_second_tap_finds_it_done(session, world, guest, client) -> None:
    client.sign_in(guest)
    prove(client, session, "ada@example.org")
    client.post("/two-cards")
    assert client.post("/two-cards").location == "/today"
    assert client.get("/settings").status_code == 200


def test_kept_apart_the_guests_card_stays_and_the_account_comes_in(session, world, guest, client) -> None:
    client.sign_in(guest)
    prove(client, session, "ada@example.org")
    assert client.post("/two-cards/apart").location == "/today"
    session.rollback()
    assert session.get(Person, guest.id) is not None
    assert session.scalars(select(Session)).one().person_id == world.ada.id


def test_two_cards_is_closed_to_whoever_proved_no_address(session, world, guest, client) -> None:
    client.sign_in(guest)
    assert client.get("/two-cards").location == "/settings"
    for path in ("/two-cards", "/two-cards/apart"):
        client.post(path)
    session.rollback()
    assert session.scalars(select(Session)).one().person_id == guest.id


def test_a_proof_of_ten_minutes_ago_proves_nothing(session, world, guest, client, clock) -> None:
    client.sign_in(guest)
    prove(client, session, "ada@example.org")
    clock.move(minutes=11)
    client.post("/two-cards")
    session.rollback()
    assert session.get(Person, guest.id) is not None


def test_a_merge_that_breaks_half_way_has_not_happened(session, world, guest, client, monkeypatch) -> None:
    """D12."""
    client.sign_in(guest)
    prove(client, session, "ada@example.org")
    monkeypatch.setattr("app.domain.merges._part", lambda guest: 1 / 0)
    client.application.testing = False
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/two-cards").status_code == 500
    session.rollback()
    session.expire_all()
    assert attendance.of(world.event, session.get(Person, guest.id)).is_here
    assert contacts.find(world.ada, world.ben) is None
    assert people.find_by_email("ada@example.org").id == world.ada.id


def test_the_question_takes_the_same_few_queries_however_much_would_move(
    session, world, guest, client, queries
) -> None:
    client.sign_in(guest)
    prove(client, session, "ada@example.org")
    with queries() as few:
        client.get("/two-cards")
    session.rollback()
    for number in range(5):
        other = cast.person(f"Guest {number}", clock.now())
        contacts.meet(guest, other, uuid4(), encounters.CARD, world.event, clock.now(), clock.now())
    session.commit()
    with queries() as many:
        client.get("/two-cards")
    assert many.count == few.count <= 12, many
