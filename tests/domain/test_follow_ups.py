"""Follow-ups: whom they list, and what choosing does to those chosen and to the rest."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import contacts, encounters, events, follow_ups, prompts
from app.domain.contacts import KEEPING_UP, LINE, NEW, PROMISE, WIDE_CIRCLE
from app.domain.prompts import DONE, FOLLOW_UP, ONE_TO_ONE, OPEN, Pick, Prompt
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def company(session, clock):
    company = cast.assemble(clock.now)
    cast.arrive(company.event, company.ada, company.ben, company.cleo)
    return company


def follow_up(person, event, kind=FOLLOW_UP):
    due_at = event.ends_at + timedelta(days=2)
    prompt = Prompt(
        kind=kind,
        subject=f"event:{event.id}",
        person=person,
        event=event,
        due_day=due_at.date(),
        due_time=time(8, 30),
        due_zone=cast.ZONE,
        due_at=due_at,
        created_at=event.ends_at,
    )
    follow_ups.session.add(prompt)
    follow_ups.session.flush()
    return prompt


def meet(one, other, event, when=None, how=encounters.CARD):
    when = when or event.starts_at + timedelta(minutes=20)
    return contacts.meet(one, other, uuid4(), how, event, when, when).encounter


def write(owner, other, text, encounter, now, kind=LINE):
    contacts.write(contacts.find(owner, other), kind, text, encounter, now)


def next_week(company, clock):
    """Everybody comes again a week later; return that event, with the clock at its start."""
    plan = events.plan_of(company.event, date(2026, 12, 1))
    event = events.create(company.group.id, plan, clock.now)
    clock.set(event.starts_at)
    cast.arrive(event, company.ada, company.ben, company.cleo)
    return event


def names(several):
    return [met.contact.other.first_name for met in several]


def id_of(owner, other):
    return contacts.find(owner, other).id


def stage(owner, other):
    return contacts.find(owner, other).stage


def test_a_first_meeting_is_new(company):
    meet(company.ada, company.ben, company.event)
    reading = follow_ups.read(follow_up(company.ada, company.event))
    assert (names(reading.new), names(reading.known)) == (["Ben"], [])
    assert reading.new[0].first_time


def test_both_sides_have_their_own(company):
    meet(company.ada, company.ben, company.event)
    assert names(follow_ups.read(follow_up(company.ben, company.event)).new) == ["Ada"]
    assert follow_ups.read(follow_up(company.cleo, company.event)) == follow_ups.Reading([], [])


def test_a_late_scan_is_in_it_when_it_is_opened(company, clock):
    prompt = follow_up(company.ada, company.event)
    assert names(follow_ups.read(prompt).new) == []
    meet(company.ada, company.ben, company.event)
    assert names(follow_ups.read(prompt).new) == ["Ben"]


def test_a_meeting_that_was_taken_back_is_not_in_it(company, clock):
    op_id = uuid4()
    contacts.meet(company.ada, company.ben, op_id, encounters.CARD, company.event, clock.now, clock.now)
    contacts.take_back(company.ada, op_id, clock.now)
    assert names(follow_ups.read(follow_up(company.ada, company.event)).new) == []


def test_regulars_need_not_scan_again_to_be_found(company, clock):
    """D1."""
    meet(company.ada, company.ben, company.event)
    meet(company.ada, company.cleo, company.event)
    event = next_week(company, clock)
    meet(company.ada, company.cleo, event)
    dev = meet(company.ada, company.dev, event)
    reading = follow_ups.read(follow_up(company.ada, event))
    assert (names(reading.new), names(reading.known)) == (["Dev"], ["Cleo", "Ben"])
    assert [met.encounter for met in reading.new] == [dev]
    assert [met.encounter is None for met in reading.known] == [False, True]


def test_who_stayed_at_home_is_not_listed(company, clock):
    meet(company.ada, company.dev, company.event)
    event = next_week(company, clock)
    assert "Dev" not in names(follow_ups.read(follow_up(company.ada, event)).known)


@pytest.mark.parametrize("kind", [LINE, PROMISE])
def test_a_note_makes_somebody_new_again(company, clock, kind):
    meet(company.ada, company.ben, company.event)
    event = next_week(company, clock)
    write(company.ada, company.ben, "Asked for Rhian's number", None, clock.move(minutes=30), kind)
    reading = follow_ups.read(follow_up(company.ada, event))
    assert (names(reading.new), names(reading.known)) == (["Ben"], [])
    assert (reading.new[0].first_time, reading.new[0].words[0].text) == (False, "Asked for Rhian's number")


def test_what_was_seen_last_time_is_not_new(company, clock):
    """D1."""
    encounter = meet(company.ada, company.ben, company.event)
    write(company.ada, company.ben, "Roofs", encounter, clock.now)
    first = follow_up(company.ada, company.event)
    follow_ups.choose(first, [id_of(company.ada, company.ben)], clock.move(days=2))
    prompts.answer(first, clock.now)
    event = next_week(company, clock)
    assert names(follow_ups.read(follow_up(company.ada, event)).known) == ["Ben"]


def test_what_was_noted_after_it_is(company, clock):
    meet(company.ada, company.ben, company.event)
    prompts.answer(follow_up(company.ada, company.event), clock.move(days=2))
    write(company.ada, company.ben, "Rang me about the roof", None, clock.move(days=1))
    event = next_week(company, clock)
    assert names(follow_ups.read(follow_up(company.ada, event)).new) == ["Ben"]


def test_reading_costs_the_same_however_many_were_met(company, clock, session, queries):
    def cost():
        prompt = session.get(Prompt, prompt_id)
        session.refresh(prompt, ["event"])
        with queries() as asked:
            reading = follow_ups.read(prompt)
            assert all(met.contact.card.fields for met in reading.new)
            assert all(met.contact.other.name for met in reading.new)
        return asked.count, len(reading.new)

    prompt_id = follow_up(company.ada, company.event).id
    meet(company.ada, company.ben, company.event)
    session.commit()
    session.expire_all()
    few, one = cost()
    for number in range(10):
        friend = cast.person(f"Friend {number}", clock.now, what_i_do="Cakes")
        encounter = meet(company.ada, friend, company.event)
        write(company.ada, friend, "A line", encounter, clock.now)
    session.commit()
    session.expire_all()
    many, eleven = cost()
    assert (one, eleven) == (1, 11)
    assert many == few


def test_only_a_follow_up_is_read_so(company):
    with pytest.raises(NotFound):
        follow_ups.read(follow_up(company.ada, company.event, ONE_TO_ONE))


def test_the_rest_who_are_still_new_go_to_the_wide_circle(company, clock):
    """D8."""
    for other in (company.ben, company.cleo, company.dev):
        meet(company.ada, other, company.event)
    contacts.move(contacts.find(company.ada, company.dev), KEEPING_UP)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [id_of(company.ada, company.ben)], clock.now)
    assert [stage(company.ada, other) for other in (company.ben, company.cleo, company.dev)] == [
        NEW,
        WIDE_CIRCLE,
        KEEPING_UP,
    ]
    assert [pick.contact.other for pick in follow_ups.picks(prompt)] == [company.ben]
    assert prompt.state == OPEN


def test_the_other_side_hears_nothing_of_it(company, clock):
    meet(company.ada, company.ben, company.event)
    follow_ups.choose(follow_up(company.ada, company.event), [], clock.now)
    assert (stage(company.ada, company.ben), stage(company.ben, company.ada)) == (WIDE_CIRCLE, NEW)


def test_that_is_all_with_nobody_is_an_answer(company, clock):
    meet(company.ada, company.ben, company.event)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [], clock.now)
    assert (prompt.state, prompt.ended_at) == (DONE, clock.now)
    assert stage(company.ada, company.ben) == WIDE_CIRCLE


def test_who_was_only_there_too_is_not_moved(company, clock):
    meet(company.ada, company.ben, company.event)
    event = next_week(company, clock)
    follow_ups.choose(follow_up(company.ada, event), [], clock.now)
    assert stage(company.ada, company.ben) == NEW


def test_but_can_be_chosen(company, clock):
    meet(company.ada, company.ben, company.event)
    event = next_week(company, clock)
    prompt = follow_up(company.ada, event)
    follow_ups.choose(prompt, [id_of(company.ada, company.ben)], clock.now)
    assert [pick.contact.other for pick in follow_ups.picks(prompt)] == [company.ben]


def test_three_at_most(company, clock):
    """D8."""
    everyone = [cast.person(f"Friend {number}", clock.now) for number in range(4)]
    for friend in everyone:
        meet(company.ada, friend, company.event)
    ids = [id_of(company.ada, friend) for friend in everyone]
    prompt = follow_up(company.ada, company.event)
    with pytest.raises(follow_ups.TooManyPicks):
        follow_ups.choose(prompt, ids, clock.now)
    follow_ups.choose(prompt, ids[:3] + ids[:1], clock.now)
    assert [pick.contact_id for pick in follow_ups.picks(prompt)] == ids[:3]


def test_nobody_elses_contact_can_be_chosen(company, clock, session):
    meet(company.ada, company.ben, company.event)
    meet(company.ben, company.cleo, company.event)
    prompt = follow_up(company.ada, company.event)
    for foreign in (id_of(company.ben, company.cleo), id_of(company.ben, company.ada), 10**6):
        with pytest.raises(follow_ups.NotListed):
            follow_ups.choose(prompt, [foreign], clock.now)
    assert session.scalars(select(Pick)).all() == []
    assert stage(company.ben, company.cleo) == NEW


def test_choosing_twice_is_choosing_once(company, clock):
    meet(company.ada, company.ben, company.event)
    meet(company.ada, company.cleo, company.event)
    prompt = follow_up(company.ada, company.event)
    for _tap in range(2):
        follow_ups.choose(prompt, [id_of(company.ada, company.ben)], clock.now)
    assert len(follow_ups.picks(prompt)) == 1
    assert [stage(company.ada, other) for other in (company.ben, company.cleo)] == [NEW, WIDE_CIRCLE]


def test_choosing_others_brings_back_who_was_passed_over(company, clock):
    meet(company.ada, company.ben, company.event)
    meet(company.ada, company.cleo, company.event)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [id_of(company.ada, company.ben)], clock.now)
    follow_ups.choose(prompt, [id_of(company.ada, company.cleo)], clock.now)
    assert [stage(company.ada, other) for other in (company.ben, company.cleo)] == [WIDE_CIRCLE, NEW]
    assert [pick.contact.other for pick in follow_ups.picks(prompt)] == [company.cleo]


def test_undo_puts_everybody_back(company, clock):
    meet(company.ada, company.ben, company.event)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [], clock.now)
    follow_ups.undo(prompt)
    assert (prompt.state, prompt.ended_at, stage(company.ada, company.ben)) == (OPEN, None, NEW)


def test_undo_moves_nobody_who_was_moved_since(company, clock):
    meet(company.ada, company.ben, company.event)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [], clock.now)
    contacts.move(contacts.find(company.ada, company.ben), KEEPING_UP)
    follow_ups.undo(prompt)
    assert stage(company.ada, company.ben) == KEEPING_UP


def test_done_from_the_letter_moves_nobody(company, clock):
    meet(company.ada, company.ben, company.event)
    prompt = follow_up(company.ada, company.event)
    prompts.answer(prompt, clock.now)
    assert stage(company.ada, company.ben) == NEW
    follow_ups.undo(prompt)
    assert prompt.state == OPEN


def test_who_removed_the_meeting_is_no_longer_chosen(company, clock):
    op_id = uuid4()
    contacts.meet(company.ada, company.ben, op_id, encounters.CARD, company.event, clock.now, clock.now)
    prompt = follow_up(company.ada, company.event)
    follow_ups.choose(prompt, [id_of(company.ada, company.ben)], clock.now)
    contacts.take_back(company.ada, op_id, clock.now)
    assert follow_ups.picks(prompt) == []


def test_who_was_not_scanned_is_added_by_name(company, clock):
    prompt = follow_up(company.ada, company.event)
    op_id = uuid4()
    for _tap in range(2):
        follow_ups.add(prompt, " ben  OKAFOR ", op_id, clock.move(days=2))
    (met,) = follow_ups.read(prompt).new
    assert (met.contact.other, met.first_time) == (company.ben, True)
    assert met.contact.opened_at is None  # by hand opens nothing
    assert met.encounter.met_at == company.event.ends_at


@pytest.mark.parametrize("name", ["Dev Singh", "Ben", "Okafor", "", "%", "Ada Bevan"])
def test_only_by_the_whole_name_of_somebody_else_who_was_there(company, clock, name):
    prompt = follow_up(company.ada, company.event)
    with pytest.raises(follow_ups.NobodyThere):
        follow_ups.add(prompt, name, uuid4(), clock.now)
    assert follow_ups.read(prompt) == follow_ups.Reading([], [])


def test_of_two_with_one_name_neither_is_guessed(company, clock):
    cast.arrive(company.event, cast.person("Bén Okafor", clock.now))
    with pytest.raises(follow_ups.SeveralThere):
        follow_ups.add(follow_up(company.ada, company.event), "Ben Okafor", uuid4(), clock.now)


def test_the_first_two_visits_are_early(company, clock):
    """D1."""
    assert follow_ups.is_early_visit(follow_up(company.ada, company.event))
    second = next_week(company, clock)
    assert follow_ups.is_early_visit(follow_up(company.ada, second))
    third = events.create(company.group.id, events.plan_of(company.event, date(2026, 12, 8)), clock.now)
    cast.arrive(third, company.ada)
    assert not follow_ups.is_early_visit(follow_up(company.ada, third))
