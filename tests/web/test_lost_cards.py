"""A lost phone: whoever proves the address typed on it is asked whether the card is theirs, and nobody before."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app import clock
from app.domain import attendance, cards, contacts, encounters, people, sessions
from app.domain.people import Person
from app.domain.sessions import Session, SignInCode
from tests import cast
from tests.infrastructure.visitors import Visitor

ADDRESS = "niamh@example.org"


def lose(world, name: str = "Niamh Byrne") -> Person:
    """Let somebody make a card at the poster, type an address, meet Ben, note a line and lose the phone."""
    someone = people.join(name, cast.ZONE, clock.now(), ADDRESS)
    cards.issue(someone, clock.now(), "I bake")
    cast.arrive(world.event, someone)
    contacts.meet(someone, world.ben, uuid4(), encounters.CARD, world.event, clock.now(), clock.now())
    contacts.write(contacts.find(someone, world.ben), contacts.LINE, "Cycles in from Keynsham", None, clock.now())
    return someone


@pytest.fixture
def niamh(session, world, clock) -> Person:
    """Niamh, who lost the phone that her card was on."""
    clock.set(world.event.starts_at)
    someone = lose(world)
    session.commit()
    return someone


def prove(visitor: Visitor, session, path: str = "/sign-in", following: str = ""):
    """Ask for a code to Niamh's address and type it."""
    visitor.post(path, data={"email": ADDRESS})
    session.rollback()
    digits = session.scalars(select(SignInCode).order_by(SignInCode.id.desc())).first().digits
    return visitor.post("/sign-in/code", data={"code": digits, "next": following})


def test_a_proved_address_is_asked_about_the_card_it_was_typed_for(session, niamh, client) -> None:
    assert prove(client, session).location == "/lost-card"
    page = client.get("/lost-card").text
    for told in ("Is this card yours?", "Niamh Byrne", "I bake", "Tuesday Breakfast", "1 meeting", "1 note"):
        assert told in page
    for private in ("Keynsham", "Ben"):
        assert private not in page


def test_nothing_is_told_before_the_proof(session, niamh, client) -> None:
    client.post("/sign-in", data={"email": ADDRESS})
    assert "Niamh" not in client.get("/sign-in/code").text
    assert client.get("/lost-card").location == "/new"
    for path in ("/lost-card", "/lost-card/not-mine"):
        assert client.post(path).location == "/new"
    session.rollback()
    session.expire_all()
    assert niamh.email_typed == ADDRESS


def test_a_proof_of_ten_minutes_ago_proves_nothing(session, niamh, client, clock) -> None:
    prove(client, session)
    clock.move(minutes=11)
    assert client.post("/lost-card").location == "/new"
    session.rollback()
    session.expire_all()
    assert niamh.is_guest


def test_whoever_has_no_card_goes_on_with_this_one_where_they_were_going(session, world, niamh, client) -> None:
    there = f"/e/{world.event.code}"
    assert prove(client, session, following=there).location == f"/lost-card?next={there}"
    assert f'name="next" value="{there}"' in client.get(f"/lost-card?next={there}").text
    assert client.post("/lost-card", data={"next": there}).location == there
    session.rollback()
    session.expire_all()
    assert (niamh.email, session.scalars(select(Session)).one().person_id) == (ADDRESS, niamh.id)
    assert "Cycles in from Keynsham" in client.get(f"/people/{contacts.find(niamh, world.ben).id}").text


def test_whoever_has_a_new_card_brings_the_two_together(session, world, niamh, client) -> None:
    """A120."""
    client.sign_in(world.dev)
    niamh_id = niamh.id
    assert prove(client, session, "/settings/address").location == "/lost-card"
    assert "Bring them together" in client.get("/lost-card").text
    assert client.post("/lost-card").location == "/today"
    session.rollback()
    session.expire_all()
    assert session.get(Person, niamh_id) is None
    assert attendance.of(world.event, world.dev).is_here
    assert "Cycles in from Keynsham" in client.get(f"/people/{contacts.find(world.dev, world.ben).id}").text


def test_a_second_tap_finds_it_done(session, niamh, client) -> None:
    prove(client, session)
    client.post("/lost-card")
    assert client.post("/lost-card").location == "/today"
    assert client.get("/lost-card").location == "/today"


def test_not_mine_leaves_the_card_alone_and_is_never_asked_again(session, niamh, client, new_client) -> None:
    prove(client, session)
    assert client.post("/lost-card/not-mine").location == "/new"
    session.rollback()
    session.expire_all()
    assert (niamh.is_guest, niamh.email_typed) == (True, None)
    assert prove(new_client(), session).location == "/new"


def test_of_two_cards_with_one_address_none_is_offered(session, world, niamh, client) -> None:
    lose(world, "Niamh B")
    session.commit()
    assert prove(client, session).location == "/new"


def test_the_proof_is_worth_nothing_to_somebody_else_in_this_browser(session, world, niamh, client) -> None:
    prove(client, session)
    session.rollback()
    client.sign_in(world.cleo)
    assert client.get("/lost-card").location == "/today"
    client.post("/lost-card")
    session.rollback()
    assert session.get(Person, niamh.id).is_guest


def test_a_code_from_the_shell_proves_no_mailbox(session, world, niamh, client) -> None:
    people.confirm(world.dev, ADDRESS, clock.now())
    digits = sessions.shell_code(world.dev, clock.now()).digits
    session.commit()
    client.post("/sign-in", data={"email": ADDRESS})
    assert client.post("/sign-in/code", data={"code": digits}).location == "/today"
    assert client.get("/lost-card").location == "/today"


def test_the_sign_in_page_and_the_poster_say_what_to_do(session, world, niamh, stranger) -> None:
    for path in ("/sign-in", f"/e/{world.event.code}"):
        assert "Lost the phone your card was on?" in stranger.get(path).text


def test_the_question_takes_the_same_few_queries_however_much_comes_along(
    session, world, niamh, client, queries
) -> None:
    prove(client, session)
    with queries() as few:
        client.get("/lost-card")
    session.rollback()
    for number in range(5):
        other = cast.person(f"Guest {number}", clock.now())
        contacts.meet(niamh, other, uuid4(), encounters.CARD, world.event, clock.now(), clock.now())
    session.commit()
    with queries() as many:
        client.get("/lost-card")
    assert many.count == few.count <= 13, many
