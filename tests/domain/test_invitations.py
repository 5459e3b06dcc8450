"""Invitations: who is told of a 1-2-1, when, and what stands in whose calendar."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import cards, contacts, encounters, invitations, one_to_ones, prompts
from app.domain.one_to_ones import Offer
from app.domain.prompts import AGREEMENT, CLOSED, DONE, INVITATION, OPEN, Prompt
from tests import cast

DAY = timedelta(days=1)
THURSDAY = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
OFFER = Offer((THURSDAY, THURSDAY + DAY), cast.ZONE, "Café Zoë, upstairs", "Your café; my books")


@pytest.fixture
def company(session, clock):
    company = cast.assemble(clock.now)
    contacts.meet(company.ada, company.ben, uuid4(), encounters.BY_HAND, company.event, clock.now, clock.now)
    return company


@pytest.fixture
def proposed(company, clock):
    return invitations.propose(company.ada, contacts.find(company.ada, company.ben), OFFER, clock.now)


def told(session):
    rows = session.scalars(select(Prompt).order_by(Prompt.id).execution_options(populate_existing=True))
    return [(row.kind, row.person.first_name, row.subject, row.state) for row in rows]


def test_who_is_asked_is_told_at_once(company, clock, session, proposed):
    prompt = session.scalar(select(Prompt))
    assert told(session) == [(INVITATION, "Ben", f"one_to_one:{proposed.id}:0", OPEN)]
    assert (prompt.due_at, prompt.due_zone) == (clock.now.replace(hour=8, minute=0), cast.ZONE)  # 7:30 is quiet still
    assert (prompt.one_to_one, prompt.event) == (proposed, None)


def test_in_the_day_that_is_now_and_at_night_the_morning(company, session, clock):
    evening = clock.set(datetime(2026, 11, 24, 20, 5, tzinfo=UTC))
    company.ben.time_zone = "America/New_York"
    session.flush()
    invitations.propose(company.ada, contacts.find(company.ada, company.ben), OFFER, evening)
    assert session.scalar(select(Prompt)).due_at == evening
    back = invitations.propose(company.cleo, _met(company.cleo, company.ada, company, evening), OFFER, evening)
    due = session.scalar(select(Prompt).where(Prompt.one_to_one_id == back.id)).due_at
    assert due == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def _met(one, other, company, now):
    contacts.meet(one, other, uuid4(), encounters.CARD, company.event, now, now)
    return contacts.find(one, other)


def test_the_prompt_that_led_here_is_done(company, clock, session):
    prompt = Prompt(
        kind=prompts.ONE_TO_ONE,
        subject=f"event:{company.event.id}",
        person=company.ada,
        event=company.event,
        due_day=clock.now.date(),
        due_time=clock.now.time(),
        due_zone=cast.ZONE,
        due_at=clock.now,
        created_at=clock.now,
    )
    session.add(prompt)
    session.flush()
    invitations.propose(company.ada, contacts.find(company.ada, company.ben), OFFER, clock.now, prompt)
    assert prompt.state == DONE


def test_both_are_told_what_was_agreed_and_have_been_in_touch(company, clock, session, proposed):
    invitations.pick(proposed, company.ben, THURSDAY, clock.now)
    subject = f"one_to_one:{proposed.id}:0"
    assert told(session) == [
        (INVITATION, "Ben", subject, DONE),
        (AGREEMENT, "Ada", subject, OPEN),
        (AGREEMENT, "Ben", subject, OPEN),
    ]
    for one, other in ((company.ada, company.ben), (company.ben, company.ada)):
        assert contacts.find(one, other).last_touch_at == clock.now


def test_agreeing_twice_tells_once(company, clock, session, proposed):
    invitations.pick(proposed, company.ben, THURSDAY, clock.now)
    before = told(session)
    invitations.pick(proposed, company.ben, THURSDAY, clock.move(minutes=1))
    assert told(session) == before


def test_a_no_is_told_by_no_letter(company, clock, session, proposed):
    """D12."""
    invitations.decline(proposed, company.ben, clock.now)
    invitations.decline(proposed, company.ben, clock.now)
    assert told(session) == [(INVITATION, "Ben", f"one_to_one:{proposed.id}:0", DONE)]


def test_times_of_ones_own_answer_theirs_and_leave_the_way_back_open(company, clock, session, proposed):
    contact = contacts.find(company.ben, company.ada)
    back = invitations.propose(company.ben, contact, OFFER, clock.now, instead=proposed)
    subjects = [f"one_to_one:{one.id}:0" for one in (proposed, back)]
    assert told(session) == [(INVITATION, "Ben", subjects[0], DONE), (INVITATION, "Ada", subjects[1], OPEN)]
    invitations.decline(back, company.ada, clock.now)
    again = invitations.propose(company.ada, contacts.find(company.ada, company.ben), OFFER, clock.move(days=1))
    assert again.state == one_to_ones.PROPOSED


def test_what_was_taken_back_is_asked_no_more(company, clock, session, proposed):
    invitations.withdraw(proposed, company.ada, clock.now)
    assert told(session) == [(INVITATION, "Ben", f"one_to_one:{proposed.id}:0", CLOSED)]


def test_calling_off_tells_both_with_the_next_version(company, clock, session, proposed):
    invitations.pick(proposed, company.ben, THURSDAY, clock.now)
    invitations.cancel(proposed, company.ben, clock.now)
    invitations.cancel(proposed, company.ben, clock.now)
    first, second = (f"one_to_one:{proposed.id}:{version}" for version in (0, 1))
    assert told(session)[1:] == [
        (AGREEMENT, "Ada", first, CLOSED),
        (AGREEMENT, "Ben", first, CLOSED),
        (AGREEMENT, "Ada", second, OPEN),
        (AGREEMENT, "Ben", second, OPEN),
    ]


def test_after_ten_days_of_silence_nothing_asks_any_more(company, clock, session, proposed):
    """D12."""
    invitations.expire(clock.move(days=9, hours=23))
    assert proposed.state == one_to_ones.PROPOSED
    invitations.expire(clock.move(hours=1))
    invitations.expire(clock.now)
    assert proposed.state == one_to_ones.CLOSED
    assert told(session) == [(INVITATION, "Ben", f"one_to_one:{proposed.id}:0", CLOSED)]


def test_a_calendar_entry_says_what_was_agreed(company, clock, proposed):
    invitations.pick(proposed, company.ben, THURSDAY, clock.now)
    meeting = invitations.entry(proposed, "example.org", "1-2-1: Ada and Ben", "https://example.org/one-to-ones/1")
    assert (meeting.uid, meeting.sequence) == (f"one-to-one-{proposed.id}@example.org", 0)
    assert (meeting.starts_at, meeting.minutes) == (THURSDAY, 30)
    assert (meeting.place, meeting.description) == ("Café Zoë, upstairs", "Your café; my books")
    invitations.cancel(proposed, company.ada, clock.now)
    assert invitations.entry(proposed, "example.org", "", "").sequence == 1


def test_without_a_time_there_is_no_entry(company, proposed):
    with pytest.raises(one_to_ones.Settled):
        invitations.entry(proposed, "example.org", "", "")


def test_an_invitation_gives_no_address_away_that_a_card_keeps_back(company, clock, session, proposed):
    """P159."""

    def addresses(reader):
        return [party.address for party in invitations.attendees(proposed, reader)]

    cards.put(cards.of(company.ben), "email", "ben@shop.example", cards.MET)
    session.flush()
    assert addresses(company.ada) == ["ada@example.org"]  # added by hand: nothing is open yet
    contacts.meet(company.ada, company.ben, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    session.expire_all()
    assert addresses(company.ada) == ["ada@example.org", "ben@shop.example"]
    assert addresses(company.ben) == ["ben@example.org"]  # Ada shows nobody hers


def test_a_guest_has_no_address_to_stand_there(company, clock, session):
    contact = _met(company.ada, company.dev, company, clock.now)
    one = invitations.propose(company.ada, contact, OFFER, clock.now)
    assert invitations.attendees(one, company.dev) == []
