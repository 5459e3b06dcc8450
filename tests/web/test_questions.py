"""What a card welcomes, and asking once whether I may tell somebody about what I sell."""

from uuid import uuid4

import pytest

from app.domain import contacts
from app.domain.encounters import CARD
from tests import cast


@pytest.fixture
def met(world, ada, session, clock):
    """Ada and Ben have met; what Ben has of Ada."""
    cast.arrive(world.event, ada, world.ben)
    contacts.meet(world.ben, ada, uuid4(), CARD, world.event, clock.now, clock.now)
    session.commit()
    return contacts.find(world.ben, ada)


def welcome(hers, *what):
    return hers.post("/card/edit", data={"name": "Ada Bevan", "preset": "usual", "welcome": list(what)})


def test_my_card_welcomes_what_i_ticked_and_nothing_else(hers, bens, met):
    """D12."""
    assert "Welcomes" not in bens.get(f"/people/{met.id}").text
    assert welcome(hers, "introductions").status_code == 303
    page = bens.get(f"/people/{met.id}").text
    assert "Welcomes" in page
    assert "what I sell" not in page
    assert welcome(hers, "everything").status_code == 422
    welcome(hers)
    assert "Welcomes" not in bens.get(f"/people/{met.id}").text


def test_the_pitch_is_offered_only_where_the_card_welcomes_it_and_waits_the_same_after_a_no(hers, bens, met, session):
    """D12."""
    where = f"/people/{met.id}/questions"
    assert bens.post(where, data={"kind": "pitch"}).status_code == 409
    welcome(hers, "offers")
    assert "May I tell you about what I sell?" in bens.get(f"/people/{met.id}").text
    bens.post(where, data={"kind": "pitch"})
    waits = "waits for Ada's yes"
    assert waits in bens.get(f"/people/{met.id}").text
    asked = hers.get("/card/holders").text
    number = asked.split("/questions/")[1].split("/")[0]
    hers.post(f"/questions/{number}/answer", data={"answer": "no"})
    assert waits in bens.get(f"/people/{met.id}").text
    assert "/questions/" not in hers.get("/card/holders").text
