"""The letter of the afternoon before, and news of a morning that moves or is off: to those confirmed, once."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.domain import absences, attendance, events, mailings, prompts, removals
from app.domain.attendance import GOING, INVITED, SELF
from app.domain.mailings import NobodyConfirmed
from app.domain.rosters import RosterEntry
from tests import cast
from tests.delivery.ways import change, states

SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
LISTED = {"Gareth Bevan": "gareth@example.org", "Owen Stewart": "owen@example.org", "Siân Morgan": ""}


def expect(session, event, name, email, now):
    place = attendance.expect(event, name, INVITED, now)
    entry = RosterEntry(event=event, attendance=place, layout="", name=name, comparable_name=name.lower(), email=email)
    entry.created_at = now
    session.add(entry)
    return place


@pytest.fixture
def scene(session, clock):
    """Gareth, Owen and Siân are on the list, Siân without an address; Ada has an account and a place."""
    clock.set(SATURDAY)
    assembled = cast.assemble(clock.now)
    for name, email in LISTED.items():
        expect(session, assembled.event, name, email, clock.now)
    attendance.hold(attendance.expect(assembled.event, "Ada Bevan", GOING, clock.now), assembled.ada, clock.now)
    session.commit()
    return assembled


@pytest.fixture
def places(scene, session):
    return {place.name: place for place in session.scalars(select(attendance.Attendance))}


@pytest.fixture
def confirm(session, scene, places):
    def confirmed(*names, now=SATURDAY):
        chosen = [places[name].id for name in names or places]
        change(session, lambda: mailings.confirm(scene.event, chosen, scene.cleo, now))

    return confirmed


def to(smtp):
    return sorted(letter.recipients[0] for letter in smtp.letters)


def test_nobody_is_written_to_whom_the_organiser_did_not_confirm(scene, go, smtp):
    """D10, A108."""
    go(AFTERNOON)
    assert smtp.letters == []


def test_those_confirmed_get_one_letter_the_afternoon_before(confirm, go, smtp):
    """D10."""
    confirm("Gareth Bevan", "Ada Bevan", "Siân Morgan")
    go(AFTERNOON - timedelta(seconds=1))
    assert smtp.letters == []
    go(AFTERNOON)
    go(AFTERNOON + timedelta(hours=3))
    assert to(smtp) == ["ada@example.org", "gareth@example.org"]


def test_confirming_again_writes_to_the_new_ones_only(confirm, go, smtp):
    confirm("Gareth Bevan")
    go(AFTERNOON)
    confirm("Gareth Bevan", "Owen Stewart", now=AFTERNOON)
    go(AFTERNOON + timedelta(minutes=1))
    assert to(smtp) == ["gareth@example.org", "owen@example.org"]


def test_confirmed_after_that_afternoon_it_goes_at_once_and_not_once_it_has_begun(scene, confirm, go, smtp):
    evening = AFTERNOON.replace(hour=21)
    confirm("Gareth Bevan", now=evening)
    go(evening)
    assert to(smtp) == ["gareth@example.org"]
    confirm("Owen Stewart", now=evening)
    go(scene.event.starts_at)
    assert to(smtp) == ["gareth@example.org"]


def test_the_afternoon_is_where_the_event_is(scene, session):
    scene.event.time_zone = "America/New_York"
    assert mailings.afternoon_before(scene.event) == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def test_the_reader_is_counted_by_what_can_be_written(scene, session, places):
    change(session, lambda: removals.remove("owen@example.org", SATURDAY))
    change(session, lambda: prompts.unsubscribe(scene.ada))
    found = mailings.of(scene.event)
    assert [one.place.name for one in found.reachable] == ["Gareth Bevan"]
    assert (found.without, found.unwilling) == (1, 2)


def test_the_list_of_addressees_costs_three_queries(scene, session, queries):
    session.rollback()
    mailings.of(scene.event)
    with queries() as asked:
        mailings.of(scene.event)
    assert asked.count <= 3, asked


def test_with_nobody_ticked_nothing_is_confirmed(scene, places):
    with pytest.raises(NobodyConfirmed):
        mailings.confirm(scene.event, [places["Siân Morgan"].id], scene.cleo, SATURDAY)


@pytest.mark.parametrize(
    "stop",
    [
        lambda scene, place, now: absences.excuse(place, now, None, SELF),
        lambda scene, place, now: events.cancel(scene.event, now),
        lambda scene, place, now: removals.remove("gareth@example.org", now),
    ],
    ids=["can't come", "called off", "removed"],
)
def test_what_lost_its_ground_by_that_afternoon_is_not_sent(confirm, go, smtp, session, scene, places, stop):
    confirm("Gareth Bevan")
    change(session, lambda: stop(scene, places["Gareth Bevan"], SATURDAY))
    go(AFTERNOON)
    assert smtp.letters == []


def test_the_letter_follows_its_event_to_another_day(confirm, go, smtp, session, scene):
    confirm("Gareth Bevan")
    go(SATURDAY)
    change(session, lambda: events.change(scene.event, replace(cast.TUESDAY, day=date(2026, 11, 25))))
    go(AFTERNOON)
    assert smtp.letters == []
    go(AFTERNOON + timedelta(days=1))
    assert "Wed 25 Nov" in smtp.letters[0].message["Subject"]


@pytest.fixture
def move(session, scene):
    def moved(now, **changed):
        def work():
            was = events.plan_of(scene.event)
            events.change(scene.event, replace(was, **changed))
            return mailings.move(scene.event, was, scene.cleo, now)

        change(session, work)

    return moved


def test_who_had_the_letter_is_told_once_when_the_event_moves(confirm, go, smtp, move):
    """D9, D10."""
    confirm("Gareth Bevan")
    go(AFTERNOON)
    move(AFTERNOON, start_time=time(7, 30))
    move(AFTERNOON + timedelta(minutes=1), start_time=time(8, 0), end_time=time(10, 0))
    move(AFTERNOON + timedelta(minutes=2), name="Better Breakfast")
    go(AFTERNOON + timedelta(minutes=30))
    assert [letter.message["Subject"] for letter in smtp.letters[1:]] == [
        "Better Breakfast has moved: Tue 24 Nov at 8:00"
    ]


def test_a_letter_that_was_written_with_the_old_time_and_not_taken_is_held_back(confirm, go, smtp, session, move):
    from app.delivery.outcomes import Undeliverable
    from tests.delivery.ways import Way

    confirm("Gareth Bevan")
    go(AFTERNOON, Way(Undeliverable("451 later")))
    move(AFTERNOON, start_time=time(7, 30))
    go(AFTERNOON + timedelta(minutes=30))
    assert [letter.message["Subject"] for letter in smtp.letters] == ["Tuesday Breakfast has moved: Tue 24 Nov at 7:30"]
    assert states(session) == {"sent": 1, "suppressed": 1}


def test_everyone_expected_is_told_once_when_it_is_called_off(scene, go, smtp, session, places):
    """D10. No matter whether they had the letter before; who can't come anyway is not told."""
    change(session, lambda: absences.excuse(places["Owen Stewart"], SATURDAY, None, SELF))

    def call_off():
        events.cancel(scene.event, SATURDAY)
        assert mailings.call_off(scene.event, scene.cleo, SATURDAY) == 2
        mailings.call_off(scene.event, scene.cleo, SATURDAY)

    change(session, call_off)
    go(SATURDAY)
    assert to(smtp) == ["ada@example.org", "gareth@example.org"]


def test_nobody_is_told_that_a_morning_was_called_off_after_it_began(scene, session):
    assert mailings.call_off(scene.event, scene.cleo, scene.event.starts_at) == 0
