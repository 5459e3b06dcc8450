"""Outcomes: what came of a morning is told in totals that give nobody away; letters are counted as they are."""

from dataclasses import asdict
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import cadence, contacts, deliveries, encounters, invitations, outcomes, planning, prompts
from app.domain.deliveries import FAILED, SENT, WAITING, Delivery
from app.domain.discretion import How, Told
from app.domain.one_to_ones import Offer
from app.domain.prompts import FOLLOW_UP, Prompt
from tests import cast


@pytest.fixture
def company(session, clock):
    """Twelve guests with addresses, all here; the event has closed, and the follow-ups are planned."""
    made = cast.assemble(clock.now)
    made.guests = [cast.person(f"Guest {n}", clock.now, f"guest{n}@example.org") for n in range(12)]
    cast.arrive(made.event, *made.guests)
    session.commit()
    clock.set(made.event.closes_at)
    planning.plan(clock.now)
    session.commit()
    return made


def follow_ups(session, company):
    return session.query(Prompt).where(Prompt.kind == FOLLOW_UP, Prompt.event == company.event).order_by(Prompt.id)


def due(company):
    return outcomes.post(company.event).due_at


def test_nobody_was_asked_before_the_follow_ups_are_due(company, clock):
    nothing = outcomes.Outcome(asked=0, acted_on=Told(How.EXACT, 0), agreed=Told(How.EXACT, 0))
    assert outcomes.of(company.event, clock.now) == nothing


def test_acted_on_are_those_who_answered_of_those_who_were_asked(company, clock, session):
    """P174, D15."""
    clock.set(due(company))
    told = []
    for answered, prompt in enumerate(follow_ups(session, company), start=1):
        prompts.answer(prompt, clock.now)
        told.append(outcomes.of(company.event, clock.now))
        assert told[-1].asked == 12, answered
    readings = [outcome.acted_on for outcome in told]
    assert readings == [(How.FEWER, 5)] * 4 + [(How.EXACT, n) for n in (5, 6, 7)] + [(How.AT_LEAST, 8)] * 4 + [
        (How.EXACT, 12)
    ]


def test_who_put_it_off_was_asked_all_the_same(company, clock, session):
    clock.set(due(company))
    first = follow_ups(session, company).first()
    prompts.snooze(first, clock.now.date() + timedelta(days=5), clock.now)
    assert outcomes.of(company.event, clock.now).asked == 12


def agree(company, clock, one, other):
    contacts.meet(one, other, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    times = [cadence.at(clock.now.date() + timedelta(days=3), company.event.start_time, cast.ZONE).utc]
    proposed = invitations.propose(one, contacts.find(one, other), Offer(times, cast.ZONE, "By phone"), clock.now)
    invitations.pick(proposed, other, times[0], clock.now)


def test_one_to_ones_count_between_people_who_were_there_and_few_are_not_told_apart(company, clock):
    """P174, D15."""
    agree(company, clock, company.ada, company.guests[0])
    assert outcomes.of(company.event, clock.now).agreed == (How.EXACT, 0)
    for n in range(0, 10, 2):
        agree(company, clock, company.guests[n], company.guests[n + 1])
        expected = (How.FEWER, 5) if n < 8 else (How.EXACT, 5)
        assert outcomes.of(company.event, clock.now).agreed == expected


class TestTheFirstLetters:
    def test_are_due_when_the_follow_up_is_in_the_events_zone(self, company):
        assert f"{due(company):%A %H:%M}" == "Thursday 08:30"

    def test_are_counted_as_they_went(self, company, clock, session):
        clock.set(due(company))
        deliveries.plan(clock.now)
        letters = session.query(Delivery).order_by(Delivery.id).all()
        assert outcomes.post(company.event).waiting == 12
        for number, letter in enumerate(letters):
            letter.state = FAILED if number < 3 else WAITING if number == 3 else SENT
        session.flush()
        post = outcomes.post(company.event)
        assert (post.people, post.went, post.bounced, post.waiting) == (12, 8, 3, 1)

    def test_leave_later_rounds_out(self, company, clock, session):
        clock.set(due(company))
        deliveries.plan(clock.now)
        first = follow_ups(session, company).first()
        prompts.snooze(first, clock.now.date() + timedelta(days=1), clock.now)
        for letter in session.query(Delivery):
            letter.state = SENT
        clock.move(days=2)
        deliveries.plan(clock.now)
        post = outcomes.post(company.event)
        assert (session.query(Delivery).count(), post.went, post.waiting) == (13, 12, 0)


def test_there_is_no_place_for_a_name_or_a_pair(company, clock):
    """P174."""
    assert all(isinstance(value, int | Told) for value in asdict(outcomes.of(company.event, clock.now)).values())
    post = asdict(outcomes.post(company.event))
    assert all(isinstance(value, int) for name, value in post.items() if name != "due_at")


def test_four_queries_however_many_came(company, clock, session, queries):
    session.commit()
    company.event.id  # noqa: B018 - loaded before the counting begins
    with queries() as asked:
        outcomes.of(company.event, clock.now)
        outcomes.post(company.event)
    assert asked.count == 4, asked
