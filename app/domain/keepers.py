"""Keepers: who kept the card of somebody on a list who has no account, and the one letter ever that says how many.

A count is all that leaves here before the address is proved.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, exists, or_, select, union
from sqlalchemy.orm import aliased

from app import keys, tokens
from app.database import session
from app.domain import cadence, encounters, notices, removals, rosters
from app.domain.attendance import Attendance
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.notices import KEPT, Notice
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal
from app.domain.rosters import RosterEntry
from app.domain.sightings import Sighting
from app.words import N_


class _Listed(NamedTuple):
    """A place without an account behind it, with the address its list has."""

    place: Attendance
    event: Event
    email: str


class OnAnotherPhone(Refusal):
    message = N_("You were checked in on a phone that day. Confirm this address there, and they're yours.")


def plan(now: datetime, among: Sequence[int] | None = None) -> int:
    """Post the letter to whom a morning's list names and whose card somebody kept there; return how many are new.

    `among` these places, by number, if they are given. It comes when the follow-ups do, and goes to no address
    that has an account, wants no letters, or had it before.
    """
    due = _waiting(now, among)
    unwilling = removals.among([one.email for one in due])
    new = [one for one in due if one.email not in unwilling and not _was_told(one.email)]
    for one in new:
        subject = f"{keys.current_id()}:{_digest(one.email, keys.current_id())}"
        notices.post(KEPT, subject, now, email=one.email, event=one.event, place=one.place)
    return len(new)


def waiting(now: datetime) -> Sequence[int]:
    """Return the places that `plan` would look at."""
    return [one.place.id for one in _waiting(now)]


def _waiting(now: datetime, among: Sequence[int] | None = None) -> list[_Listed]:
    account = aliased(Person)
    listed = (
        select(Attendance, Event, RosterEntry.email)
        .join(Event, Event.id == Attendance.event_id)
        .join(RosterEntry, RosterEntry.attendance_id == Attendance.id)
        .outerjoin(Person, Person.id == Attendance.person_id)
        .where(
            Event.closes_at <= now,
            Event.closes_at > now - cadence.STALE_AFTER,
            Event.cancelled_at.is_(None),
            RosterEntry.email != "",
            Person.email.is_(None),
            or_(_seen(), encounters.any_of(Attendance.person_id, Attendance.event_id)),
            ~exists().where(account.email == RosterEntry.email),
            ~exists().where(Notice.kind == KEPT, Notice.email == RosterEntry.email),
        )
        .order_by(Attendance.id)
    )
    if among is not None:
        listed = listed.where(Attendance.id.in_(among))
    found = [_Listed(*row) for row in session.execute(listed)]
    return [one for one in found if _due_at(one.event) <= now]


def _seen() -> ColumnElement[bool]:
    return exists().where(
        Sighting.attendance_id == Attendance.id, Sighting.voided_at.is_(None), Sighting.handed_as.is_(None)
    )


def _due_at(event: Event) -> datetime:
    return cadence.follow_up_due(event.day, event.follow_up_days, event.time_zone).utc


def _was_told(email: str) -> bool:
    """Whether this address had the letter before, under whichever key that was noted."""
    subjects = [f"{key_id}:{_digest(email, key_id)}" for key_id in keys.ids()]
    return session.scalar(select(exists().where(Notice.kind == KEPT, Notice.subject.in_(subjects)))) or False


def _digest(email: str, key_id: str) -> str:
    return tokens.derived("kept", key_id, email.lower())


def count(place: Attendance) -> int:
    """Return how many people kept the card of whoever has this place: they scanned the badge, or met them there."""
    seen = select(Sighting.observer_id).where(
        Sighting.attendance_id == place.id, Sighting.voided_at.is_(None), Sighting.handed_as.is_(None)
    )
    if place.person_id is None:
        return len(set(session.scalars(seen)))
    other = case((Encounter.low_id == place.person_id, Encounter.high_id), else_=Encounter.low_id)
    met = select(other).where(
        Encounter.event_id == place.event_id,
        Encounter.voided_at.is_(None),
        or_(Encounter.low_id == place.person_id, Encounter.high_id == place.person_id),
    )
    return len(set(session.scalars(union(seen, met))))


def claim(notice: Notice, person: Person, now: datetime) -> None:
    """Give the place that the letter was about to whoever proved its address; raise NotFound for anybody else.

    Twice is once. Raises OnAnotherPhone where a guest holds the place, and AlreadyOnTheList.
    """
    place = notice.place
    if place is None or not notice.email or person.email != notice.email:
        raise NotFound
    if place.person_id == person.id:
        return
    if place.person_id is not None:
        raise OnAnotherPhone
    rosters.claim(place, person, now)
