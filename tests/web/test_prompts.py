"""Today, the follow-up and its steps, as someone with a phone goes through them."""

import re
from datetime import time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.domain import cards, contacts, encounters, invitations, one_to_ones, prompts, questions
from app.domain.contacts import KEEPING_UP, LINE, NEW, PROMISE, WIDE_CIRCLE
from app.domain.prompts import AGREEMENT, CLOSED, DONE, FOLLOW_UP, ONE_TO_ONE, OPEN, Pick, Prompt
from tests import cast

TWO_DAYS = timedelta(days=2)


@pytest.fixture
def world(session, clock):
    world = cast.assemble(clock.now)
    cast.arrive(world.event, world.ada, world.ben, world.cleo)
    session.commit()
    return world


@pytest.fixture
def ada(client, world):
    return client.sign_in(world.ada)


def meet(world, one, other, clock, how=encounters.CARD):
    contacts.session.commit()  # what was read before is over: a write begins afresh
    met = contacts.meet(one, other, uuid4(), how, world.event, clock.now, clock.now)
    contacts.session.commit()
    return met.encounter


def ask(world, person, clock, kind=FOLLOW_UP, due_at=None):
    due_at = due_at or clock.now
    prompt = Prompt(
        kind=kind,
        subject=f"event:{world.event.id}",
        person=person,
        event=world.event,
        due_day=due_at.date(),
        due_time=time(8, 30),
        due_zone=cast.ZONE,
        due_at=due_at,
        created_at=clock.now,
    )
    prompts.session.add(prompt)
    prompts.session.commit()
    return prompt


def contact(owner, other):
    contacts.session.rollback()
    return contacts.find(owner, other)


def again(session, prompt):
    session.rollback()
    session.refresh(prompt)
    return prompt


def say(visitor, prompt, other, did, **more):
    path = f"/prompts/{prompt.id}/answer"
    return visitor.post(path, data={"contact": contact(prompt.person, other).id, "did": did, **more})


def chosen(visitor, world, clock, *others):
    for other in others:
        meet(world, world.ada, other, clock)
    prompt = ask(world, world.ada, clock)
    visitor.post(f"/prompts/{prompt.id}/picks", data={"pick": [contact(world.ada, other).id for other in others]})
    return prompt


def cost(visitor, path, queries):
    """Return what this page asks of the database, once the day's visit is noted."""
    visitor.get(path)
    with queries() as asked:
        assert visitor.get(path).status_code == 200
    return asked


# Today


def test_with_nothing_to_do_today_says_so_kindly(ada):
    page = ada.get("/today").text
    assert "Nothing waits" in page
    assert "Enjoy the day" in page


def test_today_begins_with_the_oldest_prompt_whole(ada, world, clock):
    meet(world, world.ada, world.ben, clock)
    ask(world, world.ada, clock, ONE_TO_ONE, clock.now - timedelta(hours=1))
    follow_up = ask(world, world.ada, clock, FOLLOW_UP, clock.now - timedelta(days=4))
    page = ada.get("/today").text
    assert page.index("Whom would you like to see again?") < page.index("Whom would you like half an hour with?")
    assert f'action="/prompts/{follow_up.id}/picks"' in page
    assert "Ben Okafor" in page


def test_what_is_not_due_yet_waits_unseen(ada, world, clock):
    meet(world, world.ada, world.ben, clock)
    ask(world, world.ada, clock, due_at=clock.now + TWO_DAYS)
    assert "Nothing waits" in ada.get("/today").text


def test_the_days_one_to_one_stands_there_with_its_time(ada, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    starts_at = clock.now + timedelta(hours=5)
    offer = one_to_ones.Offer([starts_at], cast.ZONE, "Café Zoë")
    meeting = invitations.propose(world.ada, contacts.find(world.ada, world.ben), offer, clock.now)
    session.commit()
    assert "Ben's turn to pick a time" in ada.get("/today").text
    invitations.pick(meeting, world.ben, starts_at, clock.now)
    session.commit()
    page = ada.get("/today").text
    assert "You and Ben Okafor" in page
    assert "Tue 24 Nov, 12:30" in page
    assert "Café Zoë" in page


def test_today_costs_the_same_with_ten_times_the_people(ada, world, clock, session, queries):
    def fill(number):
        for _n in range(number):
            friend = cast.person("Friend", clock.now, what_i_do="Cakes")
            cards.put(cards.of(friend), "company", "Cakes & Co", cards.ANYONE)
            encounter = meet(world, world.ada, friend, clock)
            contacts.write(contacts.find(world.ada, friend), LINE, "A line", encounter, clock.now)
            offer = one_to_ones.Offer([clock.now + timedelta(days=3)], cast.ZONE, "Here")
            contacts.meet(friend, world.ada, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
            invitations.propose(friend, contacts.find(friend, world.ada), offer, clock.move(days=1))
        session.commit()
        clock.move(hours=1)

    meet(world, world.ada, world.ben, clock)
    ask(world, world.ada, clock)
    fill(1)
    few = cost(ada, "/today", queries)
    fill(10)
    many = cost(ada, "/today", queries)
    assert many.count == few.count, f"{few}\n\n{many}"
    assert few.count <= 18, few


def test_so_does_the_page_of_one_step(ada, world, clock, session, queries):
    prompt = chosen(ada, world, clock, world.ben, world.cleo)
    path = f"/prompts/{prompt.id}"
    few = cost(ada, path, queries)
    session.commit()
    for number in range(10):
        clock.move(days=1)
        day = clock.now.date()
        contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, day, clock.now, clock.now)
        contacts.write(contacts.find(world.ada, world.ben), LINE, f"Line {number}", None, clock.now)
        meet(world, world.ada, cast.person(f"Friend {number}", clock.now), clock)
    session.commit()
    many = cost(ada, path, queries)
    assert many.count == few.count, f"{few}\n\n{many}"


# Choosing


def test_choosing_goes_on_with_the_first_of_them(ada, world, clock):
    prompt = chosen(ada, world, clock, world.ben, world.cleo)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "Write to Ben?" in page
    assert "1 of 2" in page
    assert "Cleo" not in page


def test_that_is_all_with_nobody_is_done_and_can_be_undone(ada, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock)
    answer = ada.post(f"/prompts/{prompt.id}/picks")
    assert answer.location == f"/prompts/{prompt.id}"
    page = ada.get(answer.location).text
    assert "That's done" in page
    assert "Undo" in page
    assert contact(world.ada, world.ben).stage == WIDE_CIRCLE
    ada.post(f"/prompts/{prompt.id}/answer", data={"did": "undo"})
    assert again(session, prompt).state == OPEN
    assert contact(world.ada, world.ben).stage == NEW


def test_a_fourth_is_too_many_and_the_ticks_stay(ada, world, clock, session):
    friends = [cast.person(f"Friend {number}", clock.now) for number in range(4)]
    for friend in friends:
        meet(world, world.ada, friend, clock)
    prompt = ask(world, world.ada, clock)
    ids = [contact(world.ada, friend).id for friend in friends]
    page = ada.post(f"/prompts/{prompt.id}/picks", data={"pick": ids})
    assert page.status_code == 422
    assert "Three at most" in page.text
    assert page.text.count(" checked") == 4
    assert session.scalar(select(func.count()).select_from(Pick)) == 0


def test_my_own_words_stand_beside_the_names(ada, world, clock, session):
    encounter = meet(world, world.ada, world.ben, clock)
    contacts.write(contacts.find(world.ada, world.ben), LINE, "Knows <everybody> at Llanover", encounter, clock.now)
    session.commit()
    page = ada.get(f"/prompts/{ask(world, world.ada, clock).id}").text
    assert "You noted: “Knows &lt;everybody&gt; at Llanover”" in page


def test_who_met_nobody_on_an_early_visit_is_asked_for_a_name(ada, world, clock, session):
    prompt = ask(world, world.ada, clock)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "Whom did you talk to on Tue 24 Nov?" in page
    for other in ("Ben", "Okafor", "Cleo", "Nowak"):
        assert other not in page
    sent = {"name": "Ben Okafor", "id": re.search(r'name="id" value="([^"]+)"', page)[1]}
    answer = ada.post(f"/prompts/{prompt.id}/people", data=sent)
    assert "Ben Okafor" in ada.get(answer.location).text
    assert contact(world.ada, world.ben).opened_at is None


def test_a_name_that_nobody_has_is_said_so_and_kept(ada, world, clock):
    prompt = ask(world, world.ada, clock)
    page = ada.post(f"/prompts/{prompt.id}/people", data={"name": "Benn Okafor", "id": str(uuid4())})
    assert page.status_code == 422
    assert "We find nobody of that name" in page.text
    assert 'value="Benn Okafor"' in page.text


def test_names_cannot_be_tried_for_ever(ada, world, clock):
    prompt = ask(world, world.ada, clock)
    sent = {"name": "Somebody", "id": str(uuid4())}
    answers = [ada.post(f"/prompts/{prompt.id}/people", data=sent).status_code for _try in range(21)]
    assert answers == [422] * 20 + [429]


# One step at a time


def test_the_plain_case_is_two_taps(ada, world, clock, session):
    """Open in Mail, and: yes, it went."""
    cards.put(cards.of(world.ben), "email", "ben@shop.example", cards.MET)
    prompt = chosen(ada, world, clock, world.ben)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert re.search(r'<a class="button button-primary[^>]+href="mailto:ben@shop\.example\?subject=', page)
    answer = say(ada, prompt, world.ben, "went", way="mail", stage="keeping_up")
    assert answer.status_code == 303
    assert "That's done" in ada.get(f"/prompts/{prompt.id}").text
    assert again(session, prompt).state == DONE
    ben = contact(world.ada, world.ben)
    assert (ben.stage, ben.last_touch_at) == (KEEPING_UP, clock.now)
    assert session.scalar(select(Pick.step)) == "mail"


def test_it_quotes_what_i_noted_and_promised(ada, world, clock, session):
    encounter = meet(world, world.ada, world.ben, clock)
    ben = contacts.find(world.ada, world.ben)
    contacts.write(ben, LINE, "Roofs that don't leak", encounter, clock.now)
    contacts.write(ben, PROMISE, "Rhian's number", encounter, clock.now)
    session.commit()
    prompt = chosen(ada, world, clock, world.ben)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "<blockquote>Roofs that don&#39;t leak</blockquote>" in page
    assert "<blockquote>Rhian&#39;s number</blockquote>" in page
    assert "Did you do it?" in page
    draft = re.search(r"<textarea.*?>(.*?)</textarea>", page, re.DOTALL)[1]
    assert "Roofs" not in draft
    assert "Rhian" not in draft
    say(ada, prompt, world.ben, "went", way="copy", promise="kept")
    assert contacts.notes(contact(world.ada, world.ben))[0].kept_at == clock.now


def test_fields_that_are_not_open_to_me_never_appear(ada, world, clock):
    """P159."""
    card = cards.of(world.ben)
    cards.put(card, "email", "private@shop.example", cards.MET)
    cards.put(card, "phone", "+447700900123", cards.NOBODY, "GB")
    cards.put(card, "looking_for", "A very private thing", cards.MET)
    meet(world, world.ada, world.ben, clock, encounters.BY_HAND)
    prompt = ask(world, world.ada, clock)
    ada.post(f"/prompts/{prompt.id}/picks", data={"pick": contact(world.ada, world.ben).id})
    page = ada.get(f"/prompts/{prompt.id}").text
    for hidden in ("private@shop.example", "7700900123", "very private"):
        assert hidden not in page
    assert "shows no address to you" in page
    meet(world, world.ada, world.ben, clock, encounters.CARD)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "private@shop.example" in page
    assert "A very private thing" in page
    assert "7700900123" not in page


def test_every_open_way_is_offered(ada, world, clock):
    card = cards.of(world.ben)
    cards.put(card, "email", "ben@shop.example", cards.ANYONE)
    cards.put(card, "phone", "07700 900123", cards.ANYONE, "GB")
    cards.put(card, "link", "https://www.linkedin.com/in/ben", cards.ANYONE)
    prompt = chosen(ada, world, clock, world.ben)
    page = ada.get(f"/prompts/{prompt.id}").text
    found = dict(re.findall(r'href="([^"]+)"[^>]*data-way="(\w+)"', page))
    assert sorted(found.values()) == ["linkedin", "mail", "sms", "whatsapp"]
    starts = {way: href for href, way in found.items()}
    assert starts["sms"].startswith("sms:+447700900123?body=Hi%20Ben%2C")
    assert starts["whatsapp"].startswith("https://wa.me/447700900123?text=Hi%20Ben%2C")
    assert starts["linkedin"] == "https://www.linkedin.com/in/ben"


def test_without_a_script_my_own_words_still_get_into_the_links(ada, world, clock, session):
    cards.put(cards.of(world.ben), "email", "ben@shop.example", cards.ANYONE)
    prompt = chosen(ada, world, clock, world.ben)
    page = say(ada, prompt, world.ben, "reword", draft="My own & only words")
    assert page.status_code == 200
    assert "body=My%20own%20%26%20only%20words" in page.text
    assert "My own &amp; only words</textarea>" in page.text
    assert session.scalar(select(Pick.done_at)) is None


def test_not_yet_goes_on_with_the_next_and_comes_back(ada, world, clock, session):
    prompt = chosen(ada, world, clock, world.ben, world.cleo)
    onwards = say(ada, prompt, world.ben, "not_yet", way="copy").location
    assert "Write to Cleo?" in ada.get(onwards).text
    onwards = say(ada, prompt, world.cleo, "they_wrote").location
    assert "Write to Ben?" in ada.get(onwards).text
    assert "Ben waits here until it went." in ada.get(say(ada, prompt, world.ben, "not_yet", way="copy").location).text
    assert again(session, prompt).state == OPEN


def test_not_now_is_the_wide_circle_and_no_more(ada, world, clock, session):
    prompt = chosen(ada, world, clock, world.ben)
    say(ada, prompt, world.ben, "not_now", stage="keeping_up")
    ben = contact(world.ada, world.ben)
    assert (ben.stage, ben.last_touch_at) == (WIDE_CIRCLE, None)
    assert again(session, prompt).state == DONE


def test_asking_for_an_address_is_a_question_in_the_app_and_offered_once(ada, world, clock, session):
    """D6."""
    prompt = chosen(ada, world, clock, world.ben)
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "Ask Ben for an address" in page
    assert "asked in the app, without a letter" in page
    say(ada, prompt, world.ben, "ask")
    session.rollback()
    assert [question.asker for question in questions.for_me(world.ben, clock.now)] == [world.ada]
    later = Prompt(kind=FOLLOW_UP, subject="event:9", person=world.ada, event=world.event, due_zone=cast.ZONE)
    later.due_day, later.due_time, later.due_at, later.created_at = clock.now.date(), time(8), clock.now, clock.now
    session.add(later)
    session.commit()
    ada.post(f"/prompts/{later.id}/picks", data={"pick": contact(world.ada, world.ben).id})
    page = ada.get(f"/prompts/{later.id}").text
    assert 'value="ask"' not in page


def test_what_is_done_can_be_changed(ada, world, clock, session):
    prompt = chosen(ada, world, clock, world.ben)
    say(ada, prompt, world.ben, "went", way="copy")
    page = ada.get(f"/prompts/{prompt.id}").text
    assert "It went" in page
    change = re.search(r'href="(/prompts/\d+\?with=\d+)"', page)[1]
    assert "Write to Ben?" in ada.get(change).text
    say(ada, prompt, world.ben, "not_yet", way="copy")
    assert again(session, prompt).state == OPEN


@pytest.mark.parametrize("did", ["", "pigeon", "done", "undo"])
def test_only_the_buttons_of_the_page_are_answers(ada, world, clock, session, did):
    prompt = chosen(ada, world, clock, world.ben)
    assert say(ada, prompt, world.ben, did).status_code == 422
    assert again(session, prompt).state == OPEN


@pytest.mark.parametrize(
    "name", ['"><svg onload=alert(1)>', "{{7*7}}", "</script><script>x", "Zoë 🥞 " + "Long" * 20, "<b>Bobby</b>"]
)
def test_a_hostile_name_stays_a_name(ada, world, clock, session, name):
    """A70."""
    world.ben.name = name
    card = cards.of(world.ben)
    for field in ("what_i_do", "looking_for", "can_offer", "company"):
        cards.put(card, field, name, cards.ANYONE)
    encounter = meet(world, world.ada, world.ben, clock)
    contacts.write(contacts.find(world.ada, world.ben), LINE, name, encounter, clock.now)
    session.commit()
    prompt = ask(world, world.ada, clock)
    paths = ["/today", f"/prompts/{prompt.id}"]
    for path in paths:
        _inert(ada.get(path).text)
    ada.post(f"/prompts/{prompt.id}/picks", data={"pick": contact(world.ada, world.ben).id})
    for path in paths:
        _inert(ada.get(path).text)


def _inert(page):
    assert "<svg onload" not in page
    assert "<script>x" not in page
    assert "<b>Bobby" not in page
    assert "49" not in re.sub(r'value="[^"]*"|/static/v/\w+', "", page)


# Later, done, gone


def test_later_brings_it_back_on_a_morning(ada, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock)
    page = ada.get(f"/prompts/{prompt.id}").text
    days = re.findall(r'name="day" value="([\d-]+)"', page)
    assert days == ["2026-11-25", "2026-11-27", "2026-11-30"]
    answer = ada.post(f"/prompts/{prompt.id}/later", data={"day": days[1]})
    assert "It comes back on Fri 27 Nov." in ada.get(answer.location).text
    assert again(session, prompt).due_day.isoformat() == "2026-11-27"
    assert "Nothing waits" in ada.get("/today").text


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30", "2031-01-01"])
def test_a_day_that_is_none_is_asked_for_again(ada, world, clock, session, day):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock)
    page = ada.post(f"/prompts/{prompt.id}/later", data={"day": day})
    assert page.status_code == 422
    assert "Please pick a day within the next year." in page.text
    assert again(session, prompt).round == 1


def test_a_closed_prompt_says_there_is_nothing_to_do(ada, world, clock, session):
    prompt = ask(world, world.ada, clock)
    prompt.state, prompt.ended_at = CLOSED, clock.now
    session.commit()
    assert "nothing to do here any more" in ada.get(f"/prompts/{prompt.id}").text


def test_my_prompts_are_mine(new_client, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock)
    eve = new_client().sign_in(world.cleo)
    assert eve.get(f"/prompts/{prompt.id}").status_code == 404
    for verb, data in (
        ("picks", {}),
        ("people", {"name": "Ben Okafor"}),
        ("answer", {"did": "done"}),
        ("later", {"day": "2026-11-25"}),
    ):
        assert eve.post(f"/prompts/{prompt.id}/{verb}", data=data).status_code == 404
    assert again(session, prompt).state == OPEN


# Half an hour


def test_the_one_to_one_prompt_leads_to_three_times(ada, world, clock, session):
    for other in (world.ben, world.cleo):
        meet(world, world.ada, other, clock)
    prompt = ask(world, world.ada, clock, ONE_TO_ONE)
    page = ada.get("/today").text
    assert "Whom would you like half an hour with?" in page
    link = f"/one-to-ones/new?contact={contact(world.ada, world.ben).id}&amp;prompt={prompt.id}"
    assert link in page
    assert "Half an hour with Ben" in ada.get(link.replace("&amp;", "&")).text


def test_with_one_who_fits_it_asks_by_name(ada, world, clock):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock, ONE_TO_ONE)
    assert "Ask Ben for half an hour?" in ada.get(f"/prompts/{prompt.id}").text


def test_not_this_time_is_an_answer(ada, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    prompt = ask(world, world.ada, clock, ONE_TO_ONE)
    ada.post(f"/prompts/{prompt.id}/answer", data={"did": "done"})
    assert again(session, prompt).state == DONE
    assert "Nothing waits" in ada.get("/today").text
    assert contact(world.ada, world.ben).stage == NEW
    ada.post(f"/prompts/{prompt.id}/answer", data={"did": "undo"})
    assert again(session, prompt).state == OPEN


def test_a_prompt_about_a_one_to_one_leads_to_it(new_client, world, clock, session):
    meet(world, world.ada, world.ben, clock)
    offer = one_to_ones.Offer([clock.now + timedelta(days=3)], cast.ZONE, "Café Zoë")
    meeting = invitations.propose(world.ada, contacts.find(world.ada, world.ben), offer, clock.now)
    session.commit()
    ben = new_client().sign_in(world.ben)
    clock.move(hours=1)
    asked = session.scalar(select(Prompt))
    assert ben.get(f"/prompts/{asked.id}").location == f"/one-to-ones/{meeting.id}"
    assert "Ada would like half an hour with you" in ben.get("/today").text
    assert ben.post(f"/prompts/{asked.id}/answer", data={"did": "done"}).status_code == 422
    invitations.pick(meeting, world.ben, meeting.times[0].starts_at, clock.now)
    session.commit()
    told = session.scalar(select(Prompt).where(Prompt.kind == AGREEMENT, Prompt.person_id == world.ben.id))
    assert ben.get(f"/prompts/{told.id}").location == f"/one-to-ones/{meeting.id}"
