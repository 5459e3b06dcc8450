"""Endings: asked once a morning of whoever was there, and told as totals."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, contacts, encounters, endings, fits, polls
from app.domain.contacts import PROMISE
from app.domain.discretion import How
from tests import cast


@pytest.fixture
def company(session, clock):
    company = cast.assemble(clock.now)
    clock.set(company.event.starts_at)
    cast.arrive(company.event, company.ada, company.ben)
    when = clock.now + timedelta(minutes=20)
    contacts.meet(company.ada, company.ben, uuid4(), encounters.CARD, company.event, when, when)
    clock.set(company.event.ends_at)
    return company


def test_whoever_was_there_is_asked_from_the_end_and_told_how_many_cards_they_have(company, clock):
    """D5."""
    assert endings.waiting(company.ada, company.event.ends_at - timedelta(seconds=1)) is None
    nudge = endings.waiting(company.ada, clock.now)
    assert nudge == endings.Nudge(company.event, cards=1)
    assert endings.waiting(company.cleo, clock.now) is None, "she was not there"


def test_a_no_is_enough(company, clock):
    endings.settle(company.ada, company.event, clock.now)
    assert endings.waiting(company.ada, clock.now) is None
    assert endings.waiting(company.ben, clock.now) is not None


def test_by_the_evening_nobody_is_asked_any_more(company, clock):
    clock.move(hours=12)
    assert endings.waiting(company.ada, clock.now) is None


@pytest.mark.parametrize("called_off", [True, False])
def test_what_was_called_off_or_taken_back_has_no_ending(session, company, clock, called_off):
    place = attendance.of(company.event, company.ada)
    if called_off:
        company.event.cancelled_at = clock.now
    else:
        attendance.undo(place, clock.now, company.ada, attendance.SELF)
    session.flush()
    assert endings.waiting(company.ada, clock.now) is None


def test_whom_one_met_comes_with_what_one_said_of_them(company, clock):
    (met,) = endings.met(company.ada, company.event)
    assert (met.contact.other, met.fit, met.promise) == (company.ben, fits.Fit(), "")
    fits.say(met.contact, fits.SUPPLIER, fits.ONE_TO_ONE, clock.now)
    contacts.write(met.contact, PROMISE, "Send the printer's number", met.encounter, clock.now)
    (met,) = endings.met(company.ada, company.event)
    assert (met.fit, met.promise) == (fits.Fit(fits.SUPPLIER, fits.ONE_TO_ONE), "Send the printer's number")
    (other,) = endings.met(company.ben, company.event)
    assert other.fit == fits.Fit(), "nobody sees what they are to somebody else"


def test_whom_one_met_costs_three_queries_however_many(session, company, clock, queries):
    for number in range(4):
        guest = cast.person(f"Guest {number}", clock.now)
        cast.arrive(company.event, guest, now=clock.now)
        contacts.meet(company.ada, guest, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    session.commit()
    with queries() as asked:
        assert len(endings.met(company.ada, company.event)) == 5
    assert asked.count <= 4, asked


def test_what_somebody_is_to_me_is_taken_back_by_saying_nothing(company, clock):
    (met,) = endings.met(company.ada, company.event)
    fits.say(met.contact, fits.FRIEND, fits.WRITE, clock.now)
    fits.say(met.contact, "", "", clock.now)
    assert fits.of([met.contact])[met.contact.id] == fits.Fit()


@pytest.mark.parametrize(("fit", "step"), [("enemy", ""), ("", "run")])
def test_only_what_is_offered_can_be_said(company, clock, fit, step):
    (met,) = endings.met(company.ada, company.event)
    with pytest.raises(fits.NoSuchFit):
        fits.say(met.contact, fit, step, clock.now)


def test_what_somebody_is_to_me_is_no_note_to_be_quoted(company, clock):
    (met,) = endings.met(company.ada, company.event)
    fits.say(met.contact, fits.CUSTOMER, fits.WRITE, clock.now)
    assert contacts.notes(met.contact) == []


def test_no_word_of_what_somebody_is_stands_in_the_database(session, company, clock):
    """D13."""
    (met,) = endings.met(company.ada, company.event)
    fits.say(met.contact, fits.INTRODUCER, fits.INTRODUCE, clock.now)
    rows = session.connection().exec_driver_sql("SELECT kind, sealed FROM notes").all()
    assert {kind for kind, _sealed in rows} == {"fit", "step"}
    assert not [sealed for _kind, sealed in rows if b"introduce" in bytes(sealed)]


def test_answers_are_told_as_totals_and_1_to_4_as_fewer_than_5(session, company, clock):
    """D15."""
    guests = [cast.person(f"Guest {number}", clock.now) for number in range(9)]
    for number, guest in enumerate(guests):
        cast.arrive(company.event, guest, now=clock.now)
        worth = endings.YES if number < 6 else endings.NO
        endings.settle(guest, company.event, clock.now, worth, polls.NOT_SURE if number < 2 else "")
    told = endings.totals(company.event)
    assert told.worth[endings.YES] == (How.EXACT, 6)
    assert told.worth[endings.NO] == (How.FEWER, 5)
    assert told.worth[endings.PARTLY] == (How.EXACT, 0)
    assert told.answers[polls.NOT_SURE] == (How.FEWER, 5)


def test_answering_again_corrects_the_answer(company, clock):
    endings.settle(company.ada, company.event, clock.now, endings.NO)
    endings.settle(company.ada, company.event, clock.now, endings.YES, polls.YES)
    ending = endings.of(company.ada, company.event)
    assert (ending.worth, ending.answer) == (endings.YES, polls.YES)


@pytest.mark.parametrize(("worth", "answer"), [("perhaps", ""), ("", "perhaps")])
def test_only_the_answers_that_are_offered_are_taken(company, clock, worth, answer):
    with pytest.raises(endings.NoSuchAnswer):
        endings.settle(company.ada, company.event, clock.now, worth, answer)


def test_an_event_asks_one_question_or_none(company, clock):
    polls.ask(company.event, "Would eight suit you better?", clock.now)
    polls.ask(company.event, "Would half past six suit you?", clock.now)
    assert polls.of(company.event).question == "Would half past six suit you?"
    polls.ask(company.event, " ", clock.now)
    assert polls.of(company.event) is None
