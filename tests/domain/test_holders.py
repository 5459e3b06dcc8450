"""Holders: the scanned one is told exactly what is open, and takes it back at any time."""

from uuid import uuid4

import pytest

from app.domain import cards, contacts, encounters, holders, occasions, partings, questions
from app.domain.encounters import BY_HAND, CARD, SHORT_CODE
from app.domain.questions import ACCESS
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def scene(session, clock):
    """Ada's card is usual: her e-mail is for people she has met."""
    company = cast.assemble(clock.now)
    words = {"what_i_do": "Books", "email": "ada@example.org", "phone": "07700 900123"}
    cards.change(cards.of(company.ada), "Ada Bevan", words, "usual", {"phone": "nobody"}, "GB")
    return company


def meet(one, other, scene, clock, how=CARD):
    return contacts.meet(one, other, uuid4(), how, scene.event, clock.now, clock.now)


def told(person):
    return [(holder.contact.owner, list(holder.fields)) for holder in holders.news(person)]


def seen(owner, other):
    return list(contacts.shown(contacts.find(owner, other)))


class TestBeingTold:
    def test_the_scanned_one_is_told_who_has_what_of_their_card_since_when(self, scene, clock):
        """D4, A131."""
        meet(scene.ben, scene.ada, scene, clock)
        (holder,) = holders.news(scene.ada)
        assert (holder.contact.owner, holder.since, holder.how) == (scene.ben, clock.now, CARD)
        assert list(holder.fields) == seen(scene.ben, scene.ada) == ["what_i_do", "email"]
        assert holders.news(scene.ben) == []

    def test_fine_puts_it_to_rest_and_another_scan_tells_nothing_new(self, scene, clock):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.rest(holders.news(scene.ada)[0].contact, clock.now)
        meet(scene.ben, scene.ada, scene, clock)
        assert told(scene.ada) == []

    def test_who_sees_more_later_is_told_of_again(self, scene, clock):
        meet(scene.ben, scene.ada, scene, clock, BY_HAND)
        questions.close(scene.ben.id, scene.ada.id, questions.CLOSED, clock.now)
        holders.rest_all(scene.ada, clock.now)
        assert told(scene.ada) == []
        clock.move(minutes=5)
        meet(scene.ben, scene.ada, scene, clock)
        assert told(scene.ada) == [(scene.ben, ["what_i_do", "email"])]

    def test_who_asks_for_more_is_told_of_by_the_question(self, scene, clock):
        meet(scene.ben, scene.ada, scene, clock, BY_HAND)
        assert told(scene.ada) == []
        assert [question.asker for question in questions.for_me(scene.ada, clock.now)] == [scene.ben]

    def test_several_are_told_of_together(self, scene, clock):
        for someone in (scene.ben, scene.cleo, scene.dev):
            meet(someone, scene.ada, scene, clock)
        assert {holder.contact.owner for holder in holders.news(scene.ada)} == {scene.ben, scene.cleo, scene.dev}
        holders.rest_all(scene.ada, clock.now)
        assert told(scene.ada) == []


class TestTakingItBack:
    def test_it_closes_what_not_anyone_sees(self, scene, clock):
        """D4, A131."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.take_back(holders.news(scene.ada)[0].contact, clock.now)
        assert seen(scene.ben, scene.ada) == ["what_i_do"]
        assert contacts.level_when_shown(contacts.find(scene.ben, scene.ada), scene.ada) == cards.ANYONE
        assert told(scene.ada) == []

    @pytest.mark.parametrize("how", [CARD, SHORT_CODE, BY_HAND])
    def test_scanning_again_opens_nothing_and_asks(self, scene, clock, how):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.take_back(holders.news(scene.ada)[0].contact, clock.now)
        meet(scene.ben, scene.ada, scene, clock, how)
        meet(scene.ada, scene.ben, scene, clock)
        assert seen(scene.ben, scene.ada) == ["what_i_do"]
        assert [question.asker for question in questions.for_me(scene.ada, clock.now)] == [scene.ben]

    def test_given_again_it_is_open_and_an_earlier_no_is_forgotten(self, scene, clock):
        """D12."""
        meet(scene.ben, scene.ada, scene, clock)
        contact = holders.find(scene.ada, contacts.find(scene.ben, scene.ada).id)
        holders.take_back(contact, clock.now)
        questions.ask(scene.ben, scene.ada, ACCESS, clock.now)
        holders.answer(questions.for_me(scene.ada, clock.now)[0], False, clock.now)
        holders.give(contact, clock.now)
        assert seen(scene.ben, scene.ada) == ["what_i_do", "email", "phone"]
        assert not questions.said_no(scene.ada, scene.ben, ACCESS)

    def test_all_of_it_at_once(self, scene, clock):
        """D4."""
        for someone in (scene.ben, scene.cleo):
            meet(someone, scene.ada, scene, clock)
        meet(scene.ada, scene.ben, scene, clock)
        holders.take_back_all(scene.ada, clock.now)
        assert seen(scene.ben, scene.ada) == seen(scene.cleo, scene.ada) == ["what_i_do"]
        assert contacts.level(contacts.find(scene.ada, scene.ben)) == cards.MET

    def test_nobody_takes_back_for_another(self, scene, clock):
        """A128."""
        meet(scene.ben, scene.ada, scene, clock)
        mine = contacts.find(scene.ben, scene.ada).id
        for other in (scene.ben, scene.cleo):
            with pytest.raises(NotFound):
                holders.find(other, mine)


class TestAlwaysAskMe:
    def test_from_then_on_a_scan_opens_what_anyone_sees_and_asks(self, scene, clock):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.ask_first(scene.ada, True)
        assert contacts.level_when_shown(None, scene.ada) == cards.ANYONE
        meet(scene.cleo, scene.ada, scene, clock)
        meet(scene.ada, scene.cleo, scene, clock)
        assert seen(scene.cleo, scene.ada) == ["what_i_do"]
        assert [question.asker for question in questions.for_me(scene.ada, clock.now)] == [scene.cleo]

    def test_who_has_the_card_keeps_it(self, scene, clock):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        holders.ask_first(scene.ada, True)
        meet(scene.ben, scene.ada, scene, clock)
        assert seen(scene.ben, scene.ada) == ["what_i_do", "email"]

    def test_turned_off_a_scan_is_enough_again(self, scene, clock):
        holders.ask_first(scene.ada, True)
        holders.ask_first(scene.ada, False)
        meet(scene.ben, scene.ada, scene, clock)
        assert seen(scene.ben, scene.ada) == ["what_i_do", "email"]


class TestRemovingAMeeting:
    @pytest.mark.parametrize("who", ["ada", "ben"])
    def test_it_leaves_both_lists_whoever_said_that_they_met_even_years_later(self, scene, clock, who):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        encounter = encounters.between(scene.ada, scene.ben)[0]
        clock.move(days=800)
        contacts.remove(getattr(scene, who), encounter.id, clock.now)
        assert occasions.of(scene.ada) == occasions.of(scene.ben) == holders.of(scene.ada) == []
        assert contacts.level(contacts.find(scene.ben, scene.ada)) == cards.ANYONE

    def test_it_is_not_put_back_by_the_other(self, scene, clock):
        """D4."""
        observation = meet(scene.ben, scene.ada, scene, clock)
        contacts.remove(scene.ada, observation.encounter_id, clock.now)
        contacts.put_back(scene.ben, observation.op_id, uuid4(), clock.now)
        assert occasions.of(scene.ada) == []

    def test_a_card_that_is_shown_again_is_given_again(self, scene, clock):
        observation = meet(scene.ben, scene.ada, scene, clock)
        contacts.remove(scene.ada, observation.encounter_id, clock.now)
        meet(scene.ben, scene.ada, scene, clock)
        assert seen(scene.ben, scene.ada) == ["what_i_do", "email"]

    def test_another_meeting_keeps_what_it_opened(self, scene, clock):
        earlier = meet(scene.ben, scene.ada, scene, clock)
        clock.move(days=7)
        day = clock.now.date()
        contacts.meet(scene.ben, scene.ada, uuid4(), CARD, day, clock.now, clock.now)
        contacts.remove(scene.ada, earlier.encounter_id, clock.now)
        assert seen(scene.ben, scene.ada) == ["what_i_do", "email"]
        assert len(occasions.of(scene.ada)) == 1

    def test_the_others_own_note_stays_with_them(self, scene, clock):
        """P171. What I remove is mine; what they wrote is theirs."""
        observation = meet(scene.ben, scene.ada, scene, clock)
        contact = contacts.find(scene.ben, scene.ada)
        contacts.write(contact, contacts.LINE, "Keeps books", observation.encounter, clock.now)
        contacts.remove(scene.ada, observation.encounter_id, clock.now)
        assert [note.text for note in contacts.notes(contact)] == ["Keeps books"]

    def test_a_meeting_of_others_is_nobodys_to_remove(self, scene, clock):
        """A128."""
        observation = meet(scene.ben, scene.ada, scene, clock)
        with pytest.raises(NotFound):
            contacts.remove(scene.cleo, observation.encounter_id, clock.now)


class TestWhoHasMyCard:
    def test_it_lists_everybody_the_latest_first_with_how_they_came_to_it(self, scene, clock):
        """D4."""
        meet(scene.ben, scene.ada, scene, clock)
        clock.move(minutes=1)
        meet(scene.cleo, scene.ada, scene, clock, BY_HAND)
        clock.move(minutes=1)
        meet(scene.ada, scene.dev, scene, clock)
        assert {(holder.contact.owner, holder.how) for holder in holders.of(scene.ada)} == {
            (scene.ben, CARD),
            (scene.cleo, BY_HAND),
            (scene.dev, None),
        }
        assert holders.of(scene.ada)[-1].contact.owner is scene.ben
        assert holders.count(scene.ada) == 3
        assert holders.held_by(scene.ada, scene.cleo).how == BY_HAND

    def test_who_is_blocked_is_not_in_it(self, scene, clock):
        """P166."""
        meet(scene.ben, scene.ada, scene, clock)
        partings.block(scene.ben, scene.ada, clock.now)
        assert holders.of(scene.ada) == holders.news(scene.ada) == []

    @pytest.mark.parametrize("number", [3, 60])
    def test_a_page_costs_the_same_however_many_there_are(self, scene, clock, session, queries, number):
        for n in range(number):
            meet(cast.person(f"Friend {n}", clock.now), scene.ada, scene, clock)
        session.flush()
        session.expunge_all()
        with queries() as asked:
            shown = [holder.fields for holder in holders.of(scene.ada)]
        assert (len(shown), asked.count) == (min(number, holders.A_PAGE), 2), asked
        assert len(holders.of(scene.ada, 2)) == max(0, number - holders.A_PAGE)


def test_what_a_holder_sees_follows_the_card_as_it_is_now(scene, clock):
    """P178, A131."""
    meet(scene.ben, scene.ada, scene, clock)
    cards.change(cards.of(scene.ada), "Ada Price", {"what_i_do": "Numbers"}, "usual", {}, "GB")
    contact = contacts.find(scene.ben, scene.ada)
    assert (contact.other.name, contacts.shown(contact)) == ("Ada Price", {"what_i_do": "Numbers"})
