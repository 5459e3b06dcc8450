"""Searches: every word stands somewhere, accents aside and literally, and nothing is found that one may not see."""

import time
from datetime import timedelta
from uuid import uuid4

import hypothesis
import hypothesis.strategies as st
import pytest

from app.domain import cards, contacts, encounters, occasions, people, searches
from tests import cast

CARD = {
    "company": "Kaffeehaus Müller",
    "what_i_do": "I roast coffee",
    "looking_for": "A solicitor",
    "email": "o@example.org",
}


@pytest.fixture
def world(session, clock):
    return cast.assemble(clock.now)


@pytest.fixture
def meet(world, clock):
    def met(name, how=encounters.CARD, occasion=None, **card):
        other = cast.person(name, clock.now)
        cards.change(cards.of(other), name, card, "usual", {}, "GB")
        contacts.meet(world.ada, other, uuid4(), how, occasion or world.event, clock.now, clock.now)
        return contacts.find(world.ada, other)

    return met


@pytest.fixture
def names(world):
    def found(typed, stage=""):
        mine = occasions.of(world.ada)
        return sorted(one.name for one in searches.about(searches.words(typed), mine, stage))

    return found


@pytest.mark.parametrize("typed", ["sian", "SIÂN", "o briain", "ó BRIAIN sian", "Sia", "obriain"])
def test_accents_case_order_and_apostrophes_do_not_matter(meet, names, typed):
    meet("Siân O'Briain" if typed == "obriain" else "Siân Ó Briain")
    meet("Gareth Bevan")
    assert names(typed) == (["Siân O'Briain"] if typed == "obriain" else ["Siân Ó Briain"])


def test_every_word_has_to_stand_somewhere_but_not_in_one_place(meet, names, clock):
    meet("Otto Weber", **CARD)
    meet("Otto Braun", company="Somewhere else")
    assert names("otto muller") == names("coffee weber solicitor") == ["Otto Weber"]
    assert names("otto plumber") == []


def test_my_own_lines_and_promises_are_found_and_marked_as_mine_alone(session, world, meet, names, clock):
    """D13."""
    otto = meet("Otto Weber", **CARD)
    contacts.write(otto, contacts.LINE, "Cycles in from Keynsham", None, clock.now)
    contacts.write(otto, contacts.PROMISE, "Send the bylaws", None, clock.now)
    assert names("keynsham") == names("bylaws") == ["Otto Weber"]
    [found] = searches.about(["keynsham"], occasions.of(world.ada))
    assert [(place.what, place.private) for place in found.places] == [(contacts.LINE, True)]


def test_nobody_elses_note_is_found(session, world, meet, clock):
    """A130."""
    contacts.meet(world.ben, world.dev, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
    contacts.meet(world.ada, world.dev, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
    contacts.write(contacts.find(world.ben, world.dev), contacts.LINE, "canary", None, clock.now)
    assert searches.about(["canary"], occasions.of(world.ada)) == []


def test_a_field_that_is_not_open_to_me_is_not_found(meet, names):
    """A131."""
    meet("Otto Weber", how=encounters.BY_HAND, **CARD)
    assert names("muller") == ["Otto Weber"]
    assert names("example.org") == []


@pytest.mark.parametrize("typed", ["%", "_", "(a+)+$", ".*", "\\", "[", "'", "-", "a" * 5000, "a " * 3000, "\x00"])
def test_what_means_something_elsewhere_means_itself_here_and_costs_nothing(meet, names, typed):
    """A74."""
    contact = meet("Otto Weber", **CARD)
    began = time.process_time()
    found = names(typed)
    assert time.process_time() - began < 0.05
    assert found == ([contact.other.name] if set(typed.split()) == {"a"} else [])


def test_a_percent_sign_finds_a_percent_sign(meet, names):
    """A74."""
    meet("Otto Weber", can_offer="10 % off")
    meet("Siân Price", can_offer="10 off")
    assert names("%") == ["Otto Weber"]


@pytest.mark.parametrize(
    ("typed", "found"), [("Garath", True), ("bevn", True), ("garett bevin", True), ("Gary", False)]
)
def test_a_letter_or_two_amiss_still_suggests_the_name(world, meet, typed, found):
    meet("Gareth Bevan")
    meet("Otto Weber")
    nearly = searches.nearly(searches.words(typed), occasions.of(world.ada))
    assert [one.name for one in nearly] == (["Gareth Bevan"] if found else [])


def test_a_stage_narrows_it_and_the_newest_meeting_stands_for_all(session, world, meet, names, clock):
    otto = meet("Otto Weber", **CARD)
    meet("Otto Braun")
    contacts.move(otto, contacts.KEEPING_UP)
    assert names("otto", contacts.KEEPING_UP) == ["Otto Weber"]
    later = world.event.day + timedelta(days=1)
    contacts.meet(world.ada, otto.other, uuid4(), encounters.CARD, later, clock.now + timedelta(days=1), clock.now)
    found = [one for one in searches.everyone(occasions.of(world.ada)) if one.name == "Otto Weber"]
    assert [one.meeting.encounter.day for one in found] == [later]


def test_an_excerpt_keeps_the_letters_as_they_were_written_and_shows_the_part_around(meet):
    assert searches.excerpt("Kaffeehaus Müller", ["mull"])[-1] == ("Müller", True)
    long = "word " * 200 + "Müller " + "word " * 200
    pieces = searches.excerpt(long, ["muller"])
    assert ("Müller", True) in pieces
    assert len("".join(piece for piece, _holds in pieces)) < 150


def test_a_thousand_people_are_searched_by_as_many_queries_as_two(session, world, meet, names, clock, queries):
    def count():
        session.expire_all()
        with queries() as asked:
            names("keynsham coffee")
        return asked.count

    contacts.write(meet("Otto 0", **CARD), contacts.LINE, "Cycles in from Keynsham", None, clock.now)
    few = count()
    for n in range(1, 40):
        contacts.write(meet(f"Otto {n}", **CARD), contacts.LINE, "Cycles in from Keynsham", None, clock.now)
    assert count() == few <= 6


@hypothesis.given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_to_compare_plain_letters_leads_where_the_long_way_does(text):
    long_way = people.comparable(text + "\u0301").removesuffix("\u0301")
    assert people.comparable(text) == long_way
