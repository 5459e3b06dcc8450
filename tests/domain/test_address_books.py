"""Address books: my people as a table and as vCards, with what I may see and what I wrote, and nothing else."""

import csv
import io
from uuid import uuid4

import pytest
import vobject

from app.domain import address_books, cards, contacts, encounters
from tests import cast

CARD = {"company": "=HYPERLINK(1)", "role": "Owner", "email": "o@example.org", "phone": "07700 900123"}


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    for person in (people.ben, people.dev):
        cards.change(cards.of(person), person.name, CARD, "usual", {"phone": "nobody"}, "GB")
    return people


@pytest.fixture
def meet(world, clock):
    def met(other, how=encounters.CARD, observer=None):
        one = observer or world.ada
        contacts.meet(one, other, uuid4(), how, world.event, clock.now, clock.now)
        return contacts.find(one, other)

    return met


def rows(person):
    return list(csv.DictReader(io.StringIO(address_books.table(person).removeprefix(address_books.BYTE_ORDER_MARK))))


def test_the_table_holds_who_where_and_what_i_noted_about_that_meeting_or_none(world, meet, clock):
    ben = meet(world.ben)
    [encounter] = encounters.between(world.ada, world.ben)
    contacts.write(ben, contacts.LINE, "Knows a roofer", encounter, clock.now)
    contacts.write(ben, contacts.LINE, "Cycles", None, clock.now)
    contacts.write(ben, contacts.PROMISE, "Send the bylaws", encounter, clock.now)
    [row] = rows(world.ada)
    assert (row["First name"], row["Last name"], row["E-mail"], row["Role"]) == (
        "Ben",
        "Okafor",
        "o@example.org",
        "Owner",
    )
    assert (row["Met on"], row["Event"], row["Stage"]) == ("2026-11-24", "Tuesday Breakfast", "New")
    assert set(row["Note"].split("\n")) == {"Knows a roofer", "Cycles"}
    assert row["Promise"] == "Send the bylaws"


def test_a_cell_that_a_spreadsheet_would_run_is_guarded(world, meet):
    meet(world.ben)
    assert rows(world.ada)[0]["Company"] == "'=HYPERLINK(1)"


def test_what_is_not_open_to_me_is_in_neither(world, meet):
    """A131."""
    meet(world.ben, how=encounters.BY_HAND)
    meet(world.dev)
    assert [row["E-mail"] for row in rows(world.ada)].count("") == 1
    both = address_books.table(world.ada) + address_books.vcf(world.ada)
    assert "7700" not in both
    found = vobject.readComponents(address_books.vcf(world.ada))
    assert {card.fn.value for card in found} == {"Ben Okafor", "Dev Singh"}


def test_nobody_elses_people_or_notes_are_in_it(world, meet, clock):
    """A130."""
    contacts.write(meet(world.dev, observer=world.ben), contacts.LINE, "canary", None, clock.now)
    meet(world.dev)
    assert "canary" not in address_books.table(world.ada) + address_books.vcf(world.ada)
    assert len(rows(world.ada)) == 1


def test_many_people_take_as_many_queries_as_one(session, world, meet, clock, queries):
    def count():
        session.expire_all()
        with queries() as asked:
            address_books.table(world.ada)
        return asked.count

    meet(world.ben)
    few = count()
    for n in range(20):
        meet(cast.person(f"Guest {n}", clock.now))
    assert count() == few <= 5
