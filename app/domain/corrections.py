"""Corrections: what the door puts right about who is who. A name that somebody else took, a person with two places."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.database import session
from app.domain import attendance, events, rosters, sightings
from app.domain.attendance import INVITED, ORGANISER, WALK_IN, Attendance, AttendanceChange
from app.domain.events import Event
from app.domain.people import Person
from app.domain.refusals import Refusal
from app.domain.rosters import RosterEntry
from app.words import N_


class NothingToPart(Refusal):
    message = N_("Nobody has said that this is them, so there's nothing to part.")


class NothingToJoin(Refusal):
    message = N_("Only somebody who walked in can be put on the list, under a name that nobody has taken.")


def part(place: Attendance, now: datetime, late_after: timedelta, by: Person) -> Attendance:
    """Let a listed name be nobody's again, and whoever took it a walk-in since they came; return their new place."""
    attendance.lock(place)
    person = session.get(Person, place.person_id) if place.person_id else None
    if place.origin == WALK_IN or person is None:
        raise NothingToPart
    since = place.arrived_at
    if since:
        attendance.undo(place, now, by, ORGANISER)
    sightings.take_back(place, now)
    place.person = None
    if entry := _entry(place):
        entry.claimed_at = None
    session.flush()
    own = Attendance(
        event=place.event,
        person=person,
        name=person.name,
        state=INVITED,
        origin=WALK_IN,
        vouched_at=now,
        created_at=now,
    )
    session.add(own)
    if since:
        attendance.check_in(own, since, late_after, by, ORGANISER)
    place.version = events.touch(place.event)
    session.flush()
    return own


def join(walk_in: Attendance, listed: Attendance, now: datetime, late_after: timedelta, by: Person) -> None:
    """Let somebody who walked in have the place that was theirs already: here since the earlier of the two arrivals."""
    person = walk_in.person
    is_a_name = listed.origin != WALK_IN or (listed.person_id is None and listed.id != walk_in.id)
    if walk_in.origin != WALK_IN or not is_a_name or listed.event_id != walk_in.event_id:
        raise NothingToJoin
    if listed.person_id is not None:
        raise attendance.PlaceTaken
    arrivals = [place.arrived_at for place in (walk_in, listed) if place.arrived_at]
    history = update(AttendanceChange).where(AttendanceChange.attendance_id == walk_in.id)
    session.execute(history.values(attendance_id=listed.id))
    session.delete(walk_in)
    session.flush()
    if person:
        rosters.claim(listed, person, now)
    if arrivals and listed.arrived_at != min(arrivals):
        attendance.undo(listed, now, by, ORGANISER)
        attendance.check_in(listed, min(arrivals), late_after, by, ORGANISER)


def _entry(place: Attendance) -> RosterEntry | None:
    return session.scalar(select(RosterEntry).where(RosterEntry.attendance_id == place.id))


def untaken(event: Event) -> Sequence[Attendance]:
    """Return the places that nobody has taken, by name: one query."""
    return session.scalars(
        select(Attendance)
        .where(Attendance.event_id == event.id, Attendance.person_id.is_(None))
        .order_by(Attendance.name, Attendance.id)
    ).all()
