"""1-2-1s on the screen: three times offered, one picked, a calendar file, and the ways out."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import icalendar
import pytest
from sqlalchemy import func, select

from app.domain import cards, contacts, encounters, invitations, one_to_ones
from app.domain.one_to_ones import AGREED, CANCELLED, DECLINED, PROPOSED, WITHDRAWN, OneToOne
from app.domain.prompts import DONE, ONE_TO_ONE, Prompt
from tests import cast

THURSDAY = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
TYPED = {
    "day_1": "2026-12-03",
    "time_1": "12:30",
    "day_2": "2026-12-04",
    "time_2": "08:30",
    "day_3": "",
    "time_3": "",
    "place": "Café Zoë, upstairs",
    "why": "Your café; my books",
}


@pytest.fixture
def world(session, clock):
    world = cast.assemble(clock.now)
    cast.arrive(world.event, world.ada, world.ben)
    contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
    session.commit()
    return world


@pytest.fixture
def ada(new_client, world):
    return new_client().sign_in(world.ada)


@pytest.fixture
def ben(new_client, world):
    return new_client().sign_in(world.ben)


def contact(owner, other):
    contacts.session.rollback()
    return contacts.find(owner, other)


def propose(visitor, world, **typed):
    return visitor.post("/one-to-ones/new", data={"contact": contact(world.ada, world.ben).id, **TYPED, **typed})


@pytest.fixture
def proposed(ada, world, session):
    assert propose(ada, world).status_code == 303
    return only(session)


def only(session):
    session.rollback()
    return session.scalars(select(OneToOne).execution_options(populate_existing=True)).one()


def pick(visitor, meeting, number=0):
    return visitor.post(f"/one-to-ones/{meeting.id}/answer", data={"time": meeting.times[number].id})


def page(visitor, meeting):
    answer = visitor.get(f"/one-to-ones/{meeting.id}")
    assert answer.status_code == 200
    return answer.text


def test_sensible_times_on_working_days_are_there_already(ada, world, clock):
    clock.set(datetime(2026, 11, 26, 10, 0, tzinfo=UTC))  # a Thursday
    text = ada.get(f"/one-to-ones/new?contact={contact(world.ada, world.ben).id}").text
    found = re.findall(r'name="(?:day|time)_\d"[^>]*value="([^"]+)"', text)
    assert found == ["2026-11-27", "08:30", "2026-11-30", "12:30", "2026-12-01", "16:00"]
    assert 'value="The Grand, Bristol"' in text


def test_offering_keeps_instants_and_what_was_said(ada, world, proposed):
    assert [time.starts_at for time in proposed.times] == [THURSDAY, datetime(2026, 12, 4, 8, 30, tzinfo=UTC)]
    assert (proposed.place, proposed.why, proposed.time_zone) == (
        "Café Zoë, upstairs",
        "Your café; my books",
        cast.ZONE,
    )
    text = page(ada, proposed)
    assert "It's Ben's turn" in text
    assert "Thu 3 Dec, 12:30" in text


def test_times_are_meant_in_the_proposers_own_zone(ada, world, session):
    world.ada.time_zone = "America/New_York"
    session.commit()
    propose(ada, world, day_1="2026-12-03", time_1="07:30", day_2="", time_2="")
    assert [time.starts_at for time in only(session).times] == [THURSDAY]


def test_both_read_their_own_clock_and_the_others_where_they_differ(ada, ben, world, session, proposed):
    assert "Europe" not in page(ben, proposed)
    assert " in London" not in page(ben, proposed)
    world.ben.time_zone = "America/New_York"
    session.commit()
    theirs, mine = page(ben, proposed), page(ada, proposed)
    assert "Thu 3 Dec, 7:30" in theirs
    assert "12:30 in London" in theirs
    assert "Thu 3 Dec, 12:30" in mine
    assert "7:30 in New York" in mine


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day_1": "2026-11-23"}, "That time has passed."),
        ({"day_1": "2027-06-01"}, "within the next 60 days"),
        ({"day_2": "2026-12-03", "time_2": "12:30"}, "This time is there already."),
        ({"time_1": ""}, "Give this one a day and a time"),
        ({"day_1": "next week"}, "Give this one a day and a time"),
        ({"day_1": "", "time_1": "", "day_2": "", "time_2": ""}, "Offer one time at least"),
        ({"place": " "}, "Say where"),
        ({"why": "x" * 201}, "200 characters at most"),
    ],
)
def test_what_was_typed_is_kept_when_something_is_wrong(ada, world, session, typed, said):
    answer = propose(ada, world, **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "One thing needs another look." in answer.text
    kept = {**TYPED, **typed}
    for name in ("day_2", "time_2", "why"):
        assert f'name="{name}"' in answer.text
        assert f'value="{kept[name]}"' in answer.text
    assert session.scalar(select(func.count()).select_from(OneToOne)) == 0


def test_a_refusal_says_why_and_keeps_what_was_typed_too(ada, world, proposed):
    answer = propose(ada, world)
    assert answer.status_code == 409
    assert "You've asked Ben already." in answer.text
    assert 'value="Café Zoë, upstairs"' in answer.text


def test_only_somebody_i_met_can_be_asked(ada, world, session):
    stranger = contact(world.ben, world.ada).id
    for contact_id in (stranger, 10**6, "x", ""):
        assert ada.get(f"/one-to-ones/new?contact={contact_id}").status_code == 404
        assert ada.post("/one-to-ones/new", data={"contact": contact_id, **TYPED}).status_code == 404
    assert session.scalar(select(func.count()).select_from(OneToOne)) == 0


def test_the_prompt_that_led_here_is_done_and_is_ones_own(ada, world, session, clock):
    def ask(person):
        prompt = Prompt(kind=ONE_TO_ONE, subject="event:1", person=person, event=world.event, due_zone=cast.ZONE)
        prompt.due_day, prompt.due_time = clock.now.date(), clock.now.time()
        prompt.due_at = prompt.created_at = clock.now
        session.add(prompt)
        session.commit()
        return prompt

    mine, theirs = ask(world.ada), ask(world.ben)
    assert propose(ada, world, prompt=theirs.id).status_code == 404
    assert propose(ada, world, prompt=mine.id).status_code == 303
    session.rollback()
    session.refresh(mine)
    assert mine.state == DONE


def test_picking_one_puts_it_into_both_calendars(ada, ben, proposed, session):
    assert "Ada would like half an hour with you" in page(ben, proposed)
    assert pick(ben, proposed).location == f"/one-to-ones/{proposed.id}"
    agreed = only(session)
    assert (agreed.state, agreed.starts_at) == (AGREED, THURSDAY)
    for visitor in (ada, ben):
        text = page(visitor, agreed)
        assert "Thu 3 Dec, 12:30" in text
        assert f'href="/one-to-ones/{agreed.id}.ics"' in text
    assert pick(ben, proposed).status_code == 303  # the second tap of a nervous thumb


def test_the_calendar_file_names_no_attendee(ada, ben, proposed):
    """A76."""
    assert ben.get(f"/one-to-ones/{proposed.id}.ics").status_code == 404
    pick(ben, proposed)
    answer = ada.get(f"/one-to-ones/{proposed.id}.ics")
    assert answer.content_type == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="1-2-1.ics"'
    (entry,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert entry.decoded("DTSTART") == THURSDAY
    assert (entry["SUMMARY"], entry["LOCATION"]) == ("1-2-1 with Ben", "Café Zoë, upstairs")
    assert entry["UID"] == f"one-to-one-{proposed.id}@marmalade.example"
    assert entry["URL"] == f"https://marmalade.example/one-to-ones/{proposed.id}"
    assert "ATTENDEE" not in entry
    assert (entry["SEQUENCE"], entry["STATUS"]) == (0, "CONFIRMED")


def test_without_a_pick_it_asks_for_one(ben, proposed, session):
    for time in ("", "x", "999999"):
        answer = ben.post(f"/one-to-ones/{proposed.id}/answer", data={"time": time})
        assert answer.status_code == 422
        assert "Pick one of the times first." in answer.text
    assert only(session).state == PROPOSED


def test_a_time_that_has_passed_is_offered_no_more(ben, proposed, clock):
    clock.set(THURSDAY + timedelta(minutes=1))
    text = page(ben, proposed)
    assert "Fri 4 Dec, 8:30" in text
    assert "Thu 3 Dec" not in text
    assert pick(ben, proposed).status_code == 422


def test_no_thank_you_is_final_and_said_kindly(ada, ben, world, proposed, session):
    ben.post(f"/one-to-ones/{proposed.id}/answer", data={"none": "1"})
    assert only(session).state == DECLINED
    assert "None of the times will do for Ben." in page(ada, proposed)
    assert "You said no." in page(ben, proposed)
    answer = propose(ada, world)
    assert answer.status_code == 409
    assert "we don't ask twice" in answer.text


def test_other_times_can_be_offered_instead(ada, ben, world, proposed, session):
    text = page(ben, proposed)
    link = re.search(r'href="(/one-to-ones/new\?contact=\d+&amp;instead=\d+)"', text)[1].replace("&amp;", "&")
    assert f'name="instead" value="{proposed.id}"' in ben.get(link).text
    mine = {"contact": contact(world.ben, world.ada).id, "instead": proposed.id, **TYPED}
    answer = ben.post("/one-to-ones/new", data=mine)
    assert answer.status_code == 303
    session.rollback()
    states = dict(session.execute(select(OneToOne.id, OneToOne.state)).all())
    assert states == {proposed.id: DECLINED, proposed.id + 1: PROPOSED}


def test_only_ones_own_invitation_is_answered_so(new_client, world, proposed, session, clock):
    contacts.meet(world.cleo, world.ben, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
    session.commit()
    cleo = new_client().sign_in(world.cleo)
    answer = cleo.post(
        "/one-to-ones/new", data={"contact": contact(world.cleo, world.ben).id, "instead": proposed.id, **TYPED}
    )
    assert answer.status_code == 404
    assert only(session).state == PROPOSED


def test_the_proposer_takes_it_back(ada, ben, proposed, session):
    assert ben.post(f"/one-to-ones/{proposed.id}/withdraw").status_code == 404
    ada.post(f"/one-to-ones/{proposed.id}/withdraw")
    assert only(session).state == WITHDRAWN
    assert "Ada has taken it back." in page(ben, proposed)
    assert pick(ben, proposed).status_code == 409


def test_either_calls_it_off_and_calendars_follow(ada, ben, proposed, session):
    pick(ben, proposed)
    ben.post(f"/one-to-ones/{proposed.id}/withdraw")
    assert only(session).state == CANCELLED
    assert "Ben has called it off." in page(ada, proposed)
    assert "You called it off." in page(ben, proposed)
    (entry,) = icalendar.Calendar.from_ical(ada.get(f"/one-to-ones/{proposed.id}.ics").data).walk("VEVENT")
    assert (entry["SEQUENCE"], entry["STATUS"]) == (1, "CANCELLED")


def test_after_ten_days_it_is_closed_without_a_word(ada, ben, proposed, clock):
    clock.move(days=10)
    for visitor in (ada, ben):
        assert "closed without an answer" in page(visitor, proposed)
    assert pick(ben, proposed, 1).status_code == 409


def test_it_is_for_the_two_of_them_only(new_client, world, proposed):
    eve = new_client().sign_in(world.cleo)
    for path in (f"/one-to-ones/{proposed.id}", f"/one-to-ones/{proposed.id}.ics"):
        assert eve.get(path).status_code == 404
    for verb, said in (("answer", {"none": "1"}), ("withdraw", {})):
        assert eve.post(f"/one-to-ones/{proposed.id}/{verb}", data=said).status_code == 404


@pytest.mark.parametrize("words", ['"><svg onload=alert(1)>', "{{7*7}}", "</script><script>x", "END:VEVENT\\n;,"])
def test_hostile_words_stay_words(ada, ben, world, session, words):
    """A70, A76."""
    world.ada.name = words
    cards.put(cards.of(world.ada), "company", words, cards.ANYONE)
    session.commit()
    propose(ada, world, place=words, why=words)
    meeting = only(session)
    for visitor in (ada, ben):
        for path in (f"/one-to-ones/{meeting.id}", "/today"):
            text = re.sub(r'value="[^"]*"', "", visitor.get(path).text)
            assert "<svg onload" not in text
            assert "<script>x" not in text
            assert "49" not in text
    pick(ben, meeting)
    (entry,) = icalendar.Calendar.from_ical(ben.get(f"/one-to-ones/{meeting.id}.ics").data).walk("VEVENT")
    assert (entry["LOCATION"], entry["DESCRIPTION"]) == (words, words)


def test_a_page_costs_the_same_however_many_there_were(ben, world, clock, session, proposed, queries):
    def cost():
        ben.get(f"/one-to-ones/{proposed.id}")
        with queries() as asked:
            page(ben, proposed)
        return asked

    few = cost()
    session.commit()
    for number in range(10):
        friend = cast.person(f"Friend {number}", clock.now)
        contacts.meet(friend, world.ben, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
        offer = one_to_ones.Offer([clock.move(days=1) + timedelta(days=2)], cast.ZONE, "Here")
        invitations.propose(friend, contacts.find(friend, world.ben), offer, clock.now)
    session.commit()
    many = cost()
    assert many.count == few.count, f"{few}\n\n{many}"
    assert few.count <= 7, few
