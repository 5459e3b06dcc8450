"""Mutes: what somebody doesn't want to hear of is not planned, and does not go if it was planned before."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import (
    attendance,
    claims,
    consents,
    contacts,
    deliveries,
    encounters,
    events,
    groups,
    invitations,
    mutes,
    notices,
    planning,
)
from app.domain.deliveries import Delivery
from app.domain.one_to_ones import Offer
from tests import cast


@pytest.fixture
def company(session, clock):
    """Ada was at the Tuesday, where Ben asked her for half an hour; the follow-up is due."""
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    cast.arrive(made.event, made.ada, made.ben)
    contacts.meet(made.ben, made.ada, uuid4(), encounters.CARD, made.event, clock.now, clock.now)
    clock.set(made.event.closes_at)
    planning.plan(clock.now)
    clock.move(days=2)
    offer = Offer([clock.now + timedelta(days=3)], cast.ZONE, "By phone")
    invitations.propose(made.ben, contacts.find(made.ben, made.ada), offer, clock.now)
    return made


def planned(session, person, clock) -> list[str]:
    deliveries.plan(clock.now)
    found = session.scalars(select(Delivery).order_by(Delivery.id))
    return [one.prompt.kind for one in found if one.prompt.person_id == person.id]


def test_nothing_is_muted_to_begin_with(session, company, clock) -> None:
    """P165."""
    assert sorted(planned(session, company.ada, clock)) == ["follow_up", "invitation"]


@pytest.mark.parametrize(("kind", "left"), [("follow_ups", ["invitation"]), ("one_to_ones", ["follow_up"])])
def test_a_muted_kind_is_not_planned(session, company, clock, kind, left) -> None:
    """P165."""
    mutes.put(company.ada, mutes.MAIL, [kind], [])
    assert planned(session, company.ada, clock) == left


def test_a_muted_group_is_not_planned_and_another_channel_is_another_matter(session, company, clock) -> None:
    """P165."""
    mutes.put(company.ada, mutes.PUSH, ["one_to_ones"], [])
    mutes.put(company.ada, mutes.MAIL, [], [company.group.id])
    assert planned(session, company.ada, clock) == ["invitation"]


def test_what_is_muted_while_it_is_on_its_way_stops_at_the_dot(session, company, clock) -> None:
    """P165, R28."""
    planned(session, company.ada, clock)
    taken = {held.id: held for held in claims.take(clock.now, 10)}
    for held in taken.values():
        words = claims.Frozen(claims.held(held), b"a letter", "ada@example.org", f"{held.id}@here")
        claims.freeze([words], clock.now)
    mutes.put(company.ada, mutes.MAIL, ["follow_ups"], [])
    rows = session.scalars(select(Delivery)).all()
    hers = {
        row.prompt.kind: bool(claims.to_dot([taken[row.id]], clock.now))
        for row in rows
        if row.prompt.person is company.ada
    }
    assert hers == {"follow_up": False, "invitation": True}


def test_a_switch_put_back_lets_letters_come_again(session, company, clock) -> None:
    mutes.put(company.ada, mutes.MAIL, mutes.KINDS, [company.group.id])
    mutes.put(company.ada, mutes.MAIL, [], [])
    assert len(planned(session, company.ada, clock)) == 2


@pytest.mark.parametrize("muted", ["kind", "group"])
def test_who_wants_no_word_before_a_breakfast_gets_none(session, company, clock, muted) -> None:
    """P165."""
    clock.set(company.event.starts_at - timedelta(hours=15))
    coming = events.create(company.group.id, events.again(company.event, clock.now), clock.now)
    place = attendance.expect(coming, "Ada Bevan", attendance.GOING, clock.now)
    attendance.hold(place, company.ada, clock.now)
    words = {"person": company.ada, "event": coming, "place": place, "data": {"by": "Cleo"}}
    notices.post(notices.BEFORE, "event:1", clock.now, **words)
    assert len(session.scalars(notices.wanted(), {"still_at": clock.now}).all()) == 1
    kinds, silent = ([mutes.BEFORE], []) if muted == "kind" else ([], [company.group.id])
    mutes.put(company.ada, mutes.MAIL, kinds, silent)
    assert session.scalars(notices.wanted(), {"still_at": clock.now}).all() == []


class TestConsents:
    def living(self, person) -> dict[str, str]:
        return {one.what: one.detail for one in consents.of(person) if one.withdrawn_at is None}

    def test_the_record_says_what_words_which_channel_how_and_when(self, session, company, clock) -> None:
        """P160."""
        consents.note(company.ada, consents.CODE, clock.now)
        first = consents.of(company.ada)[0]
        assert (first.words, first.detail) == ("Write to me when a follow-up is due", "mail")
        assert (first.wording, first.how, first.given_at) == (1, "code", clock.now)

    def test_what_is_taken_back_stays_in_the_record(self, session, company, clock) -> None:
        """P160."""
        consents.note(company.ada, consents.CODE, clock.now)
        given = clock.now
        company.ada.mail_prompts = False
        consents.note(company.ada, consents.LETTER, clock.move(days=1))
        kept = consents.of(company.ada)
        assert len(kept) == len(mutes.KINDS)
        assert {(one.given_at, one.withdrawn_at, one.withdrawn_how) for one in kept} == {(given, clock.now, "letter")}
        company.ada.mail_prompts = True
        consents.note(company.ada, consents.SETTINGS, clock.move(days=1))
        assert len(consents.of(company.ada)) == 2 * len(mutes.KINDS)

    def test_the_same_again_adds_nothing(self, session, company, clock) -> None:
        for _time in range(3):
            consents.note(company.ada, consents.SETTINGS, clock.now)
        assert len(consents.of(company.ada)) == len(mutes.KINDS)

    def test_somebody_without_an_address_has_agreed_to_no_letter(self, session, company, clock) -> None:
        consents.note(company.dev, consents.NEWCOMER, clock.now)
        assert consents.of(company.dev) == []

    def test_a_muted_kind_is_taken_back_by_itself(self, session, company, clock) -> None:
        consents.note(company.ada, consents.CODE, clock.now)
        mutes.put(company.ada, mutes.MAIL, [mutes.BEFORE], [])
        consents.note(company.ada, consents.SETTINGS, clock.now)
        assert self.living(company.ada).keys() == {mutes.FOLLOW_UPS, mutes.ONE_TO_ONES}

    def test_every_kind_has_its_wording(self) -> None:
        assert set(consents.WORDINGS) == {*mutes.KINDS, consents.EMAIL, consents.PHONE}


def test_groups_of_a_person_are_those_they_belong_to(session, company, clock) -> None:
    assert [group for group, _how in groups.of(company.ada)] == [company.group]
    assert groups.of(company.dev) == []
