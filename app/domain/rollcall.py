"""Rollcall: events in figures, for those who organise. Only reads; knows no names and no notes.

Of encounters it tells how many are in one and how many in none, both with discretion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    exists,
    func,
    select,
    union,
)
from sqlalchemy.orm import aliased

from app.database import UtcDateTime, session
from app.domain import attendance, contacts, discretion
from app.domain.attendance import EXCUSED, EXPECTED, HERE, LATE, SUBSTITUTE, WALK_IN, Attendance
from app.domain.discretion import Told
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.groups import Membership

BEFORE_THE_START = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Figures:
    """One event in numbers. `present` counts everyone who came, in whichever way they did.

    `expected` are listed and still to come, `absent` the same people once the event has closed; `excused` are neither.
    Of those here, `met` are in an encounter that waits for nobody's yes, and `unscanned` in none yet.
    """

    places: int
    present: int
    late: int
    walk_ins: int
    first_timers: int
    substitutes: int
    excused: int
    expected: int
    absent: int
    met: Told
    unscanned: Told


@dataclass(frozen=True, slots=True)
class Turnout:
    """One event of a group in three numbers, for the group's page."""

    present: int
    walk_ins: int
    listed: int


@dataclass(frozen=True, slots=True)
class Curve:
    """How a room filled: (share of the time from `begin` to `end`, how many were here from then on), growing."""

    begin: datetime
    end: datetime
    steps: Sequence[tuple[float, int]]
    until: float

    def outline(self, width: int, height: int, most: int) -> str:
        """Return the curve as the path of an SVG picture: flat until somebody comes, as high as `most` allows."""
        turns = [f"M0 {height}"]
        for share, count in self.steps:
            turns.append(f"H{share * width:.1f}V{height - count / max(most, count) * height:.1f}")
        return "".join((*turns, f"H{max(self.until, *(share for share, _count in self.steps), 0.0) * width:.1f}"))


_IS_HERE = Attendance.state.in_(HERE)
# A walk-in whose check-in was taken back is expected by nobody.
_IS_LISTED = Attendance.origin != WALK_IN
_IS_EXPECTED = and_(Attendance.state.in_(EXPECTED), _IS_LISTED)


def by_person(event: Event) -> tuple[int, int]:
    """Return the two numbers that hang on who is who: first-timers, and how many nobody has scanned."""
    counts = _counts(event)
    return int(counts[4]), int(counts[8])


def _counts(event: Event) -> Row[*tuple[int, ...]]:
    asked = {"event_id": event.id, "group_id": event.group_id, "starts_at": event.starts_at}
    return session.execute(_figures(), asked).one()


def figures(event: Event, now: datetime) -> Figures:
    """Return the event in numbers: one query, however many came."""
    counts = _counts(event)
    places, present, late, walk_ins, first_timers, substitutes, excused, expected, unscanned = counts
    if event.faded_at:  # the names are gone, the numbers stay
        first_timers, unscanned = event.faded_first_timers or 0, event.faded_unscanned or 0
    settled = attendance.is_settled(event, now)
    return Figures(
        places,
        present,
        late,
        walk_ins,
        first_timers,
        substitutes,
        excused,
        expected=0 if settled else expected,
        absent=expected if settled else 0,
        met=discretion.told(present - unscanned, present),
        unscanned=discretion.told(unscanned, present),
    )


@lru_cache(maxsize=1)
def _figures() -> Select[*tuple[int, ...]]:
    # Made once: the page asks every few seconds, and making this costs ten times as much as asking it.
    event_id: BindParameter[int] = bindparam("event_id")
    counts = (Encounter.event_id == event_id, Encounter.voided_at.is_(None), contacts.counted())
    sides = (Encounter.low_id, Encounter.high_id)
    met = union(*(select(side.label("person_id")).where(*counts) for side in sides)).subquery()
    return (
        select(
            func.count(Attendance.id),
            _count(_IS_HERE),
            _count(Attendance.state == LATE),
            _count(and_(_IS_HERE, Attendance.origin == WALK_IN)),
            _count(and_(_IS_HERE, is_new(bindparam("group_id"), bindparam("starts_at", type_=UtcDateTime)))),
            _count(and_(_IS_HERE, Attendance.origin == SUBSTITUTE)),
            _count(Attendance.state == EXCUSED),
            _count(_IS_EXPECTED),
            _count(and_(_IS_HERE, met.c.person_id.is_(None))),
        )
        .outerjoin(met, met.c.person_id == Attendance.person_id)
        .where(Attendance.event_id == event_id)
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def is_new(group_id: SQLColumnExpression[int], starts_at: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    """Say of a place's person, if there is one, that they were at none of the group's mornings before this start."""
    before, morning = aliased(Attendance), aliased(Event)
    earlier = exists().where(
        before.person_id == Attendance.person_id,
        before.state.in_(HERE),
        before.event_id == morning.id,
        morning.group_id == group_id,
        morning.starts_at < starts_at,
    )
    faded = exists().where(
        Membership.person_id == Attendance.person_id,
        Membership.group_id == group_id,
        Membership.first_came_at < starts_at,
    )
    return and_(Attendance.person_id.is_not(None), ~earlier, ~faded)


def turnouts(group_id: int) -> dict[int, Turnout]:
    """Return the numbers of every event of a group that anybody has a place at, by event: one query."""
    rows = session.execute(
        select(
            Attendance.event_id,
            _count(_IS_HERE),
            _count(and_(_IS_HERE, Attendance.origin == WALK_IN)),
            _count(and_(_IS_LISTED, Attendance.state != EXCUSED)),
        )
        .join(Event, Event.id == Attendance.event_id)
        .where(Event.group_id == group_id)
        .group_by(Attendance.event_id)
    )
    return {event_id: Turnout(*numbers) for event_id, *numbers in rows}


def arrivals(event: Event) -> list[datetime]:
    """Return when everyone who is here came, the first one first: one query."""
    came = select(Attendance.arrived_at).where(Attendance.event_id == event.id, _IS_HERE)
    return [instant for instant in session.scalars(came.order_by(Attendance.arrived_at)) if instant is not None]


def curve(event: Event, now: datetime) -> Curve:
    """Return how the room filled, from half an hour before the start, or the first arrival, to the end: one query."""
    return curve_through(arrivals(event), event, now)


def curve_through(instants: Sequence[datetime], event: Event, now: datetime) -> Curve:
    """Return the same from the arrivals themselves, the first one first."""
    begin = min([event.starts_at - BEFORE_THE_START, *instants[:1]])
    length = event.ends_at - begin

    def share(instant: datetime) -> float:
        return min(max((instant - begin) / length, 0.0), 1.0)

    # Whoever came in the same instant makes one step; who was noted after the end stands at it.
    steps: dict[float, int] = {}
    for count, instant in enumerate(instants, start=1):
        steps[share(instant)] = count
    return Curve(begin, event.ends_at, list(steps.items()), share(now))
