"""Departures: somebody leaves a group. Where they have been stays counted; where they were expected they aren't."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from app.database import session
from app.domain import attendance, events, groups
from app.domain.attendance import EXPECTED, WALK_IN, Attendance
from app.domain.events import Event
from app.domain.groups import Group
from app.domain.people import Person
from app.domain.rosters import RosterEntry


def coming(person: Person, group: Group, now: datetime) -> list[Attendance]:
    """Return the places of this person at mornings of the group that are still to begin, the next one first."""
    return list(
        session.scalars(
            select(Attendance)
            .join(Attendance.event)
            .options(contains_eager(Attendance.event))
            .where(
                Attendance.person_id == person.id,
                Attendance.state.in_(EXPECTED),
                Event.group_id == group.id,
                Event.starts_at > now,
            )
            .order_by(Event.starts_at)
        )
    )


def leave(person: Person, group: Group, now: datetime) -> None:
    """End a membership and give up the places at mornings to come: a listed one is nobody's again.

    Raises LastOrganiser where nobody would be left to run the group.
    """
    groups.end(group, person)
    for place in coming(person, group, now):
        _give_up(place)


def _give_up(place: Attendance) -> None:
    attendance.lock(place)
    event = place.event
    if place.origin == WALK_IN:
        session.delete(place)
    else:
        place.person = None
        session.execute(update(RosterEntry).where(RosterEntry.attendance_id == place.id).values(claimed_at=None))
    session.flush()
    events.touch(event)
