"""Notes that are left of a meeting, when it was removed, or when the other was erased."""

from uuid import uuid4

import pytest

from app.domain import contacts, encounters, erasures, forgotten
from app.domain.contacts import LINE
from app.domain.encounters import CARD
from tests import cast


@pytest.fixture
def met(world, ada, session, clock):
    """Ada and Ben have met, and Ada wrote about him; what she has of him."""
    cast.arrive(world.event, ada, world.ben)
    contacts.meet(ada, world.ben, uuid4(), CARD, world.event, clock.now, clock.now)
    contact = contacts.find(ada, world.ben)
    contacts.write(contact, LINE, "Lends me a tandem", None, clock.now)
    session.commit()
    return contact


def remove(session, world, clock):
    [encounter] = encounters.between(world.ada, world.ben)
    contacts.remove(world.ben, encounter.id, clock.now)
    session.commit()


def test_my_note_is_reachable_after_the_other_removed_the_meeting(hers, bens, world, met, session, clock):
    """P171, D4."""
    assert "/people/kept" not in hers.get("/people").text
    remove(session, world, clock)
    assert "/people/kept" in hers.get("/people").text
    page = hers.get("/people/kept").text
    assert "Someone you met on Tue 24 Nov" in page
    assert "Lends me a tandem" in page
    assert "Ben" not in page
    assert "websites" not in page
    assert "tandem" not in bens.get("/people/kept").text
    assert bens.post(f"/people/kept/{met.id}/drop").status_code == 404
    assert "tandem" not in hers.post(f"/people/kept/{met.id}/drop", follow_redirects=True).text
    assert "/people/kept" not in hers.get("/people").text


def test_my_note_is_reachable_under_that_morning_after_the_other_was_erased(hers, world, met, session, clock, tmp_path):
    """P171."""
    session.rollback()
    erasures.erase(world.ben, clock.now, tmp_path / forgotten.LOG)
    session.commit()
    listed, page = hers.get("/people").text, hers.get(f"/people/{met.id}").text
    assert "Tuesday Breakfast" in listed
    assert f"/people/{met.id}" in listed
    assert "Lends me a tandem" in page
    for shown in (listed, page):
        assert "Ben" not in shown
        assert "websites" not in shown


def test_it_costs_the_same_for_ten_times_as_many(hers, world, session, clock, queries):
    def part(number):
        for n in range(number):
            other = cast.person(f"Friend {n}", clock.now)
            contacts.meet(world.ada, other, uuid4(), CARD, world.event, clock.now, clock.now)
            contacts.write(contacts.find(world.ada, other), LINE, "Tandem", None, clock.now)
            [encounter] = encounters.between(world.ada, other)
            contacts.remove(other, encounter.id, clock.now)
        session.commit()

    def cost():
        with queries() as asked:
            assert hers.get("/people/kept").status_code == 200
        return asked

    part(1)
    cost()
    few = cost()
    part(9)
    many = cost()
    assert few.count == many.count <= 5, many
