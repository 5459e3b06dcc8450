"""What the door and everyone else did on a morning without a network: who came, who walked in, and how it ended."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import attendance, cards, contacts, door_helpers, endings, events, fits, prompts, walk_ins
from app.domain.attendance import Attendance, AttendanceChange
from app.domain.contacts import WIDE_CIRCLE
from app.domain.encounters import Encounter
from app.domain.people import Person
from tests import cast, scenes
from tests.cast import Cast
from tests.infrastructure.visitors import Visitor
from tests.web.phones import Phone

NewClient = Callable[[], Visitor]


@pytest.fixture
def cleos(session, world: Cast, new_client: NewClient) -> Phone:
    """Cleo's phone at the door."""
    return Phone(new_client(), world.cleo)


@pytest.fixture
def devs(session, world: Cast, new_client: NewClient) -> Phone:
    """Dev's phone at the door, until nine."""
    door_helpers.join(world.event, world.dev, world.event.ends_at, world.event.starts_at)
    session.commit()
    return Phone(new_client(), world.dev)


@pytest.fixture
def gareth(session, world: Cast, clock) -> Attendance:
    """Gareth's place, on the list."""
    return cast.expect(world.event, "Gareth Bevan", clock.now - timedelta(days=1))


def at_door(phone: Phone, world: Cast, place: Attendance, minute: int, here: bool = True):
    """Return a check-in, or its undoing, at so many minutes after the start."""
    when = world.event.starts_at + timedelta(minutes=minute)
    return phone.kept("check_in", when, event=world.event.id, place=place.id, here=here)


def standing(session, place: Attendance):
    session.rollback()
    session.refresh(place)
    minutes = (place.arrived_at - place.event.starts_at).total_seconds() / 60 if place.arrived_at else None
    return place.state, minutes


@pytest.mark.both_databases
def test_a_late_check_in_counts_from_when_it_was(session, world: Cast, cleos: Phone, gareth, clock) -> None:
    clock.set(world.event.ends_at)
    [answer] = cleos.answers(at_door(cleos, world, gareth, 5))
    assert (answer["result"], answer["name"], answer["flags"]) == ("stored", "Gareth Bevan", [])
    assert standing(session, gareth) == ("present", 5)
    assert cleos.answers(at_door(cleos, world, gareth, 20))[0]["result"] == "duplicate"
    assert cleos.answers(at_door(cleos, world, gareth, 3))[0]["result"] == "stored"
    assert standing(session, gareth) == ("present", 3)
    assert [change.to_state for change in attendance.changes(gareth)] == ["going", "present"]


# Minutes after the start, and whether it says that he is here; one door, or two.
WORDS = [
    ([(5, True), (12, True)], ("present", 5)),
    ([(12, True), (20, True)], ("late", 12)),
    ([(5, True), (8, False)], ("going", None)),
    ([(5, True), (8, False), (14, True)], ("late", 14)),
    ([(5, True), (7, True), (6, False)], ("present", 7)),
    ([(8, False), (9, False)], ("going", None)),
    ([(5, True), (5, False)], ("going", None)),
]


@pytest.mark.parametrize(("words", "agreed"), WORDS)
def test_two_doors_agree_afterwards_in_whatever_order_their_words_come(
    session, world: Cast, cleos: Phone, devs: Phone, clock, words, agreed
) -> None:
    clock.set(world.event.ends_at - timedelta(minutes=1))
    doors = itertools.cycle((cleos, devs))
    for order in itertools.permutations(words):
        place = cast.expect(world.event, f"Gareth {uuid4()}", clock.now)
        for minute, here in order:
            phone = next(doors)
            phone.answers(at_door(phone, world, place, minute, here))
        assert standing(session, place) == agreed, order


def test_who_walked_in_and_is_taken_back_waits_for_the_door_again(session, world: Cast, cleos, clock) -> None:
    for order in ((0, 1), (1, 0)):
        place = walk_ins.let_in(world.event, f"Zoë {order}", "", clock.now, cast.LATE_AFTER, world.cleo, "organiser")
        session.commit()
        words = [at_door(cleos, world, place, 40, here=False), at_door(cleos, world, place, 5)]
        cleos.answers(*(words[number] for number in order))
        assert standing(session, place) == ("invited", None), order
        assert place.vouched_at is None, order


@pytest.mark.both_databases
def test_fifty_check_ins_of_one_person_at_once_are_one_place(session, world: Cast, new_client, clock) -> None:
    """O51. By their own phone, however many of its tabs, and by the door's."""
    cast.expect(world.event, "Ada Bevan", clock.now)
    phones = [Phone(new_client(), whom) for whom in (world.ada, world.ada, world.cleo, world.ada, world.cleo)]
    token = cards.living(cards.of(world.ada)).token
    sent = []
    for number in range(50):
        phone = phones[number % len(phones)]
        shown = {"event": world.event.code, "token": token, "here": True}
        own = phone.kept("arrive", event=world.event.code)
        sent.append((phone, phone.body(own if phone.person is world.ada else phone.kept("check_in", **shown))))
    session.rollback()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda one: one[0].visitor.post("/api/v1/sync", json=one[1]), sent))
    assert {answer.status_code for answer in answers} == {200}
    results = [answer.json["answers"][0]["result"] for answer in answers]
    assert set(results) == {"stored", "duplicate"}
    session.rollback()
    [place] = session.scalars(select(Attendance).where(Attendance.event_id == world.event.id))
    assert (place.person_id, place.is_here) == (world.ada.id, True)


def test_whoever_kept_the_door_then_may_tell_of_it_when_their_hour_is_over(session, world, devs, gareth, clock) -> None:
    """A129. What they do afterwards is refused."""
    clock.set(world.event.closes_at + timedelta(days=1))
    answers = devs.answers(at_door(devs, world, gareth, 5), at_door(devs, world, gareth, 121))
    assert [(one["result"], one["reason"]) for one in answers] == [("stored", None), ("refused", "not_found")]


def test_a_helper_who_was_sent_away_says_nothing_of_what_came_after(session, world, devs, gareth, clock) -> None:
    """A129, D14."""
    door_helpers.end(door_helpers.of(world.event, world.dev), world.event.starts_at + timedelta(minutes=10))
    session.commit()
    answers = devs.answers(at_door(devs, world, gareth, 5), at_door(devs, world, gareth, 11, here=False))
    assert [(one["result"], one["reason"]) for one in answers] == [("stored", None), ("refused", "not_found")]
    assert standing(session, gareth) == ("present", 5)


@pytest.mark.parametrize("kind", ["check_in", "walk_in", "vouch"])
def test_whoever_keeps_no_door_changes_nothing_there(session, world: Cast, adas: Phone, gwen, gareth, kind) -> None:
    """A127, A128. Neither a guest nor who organises another group, and whether there is such a place is not told."""
    elsewhere = Phone(gwen, session.scalars(select(Person).where(Person.name == "Gwen")).one())
    for phone in (adas, elsewhere):
        for event, place in ((world.event.id, gareth.id), (world.event.code, 99_999), (99_999, 1)):
            [answer] = phone.answers(phone.kept(kind, event=event, place=place, here=True, name="Zoë"))
            assert (answer["result"], answer["reason"], answer["name"]) == ("refused", "not_found", None)
    assert standing(session, gareth) == ("going", None)


def test_a_place_of_another_morning_is_not_at_this_door(session, world: Cast, cleos: Phone, clock) -> None:
    """A128."""
    elsewhere = events.create(world.group.id, cast.TUESDAY, clock.now)
    place = cast.expect(elsewhere, "Gareth Bevan", clock.now)
    [answer] = cleos.answers(cleos.kept("check_in", event=world.event.id, place=place.id, here=True))
    assert answer["reason"] == "not_found"


def test_a_walk_in_is_let_in_once_by_two_doors_and_can_be_undone(session, world: Cast, cleos, devs, clock) -> None:
    walk_in = cleos.kept("walk_in", event=world.event.id, name="Zoë Hill", what_i_do="I bake")
    same = devs.kept("walk_in", event=world.event.code, name=" zoe  hill ")
    undo = cleos.kept("check_in", event=world.event.id, of=walk_in["id"], here=False)
    assert [one["result"] for one in cleos.answers(walk_in)] == ["stored"]
    [told] = devs.answers(same)
    assert (told["result"], told["name"]) == ("duplicate", "Zoë Hill")
    [place] = session.scalars(select(Attendance).where(Attendance.origin == "walk_in"))
    assert place.is_here
    assert cleos.answers(walk_in)[0]["name"] == "Zoë Hill"
    clock.move(minutes=1)
    assert cleos.answers({**undo, "at": clock.now.isoformat()})[0]["result"] == "stored"
    assert standing(session, place) == ("invited", None)


def test_who_shows_a_card_at_the_door_is_let_in_and_nobody_has_met(session, world: Cast, devs: Phone) -> None:
    """D14."""
    token = cards.living(cards.of(world.ada)).token
    [answer] = devs.answers(devs.kept("check_in", event=world.event.id, token=token.upper(), here=True))
    assert (answer["result"], answer["name"]) == ("stored", "Ada Bevan")
    assert attendance.of(world.event, world.ada).is_here
    assert session.scalars(select(Encounter)).all() == []


def test_the_door_says_yes_to_whoever_is_on_no_list(session, world: Cast, cleos: Phone, gareth, new_client) -> None:
    adas = Phone(new_client(), world.ada)
    assert adas.answers(adas.kept("arrive", event=world.event.code))[0]["result"] == "stored"
    place = attendance.of(world.event, world.ada)
    assert place.vouched_at is None
    cleos.answers(cleos.kept("vouch", event=world.event.id, place=place.id))
    session.refresh(place)
    assert place.vouched_at is not None


def test_whoever_arrives_by_a_name_on_the_list_has_that_place(session, world: Cast, clock, new_client) -> None:
    """D2."""
    listed = cast.expect(world.event, "Ada Bevan", clock.now)
    adas = Phone(new_client(), world.ada)
    arrive = adas.kept("arrive", world.event.starts_at + timedelta(minutes=3), event=world.event.code)
    clock.set(world.event.closes_at + timedelta(hours=5))
    assert [one["result"] for one in adas.answers(arrive, arrive)] == ["stored", "stored"]
    session.refresh(listed)
    assert (listed.person_id, *standing(session, listed)) == (world.ada.id, "present", 3)


def test_nobody_arrives_at_what_was_over_or_called_off(session, world: Cast, clock, new_client) -> None:
    """B17."""
    adas = Phone(new_client(), world.ada)
    late = adas.kept("arrive", world.event.closes_at + timedelta(minutes=1), event=world.event.code)
    clock.set(world.event.closes_at + timedelta(hours=1))
    assert adas.answers(late)[0]["reason"] == "event_over"
    events.cancel(world.event, clock.now)
    session.commit()
    on_time = adas.kept("arrive", world.event.starts_at, event=world.event.code)
    assert adas.answers(on_time)[0]["reason"] == "event_cancelled"
    assert adas.answers(adas.kept("arrive", event="ZZZZ0000"))[0]["reason"] == "not_found"


# Afterwards


def test_the_minute_when_it_ends_goes_the_same_way(session, world: Cast, adas: Phone, clock) -> None:
    """D5."""
    attendance.of(world.event, world.ada).vouched_at = clock.now
    scan = adas.scan(world.ben)
    early = adas.kept("end", event=world.event.code, worth="yes")
    session.commit()
    assert adas.answers(scan, early)[1]["reason"] == "event_not_over"
    clock.set(world.event.ends_at + timedelta(minutes=5))
    said = adas.kept("fit", of=scan["id"], fit="customer", step="write", promise="Send the recipe")
    end = adas.kept("end", event=world.event.code, worth="partly", answer="")
    first = adas.kept("end", world.event.ends_at, event=world.event.code, worth="no")
    wrong = [adas.kept("fit", of=scan["id"], fit="enemy"), adas.kept("end", event=world.event.code, worth="very")]
    answers = adas.answers(said, end, first, *wrong)
    assert [one["result"] for one in answers] == ["stored"] * 3 + ["refused"] * 2
    assert [one["reason"] for one in answers[3:]] == ["no_such_fit", "no_such_answer"]
    contact = contacts.find(world.ada, world.ben)
    assert fits.of([contact])[contact.id] == ("customer", "write")
    assert [note.text for note in contacts.notes(contact)] == ["Send the recipe"]
    assert endings.of(world.ada, world.event).worth == "partly"


def test_what_was_written_later_stays_however_late_the_earlier_comes(session, world: Cast, adas: Phone, clock) -> None:
    scan = adas.scan(world.ben)
    first = adas.kept("line", of=scan["id"], text="First")
    clock.move(minutes=1)
    last = adas.kept("line", of=scan["id"], text="Last")
    adas.answers(scan, last, first)
    assert [note.text for note in contacts.notes(contacts.find(world.ada, world.ben))] == ["Last"]


def test_prompts_are_answered_on_the_way(session, world: Cast, adas: Phone, clock) -> None:
    adas.answers(adas.scan(world.ben))
    prompt = scenes.follow_up(world)
    session.commit()
    later = adas.kept("answer", prompt=prompt.id, answer="later", until="2026-12-01")
    assert adas.answers(later, adas.kept("answer", prompt=prompt.id, answer="later", until="soon"))[1]["reason"] == (
        "not_a_day"
    )
    session.refresh(prompt)
    assert (prompt.state, prompt.due_day.isoformat(), prompt.round) == ("open", "2026-12-01", 2)
    away = adas.kept("answer", prompt=prompt.id, answer="wide_circle")
    done = adas.kept("answer", prompt=prompt.id, answer="done")
    assert [one["result"] for one in adas.answers(away, done)] == ["stored", "duplicate"]
    session.refresh(prompt)
    assert prompt.state == prompts.DONE
    assert contacts.find(world.ada, world.ben).stage == WIDE_CIRCLE


def test_nobody_answers_for_somebody_else(session, world: Cast, his: Phone) -> None:
    """A128."""
    prompt = scenes.follow_up(world)
    session.commit()
    theirs, none = (his.kept("answer", prompt=number, answer="done") for number in (prompt.id, 99_999))
    assert [one["reason"] for one in his.answers(theirs, none)] == ["not_found"] * 2
    session.refresh(prompt)
    assert prompt.state == prompts.OPEN


def test_every_word_of_a_door_is_kept_with_who_when_and_how(session, world: Cast, devs: Phone, gareth) -> None:
    devs.answers(at_door(devs, world, gareth, 5), at_door(devs, world, gareth, 9))
    session.rollback()
    changes = session.scalars(select(AttendanceChange).where(AttendanceChange.attendance_id == gareth.id)).all()
    assert [(one.by_id, one.how) for one in changes[1:]] == [(world.dev.id, "helper")] * 2
