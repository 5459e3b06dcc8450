"""Newcomers: who comes to a group for the first time, who of them would like an introduction, and who gives one."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.database import session
from app.domain.attendance import HERE, Attendance
from app.domain.events import Event
from app.domain.groups import Membership
from app.domain.intentions import Intention
from app.domain.people import Person
from app.domain.rosters import RosterEntry


@dataclass(frozen=True)
class Introductions:
    """Who is new and would like an introduction, and which hosts are here to give one; names, in their order."""

    newcomers: list[str]
    hosts: list[str]


def is_first(place: Attendance) -> bool:
    """Say whether the holder of this place was at none of the group's mornings before, as far as lists can tell.

    Of a place that nobody has claimed, the same address or the same name on an earlier list is the same person.
    """
    before, morning, listed = aliased(Attendance), aliased(Event), aliased(RosterEntry)
    entry = session.scalar(select(RosterEntry).where(RosterEntry.attendance_id == place.id))
    same: list[ColumnElement[bool]] = [before.person_id == place.person_id] if place.person_id else []
    if entry:
        same.append(listed.comparable_name == entry.comparable_name)
        same += [listed.email == entry.email] if entry.email else []
    if not same:
        return True
    earlier = (
        select(before.id)
        .join(morning, morning.id == before.event_id)
        .outerjoin(listed, listed.attendance_id == before.id)
        .where(
            morning.group_id == place.event.group_id,
            morning.starts_at < place.event.starts_at,
            before.state.in_(HERE),
            or_(*same),
        )
    )
    return not session.scalar(select(earlier.exists()))


def introductions(event: Event) -> Introductions:
    """Return who would like an introduction at this event, and then the hosts who have arrived: two queries at most."""
    asking = (
        select(Attendance.name)
        .join(Intention, Intention.attendance_id == Attendance.id)
        .where(Attendance.event_id == event.id, Intention.wants_introduction)
        .order_by(Attendance.name)
    )
    newcomers = list(session.scalars(asking))
    return Introductions(newcomers, hosts_here(event) if newcomers else [])


def hosts_here(event: Event) -> list[str]:
    """Return the names of the members who are glad to introduce newcomers and have arrived."""
    willing = and_(Membership.group_id == event.group_id, Membership.person_id == Person.id, Membership.host)
    here = exists().where(
        Attendance.event_id == event.id, Attendance.person_id == Person.id, Attendance.state.in_(HERE)
    )
    return list(session.scalars(select(Person.name).join(Membership, willing).where(here).order_by(Person.name)))
