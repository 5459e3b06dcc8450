"""The one letter ever to somebody on a list who has no account, and whose card somebody kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain import acquaintances, attendance, events, keepers, links, notices, removals
from app.domain.attendance import GOING
from app.domain.keepers import OnAnotherPhone
from app.domain.notices import KEPT, Notice
from app.domain.refusals import NotFound
from app.domain.rosters import RosterEntry
from app.domain.sightings import Sighting
from tests import cast
from tests.delivery.ways import change

GARETH = "gareth@example.org"
THURSDAY = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


def expect(session, event, name, email, now):
    place = attendance.expect(event, name, GOING, now)
    entry = RosterEntry(event=event, attendance=place, layout="", name=name, comparable_name=name.lower(), email=email)
    entry.created_at = now
    session.add(entry)
    return place


def scan(session, place, *observers):
    for observer in observers:
        at = place.event.starts_at
        session.add(Sighting(observer=observer, op_id=uuid4(), place=place, met_at=at, received_at=at))
    session.flush()


@pytest.fixture
def scene(session, clock):
    assembled = cast.assemble(clock.now)
    cast.arrive(assembled.event, assembled.ada, assembled.ben)
    session.commit()
    return assembled


@pytest.fixture
def place(scene, session, clock):
    place = expect(session, scene.event, "Gareth Bevan", GARETH, clock.now)
    session.commit()
    return place


@pytest.fixture
def kept(scene, place, session):
    change(session, lambda: scan(session, place, scene.ada, scene.ben, scene.ada))
    return place


def test_it_comes_with_the_follow_ups_and_counts_people(kept, go, smtp):
    """D10."""
    go(THURSDAY - timedelta(minutes=1))
    assert smtp.to(GARETH) == []
    go(THURSDAY)
    go(THURSDAY + timedelta(days=1))
    (letter,) = smtp.to(GARETH)
    assert letter.message["Subject"] == "2 people kept your card"


def test_whose_card_nobody_kept_is_not_written_to(place, go, smtp):
    """D10."""
    go(THURSDAY)
    assert smtp.to(GARETH) == []


def test_the_next_morning_brings_no_second_letter_for_ever(kept, scene, go, smtp, session, clock):
    """D10. Once ever, even where nothing but a keyed hash of the address is left."""
    go(THURSDAY)

    def another_morning():
        session.query(Notice).filter_by(kind=KEPT).one().email = ""
        later = events.create(scene.group.id, replace(cast.TUESDAY, day=date(2026, 12, 1)), clock.now)
        cast.arrive(later, scene.ada, now=later.starts_at)
        scan(session, expect(session, later, "Gareth Bevan", GARETH, clock.now), scene.ada)

    change(session, another_morning)
    go(THURSDAY + timedelta(days=7))
    assert len(smtp.to(GARETH)) == 1


@pytest.mark.parametrize(
    "stop",
    [
        lambda session, scene, place, now: removals.remove(GARETH, now),
        lambda session, scene, place, now: cast.person("Gareth Bevan", now, GARETH),
        lambda session, scene, place, now: session.query(Sighting).update({"voided_at": now}),
    ],
    ids=["removed", "has an account", "taken back"],
)
def test_it_is_not_written_to_who_wants_none_has_an_account_or_was_not_kept(
    kept, scene, go, smtp, session, clock, stop
):
    change(session, lambda: stop(session, scene, kept, clock.now))
    go(THURSDAY)
    assert smtp.to(GARETH) == []


def test_what_is_taken_back_before_the_letter_is_written_stops_it(kept, go, smtp, session, clock):
    from app.domain import planning

    change(session, lambda: planning.plan(THURSDAY))
    change(session, lambda: session.query(Sighting).update({"voided_at": clock.now}))
    go(THURSDAY)
    assert smtp.to(GARETH) == []


@pytest.fixture
def letter(kept, session):
    change(session, lambda: keepers.plan(THURSDAY))
    return session.query(Notice).filter_by(kind=KEPT).one()


def test_who_proves_the_address_gets_the_place_and_the_people(letter, kept, scene, session):
    gareth = cast.person("Gareth Bevan", THURSDAY, GARETH)
    for _again in range(2):
        keepers.claim(letter, gareth, THURSDAY)
    assert kept.person is gareth
    met = acquaintances.made(gareth, scene.event)
    assert {meeting.other.name for meeting in met} == {"Ada Bevan", "Ben Okafor"}


def test_nobody_else_gets_them(letter, scene):
    with pytest.raises(NotFound):
        keepers.claim(letter, scene.ada, THURSDAY)
    with pytest.raises(NotFound):
        keepers.claim(letter, scene.dev, THURSDAY)


def test_a_guest_who_holds_the_place_keeps_it(letter, kept, scene):
    attendance.hold(kept, scene.dev, THURSDAY)
    with pytest.raises(OnAnotherPhone):
        keepers.claim(letter, cast.person("Gareth Bevan", THURSDAY, GARETH), THURSDAY)


def test_the_link_is_good_for_this_alone(letter):
    """A132."""
    token = links.kept(letter, THURSDAY)
    assert links.by_kept(token, THURSDAY) is letter
    with pytest.raises(NotFound):
        links.by_removal(token, THURSDAY)


def test_planning_again_posts_nothing_new(letter, session):
    assert keepers.plan(THURSDAY) == 0
    assert session.query(Notice).filter(Notice.kind == notices.KEPT).count() == 1
