"""Previews: before I walk in, who of those I know is coming, and what I promised them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from app.database import session
from app.domain import contacts
from app.domain.attendance import EXPECTED, HERE, Attendance
from app.domain.contacts import PROMISE, Contact
from app.domain.events import Event
from app.domain.people import Person

AHEAD = timedelta(hours=24)
MOST = 20


@dataclass(frozen=True)
class Coming:
    """Somebody I know who is expected, or there already, and what I still owe them."""

    contact: Contact
    promises: list[str]


@dataclass(frozen=True)
class Preview:
    """The next event I am expected at, and who of mine comes; those I promised something come first."""

    event: Event
    coming: list[Coming]


def of(person: Person, now: datetime) -> Preview | None:
    """Return what to know before the event that begins within a day, or None: one query, or three."""
    event = _next(person, now)
    if event is None:
        return None
    known = _known(person, event)
    notes = contacts.notes_of(known)
    coming = [
        Coming(one, [note.text for note in notes[one.id] if note.kind == PROMISE and not note.kept_at]) for one in known
    ]
    return Preview(event, sorted(coming, key=lambda one: not one.promises)[:MOST])


def _next(person: Person, now: datetime) -> Event | None:
    """Return the event at which this person has a place and has not yet arrived."""
    return session.scalar(
        select(Event)
        .join(Attendance, Attendance.event_id == Event.id)
        .where(
            Attendance.person_id == person.id,
            Attendance.state.in_(EXPECTED),
            Event.cancelled_at.is_(None),
            Event.starts_at <= now + AHEAD,
            Event.ends_at > now,
        )
        .order_by(Event.starts_at)
        .limit(1)
    )


def _known(person: Person, event: Event) -> list[Contact]:
    theirs = aliased(Attendance)
    return list(
        session.scalars(
            select(Contact)
            .join(theirs, theirs.person_id == Contact.other_id)
            .options(joinedload(Contact.other), joinedload(Contact.card))
            .where(
                Contact.owner_id == person.id,
                theirs.event_id == event.id,
                theirs.state.in_((*EXPECTED, *HERE)),
                contacts.met(person.id),
            )
            .order_by(Contact.last_touch_at.desc().nulls_last(), Contact.id)
        )
    )
