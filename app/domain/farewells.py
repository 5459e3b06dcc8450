"""Farewells: when a breakfast is over, a guest is asked once where the note that follows it shall go. Never before."""

from datetime import date, datetime
from typing import NamedTuple

from app.database import session
from app.domain import attendance, cadence
from app.domain.attendance import Attendance
from app.domain.people import Person


class Farewell(NamedTuple):
    """The place of a guest at a breakfast that has just ended, and the day on which its note comes."""

    place: Attendance
    day: date


def due(person: Person, now: datetime) -> Farewell | None:
    """Return what a guest who is here is asked now: from the event's end until its close, once.

    Nobody who has confirmed an address is asked, and nobody who said no; without a guest, no query.
    """
    event = attendance.here_now(person, now) if person.is_guest else None
    if event is None or now < event.ends_at:
        return None
    place = attendance.of(event, person)
    if place is None or place.no_note_at is not None:
        return None
    moment = cadence.follow_up_due(event.day, event.follow_up_days, person.time_zone, otherwise=event.time_zone)
    return Farewell(place, moment.local_date)


def decline(place: Attendance, now: datetime) -> None:
    """Note that no note need go anywhere after this breakfast; twice is once."""
    place.no_note_at = place.no_note_at or now
    session.flush()
