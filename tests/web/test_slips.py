"""What links in letters do without sign-in: done, later, undo, and no more letters."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.database import Base
from app.domain import attendance, contacts, encounters, invitations, links, notices, one_to_ones, prompts, removals
from app.domain.prompts import CLOSED, DONE, FOLLOW_UP, ONE_TO_ONE, OPEN, Prompt
from app.domain.sightings import Sighting
from tests import cast


@pytest.fixture
def world(session, clock):
    world = cast.assemble(clock.now)
    for other in (world.ben, world.cleo):
        contacts.meet(world.ada, other, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
    session.commit()
    return world


@pytest.fixture
def prompt(world, session, clock):
    return ask(world, session, clock)


def ask(world, session, clock, kind=FOLLOW_UP):
    prompt = Prompt(kind=kind, subject="event:1", person=world.ada, event=world.event, due_zone=cast.ZONE)
    prompt.due_day, prompt.due_time = clock.now.date(), clock.now.time()
    prompt.due_at = prompt.created_at = clock.now
    session.add(prompt)
    session.commit()
    return prompt


@pytest.fixture
def path(prompt, clock):
    return f"/a/{links.action(prompt, clock.now)}"


@pytest.fixture
def stop(world, clock):
    return f"/u/{links.unsubscribe(world.ada, clock.now)}"


def state(session, prompt):
    session.rollback()
    session.refresh(prompt)
    return prompt.state


def letters_come(session, world):
    session.rollback()
    session.refresh(world.ada)
    return world.ada.mail_prompts


def stored(session):
    session.rollback()
    tables = Base.metadata.tables
    return {name: sorted(map(repr, session.execute(text(f"SELECT * FROM {name}")))) for name in tables}  # noqa: S608


def test_the_page_shows_event_and_count_and_nobodys_name(client, world, path):
    page = client.get(path)
    assert page.status_code == 200
    assert "Tuesday Breakfast" in page.text
    assert "You met 2 people" in page.text
    assert 'id="later"' in page.text
    for name in ("Ben", "Okafor", "Cleo", "Nowak", "Ada", "Bevan"):
        assert name not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_a_scanner_that_follows_every_link_changes_nothing(client, session, world, path, stop):
    """A95."""
    before = stored(session)
    for address in (path, stop):
        for method in ("GET", "HEAD", "GET"):
            assert client.open(address, method=method).status_code == 200
    assert stored(session) == before


def test_done_needs_no_sign_in_and_gives_undo(client, session, prompt, path):
    answer = client.post(path, data={"did": "done"})
    assert answer.location == path
    page = client.get(path).text
    assert "That's done." in page
    assert "Undo" in page
    assert state(session, prompt) == DONE
    client.post(path, data={"did": "done"})
    client.post(path, data={"did": "undo"})
    client.post(path, data={"did": "undo"})
    assert state(session, prompt) == OPEN


def test_later_twice_is_later_once(client, session, prompt, path):
    for _tap in range(2):
        client.post(path, data={"day": "2026-11-27"})
    assert state(session, prompt) == OPEN
    assert (prompt.due_day.isoformat(), prompt.round) == ("2026-11-27", 2)
    assert "It comes back on Fri 27 Nov." in client.get(path).text


def test_done_leaves_everybody_where_they_are(client, session, world, path):
    client.post(path, data={"did": "done"})
    session.rollback()
    assert contacts.find(world.ada, world.ben).stage == contacts.NEW


@pytest.mark.parametrize("data", [{}, {"did": "went"}, {"day": "soon"}, {"did": "not_now"}])
def test_nothing_else_is_taken(client, session, prompt, path, data):
    assert client.post(path, data=data).status_code == 422
    assert state(session, prompt) == OPEN


def test_a_one_to_one_prompt_works_alike(client, session, world, clock):
    prompt = ask(world, session, clock, ONE_TO_ONE)
    path = f"/a/{links.action(prompt, clock.now)}"
    client.post(path, data={"did": "done"})
    assert state(session, prompt) == DONE
    client.post(path, data={"did": "undo"})
    assert state(session, prompt) == OPEN


def test_an_invitation_is_answered_after_sign_in_only(client, session, world, clock):
    offer = one_to_ones.Offer([clock.now + timedelta(days=3)], cast.ZONE, "Café Zoë")
    invitations.propose(world.ben, contacts.find(world.ben, world.ada), offer, clock.now)
    session.commit()
    prompt = session.query(Prompt).one()
    path = f"/a/{links.action(prompt, clock.now)}"
    page = client.get(path).text
    assert "Somebody you met would like half an hour with you." in page
    assert "Ben" not in page
    assert "Zoë" not in page
    assert client.post(path, data={"did": "done"}).status_code == 422
    assert state(session, prompt) == OPEN


def test_what_was_called_off_says_so(client, session, prompt, path, clock):
    prompt.state, prompt.ended_at = CLOSED, clock.now
    session.commit()
    assert "nothing to do here any more" in client.get(path).text
    client.post(path, data={"did": "done"})
    assert state(session, prompt) == CLOSED


@pytest.mark.parametrize("token", ["x", "x.y", "e30.AAAA", ""])
def test_a_forged_link_opens_nothing(client, world, token):
    for start in ("/a/", "/u/"):
        assert client.get(start + token).status_code == 404
        assert client.post(start + token).status_code == 404


def test_a_link_is_good_for_one_thing(client, prompt, path, stop):
    """A132."""
    assert client.get(path.replace("/a/", "/u/")).status_code == 404
    assert client.get(stop.replace("/u/", "/a/")).status_code == 404


def test_a_changed_character_makes_it_nobodys(client, session, prompt, path, stop):
    """A132."""
    for address, said in ((path, {"did": "done"}), (stop, {"letters": "off"})):
        for place in (5, len(address) // 2, len(address) - 5):
            changed = address[:place] + ("A" if address[place] != "A" else "B") + address[place + 1 :]
            assert client.get(changed).status_code == 404
            assert client.post(changed, data=said).status_code == 404
    assert state(session, prompt) == OPEN


def test_a_link_runs_out(client, prompt, path, clock):
    """A132."""
    clock.move(days=61)
    assert client.get(path).status_code == 410
    assert client.post(path, data={"did": "done"}).status_code == 410


def test_another_site_cannot_press_the_button(client, session, prompt, path):
    client.own_forms = False
    assert client.post(path, data={"did": "done"}).status_code == 403
    assert state(session, prompt) == OPEN


def test_one_click_stops_the_letters_without_cookies_or_a_form(client, session, world, stop):
    """P164. RFC 8058 §3.1: List-Unsubscribe=One-Click, from anywhere, 200 and nothing else."""
    client.own_forms = False
    for _click in range(2):
        answer = client.post(stop, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"})
        assert (answer.status_code, answer.data) == (200, b"")
        assert "Set-Cookie" not in answer.headers
    assert not letters_come(session, world)


def test_a_persons_button_stops_them_and_another_lets_them_come_again(client, session, world, stop):
    assert "Stop these letters" in client.get(stop).text
    page = client.get(client.post(stop, data={"letters": "off"}).location).text
    assert "No more letters" in page
    assert not letters_come(session, world)
    client.post(stop, data={"letters": "on"})
    assert letters_come(session, world)


def test_what_waits_still_waits_under_today(client, session, world, prompt, stop):
    client.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert state(session, prompt) == OPEN
    assert "Whom would you like to see again?" in client.sign_in(world.ada).get("/today").text
    assert prompts.of(world.ada, prompt.id).state == OPEN


@pytest.fixture
def remove(world, session, clock):
    to = {"email": "gareth@example.org", "data": {"reference": "K7Q2"}}
    letter = notices.post(notices.COMPLAINT, "c", clock.now, **to)
    session.commit()
    return f"/r/{links.removal(letter, clock.now)}"


def test_an_address_is_removed_by_a_tap_and_not_by_a_look(client, session, remove):
    """A95."""
    before = stored(session)
    assert "gareth@example.org" in client.get(remove).text
    assert stored(session) == before
    assert client.post(remove, data={}).location == remove
    session.rollback()
    assert removals.is_removed("gareth@example.org")
    page = client.get(remove).text
    assert "Your address is removed." in page
    assert "gareth" not in page


def test_one_click_in_a_mail_program_removes_an_address_without_cookies(client, session, remove):
    """P164."""
    client.own_forms = False
    answer = client.post(remove, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"})
    assert answer.status_code == 200
    session.rollback()
    assert removals.is_removed("gareth@example.org")


def test_a_link_made_for_one_purpose_is_good_for_no_other(client, world, remove, stop):
    """A132."""
    assert client.get(remove.replace("/r/", "/u/")).status_code == 404
    assert client.get(stop.replace("/u/", "/r/")).status_code == 404
    assert client.post(remove[:-1], data={}).status_code == 404


@pytest.fixture
def kept(world, session, clock):
    """The letter that says that Ada kept Gareth's card: she scanned his badge."""
    place = attendance.expect(world.event, "Gareth Bevan", attendance.GOING, clock.now)
    session.add(Sighting(observer=world.ada, op_id=uuid4(), place=place, met_at=clock.now, received_at=clock.now))
    to = {"email": "gareth@example.org", "event": world.event, "place": place}
    letter = notices.post(notices.KEPT, "k", clock.now, **to)
    session.commit()
    return f"/k/{links.kept(letter, clock.now)}"


def test_how_many_kept_a_card_is_told_to_anyone_with_the_link_and_who_to_nobody(client, world, session, kept):
    """D10."""
    before = stored(session)
    page = client.get(kept).text
    assert "1 person kept your card" in page
    assert "Sign in to see who" in page
    for name in ("Ada", "Gareth", "gareth@"):
        assert name not in page
    assert stored(session) == before
    assert "signed in with another one" in client.sign_in(world.ben).get(kept).text
    assert client.post(kept, data={}).status_code == 404


def test_who_proved_the_address_sees_who(client, world, session, kept, clock):
    """D10."""
    gareth = cast.person("Gareth Bevan", clock.now, "gareth@example.org")
    session.commit()
    client.sign_in(gareth)
    assert "Ada" not in client.get(kept).text
    page = client.get(client.post(kept, data={}).location).text
    assert "Ada Bevan" in page
    assert "under People" in client.get(kept).text
