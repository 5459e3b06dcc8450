"""Rollcall: events in figures, for those who organise. Only reads; knows no names and no notes.

Of encounters it tells one number, and not which it is where it is 1 to 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, select, union
from sqlalchemy.orm import aliased

from app.database import session
from app.domain import attendance
from app.domain.attendance import EXPECTED, HERE, LATE, LIST, WALK_IN, Attendance
from app.domain.encounters import Encounter
from app.domain.events import Event

TOO_FEW_TO_TELL = 5
BEFORE_THE_START = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Figures:
    """One event in numbers. `present` counts everyone who came; late ones, walk-ins and first-timers are among them.

    `expected` are listed and still to come, `absent` the same people once the event has closed. `unscanned` are here
    and in no encounter yet; it is None where they are 1 to 4, which is told as "fewer than 5".
    """

    places: int
    present: int
    late: int
    walk_ins: int
    first_timers: int
    expected: int
    absent: int
    unscanned: int | None


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


def _here() -> ColumnElement[bool]:
    return Attendance.state.in_(HERE)


def _still_expected() -> ColumnElement[bool]:
    # A walk-in whose check-in was taken back is expected by nobody.
    return and_(Attendance.state.in_(EXPECTED), Attendance.origin == LIST)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def figures(event: Event, now: datetime) -> Figures:
    """Return the event in numbers: one query, however many came."""
    met = _met_at(event).subquery()
    alone = and_(_here(), met.c.person_id.is_(None))
    row = session.execute(
        select(
            func.count(Attendance.id),
            _count(_here()),
            _count(Attendance.state == LATE),
            _count(and_(_here(), Attendance.origin == WALK_IN)),
            _count(and_(_here(), _first_time(event))),
            _count(_still_expected()),
            _count(alone),
        )
        .outerjoin(met, met.c.person_id == Attendance.person_id)
        .where(Attendance.event_id == event.id)
    ).one()
    places, present, late, walk_ins, first_timers, expected, unscanned = row
    closed = attendance.is_settled(event, now)
    return Figures(
        places,
        present,
        late,
        walk_ins,
        first_timers,
        expected=0 if closed else expected,
        absent=expected if closed else 0,
        unscanned=None if 0 < unscanned < TOO_FEW_TO_TELL else unscanned,
    )


def _met_at(event: Event):  # type: ignore[no-untyped-def] # SQLAlchemy's own type says less than the name
    alive = (Encounter.event_id == event.id, Encounter.voided_at.is_(None))
    sides = (Encounter.low_id, Encounter.high_id)
    return union(*(select(side.label("person_id")).where(*alive) for side in sides))


def _first_time(event: Event) -> ColumnElement[bool]:
    """Say of a place's person, if there is one, that they were at none of the group's mornings before."""
    before, morning = aliased(Attendance), aliased(Event)
    earlier = exists().where(
        before.person_id == Attendance.person_id,
        before.state.in_(HERE),
        before.event_id == morning.id,
        morning.group_id == event.group_id,
        morning.starts_at < event.starts_at,
    )
    return and_(Attendance.person_id.is_not(None), ~earlier)


def turnouts(group_id: int) -> dict[int, Turnout]:
    """Return the numbers of every event of a group that anybody has a place at, by event: one query."""
    rows = session.execute(
        select(
            Attendance.event_id,
            _count(_here()),
            _count(and_(_here(), Attendance.origin == WALK_IN)),
            _count(Attendance.origin == LIST),
        )
        .join(Event, Event.id == Attendance.event_id)
        .where(Event.group_id == group_id)
        .group_by(Attendance.event_id)
    )
    return {event_id: Turnout(*numbers) for event_id, *numbers in rows}


def curve(event: Event, now: datetime) -> Curve:
    """Return how the room filled, from half an hour before the start, or the first arrival, to the end: one query."""
    arrived = session.scalars(
        select(Attendance.arrived_at).where(Attendance.event_id == event.id, _here()).order_by(Attendance.arrived_at)
    ).all()
    instants = [instant for instant in arrived if instant is not None]
    begin = min([event.starts_at - BEFORE_THE_START, *instants[:1]])
    length = event.ends_at - begin

    def share(instant: datetime) -> float:
        return min(max((instant - begin) / length, 0.0), 1.0)

    # Whoever came in the same instant makes one step; who was noted after the end stands at it.
    steps: dict[float, int] = {}
    for count, instant in enumerate(instants, start=1):
        steps[share(instant)] = count
    return Curve(begin, event.ends_at, list(steps.items()), share(now))
