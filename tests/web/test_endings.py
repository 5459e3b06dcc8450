"""The minute when an event is over, on the phone; and the organiser's question."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import attendance, contacts, encounters, endings, fits, intentions
from app.domain.contacts import PROMISE
from tests import cast


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    clock.set(people.event.starts_at)
    cast.arrive(people.event, people.ada, people.ben, people.dev)
    for number, other in enumerate((people.ben, people.dev)):
        when = clock.now + timedelta(minutes=number)
        contacts.meet(people.ada, other, uuid4(), encounters.CARD, people.event, when, when)
    session.commit()
    return people


@pytest.fixture
def ada(world, new_client):
    return new_client().sign_in(world.ada)


@pytest.fixture
def minute(world):
    return f"/e/{world.event.code}/minute"


def end(world, clock):
    clock.set(world.event.ends_at)


def test_nothing_is_asked_at_the_table(ada, world, minute):
    """D5."""
    assert "minute" not in ada.get("/today").text
    assert ada.get(minute).location == f"/e/{world.event.code}"
    assert ada.post(minute, data={}).status_code == 409
    contact = contacts.find(world.ada, world.ben)
    assert "is for me" not in ada.get(f"/people/{contact.id}").text


def test_one_nudge_waits_when_it_is_over_and_a_no_is_enough(ada, world, clock):
    """D5."""
    end(world, clock)
    assert "You have 2 cards." in ada.get("/today").text
    assert "You have 2 cards." in ada.get(f"/e/{world.event.code}").text
    assert ada.post(f"/e/{world.event.code}/minute/end").status_code == 303
    assert "You have 2 cards." not in ada.get("/today").text


def test_one_person_comes_after_the_other_and_then_the_question(ada, world, clock, minute, session):
    end(world, clock)
    assert "Ben Okafor" in ada.get(minute).text
    first, second = (contacts.find(world.ada, other) for other in (world.ben, world.dev))
    kept = ada.post(minute, data={"contact": first.id, "fit": "customer", "step": "write", "promise": "A price"})
    assert kept.status_code == 303
    page = ada.get(kept.location).text
    assert "Dev Singh" in page
    assert "Was it worth it?" in ada.get(minute, query_string={"after": second.id}).text
    session.rollback()
    assert fits.of([first])[first.id] == fits.Fit("customer", "write")
    assert [note.text for note in contacts.notes(first)] == ["A price"]
    ada.post(f"{minute}/end", data={"worth": "yes"})
    session.rollback()
    assert endings.of(world.ada, world.event).worth == "yes"


def test_what_one_hoped_for_is_quoted_when_it_is_asked_whether_it_was_worth_it(ada, world, clock, minute, session):
    intentions.aim(attendance.of(world.event, world.ada), "supplier", clock.now)
    session.commit()
    end(world, clock)
    last = contacts.find(world.ada, world.dev)
    assert "Find a supplier" in ada.get(minute, query_string={"after": last.id}).text


def test_a_promise_that_is_too_long_stays_in_the_field(ada, world, clock, minute):
    end(world, clock)
    contact = contacts.find(world.ada, world.dev)
    answer = ada.post(minute, data={"contact": contact.id, "fit": "friend", "promise": "x" * 2001})
    assert answer.status_code == 422
    assert "Dev Singh" in answer.text
    assert "x" * 2001 in answer.text


def test_what_was_said_before_stands_there_again(ada, world, clock, minute, session):
    end(world, clock)
    contact = contacts.find(world.ada, world.ben)
    contacts.write(contact, PROMISE, "The plumber", endings.met(world.ada, world.event)[0].encounter, clock.now)
    session.commit()
    assert "The plumber" in ada.get(minute).text


def test_nobody_elses_contact_is_noted(ada, world, clock, minute):
    end(world, clock)
    of_ben = contacts.find(world.ben, world.ada)
    assert ada.post(minute, data={"contact": of_ben.id, "fit": "friend"}).status_code == 404


def test_what_somebody_is_to_me_can_be_changed_on_their_page(ada, world, clock, session):
    end(world, clock)
    contact = contacts.find(world.ada, world.ben)
    assert ada.post(f"/people/{contact.id}/fit", data={"fit": "introducer", "step": ""}).status_code == 303
    session.rollback()
    assert fits.of([contact])[contact.id] == fits.Fit("introducer", "")
    assert ada.post(f"/people/{contact.id}/fit", data={"fit": "prey"}).status_code == 422


def test_the_minute_asks_the_database_little(ada, world, clock, minute, queries):
    end(world, clock)
    with queries() as asked:
        ada.get(minute)
    assert asked.count <= 11, asked


class TestTheOrganisersQuestion:
    @pytest.fixture
    def cleo(self, world, new_client):
        return new_client().sign_in(world.cleo)

    def test_is_asked_when_the_event_ends_and_answered_in_totals(self, cleo, ada, world, clock, minute):
        poll = f"/events/{world.event.id}/poll"
        assert cleo.post(poll, data={"question": "Would eight suit you?"}).status_code == 303
        end(world, clock)
        last = ada.get(minute, query_string={"after": contacts.find(world.ada, world.dev).id}).text
        assert "Would eight suit you?" in last
        ada.post(f"{minute}/end", data={"worth": "no", "answer": "not_sure"})
        page = cleo.get(poll).text
        assert page.count("fewer than 5") == 3, "one in each, and the line that explains it"
        assert "Ada" not in page

    def test_that_is_too_long_stays_in_the_field(self, cleo, world):
        answer = cleo.post(f"/events/{world.event.id}/poll", data={"question": "x" * 121})
        assert answer.status_code == 422
        assert "x" * 121 in answer.text
