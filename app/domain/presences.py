"""Presences: who was here, by words that come late and in any order. Two doors without a network agree afterwards."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from app.database import session
from app.domain import attendance, events, groups
from app.domain.attendance import AT_THE_DOOR, HERE, SELF, WALK_IN, Attendance, AttendanceChange
from app.domain.events import Event
from app.domain.people import Person


def turn_up(event: Event, person: Person, place: Attendance | None, at: datetime, late_after: timedelta) -> Attendance:
    """Check a person in by themselves, as `attendance.arrive` does, by word that comes late; `place` is their own."""
    events.must_be_on(event, at)
    place = place or attendance.walk_in(event, person, at)
    groups.belong(event.group_id, person.id, at)
    tell(place, True, at, late_after, person, SELF)
    return place


def tell(place: Attendance, here: bool, at: datetime, late_after: timedelta, by: Person, how: str) -> bool:
    """Take word of an arrival, or that it was taken back, in whatever order they come; say if that changed anything.

    What happened last counts. Whoever is here came when they were first seen since they were last taken back, whichever
    door saw them. A word that changes nothing is kept all the same: one that is still to come may build on it.
    """
    attendance.lock(place)
    was = (place.state, place.arrived_at)
    moves = [*_moves(place), _Move(at, here, how)]
    moves.sort(key=lambda move: (move.at, not move.here))
    undone = max((number for number, move in enumerate(moves) if not move.here), default=-1)
    arrivals = moves[undone + 1 :]
    went = attendance.before(place, HERE) if place.is_here else place.state
    to_state = attendance.state_at(place, at, late_after, how) if here else went
    change = AttendanceChange(attendance=place, from_state=place.state, to_state=to_state, at=at, by_id=by.id, how=how)
    if arrivals:
        first = arrivals[0]
        place.state, place.arrived_at = attendance.state_at(place, first.at, late_after, first.how), first.at
        vouched = [move.at for move in arrivals if move.how in AT_THE_DOOR]
        place.vouched_at = place.vouched_at or min(vouched, default=None)
    else:
        place.state, place.arrived_at = went, None
        if moves[undone].how in AT_THE_DOOR and place.origin == WALK_IN:
            place.vouched_at = None
    session.add(change)
    changed = was != (place.state, place.arrived_at)
    if changed:
        place.version = events.touch(place.event)
    session.flush()
    return changed


class _Move(NamedTuple):
    """That somebody was seen to be here, or was taken back: when, and by whom as changes tell it."""

    at: datetime
    here: bool
    how: str


def _moves(place: Attendance) -> list[_Move]:
    rows = session.scalars(select(AttendanceChange).where(AttendanceChange.attendance_id == place.id))
    return [
        _Move(row.at, row.to_state in HERE, row.how)
        for row in rows
        if row.to_state in HERE or row.from_state in HERE or row.from_state == row.to_state
    ]
