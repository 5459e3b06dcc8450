"""What phones say happened while they were away: done once, answered by itself, in whatever order it comes."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import contacts
from app.domain.encounters import Encounter, Observation
from tests import cast
from tests.web.phones import Phone


@pytest.fixture
def adas(session, world, new_client) -> Phone:
    """Ada's phone; she and Ben are at the breakfast."""
    cast.arrive(world.event, world.ada, world.ben)
    session.commit()
    return Phone(new_client(), world.ada)


@pytest.fixture
def bens(world, adas, new_client) -> Phone:
    """Ben's phone."""
    return Phone(new_client(), world.ben)


def test_a_scan_kept_on_the_phone_is_a_meeting(session, world, adas: Phone) -> None:
    item = adas.scan(world.ben)
    [answer] = adas.answers(item)
    assert (answer["result"], answer["name"], answer["first_name"]) == ("stored", "Ben Okafor", "Ben")
    assert answer["flags"] == []
    assert answer["sheet"] == f"/encounters/{item['id']}"
    assert answer["contact"] == contacts.find(world.ada, world.ben).id
    [encounter] = session.scalars(select(Encounter))
    assert encounter.event_id == world.event.id
    assert "Ben Okafor" in adas.visitor.get(answer["sheet"]).text


@pytest.mark.both_databases
def test_the_same_item_ten_times_is_done_once_and_answered_alike(session, world, adas: Phone) -> None:
    """O43."""
    scan = adas.scan(world.ben)
    batch = [scan, adas.kept("line", of=scan["id"], text="Cycles in"), adas.kept("void", of=str(uuid4()))]
    told = {adas.send(*batch).text.partition('"answers":')[2] for _time in range(10)}
    assert len(told) == 1
    assert len(session.scalars(select(Observation)).all()) == 1


def test_a_line_and_an_undo_follow_their_scan(session, world, adas: Phone) -> None:
    scan = adas.scan(world.ben)
    line, undo = adas.kept("line", of=scan["id"], text="Cycles in"), adas.kept("void", of=scan["id"])
    results = [answer["result"] for answer in adas.answers(scan, line)]
    assert results == ["stored", "stored"]
    assert contacts.notes(contacts.find(world.ada, world.ben))[0].text == "Cycles in"
    adas.answers(undo)
    assert session.scalars(select(Observation.voided_at)).one() is not None


def test_whose_phone_it_is_and_a_fresh_token(world, adas: Phone, stranger) -> None:
    me = adas.visitor.get("/api/v1/me")
    assert me.content_type == "application/json"
    assert me.json["name"] == "Ada Bevan"
    gone = stranger.get("/api/v1/me")
    assert (gone.status_code, gone.json["svc"], gone.json["reason"]) == (401, "marmalade", "signed_out")


def test_somebody_elses_batch_is_left_alone(session, world, adas: Phone, bens: Phone) -> None:
    """O52."""
    answer = adas.send(adas.scan(world.ben), me=bens.visitor.get("/api/v1/me").json["me"])
    assert (answer.status_code, answer.json["reason"]) == (409, "somebody_else")
    assert session.scalars(select(Observation)).all() == []
