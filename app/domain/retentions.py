"""Retentions: how long what is kept, and how it fades. Erasing itself is another room's business."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Delete, Select, delete, exists, or_, select, update

from app.database import Base, session
from app.domain import belongings, rollcall, sessions
from app.domain.attendance import HERE, Attendance, AttendanceChange
from app.domain.belongings import DELETED, SOMEBODY
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.groups import Group, Membership
from app.domain.people import Person
from app.domain.rosters import RosterEntry

VISITORS_LAST: Final = timedelta(days=365)
NAMES_LAST: Final = timedelta(days=730)
AT_ONCE: Final = 20


def visitors(now: datetime, most: int) -> Sequence[Person]:
    """Return visitors, who never confirmed an address, that nobody has seen for twelve months."""
    return session.scalars(
        select(Person)
        .where(
            Person.email.is_(None),
            Person.erased_at.is_(None),
            Person.created_at <= now - VISITORS_LAST,
            Person.id.not_in(sessions.seen_since(now - VISITORS_LAST)),
            ~exists().where(Attendance.person_id == Person.id, Attendance.arrived_at > now - VISITORS_LAST),
            ~exists().where(Membership.person_id == Person.id, Membership.group_id == Group.id, Group.demo),
        )
        .order_by(Person.id)
        .limit(most)
    ).all()


def fade(now: datetime, most: int = AT_ONCE) -> int:
    """Take the names off mornings that are two years old; the numbers stay. Return how many mornings faded."""
    old = select(Event).where(Event.ends_at <= now - NAMES_LAST, Event.faded_at.is_(None))
    found = session.scalars(old.order_by(Event.ends_at.desc(), Event.id.desc()).limit(most)).all()
    for event in found:
        # The numbers of all of them first: a first-timer is one by the mornings before.
        event.faded_first_timers, event.faded_unscanned = rollcall.by_person(event)
    for event in found:
        _fade(event, now)
    return len(found)


def _fade(event: Event, now: datetime) -> None:
    came = select(Attendance.person_id).where(Attendance.event_id == event.id, Attendance.state.in_(HERE))
    known = (Membership.group_id == event.group_id, Membership.person_id.in_(came))
    before = or_(Membership.first_came_at.is_(None), Membership.first_came_at > event.starts_at)
    session.execute(
        update(Membership).where(*known, before).values(first_came_at=event.starts_at),
        execution_options={"synchronize_session": False},
    )
    places = select(Attendance.id).where(Attendance.event_id == event.id)
    for rows in _hung_on(places):
        session.execute(rows)
    session.execute(
        update(AttendanceChange).where(AttendanceChange.attendance_id.in_(places)).values(by_id=None),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Attendance).where(Attendance.event_id == event.id).values(name=SOMEBODY, person_id=None),
        execution_options={"synchronize_session": False},
    )
    event.faded_at = now
    session.flush()
    session.expire_all()


def _hung_on(places: Select[int]) -> Iterator[Delete]:
    """Yield what deletes the rows that speak of whoever has these places: lists, badges, letters, wishes."""
    attendance = belongings.table("attendance")
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            spoken = belongings.RULES[table.name].erase == DELETED or table.name == RosterEntry.__tablename__
            if key.column.table is attendance and table is not attendance and spoken:
                yield delete(table).where(key.parent.in_(places))


def close(group: Group) -> None:
    """Delete a group with its mornings, lists and figures; whom people met there stays theirs, on that day."""
    mornings = session.scalars(select(Event).where(Event.group_id == group.id)).all()
    for event in mornings:
        _keep_meetings(event)
    session.execute(delete(Group).where(Group.id == group.id))
    session.expire_all()


def _keep_meetings(event: Event) -> None:
    """Let the meetings of a morning be meetings of its day, but where the two have one on that day already."""
    on_the_day = select(Encounter.low_id, Encounter.high_id).where(Encounter.local_day == event.day)
    taken = {tuple(row) for row in session.execute(on_the_day)}
    for encounter in session.scalars(select(Encounter).where(Encounter.event_id == event.id)).all():
        if (encounter.low_id, encounter.high_id) not in taken:
            encounter.event_id, encounter.local_day = None, event.day
    session.flush()
