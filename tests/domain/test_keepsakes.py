"""Keepsakes: what I wrote stays mine when a meeting is removed, without anything of the other."""

from uuid import uuid4

import pytest

from app.domain import contacts, encounters, keepsakes, partings
from app.domain.contacts import LINE, PROMISE
from app.domain.encounters import CARD
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def scene(session, clock):
    """Ada and Ben have met over breakfast, and Ada wrote about it."""
    company = cast.assemble(clock.now)
    cast.arrive(company.event, company.ada, company.ben)
    contact = meet(company, clock)
    contacts.write(contact, LINE, "Bikes", encounters.between(company.ada, company.ben)[0], clock.now)
    contacts.write(contact, PROMISE, "A tandem", None, clock.now)
    return company


def meet(company, clock):
    contacts.meet(company.ada, company.ben, uuid4(), CARD, company.event, clock.now, clock.now)
    return contacts.find(company.ada, company.ben)


def remove(scene, by, clock):
    for encounter in encounters.between(scene.ada, scene.ben):
        contacts.remove(by, encounter.id, clock.now)


@pytest.mark.parametrize("by", ["ada", "ben"])
def test_what_i_wrote_stays_mine_whoever_removed_the_meeting(scene, clock, queries, by):
    """P171."""
    remove(scene, getattr(scene, by), clock)
    with queries() as asked:
        [kept] = keepsakes.of(scene.ada)
    assert asked.count == 3, asked
    assert {note.text for note in kept.words} == {"Bikes", "A tandem"}
    assert kept.encounter.day == scene.event.day
    assert keepsakes.has_any(scene.ada)
    assert not keepsakes.has_any(scene.ben), "he wrote nothing"
    assert keepsakes.of(scene.ben) == []


def test_while_a_meeting_is_left_it_stands_with_the_person(scene, clock):
    """P171."""
    assert keepsakes.of(scene.ada) == []
    remove(scene, scene.ben, clock)
    meet(scene, clock)
    assert keepsakes.of(scene.ada) == []
    assert not keepsakes.has_any(scene.ada)


def test_what_was_scanned_by_mistake_and_undone_leaves_nothing(scene, clock, session):
    contacts.meet(scene.ada, scene.dev, op_id := uuid4(), CARD, scene.event, clock.now, clock.now)
    contacts.write(contacts.find(scene.ada, scene.dev), LINE, "Who?", None, clock.now)
    contacts.take_back(scene.ada, op_id, clock.now)
    assert keepsakes.of(scene.ada) == []


def test_a_block_hides_it_too(scene, clock):
    remove(scene, scene.ben, clock)
    partings.block(scene.ben, scene.ada, clock.now)
    assert keepsakes.of(scene.ada) == []
    assert not keepsakes.has_any(scene.ada)


def test_i_delete_it_and_nobody_else_does(scene, clock):
    """P171."""
    remove(scene, scene.ben, clock)
    [kept] = keepsakes.of(scene.ada)
    with pytest.raises(NotFound):
        keepsakes.drop(scene.ben, kept.contact_id)
    keepsakes.drop(scene.ada, kept.contact_id)
    assert keepsakes.of(scene.ada) == []
    with pytest.raises(NotFound):
        keepsakes.drop(scene.ada, kept.contact_id)


def test_what_stands_with_a_person_is_not_dropped_here(scene, clock):
    contact = contacts.find(scene.ada, scene.ben)
    with pytest.raises(NotFound):
        keepsakes.drop(scene.ada, contact.id)
    assert len(contacts.notes(contact)) == 2
