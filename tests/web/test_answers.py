"""The letter before, answered without sign-in; the goal, signed in; newcomers and hosts; and the organiser's yes."""

from datetime import timedelta

import pytest
from markupsafe import escape

from app.domain import absences, attendance, events, groups, intentions, links
from app.domain.attendance import EXCUSED, GOING, INVITED
from app.domain.rosters import RosterEntry
from tests import cast


@pytest.fixture
def world(session, clock):
    clock.move(days=-1)
    return cast.assemble(clock.now)


@pytest.fixture
def place(world, session, clock):
    place = attendance.expect(world.event, "Gareth Bevan", INVITED, clock.now)
    entry = RosterEntry(event=world.event, attendance=place, layout="", name=place.name, comparable_name="gareth bevan")
    entry.email, entry.created_at = "gareth@example.org", clock.now
    session.add(entry)
    session.commit()
    return place


@pytest.fixture
def path(place, clock):
    return f"/i/{links.place(place, clock.now)}"


def state(session, place):
    session.rollback()
    session.refresh(place)
    return place.state


def test_looking_answers_nothing_and_tells_nobodys_name(client, session, place, path):
    """A95, D10."""
    for asked in ("", "?say=no", "?say=instead", "?goal=learn", "?say=%3Cb%3E&goal=x"):
        page = client.get(path + asked)
        assert page.status_code == 200
        assert "Tuesday Breakfast" in page.text
        assert not any(name in page.text for name in ("Gareth", "Bevan", "Ada", "Cleo", "gareth@"))
        assert page.headers["X-Robots-Tag"] == "noindex"
    assert state(session, place) == INVITED
    assert intentions.of(place) is None


def test_coming_is_one_tap(client, session, world, place, path):
    """D10."""
    before = world.event.version
    assert client.post(path, data={"say": "yes"}).location == path
    client.post(path, data={"say": "yes"})
    assert state(session, place) == GOING
    session.refresh(world.event)
    assert world.event.version == before + 1
    assert "expected." in client.get(path).text


def test_cannot_come_is_one_tap_and_can_be_taken_back(client, session, place, path):
    """D10."""
    client.post(path, data={"say": "no"})
    assert state(session, place) == EXCUSED
    assert "no reason is asked" in client.get(path).text
    client.post(path, data={"say": "yes"})
    assert state(session, place) == GOING


def test_someone_else_comes_in_ones_place(client, session, place, path):
    """D10."""
    assert client.post(path, data={"say": "instead", "name": " "}).status_code == 422
    assert state(session, place) == INVITED
    client.post(path, data={"say": "instead", "name": "Owen Stewart"})
    assert state(session, place) == EXCUSED
    assert absences.substitute(place).name == "Owen Stewart"
    assert "Owen Stewart comes in your place." in client.get(path).text


def test_nothing_else_is_an_answer(client, session, place, path):
    assert client.post(path, data={"say": "maybe"}).status_code == 422
    assert client.post(f"{path}/goal", data={"goal": "pitch"}).status_code == 422
    assert state(session, place) == INVITED


def test_the_goal_is_one_tap_and_stays_with_its_owner(client, session, world, place, path):
    """D10."""
    client.post(f"{path}/goal", data={"goal": "learn"})
    session.rollback()
    assert intentions.of(place).goal == "learn"
    page = client.sign_in(world.cleo).get(f"/events/{world.event.id}").text
    assert "fewer than 5" in page
    assert client.get(f"/events/{world.event.id}/attendance/{place.id}").text.count("Learn something") == 0


def test_an_answer_shows_in_the_organisers_room(new_client, world, place, path):
    room = new_client().sign_in(world.cleo)
    live = f"/events/{world.event.id}/live"
    version = room.get(live).json["version"]
    new_client().post(path, data={"say": "no"})
    news = room.get(f"{live}?since={version}").json
    assert news["figures"]["excused"] == "1"


@pytest.mark.parametrize("after", [timedelta(days=2), timedelta(days=62)])
def test_when_it_is_over_there_is_nothing_to_answer(client, session, place, path, clock, after):
    clock.set(clock.now + after)
    client.get(path)
    assert client.post(path, data={"say": "no"}).status_code in {409, 410}
    assert state(session, place) == INVITED


def test_called_off_is_said_kindly(client, session, world, path, clock):
    events.cancel(world.event, clock.now)
    session.commit()
    assert "This event was called off." in client.get(path).text
    assert client.post(path, data={"say": "yes"}).status_code == 410


def test_the_page_costs_few_queries(client, path, queries):
    client.get(path)
    with queries() as asked:
        client.get(path)
    assert asked.count <= 6, asked


def test_who_is_signed_in_is_asked_on_the_events_page(client, session, world, clock):
    place = attendance.expect(world.event, "Ada Bevan", GOING, clock.now)
    attendance.hold(place, world.ada, clock.now)
    session.commit()
    page = client.sign_in(world.ada).get(f"/e/{world.event.code}").text
    assert "What would make this breakfast worth it?" in page
    client.post(f"/e/{world.event.code}/goal", data={"goal": "company", "new": "yes", "introduction": "yes"})
    session.rollback()
    assert intentions.of(place).goal == "company"
    assert intentions.of(place).wants_introduction
    assert client.sign_in(world.ben).post(f"/e/{world.event.code}/goal", data={"goal": "learn"}).status_code == 404


def test_a_newcomer_who_would_like_an_introduction_meets_a_host(new_client, session, world, place, clock):
    """D1."""
    clock.set(world.event.starts_at)
    (_here, mine) = cast.arrive(world.event, world.ada, world.ben)
    session.commit()
    ada = new_client().sign_in(world.ada)
    assert escape(world.group.name) in ada.get("/hosting").text
    ada.post("/hosting", data={"group": str(world.group.id)})
    session.rollback()
    assert {group.id: membership.host for group, membership in groups.of(world.ada)} == {world.group.id: True}
    intentions.ask(mine, introduction=True, mark=False, now=clock.now)
    session.commit()
    assert "Ada Bevan is glad to introduce you." in new_client().sign_in(world.ben).get(f"/e/{world.event.code}").text
    room = new_client().sign_in(world.cleo).get(f"/events/{world.event.id}").text
    assert "1 newcomer would like an introduction: Ben Okafor." in room
    assert "Hosts here: Ada Bevan." in room
    ada.post("/hosting", data={})
    session.rollback()
    session.expire_all()
    assert not groups.of(world.ada)[0][1].host


def test_the_organiser_confirms_by_names_and_count(client, session, world, place, clock):
    """D10, A108."""
    attendance.expect(world.event, "Siân Morgan", INVITED, clock.now)
    session.commit()
    client.sign_in(world.cleo)
    letter = f"/events/{world.event.id}/letter"
    page = client.get(letter).text
    assert "Write to this 1 person" in page
    assert "Gareth Bevan" in page
    assert "1 has no address." in page
    assert "gareth@" not in page
    assert client.post(letter, data={}).status_code == 422
    client.post(letter, data={"place": str(place.id)})
    page = client.get(letter).text
    assert "1 person is written to" in page
    clock.set(world.event.starts_at)
    assert client.post(letter, data={"place": str(place.id)}).status_code == 409


def test_calling_off_says_how_many_are_told(client, session, world, place):
    client.sign_in(world.cleo)
    assert "They are told at once, by letter." in client.get(f"/events/{world.event.id}/cancel").text
