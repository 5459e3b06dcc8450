"""Prompts wait under Today until they are answered or put off; links in letters open one prompt, for one person."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from app import tokens
from app.domain import contacts, links, one_to_ones, planning, prompts
from app.domain.encounters import CARD
from app.domain.one_to_ones import Offer, OneToOne
from app.domain.prompts import DONE, FOLLOW_UP, ONE_TO_ONE, OPEN
from app.domain.refusals import NotFound
from tests import cast

THURSDAY, MONDAY = datetime(2026, 11, 26, 8, 30, tzinfo=UTC), datetime(2026, 11, 30, 8, 30, tzinfo=UTC)


@pytest.fixture
def scene(session, clock):
    """Ada met Ben and Cleo; all their prompts are planned."""
    assembled = cast.assemble(clock.now)
    cast.arrive(assembled.event, assembled.ada, assembled.ben, assembled.cleo)
    for other in (assembled.ben, assembled.cleo):
        contacts.meet(assembled.ada, other, uuid4(), CARD, assembled.event, clock.now, clock.now)
    planning.plan(assembled.event.closes_at)
    session.commit()
    return assembled


@pytest.fixture
def mine(scene):
    (waiting,) = prompts.waiting(scene.ada, THURSDAY)
    return waiting


def kinds(person, now):
    return [prompt.kind for prompt in prompts.waiting(person, now)]


class TestToday:
    def test_a_prompt_waits_from_when_it_is_due_the_oldest_first(self, scene):
        assert kinds(scene.ada, THURSDAY - timedelta(seconds=1)) == []
        assert kinds(scene.ada, THURSDAY) == [FOLLOW_UP]
        assert kinds(scene.ada, MONDAY) == [FOLLOW_UP, ONE_TO_ONE]

    def test_an_answered_prompt_waits_no_more_and_comes_back_when_the_answer_is_taken_back(self, scene, mine):
        prompts.answer(mine, THURSDAY)
        prompts.answer(mine, MONDAY)
        assert (mine.state, mine.ended_at) == (DONE, THURSDAY)
        assert kinds(scene.ada, THURSDAY) == []
        prompts.reopen(mine)
        assert kinds(scene.ada, THURSDAY) == [FOLLOW_UP]

    def test_somebody_else_s_prompt_is_not_there(self, scene, mine):
        assert prompts.of(scene.ada, mine.id) is mine
        with pytest.raises(NotFound):
            prompts.of(scene.ben, mine.id)

    def test_the_number_of_statements_does_not_grow_with_the_prompts(self, session, scene, queries):
        session.expunge_all()
        with queries() as asked:
            waiting = prompts.waiting(scene.ada, MONDAY)
            assert [prompt.event.name for prompt in waiting] == ["Tuesday Breakfast"] * 2
        assert asked.count == 1, asked


class TestLater:
    def test_it_comes_back_on_the_morning_that_was_chosen(self, scene, mine):
        prompts.snooze(mine, date(2026, 12, 2), THURSDAY)
        assert (mine.round, mine.due_at) == (2, datetime(2026, 12, 2, 8, 30, tzinfo=UTC))
        assert kinds(scene.ada, THURSDAY) == []

    def test_asking_for_the_same_twice_counts_once(self, mine):
        prompts.snooze(mine, date(2026, 12, 2), THURSDAY)
        prompts.snooze(mine, date(2026, 12, 2), THURSDAY)
        assert mine.round == 2

    def test_what_is_answered_cannot_be_put_off(self, mine):
        prompts.answer(mine, THURSDAY)
        prompts.snooze(mine, date(2026, 12, 2), THURSDAY)
        assert (mine.state, mine.round) == (DONE, 1)

    def test_the_choices_are_working_mornings_to_come(self, mine):
        assert [choice.choice for choice in prompts.later_choices(mine, THURSDAY)] == ["tomorrow", "next_week"]


class TestWhomAOneToOneFits:
    @pytest.fixture
    def prompt(self, scene):
        return prompts.waiting(scene.ada, MONDAY)[-1]

    def names(self, prompt):
        return [contact.other.first_name for contact in prompts.fitting(prompt)]

    def test_whoever_was_met_there(self, prompt):
        assert self.names(prompt) == ["Ben", "Cleo"]

    def test_not_who_was_moved_to_the_wide_circle(self, scene, prompt):
        contacts.move(contacts.find(scene.ada, scene.ben), contacts.WIDE_CIRCLE)
        assert self.names(prompt) == ["Cleo"]

    @pytest.mark.parametrize("state", [one_to_ones.PROPOSED, one_to_ones.DECLINED, one_to_ones.AGREED])
    @pytest.mark.parametrize("asked_by", ["ada", "ben"])
    def test_not_whom_one_has_asked_or_agreed_with_and_never_after_a_no(
        self, session, clock, scene, prompt, state, asked_by
    ):
        """A no is final; a logged 1-2-1 resets the clock."""
        proposer = getattr(scene, asked_by)
        other = scene.ben if proposer is scene.ada else scene.ada
        meeting = one_to_ones.propose(
            contacts.find(proposer, other), proposer, Offer([MONDAY], cast.ZONE, "The Grand"), THURSDAY
        )
        if state == one_to_ones.AGREED:
            one_to_ones.pick(meeting, other, MONDAY, THURSDAY)
        elif state == one_to_ones.DECLINED:
            one_to_ones.decline(meeting, other, THURSDAY)
        assert self.names(prompt) == ["Cleo"]

    def test_a_one_to_one_from_before_the_event_does_not_count(self, session, clock, scene, prompt):
        before = scene.event.starts_at - timedelta(days=30)
        session.add(
            OneToOne(
                proposer=scene.ada,
                other=scene.ben,
                state=one_to_ones.AGREED,
                time_zone=cast.ZONE,
                starts_at=before,
                created_at=before,
                answered_at=before,
            )
        )
        session.flush()
        assert self.names(prompt) == ["Ben", "Cleo"]

    def test_a_prompt_that_fits_nobody_any_more_waits_no_longer(self, scene, prompt):
        for other in (scene.ben, scene.cleo):
            contacts.move(contacts.find(scene.ada, other), contacts.WIDE_CIRCLE)
        assert kinds(scene.ada, MONDAY) == [FOLLOW_UP]
        assert prompt.state == OPEN


class TestLinks:
    def test_a_link_opens_its_prompt_as_often_as_it_is_followed(self, mine):
        token = links.action(mine, THURSDAY)
        assert links.by_action(token, MONDAY) is links.by_action(token, MONDAY) is mine

    def test_a_link_that_ran_out_says_so(self, mine):
        token = links.action(mine, THURSDAY)
        with pytest.raises(links.LinkTooOld):
            links.by_action(token, THURSDAY + timedelta(days=61))

    def test_a_link_that_stops_letters_knows_whose(self, scene):
        token = links.unsubscribe(scene.ada, THURSDAY)
        assert links.by_unsubscribe(token, THURSDAY + timedelta(days=399)) is scene.ada
        prompts.unsubscribe(scene.ada)
        assert not scene.ada.mail_prompts
        prompts.resubscribe(scene.ada)
        assert scene.ada.mail_prompts

    @pytest.mark.parametrize("token", ["", ".", "e30.e30", "é.é", "a" * 2000])
    def test_what_we_never_made_opens_nothing(self, session, token):
        """A132."""
        for read in (links.by_action, links.by_unsubscribe):
            with pytest.raises(NotFound):
                read(token, THURSDAY)

    def test_a_token_for_one_purpose_other_person_or_with_a_changed_byte_opens_nothing(self, scene, mine):
        """A132."""
        with pytest.raises(NotFound):
            links.by_action(links.unsubscribe(scene.ada, THURSDAY), THURSDAY)
        with pytest.raises(NotFound):
            links.by_unsubscribe(links.action(mine, THURSDAY), THURSDAY)
        forged = tokens.sign("act", {"p": mine.id, "w": scene.ben.id, "e": 2**40})
        with pytest.raises(NotFound):
            links.by_action(forged, THURSDAY)
        token = links.unsubscribe(scene.ada, THURSDAY)
        other = "A" if token[3] != "A" else "B"
        with pytest.raises(NotFound):
            links.by_unsubscribe(token[:3] + other + token[4:], THURSDAY)
