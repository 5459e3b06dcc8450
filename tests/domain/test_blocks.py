"""Blocks: complete for both, from the day they are made to the day they are taken away, and never told."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import (
    acquaintances,
    blocks,
    companions,
    contacts,
    encounters,
    follow_ups,
    invitations,
    occasions,
    one_to_ones,
    partings,
    prompts,
)
from app.domain.blocks import YouBlocked
from app.domain.cards import CardWithdrawn
from app.domain.encounters import BY_HAND, CARD
from app.domain.follow_ups import NobodyThere
from app.domain.one_to_ones import CANCELLED, CLOSED, Offer
from app.domain.refusals import NotFound
from tests import cast, scenes

BOTH_WAYS = pytest.mark.parametrize("who", ["ada", "ben"])


@pytest.fixture
def scene(session, clock):
    """Ada and Ben have met over breakfast, and Cleo was there."""
    company = cast.assemble(clock.now)
    cast.arrive(company.event, company.ada, company.ben, company.cleo)
    meet(company.ada, company.ben, company.event, clock)
    meet(company.ada, company.cleo, company.event, clock)
    return company


def meet(one, other, event, clock, how=CARD):
    return contacts.meet(one, other, uuid4(), how, event, clock.now, clock.now)


def block(scene, who, now):
    blocker, blocked = (scene.ada, scene.ben) if who == "ada" else (scene.ben, scene.ada)
    partings.block(blocker, blocked, now)


def propose(scene, clock, days=(1, 2)):
    times = [clock.now + timedelta(days=n) for n in days]
    contact = contacts.find(scene.ada, scene.ben)
    return invitations.propose(scene.ada, contact, Offer(times, cast.ZONE, "By phone"), clock.now)


@BOTH_WAYS
def test_neither_stands_in_any_list_of_the_other(scene, clock, who):
    """P166, D12."""
    prompt = scenes.follow_up(scene)
    known = contacts.find(scene.ada, scene.ben).id
    block(scene, who, clock.now)
    assert contacts.find(scene.ada, scene.ben) is contacts.find(scene.ben, scene.ada) is None
    with pytest.raises(NotFound):
        contacts.of(scene.ada, known)
    assert [one.contact.other for occasion in occasions.of(scene.ada) for one in occasion.meetings] == [scene.cleo]
    assert occasions.of(scene.ben) == []
    assert [one.person for one in companions.of(scene.ada, scene.event, clock.now)] == [scene.cleo]
    assert [one.person for one in companions.of(scene.ben, scene.event, clock.now)] == [scene.cleo]
    assert [met.contact.other for met in follow_ups.read(prompt).new] == [scene.cleo]
    assert [met.other for met in acquaintances.made(scene.ada, scene.event)] == [scene.cleo]
    assert [seen.observed for seen in encounters.latest(scene.ada, clock.now - timedelta(1), 5)] == [scene.cleo]


@BOTH_WAYS
def test_neither_is_offered_to_the_other_for_a_one_to_one(scene, clock, who):
    """P166."""
    prompt = scenes.follow_up(scene)
    prompt.kind = prompts.ONE_TO_ONE
    block(scene, who, clock.now)
    assert [contact.other for contact in prompts.fitting(prompt)] == [scene.cleo]


def test_whoever_was_blocked_finds_a_card_like_any_that_was_replaced(scene, clock):
    """P166, D12."""
    partings.block(scene.ada, scene.ben, clock.now)
    for how in (CARD, BY_HAND):
        with pytest.raises(CardWithdrawn):
            meet(scene.ben, scene.ada, scene.event, clock, how)
    with pytest.raises(NotFound):
        companions.find(scene.ben, scene.event, scene.ada.id, clock.now)


def test_only_the_one_who_blocked_is_told_so(scene, clock):
    partings.block(scene.ada, scene.ben, clock.now)
    with pytest.raises(YouBlocked, match="Ben"):
        meet(scene.ada, scene.ben, scene.event, clock)
    partings.block(scene.ben, scene.ada, clock.now)
    with pytest.raises(CardWithdrawn):
        meet(scene.ada, scene.ben, scene.event, clock)


def test_what_was_taken_back_is_not_put_back_over_a_block(scene, clock):
    """P166."""
    mine = meet(scene.ben, scene.ada, scene.event, clock)
    contacts.take_back(scene.ben, mine.op_id, clock.now)
    partings.block(scene.ada, scene.ben, clock.now)
    with pytest.raises(CardWithdrawn):
        contacts.put_back(scene.ben, mine.op_id, uuid4(), clock.now)


def test_nobody_is_added_by_name_who_is_blocked(scene, clock):
    """P166."""
    prompt = scenes.follow_up(scene)
    partings.block(scene.ben, scene.ada, clock.now)
    with pytest.raises(NobodyThere):
        follow_ups.add(prompt, "Ben Okafor", uuid4(), clock.now)


@BOTH_WAYS
def test_a_proposal_closes_without_a_word_and_asks_nobody_any_more(scene, clock, who):
    """P166."""
    proposal = propose(scene, clock)
    later = clock.now + timedelta(hours=1)
    assert len(prompts.waiting(scene.ben, later)) == 1
    block(scene, who, clock.now)
    assert proposal.state == CLOSED
    assert prompts.waiting(scene.ben, later) == []
    assert one_to_ones.around(scene.ada, clock.now, clock.now + timedelta(9), clock.now) == []
    with pytest.raises(one_to_ones.Settled):
        invitations.pick(proposal, scene.ben, proposal.times[0].starts_at, clock.now)


@BOTH_WAYS
def test_what_was_agreed_is_called_off_in_the_ordinary_way(scene, clock, who):
    agreed = propose(scene, clock)
    invitations.pick(agreed, scene.ben, agreed.times[0].starts_at, clock.now)
    block(scene, who, clock.now)
    assert agreed.state == CANCELLED
    assert agreed.cancelled_by_id == getattr(scene, who).id
    assert one_to_ones.around(scene.ben, clock.now, clock.now + timedelta(9), clock.now) == []


def test_what_is_past_stays_as_it_was(scene, clock):
    held = propose(scene, clock)
    invitations.pick(held, scene.ben, held.times[0].starts_at, clock.now)
    clock.move(days=1, hours=1)
    partings.block(scene.ada, scene.ben, clock.now)
    assert held.state == one_to_ones.AGREED


def test_taken_away_everything_is_there_again(scene, clock):
    """P166."""
    contact = contacts.find(scene.ada, scene.ben)
    contacts.write(contact, contacts.LINE, "Cycles in", None, clock.now)
    for _ in range(2):
        partings.block(scene.ada, scene.ben, clock.now)
    assert [block.blocked for block in blocks.mine(scene.ada)] == [scene.ben]
    assert blocks.mine(scene.ben) == []
    with pytest.raises(NotFound):
        blocks.remove(scene.ben, scene.ada.id)
    blocks.remove(scene.ada, scene.ben.id)
    assert [note.text for note in contacts.notes(contacts.find(scene.ada, scene.ben))] == ["Cycles in"]
    meet(scene.ben, scene.ada, scene.event, clock)


def test_a_block_costs_one_query_however_many_there_are(scene, clock, queries):
    for n in range(20):
        partings.block(scene.ada, cast.person(f"Friend {n}", clock.now), clock.now)
    with queries() as asked:
        assert len(blocks.mine(scene.ada)) == 20
    assert asked.count == 1, asked
