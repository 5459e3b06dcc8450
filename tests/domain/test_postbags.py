"""Postbags: an organiser reads how letters fare, in totals and right, and it costs the same however many there are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain import deliveries, events, notices, planning, postbags
from app.domain.deliveries import FAILED, MAIL, PUSH, SENT, SUPPRESSED, Delivery
from app.domain.notices import BEFORE
from app.domain.prompts import FOLLOW_UP, Prompt
from tests import cast

A_WEEK = timedelta(weeks=1)


@pytest.fixture
def company(session, clock):
    """Five guests with addresses were at a breakfast, and their follow-ups are due."""
    made = cast.assemble(clock.now)
    made.guests = [cast.person(f"Guest {n}", clock.now, f"guest{n}@example.org") for n in range(5)]
    cast.arrive(made.event, *made.guests)
    clock.set(made.event.closes_at)
    planning.plan(clock.now)
    clock.move(hours=44.5)
    planning.plan(clock.now)
    return made


def letters(session, kind=FOLLOW_UP):
    found = session.query(Delivery).join(Prompt).where(Prompt.kind == kind, Delivery.channel == MAIL)
    return found.order_by(Delivery.id).all()


def end(delivery, state):
    delivery.state, delivery.lease_until = state, None


def bag(company, kind=FOLLOW_UP):
    return next(bag for bag in postbags.of_group(company.group.id) if bag.kind == kind)


def test_each_is_counted_once_by_what_came_of_it(company, session, clock):
    waiting, went, came_back, spared, *_more = letters(session)
    end(went, SENT)
    end(came_back, FAILED)
    end(spared, SUPPRESSED)
    session.flush()
    found = bag(company)
    assert (found.event, found.people, found.went, found.waiting) == (company.event, 5, 1, 2)
    assert (found.came_back, found.spared, found.next_at) == (1, 1, waiting.next_try_at)


def test_a_prompt_whose_message_went_is_gone_though_its_letter_waits(company, session):
    letter = letters(session)[0]
    message = Delivery(
        prompt_id=letter.prompt_id,
        channel=PUSH,
        due_at=letter.due_at,
        next_try_at=letter.due_at,
        created_at=letter.due_at,
    )
    end(message, SENT)
    session.add(message)
    session.flush()
    assert (bag(company).went, bag(company).waiting) == (1, 4)


def test_the_newest_morning_stands_first_and_its_letters_in_the_order_in_which_they_were_due(company, clock):
    later = events.create(company.group.id, replace(cast.TUESDAY, day=cast.TUESDAY.day + A_WEEK), clock.now)
    for event in (company.event, later):
        told = notices.post(
            BEFORE, f"event:{event.id}", clock.now, email="a@example.org", event=event, data={"by": "Cleo"}
        )
        told.due_at = clock.now - timedelta(days=3)
    deliveries.plan_notices(clock.now)
    found = [(one.event, one.kind) for one in postbags.of_group(company.group.id)]
    assert found == [(later, BEFORE), (company.event, BEFORE), (company.event, FOLLOW_UP)]


def test_no_other_groups_letters_are_counted(company):
    assert postbags.of_group(company.group.id + 1) == []


def test_it_is_one_query_for_one_morning_as_for_many(company, session, clock, queries):
    counts = []
    for weeks in (0, 3):
        for week in range(weeks):
            day = cast.TUESDAY.day + (week + 1) * A_WEEK
            event = events.create(company.group.id, replace(cast.TUESDAY, day=day), clock.now)
            cast.arrive(event, *company.guests)
            for hours in (0, 44.5):
                clock.set(event.closes_at + timedelta(hours=hours))
                planning.plan(clock.now)
        session.flush()
        with queries() as asked:
            found = postbags.of_group(company.group.id)
        counts.append(asked.count)
    assert len(found) >= 4
    assert counts == [1, 1]
