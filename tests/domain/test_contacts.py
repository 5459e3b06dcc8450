"""Contacts: what opens to whom, and what is written about whom, for its writer's eyes alone."""

import itertools
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app import sealing
from app.domain import cards, contacts, encounters, occasions
from app.domain.contacts import KEEPING_UP, LINE, NEW, PROMISE, WIDE_CIRCLE, Contact, Note
from app.domain.encounters import BY_HAND, CARD, SHORT_CODE, OwnCard
from app.domain.refusals import NotFound
from tests import cast

CANARY = "Likes Cumbrian marmalade, hates the estate office"


@pytest.fixture
def scene(session, clock):
    assembled = cast.assemble(clock.now)
    for person in (assembled.ada, assembled.ben):
        cards.change(cards.of(person), person.name, {"email": person.email, "what_i_do": "Books"}, "usual", {}, "GB")
    session.commit()
    return assembled


@pytest.fixture
def meet(scene, clock):
    def say(observer, observed, how=CARD, occasion=scene.event):
        clock.move(minutes=1)
        return contacts.meet(observer, observed, uuid4(), how, occasion, clock.now, clock.now)

    return say


@pytest.fixture
def ben_to_ada(scene, meet):
    meet(scene.ada, scene.ben)
    return contacts.find(scene.ada, scene.ben)


def levels(one, other):
    """Return what the first may see of the second, and the second of the first."""
    return tuple(contacts.level(contacts.find(*pair)) for pair in ((one, other), (other, one)))


class TestWhatOpens:
    @pytest.mark.parametrize("how", [CARD, SHORT_CODE])
    def test_what_is_shown_is_given_to_whom_it_was_shown(self, scene, meet, how):
        meet(scene.ada, scene.ben, how)
        assert levels(scene.ada, scene.ben) == (cards.MET, cards.ANYONE)

    def test_by_hand_only_what_anyone_sees_is_open(self, scene, meet):
        meet(scene.ada, scene.ben, BY_HAND)
        assert levels(scene.ada, scene.ben) == (cards.ANYONE, cards.ANYONE)

    @pytest.mark.parametrize(("first", "second"), [*itertools.product([CARD, BY_HAND], repeat=2)])
    def test_when_each_has_observed_the_other_both_are_open(self, scene, meet, first, second):
        meet(scene.ada, scene.ben, first)
        meet(scene.ben, scene.ada, second)
        assert levels(scene.ada, scene.ben) == (cards.MET, cards.MET)

    def test_the_fields_follow_the_level(self, scene, meet):
        """A131."""
        meet(scene.ada, scene.ben, BY_HAND)
        contact = contacts.find(scene.ada, scene.ben)
        assert contacts.shown(contact) == {"what_i_do": "Books"}
        meet(scene.ada, scene.ben, CARD)
        assert contacts.shown(contact) == {"what_i_do": "Books", "email": "ben@example.org"}

    def test_the_photo_follows_its_level(self, scene, meet):
        card = cards.of(scene.ben)
        cards.change(card, "Ben Okafor", {}, "reserved", {}, "GB")
        address = cards.hang(card, b"a picture").address
        meet(scene.ada, scene.ben, BY_HAND)
        assert contacts.photo(contacts.find(scene.ada, scene.ben)) == ""
        meet(scene.ada, scene.ben, CARD)
        assert contacts.photo(contacts.find(scene.ada, scene.ben)) == address

    def test_it_is_open_since_it_was_first_opened(self, scene, meet, clock):
        meet(scene.ada, scene.ben)
        since = clock.now
        meet(scene.ada, scene.ben)
        assert contacts.find(scene.ada, scene.ben).opened_at == since

    def test_one_cannot_meet_oneself(self, scene, meet):
        with pytest.raises(OwnCard):
            meet(scene.ada, scene.ada)
        assert contacts.find(scene.ada, scene.ada) is None


class TestWhatAnUndoCloses:
    def test_it_closes_what_it_had_opened(self, scene, meet, clock):
        observation = meet(scene.ada, scene.ben)
        contacts.take_back(scene.ada, observation.op_id, clock.now)
        assert levels(scene.ada, scene.ben) == (cards.ANYONE, cards.ANYONE)

    def test_it_closes_for_the_other_side_what_only_both_had_opened(self, scene, meet, clock):
        meet(scene.ben, scene.ada, BY_HAND)
        observation = meet(scene.ada, scene.ben, CARD)
        contacts.take_back(scene.ada, observation.op_id, clock.now)
        assert levels(scene.ada, scene.ben) == (cards.ANYONE, cards.ANYONE)

    def test_what_another_scan_opened_stays_open(self, scene, meet, clock):
        meet(scene.ada, scene.ben, occasion=date(2026, 11, 3))
        observation = meet(scene.ada, scene.ben)
        contacts.take_back(scene.ada, observation.op_id, clock.now)
        assert levels(scene.ada, scene.ben) == (cards.MET, cards.ANYONE)

    def test_scanning_again_opens_it_again(self, scene, meet, clock):
        contacts.take_back(scene.ada, meet(scene.ada, scene.ben).op_id, clock.now)
        meet(scene.ada, scene.ben)
        assert levels(scene.ada, scene.ben) == (cards.MET, cards.ANYONE)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.tuples(st.booleans(), st.sampled_from([CARD, SHORT_CODE, BY_HAND]), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_only_what_was_said_and_not_taken_back_opens_anything(session, scene, clock, said):
    try:
        for from_ada, how, undone in said:
            pair = (scene.ada, scene.ben) if from_ada else (scene.ben, scene.ada)
            observation = contacts.meet(*pair, uuid4(), how, scene.event, clock.now, clock.now)
            if undone:
                contacts.take_back(pair[0], observation.op_id, clock.now)
        left = {(from_ada, how) for from_ada, how, undone in said if not undone}
        both = {from_ada for from_ada, _how in left} == {True, False}
        shown = [both or any(side == mine and how != BY_HAND for side, how in left) for mine in (True, False)]
        assert [level == cards.MET for level in levels(scene.ada, scene.ben)] == shown
    finally:
        session.rollback()


class TestWhoseTheyAre:
    def test_both_have_the_other_once(self, session, scene, meet):
        for _time in range(3):
            meet(scene.ada, scene.ben)
            meet(scene.ben, scene.ada)
        assert session.scalar(select(func.count()).select_from(Contact)) == 2

    def test_a_contact_is_its_owners_alone(self, scene, meet, ben_to_ada):
        meet(scene.cleo, scene.ben)
        assert contacts.of(scene.ada, ben_to_ada.id) is ben_to_ada
        for stranger in (scene.ben, scene.cleo):
            with pytest.raises(NotFound):
                contacts.of(stranger, ben_to_ada.id)

    def test_after_the_only_meeting_was_taken_back_it_is_not_there(self, scene, meet, clock):
        observation = meet(scene.ada, scene.ben)
        mine, theirs = contacts.find(scene.ada, scene.ben), contacts.find(scene.ben, scene.ada)
        contacts.take_back(scene.ada, observation.op_id, clock.now)
        for owner, contact in ((scene.ada, mine), (scene.ben, theirs)):
            with pytest.raises(NotFound):
                contacts.of(owner, contact.id)

    @pytest.mark.parametrize("stage", [KEEPING_UP, WIDE_CIRCLE, NEW])
    def test_it_is_moved_to_any_stage_in_any_order(self, ben_to_ada, stage):
        contacts.move(ben_to_ada, WIDE_CIRCLE)
        contacts.move(ben_to_ada, stage)
        assert ben_to_ada.stage == stage

    def test_there_are_only_three_stages(self, session, ben_to_ada):
        with pytest.raises(contacts.NoSuchStage):
            contacts.move(ben_to_ada, "farmed")
        with pytest.raises(IntegrityError):
            session.execute(update(Contact).values(stage="farmed"))

    def test_the_last_touch_only_moves_forward(self, ben_to_ada, clock):
        contacts.touched(ben_to_ada, clock.now)
        contacts.touched(ben_to_ada, clock.now - timedelta(days=3))
        assert ben_to_ada.last_touch_at == clock.now


class TestWhomIMet:
    def test_it_is_by_event_or_day_the_newest_first(self, scene, meet):
        meet(scene.ada, scene.cleo, occasion=date(2026, 11, 3))
        meet(scene.ada, scene.ben)
        meet(scene.dev, scene.ada)
        seen = [
            (occasion.event, occasion.day, [meeting.contact.other for meeting in occasion.meetings])
            for occasion in occasions.of(scene.ada)
        ]
        assert seen == [
            (scene.event, date(2026, 11, 24), [scene.dev, scene.ben]),
            (None, date(2026, 11, 3), [scene.cleo]),
        ]

    def test_nobody_learns_whom_others_met(self, scene, meet):
        meet(scene.ada, scene.ben)
        assert occasions.of(scene.cleo) == []

    def test_what_was_taken_back_is_not_in_it(self, scene, meet, clock):
        contacts.take_back(scene.ada, meet(scene.ada, scene.ben).op_id, clock.now)
        assert occasions.of(scene.ada) == occasions.of(scene.ben) == []

    @pytest.mark.parametrize("people", [1, 10])
    def test_it_costs_two_queries_however_many(self, session, scene, meet, clock, queries, people):
        for number in range(people):
            meet(scene.ada, cast.person(f"Guest {number}", clock.now))
        session.commit()
        session.expunge_all()
        with queries() as asked:
            met = occasions.of(scene.ada)
            seen = [contacts.shown(meeting.contact) for occasion in met for meeting in occasion.meetings]
        assert (len(seen), asked.count) == (people, 2), asked


class TestNotes:
    def test_a_line_is_read_back_as_it_was_typed(self, scene, ben_to_ada, clock):
        contacts.write(ben_to_ada, LINE, "  Knows the estate office.\n\tAsk him ", None, clock.now)
        assert [note.text for note in contacts.notes(ben_to_ada)] == ["  Knows the estate office.\n\tAsk him "]

    def test_the_newer_line_takes_the_place_of_the_older(self, scene, meet, ben_to_ada, clock):
        encounter = encounters.between(scene.ada, scene.ben)[0]
        for text in ("First", "Second"):
            for about in (encounter, None):
                contacts.write(ben_to_ada, LINE, text, about, clock.move(minutes=1))
        assert [(note.text, note.encounter) for note in contacts.notes(ben_to_ada)] == [
            ("Second", None),
            ("Second", encounter),
        ]

    def test_the_same_words_again_change_nothing(self, session, ben_to_ada, clock):
        since = clock.now
        contacts.write(ben_to_ada, PROMISE, CANARY, None, since)
        session.execute(update(Note).values(kept_at=since))
        contacts.write(ben_to_ada, PROMISE, CANARY, None, clock.move(days=1))
        (note,) = contacts.notes(ben_to_ada)
        assert (note.written_at, note.kept_at) == (since, since)

    def test_the_notes_about_many_come_in_one_query(self, session, scene, meet, ben_to_ada, clock, queries):
        encounter = meet(scene.ada, scene.cleo).encounter
        cleo = contacts.find(scene.ada, scene.cleo)
        contacts.write(cleo, LINE, "Runs it", encounter, clock.now)
        contacts.write(cleo, PROMISE, "The list", encounter, clock.now)
        with queries() as asked:
            found = contacts.notes_of([ben_to_ada, cleo])
        assert [note.text for note in found[cleo.id]] == ["The list", "Runs it"]
        assert (found[ben_to_ada.id], asked.count) == ([], 1), asked

    def test_each_meeting_has_a_line_and_a_promise_of_its_own(self, scene, meet, ben_to_ada, clock):
        earlier = meet(scene.ada, scene.ben, occasion=date(2026, 11, 3)).encounter
        for encounter in encounters.between(scene.ada, scene.ben):
            for kind in (LINE, PROMISE):
                contacts.write(ben_to_ada, kind, f"{kind} of {encounter.day}", encounter, clock.now)
        found = {(note.kind, note.encounter.day): note.text for note in contacts.notes(ben_to_ada)}
        assert len(found) == 4
        assert found[PROMISE, earlier.day] == "promise of 2026-11-03"

    @pytest.mark.parametrize("nothing", ["", "  \r\n"])
    def test_nothing_typed_drops_the_line(self, session, ben_to_ada, clock, nothing):
        contacts.write(ben_to_ada, LINE, CANARY, None, clock.now)
        contacts.write(ben_to_ada, LINE, nothing, None, clock.now)
        assert contacts.notes(ben_to_ada) == []
        assert session.scalar(select(func.count()).select_from(Note)) == 0

    @pytest.mark.parametrize("text", ["a\0b", "lone \ud83d"])
    def test_what_no_database_takes_is_refused(self, ben_to_ada, clock, text):
        with pytest.raises(contacts.NotPlainNote) as refused:
            contacts.write(ben_to_ada, LINE, text, None, clock.now)
        assert refused.value.field == LINE

    def test_two_thousand_characters_are_enough(self, ben_to_ada, clock):
        contacts.write(ben_to_ada, LINE, "é" * 2000, None, clock.now)
        with pytest.raises(contacts.NoteTooLong):
            contacts.write(ben_to_ada, LINE, "é" * 2001, None, clock.now)

    def test_it_outlives_its_encounter(self, session, scene, ben_to_ada, clock):
        encounter = encounters.between(scene.ada, scene.ben)[0]
        contacts.write(ben_to_ada, LINE, CANARY, encounter, clock.now)
        session.delete(scene.event)
        session.flush()
        session.expire_all()
        assert [(note.text, note.encounter) for note in contacts.notes(ben_to_ada)] == [(CANARY, None)]

    def test_sealed_words_copied_to_another_contact_do_not_open(self, session, scene, meet, ben_to_ada, clock):
        """D13."""
        meet(scene.ben, scene.ada)
        theirs = contacts.find(scene.ben, scene.ada)
        contacts.write(ben_to_ada, LINE, CANARY, None, clock.now)
        contacts.write(theirs, LINE, "Something else", None, clock.now)
        mine = session.scalar(select(Note).where(Note.contact_id == ben_to_ada.id))
        session.execute(update(Note).where(Note.contact_id == theirs.id).values(sealed=mine.sealed))
        session.expire_all()
        with pytest.raises(sealing.SealBroken):
            contacts.notes(theirs)

    def test_no_byte_of_it_stands_in_the_database(self, session, ben_to_ada, clock, instance, dialect):
        """D13, A130, A138: whoever has the database without its keys has no note."""
        for kind in (LINE, PROMISE):
            contacts.write(ben_to_ada, kind, CANARY, None, clock.now)
        session.commit()
        if dialect == "sqlite":
            kept = b"".join(file.read_bytes() for file in instance.glob("marmalade.sqlite3*"))
        else:
            kept = b"".join(session.scalars(select(Note.sealed)))
        assert b"ada@example.org" in kept or dialect != "sqlite"
        assert not any(word.encode() in kept for word in CANARY.split() if len(word) > 5)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300))
@example("\N{RIGHT-TO-LEFT OVERRIDE}turned \N{MAN}\N{ZERO WIDTH JOINER}\N{EAR OF RICE} \r\n e\u0301 \ufb01")
def test_whatever_is_typed_comes_back_to_the_letter(session, ben_to_ada, clock, text):
    contacts.write(ben_to_ada, LINE, text, None, clock.now)
    session.expire_all()
    assert [note.text for note in contacts.notes(ben_to_ada)] == ([text] if text.strip() else [])
