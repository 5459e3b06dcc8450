"""Questions: few at a time, closed quietly, and a no that nobody but the one who said it ever learns of."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import cards, contacts, encounters, holders, partings, planning, questions, welcomes
from app.domain.encounters import BY_HAND, CARD
from app.domain.questions import ACCESS, CLOSED, NO, OPEN, PITCH, YES, NotWelcome, OnePitchAWeek, TooManyQuestions
from app.domain.refusals import NotFound
from tests import cast

DAY = timedelta(days=1)


@pytest.fixture
def scene(session, clock):
    """Ada's e-mail is for nobody; everybody is at breakfast."""
    company = cast.assemble(clock.now)
    words = {"what_i_do": "Books", "email": "ada@example.org", "company": "Bevan & Daughters"}
    cards.change(cards.of(company.ada), "Ada Bevan", words, "reserved", {}, "GB")
    cast.arrive(company.event, company.ada, company.ben, company.cleo)
    return company


def meet(one, other, scene, clock, how=BY_HAND):
    return contacts.meet(one, other, uuid4(), how, scene.event, clock.now, clock.now)


def asked(person, now):
    return [(question.asker, question.kind) for question in questions.for_me(person, now)]


def crowd(number, clock):
    return [cast.person(f"Friend {n}", clock.now) for n in range(number)]


class TestWhereTheyComeFrom:
    def test_whoever_is_added_by_hand_is_asked_for_the_rest(self, scene, clock):
        """D3."""
        meet(scene.ben, scene.ada, scene, clock)
        assert asked(scene.ada, clock.now) == [(scene.ben, ACCESS)]
        assert contacts.level(contacts.find(scene.ben, scene.ada)) == cards.ANYONE

    def test_whose_card_was_shown_is_asked_nothing(self, scene, clock):
        """D3."""
        meet(scene.ben, scene.ada, scene, clock, CARD)
        assert asked(scene.ada, clock.now) == []

    def test_it_is_asked_once_however_often_they_are_added(self, scene, clock):
        for _ in range(3):
            meet(scene.ben, scene.ada, scene, clock)
        assert len(questions.for_me(scene.ada, clock.now)) == 1

    def test_who_adds_the_asker_too_has_said_yes(self, scene, clock):
        """D3. Private fields open when both scanned."""
        meet(scene.ben, scene.ada, scene, clock)
        meet(scene.ada, scene.ben, scene, clock)
        assert asked(scene.ada, clock.now) == []
        assert contacts.level(contacts.find(scene.ben, scene.ada)) == cards.MET

    def test_a_meeting_that_was_taken_back_asks_nothing_any_more(self, scene, clock):
        observation = meet(scene.ben, scene.ada, scene, clock)
        contacts.take_back(scene.ben, observation.op_id, clock.now)
        assert asked(scene.ada, clock.now) == []


class TestHowMany:
    def test_five_wait_at_a_time_and_the_sixth_meeting_is_noted_without_one(self, scene, clock):
        """D3."""
        friends = crowd(6, clock)
        for friend in friends:
            meet(scene.ada, friend, scene, clock)
        assert [len(questions.for_me(friend, clock.now)) for friend in friends] == [1, 1, 1, 1, 1, 0]
        with pytest.raises(TooManyQuestions):
            questions.ask(scene.ada, friends[5], ACCESS, clock.now)
        holders.answer(questions.for_me(friends[0], clock.now)[0], True, clock.now)
        questions.ask(scene.ada, friends[5], ACCESS, clock.now)

    def test_a_no_makes_no_room_that_the_asker_could_notice(self, scene, clock):
        """D4. The limit counts as if nobody had answered."""
        friends = crowd(6, clock)
        for friend in friends[:5]:
            meet(scene.ada, friend, scene, clock)
        holders.answer(questions.for_me(friends[0], clock.now)[0], False, clock.now)
        with pytest.raises(TooManyQuestions):
            questions.ask(scene.ada, friends[5], ACCESS, clock.now)


class TestTheAnswer:
    def test_a_yes_opens_what_was_asked_for_even_if_nobody_else_sees_it(self, scene, clock):
        """D3, D6."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], True, clock.now)
        seen = contacts.shown(contacts.find(scene.ben, scene.ada))
        assert (seen["email"], seen["company"]) == ("ada@example.org", "Bevan & Daughters")
        assert questions.said_yes(scene.ada, scene.ben, ACCESS)
        assert not questions.waits(scene.ben, scene.ada, ACCESS, clock.now)
        meet(scene.cleo, scene.ada, scene, clock, CARD)
        assert "email" not in contacts.shown(contacts.find(scene.cleo, scene.ada))

    def test_an_address_typed_with_the_yes_is_for_those_alone_who_were_given_it(self, scene, clock):
        """D6."""
        cards.change(cards.of(scene.ada), "Ada Bevan", {"what_i_do": "Books"}, "reserved", {}, "GB")
        meet(scene.ben, scene.ada, scene, clock)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], True, clock.now, "Ada@Example.org")
        assert contacts.shown(contacts.find(scene.ben, scene.ada))["email"] == "ada@example.org"
        assert "email" not in cards.visible(cards.of(scene.ada), cards.MET)

    def test_a_no_is_silent_and_looks_like_no_answer(self, scene, clock):
        """D4, D12."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], False, clock.now)
        assert questions.waits(scene.ben, scene.ada, ACCESS, clock.now)
        assert contacts.level(contacts.find(scene.ben, scene.ada)) == cards.ANYONE
        clock.move(days=30)
        assert not questions.waits(scene.ben, scene.ada, ACCESS, clock.now)

    def test_a_no_is_final_and_another_question_reaches_nobody(self, scene, clock):
        """D12."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], False, clock.now)
        for _ in range(3):
            clock.move(days=31)
            questions.ask(scene.ben, scene.ada, ACCESS, clock.now)
            assert questions.waits(scene.ben, scene.ada, ACCESS, clock.now)
            assert asked(scene.ada, clock.now) == []

    def test_only_the_one_who_said_no_reopens_it(self, scene, clock):
        """D12."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], False, clock.now)
        assert questions.said_no(scene.ada, scene.ben, ACCESS)
        questions.reopen(scene.ben, scene.ada, ACCESS)
        assert questions.said_no(scene.ada, scene.ben, ACCESS)
        questions.reopen(scene.ada, scene.ben, ACCESS)
        questions.ask(scene.ben, scene.ada, ACCESS, clock.now)
        assert asked(scene.ada, clock.now) == [(scene.ben, ACCESS)]

    def test_nobody_answers_for_another(self, scene, clock):
        """A128."""
        meet(scene.ben, scene.ada, scene, clock)
        question = questions.for_me(scene.ada, clock.now)[0]
        for other in (scene.ben, scene.cleo):
            with pytest.raises(NotFound):
                questions.of(other, question.id)

    def test_what_nobody_answers_for_thirty_days_closes_without_a_word(self, scene, clock):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        question = questions.for_me(scene.ada, clock.now)[0]
        planning.plan(clock.move(days=29))
        assert question.state == OPEN
        planning.plan(clock.move(days=1))
        assert question.state == CLOSED
        assert asked(scene.ada, clock.now) == []
        questions.ask(scene.ben, scene.ada, ACCESS, clock.now)
        assert asked(scene.ada, clock.now) == [(scene.ben, ACCESS)]

    def test_a_block_ends_every_question_between_the_two(self, scene, clock):
        """P166."""
        meet(scene.ben, scene.ada, scene, clock)
        partings.block(scene.ada, scene.ben, clock.now)
        assert asked(scene.ada, clock.now) == []
        partings.blocks.remove(scene.ada, scene.ben.id)
        assert asked(scene.ada, clock.now) == []


class TestThePitch:
    def test_only_whose_card_welcomes_offers_is_asked(self, scene, clock):
        """D12."""
        with pytest.raises(NotWelcome, match="Ada"):
            questions.ask(scene.ben, scene.ada, PITCH, clock.now)
        welcomes.put(scene.ada, [welcomes.OFFERS])
        questions.ask(scene.ben, scene.ada, PITCH, clock.now)
        assert asked(scene.ada, clock.now) == [(scene.ben, PITCH)]

    def test_one_a_week_is_asked(self, scene, clock):
        """D12."""
        for person in (scene.ada, scene.cleo):
            welcomes.put(person, [welcomes.OFFERS])
        questions.ask(scene.ben, scene.ada, PITCH, clock.now)
        with pytest.raises(OnePitchAWeek):
            questions.ask(scene.ben, scene.cleo, PITCH, clock.move(days=6))
        questions.ask(scene.ben, scene.cleo, PITCH, clock.move(days=1))

    def test_a_no_is_final_for_ever(self, scene, clock):
        """D12."""
        welcomes.put(scene.ada, [welcomes.OFFERS])
        questions.ask(scene.ben, scene.ada, PITCH, clock.now)
        question = questions.for_me(scene.ada, clock.now)[0]
        holders.answer(question, False, clock.now)
        assert question.state == NO
        questions.ask(scene.ben, scene.ada, PITCH, clock.move(days=400))
        assert asked(scene.ada, clock.now) == []

    def test_a_yes_opens_no_address(self, scene, clock):
        welcomes.put(scene.ada, [welcomes.OFFERS])
        meet(scene.ben, scene.ada, scene, clock, CARD)
        questions.ask(scene.ben, scene.ada, PITCH, clock.now)
        question = questions.for_me(scene.ada, clock.now)[0]
        holders.answer(question, True, clock.now)
        assert question.state == YES
        assert contacts.level(contacts.find(scene.ben, scene.ada)) == cards.MET


def test_what_is_asked_costs_one_query_however_much_it_is(scene, clock, queries):
    for friend in crowd(12, clock):
        meet(friend, scene.ada, scene, clock)
    with queries() as counted:
        assert len([question.asker.name for question in questions.for_me(scene.ada, clock.now)]) == 12
    assert counted.count == 1, counted
    assert encounters.said(scene.ada, scene.ben)[scene.ada.id] == set()
