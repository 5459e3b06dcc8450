"""Notices on their way: each goes once, with the same bytes at every try, and never when it is no longer wanted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.delivery.outcomes import Undeliverable
from app.domain import attendance, events, notices, prompts, removals
from app.domain.attendance import GOING
from app.domain.deliveries import Delivery
from app.domain.notices import Notice
from tests import cast
from tests.delivery.ways import Way, change, states

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
GARETH = "gareth@example.org"


@pytest.fixture
def scene(session, clock):
    """The cast on the Monday before; Gareth has a place on the list, and no account."""
    clock.set(MONDAY)
    assembled = cast.assemble(clock.now)
    attendance.expect(assembled.event, "Gareth Bevan", GOING, clock.now)
    session.commit()
    return assembled


@pytest.fixture
def place(scene, session):
    return session.scalars(select(attendance.Attendance)).one()


@pytest.fixture
def post(session, scene, place):
    """Posts the notice that the event is called off to Gareth's address, or another kind to whom the test says."""

    def posted(kind=notices.CANCELLED, **to):
        def work():
            if kind == notices.CANCELLED:
                events.cancel(scene.event, MONDAY)
                to.setdefault("email", GARETH)
                notices.post(kind, "place:1", MONDAY, event=scene.event, place=place, data={"by": "Cleo"}, **to)
            else:
                notices.post(kind, "complaint:1", MONDAY, data={"reference": "K7Q2"}, **to)

        change(session, work)

    return posted


def test_a_notice_goes_once_however_often_the_courier_goes_round(post, go, smtp):
    post()
    go(MONDAY)
    go(MONDAY + timedelta(hours=1))
    (letter,) = smtp.letters
    assert letter.recipients == (GARETH,)
    assert letter.message["Subject"] == "Called off: Tuesday Breakfast, Tue 24 Nov"


def test_the_same_kind_and_subject_is_posted_once(post, session):
    post()
    post()
    assert len(session.scalars(select(Notice)).all()) == 1


def test_every_try_sends_the_same_bytes_under_the_same_name(post, go, session):
    post(notices.COMPLAINT, email=GARETH)
    tries = []

    class Deaf(Way):
        def send(self, sender, recipient, content, before_dot):
            tries.append(content)
            raise Undeliverable("451 not now")

    go(MONDAY, Deaf())
    later = Way()
    go(MONDAY + timedelta(minutes=3), later)
    assert later.sent[0][1] == tries[0]
    assert b"Message-ID: <notice-" in tries[0]
    assert session.scalars(select(Delivery)).one().frozen is None


@pytest.mark.parametrize(
    "stop",
    [
        lambda session, scene, place: notices.remove(session.scalars(select(Notice)).one(), MONDAY),
        lambda session, scene, place: session.delete(place),
        lambda session, scene, place: attendance.check_in(place, MONDAY, cast.LATE_AFTER, scene.cleo, "organiser"),
        lambda session, scene, place: setattr(scene.event, "cancelled_at", None),
    ],
    ids=["address removed", "place gone", "here already", "on after all"],
)
def test_what_is_stopped_before_the_dot_is_not_sent(post, go, session, scene, place, stop):
    """R28."""
    post()
    way = Way(lambda: change(session, lambda: stop(session, scene, place)))
    go(MONDAY, way)
    assert way.sent == []
    assert states(session) == {"suppressed": 1}


def test_whom_we_erased_gets_no_notice(post, go, session, scene):
    post(person=scene.ada, email="")
    way = Way(lambda: change(session, lambda: session.delete(scene.ada)))
    go(MONDAY, way)
    assert way.sent == []


def test_who_stopped_our_letters_gets_no_notice_that_nobody_asked_for(post, go, smtp, session, scene):
    change(session, lambda: prompts.unsubscribe(scene.ada))
    post(person=scene.ada, email="")
    go(MONDAY)
    assert smtp.letters == []
    assert states(session) == {"suppressed": 1}


def test_a_removed_address_gets_nothing_that_was_posted_later_either(post, go, smtp, session):
    change(session, lambda: removals.remove(GARETH, MONDAY))
    post()
    go(MONDAY)
    assert smtp.letters == []


def test_an_answer_to_a_complaint_comes_even_to_an_address_that_wants_no_letters(post, go, smtp, session):
    change(session, lambda: removals.remove(GARETH, MONDAY))
    post(notices.COMPLAINT, email=GARETH)
    go(MONDAY)
    assert len(smtp.to(GARETH)) == 1


def test_a_notice_for_the_afternoon_waits_for_it(go, smtp, session, scene, place):
    due = MONDAY + timedelta(hours=2)
    change(
        session,
        lambda: notices.post(notices.COMPLAINT, "c:1", MONDAY, email=GARETH, data={"reference": "K7Q2"}, due_at=due),
    )
    go(due - timedelta(seconds=1))
    assert smtp.letters == []
    go(due)
    assert len(smtp.letters) == 1


def test_nobody_is_told_of_a_morning_that_has_begun(post, go, smtp, scene):
    post()
    go(scene.event.starts_at)
    assert smtp.letters == []
