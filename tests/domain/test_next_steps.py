"""Next steps: what is noted about each of the chosen, and what that does to promise, stage and clock."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import contacts, encounters, follow_ups, next_steps
from app.domain.contacts import KEEPING_UP, LINE, NEW, PROMISE, WIDE_CIRCLE, Note
from app.domain.next_steps import ASK, KEPT, NOT_NEEDED, NOTHING, THEY_WROTE, WAYS, WILL_DO, Answer
from app.domain.prompts import DONE, FOLLOW_UP, OPEN, Prompt
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def company(session, clock):
    company = cast.assemble(clock.now)
    cast.arrive(company.event, company.ada, company.ben, company.cleo)
    for other in (company.ben, company.cleo):
        contacts.meet(company.ada, other, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    return company


@pytest.fixture
def prompt(company, clock, session):
    prompt = follow_up(company, clock.now)
    follow_ups.choose(prompt, [of(company, "ben").id, of(company, "cleo").id], clock.move(days=2))
    return prompt


def follow_up(company, now, subject="event:1"):
    prompt = Prompt(
        kind=FOLLOW_UP,
        subject=subject,
        person=company.ada,
        event=company.event,
        due_day=now.date(),
        due_time=time(8, 30),
        due_zone=cast.ZONE,
        due_at=now,
        created_at=now,
    )
    follow_ups.session.add(prompt)
    follow_ups.session.flush()
    return prompt


def of(company, name):
    return contacts.find(company.ada, getattr(company, name))


def pick(prompt, name):
    return next(pick for pick in follow_ups.picks(prompt) if pick.contact.other.first_name.lower() == name)


def say(company, prompt, name, step, now, **more):
    next_steps.answer(prompt, of(company, name).id, Answer(step, **more), now)
    return pick(prompt, name)


def promise(company, text, now, name="ben"):
    encounter = encounters.between(company.ada, getattr(company, name))[0]
    contacts.write(of(company, name), PROMISE, text, encounter, now)


def kept(session):
    return session.scalar(select(Note.kept_at).where(Note.kind == PROMISE))


@pytest.mark.parametrize("way", WAYS)
def test_what_went_is_done_and_resets_the_clock(company, prompt, clock, way):
    """D7."""
    chosen = say(company, prompt, "ben", way, clock.now)
    assert (chosen.step, chosen.done_at, chosen.went_at) == (way, clock.now, clock.now)
    assert of(company, "ben").last_touch_at == clock.now
    assert of(company, "cleo").last_touch_at is None


def test_they_wrote_first_resets_the_clock_too(company, prompt, clock):
    """D7."""
    chosen = say(company, prompt, "ben", THEY_WROTE, clock.now)
    assert (chosen.done_at, chosen.went_at) == (clock.now, None)
    assert of(company, "ben").last_touch_at == clock.now


@pytest.mark.parametrize("step", [NOTHING, ASK])
def test_what_reached_nobody_leaves_the_clock(company, prompt, clock, step):
    chosen = say(company, prompt, "ben", step, clock.now)
    assert (chosen.done_at, chosen.went_at, of(company, "ben").last_touch_at) == (clock.now, None, None)


def test_not_yet_keeps_it_open(company, prompt, clock):
    chosen = say(company, prompt, "ben", "mail", clock.now, done=False)
    assert (chosen.step, chosen.done_at, chosen.went_at) == ("mail", None, None)
    assert of(company, "ben").last_touch_at is None


def test_when_the_last_one_is_done_the_prompt_is_done(company, prompt, clock):
    say(company, prompt, "ben", "mail", clock.now)
    assert prompt.state == OPEN
    say(company, prompt, "cleo", NOTHING, clock.now)
    assert (prompt.state, prompt.ended_at) == (DONE, clock.now)


def test_taking_one_back_opens_it_again(company, prompt, clock):
    for name in ("ben", "cleo"):
        say(company, prompt, name, "mail", clock.now)
    say(company, prompt, "ben", "mail", clock.now, done=False)
    assert prompt.state == OPEN


def test_saying_it_twice_changes_nothing(company, prompt, clock):
    first = say(company, prompt, "ben", "sms", clock.now, stage=KEEPING_UP)
    before = (first.step, first.done_at, of(company, "ben").stage)
    again = say(company, prompt, "ben", "sms", clock.now, stage=KEEPING_UP)
    assert (again.step, again.done_at, of(company, "ben").stage) == before


@pytest.mark.parametrize("stage", [NEW, KEEPING_UP, WIDE_CIRCLE])
def test_where_they_belong_is_ones_own_choice(company, prompt, clock, stage):
    say(company, prompt, "ben", NOTHING, clock.now, stage=stage)
    assert of(company, "ben").stage == stage


def test_without_a_word_they_stay_where_they_are(company, prompt, clock):
    contacts.move(of(company, "ben"), KEEPING_UP)
    say(company, prompt, "ben", "mail", clock.now)
    assert of(company, "ben").stage == KEEPING_UP


def test_a_promise_is_quoted_until_it_is_kept(company, prompt, clock, session):
    promise(company, "Rhian's number", clock.now)
    assert [words.text for words in next_steps.recall(pick(prompt, "ben")).promises] == ["Rhian's number"]
    say(company, prompt, "ben", "mail", clock.now, promise=KEPT)
    assert kept(session) == clock.now
    later = follow_up(company, clock.move(days=7), "event:2")
    follow_ups.choose(later, [of(company, "ben").id], clock.now)
    assert next_steps.recall(pick(later, "ben")).promises == []


def test_one_still_to_keep_is_quoted_again(company, prompt, clock, session):
    promise(company, "Rhian's number", clock.now)
    say(company, prompt, "ben", "mail", clock.now, promise=WILL_DO)
    assert kept(session) is None
    later = follow_up(company, clock.move(days=7), "event:2")
    follow_ups.choose(later, [of(company, "ben").id], clock.now)
    assert len(next_steps.recall(pick(later, "ben")).promises) == 1


def test_one_that_is_not_needed_is_asked_about_no_more(company, prompt, clock, session):
    promise(company, "Rhian's number", clock.now)
    say(company, prompt, "ben", NOTHING, clock.now, promise=NOT_NEEDED)
    assert kept(session) is None
    later = follow_up(company, clock.move(days=7), "event:2")
    follow_ups.choose(later, [of(company, "ben").id], clock.now)
    assert next_steps.recall(pick(later, "ben")).promises == []
    contacts.write(of(company, "ben"), PROMISE, "Lunch", None, clock.move(minutes=1))
    assert [words.text for words in next_steps.recall(pick(later, "ben")).promises] == ["Lunch"]


def test_a_promise_kept_by_mistake_is_open_again(company, prompt, clock, session):
    promise(company, "Rhian's number", clock.now)
    say(company, prompt, "ben", "mail", clock.now, promise=KEPT)
    assert len(next_steps.recall(pick(prompt, "ben")).promises) == 1
    say(company, prompt, "ben", "mail", clock.move(minutes=1), promise=WILL_DO)
    assert kept(session) is None


def test_ones_own_lines_are_quoted_the_newest_first(company, prompt, clock):
    encounter = encounters.between(company.ada, company.ben)[0]
    contacts.write(of(company, "ben"), LINE, "Roofs, knows Llanover", encounter, clock.now)
    contacts.write(of(company, "ben"), LINE, "Moved to Usk", None, clock.move(hours=1))
    recall = next_steps.recall(pick(prompt, "ben"))
    assert [words.text for words in recall.lines] == ["Moved to Usk", "Roofs, knows Llanover"]
    assert next_steps.recall(pick(prompt, "cleo")).lines == []


def test_asking_for_an_address_is_offered_once(company, prompt, clock):
    assert next_steps.recall(pick(prompt, "ben")).may_ask
    say(company, prompt, "ben", ASK, clock.now)
    later = follow_up(company, clock.move(days=7), "event:2")
    follow_ups.choose(later, [of(company, "ben").id, of(company, "cleo").id], clock.now)
    assert not next_steps.recall(pick(later, "ben")).may_ask
    assert next_steps.recall(pick(later, "cleo")).may_ask


@pytest.mark.parametrize("said", [Answer("pigeon"), Answer(""), Answer("mail", promise="maybe")])
def test_only_what_the_page_offers_is_taken(company, prompt, clock, said):
    with pytest.raises(next_steps.NoSuchAnswer):
        next_steps.answer(prompt, of(company, "ben").id, said, clock.now)


def test_an_unknown_stage_is_refused(company, prompt, clock):
    with pytest.raises(contacts.NoSuchStage):
        say(company, prompt, "ben", "mail", clock.now, stage="let_go")


def test_only_the_chosen_are_answered_about(company, prompt, clock):
    follow_ups.choose(prompt, [of(company, "ben").id], clock.now)
    for contact_id in (of(company, "cleo").id, contacts.find(company.ben, company.ada).id, 10**6):
        with pytest.raises(NotFound):
            next_steps.answer(prompt, contact_id, Answer("mail"), clock.now)


def test_recalling_costs_the_same_however_much_was_written(company, prompt, clock, session, queries):
    def cost():
        chosen = pick(prompt, "ben")
        with queries() as asked:
            lines = next_steps.recall(chosen).lines
        return asked.count, len(lines)

    contacts.write(of(company, "ben"), LINE, "One", None, clock.now)
    few, _one = cost()
    for days in range(5):
        clock.move(days=1)
        day = clock.now.date() + timedelta(days=days)
        met = contacts.meet(company.ada, company.ben, uuid4(), encounters.CARD, day, clock.now, clock.now)
        contacts.write(of(company, "ben"), LINE, f"Line {days}", met.encounter, clock.now)
    session.expire_all()
    pick(prompt, "ben")
    many, six = cost()
    assert (six, many) == (6, few)
