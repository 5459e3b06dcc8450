"""Reminders: of which follow-up somebody could be reminded next, to be asked about once a breakfast is over."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select

from app.database import session
from app.domain import acquaintances, cadence, holidays
from app.domain.attendance import HERE, Attendance
from app.domain.events import Event
from app.domain.people import Person

LATELY: Final = timedelta(days=14)


class Ahead(NamedTuple):
    """The day on which a follow-up comes, and what those are called whom it is about."""

    day: date
    names: list[str]


def ahead(person: Person, now: datetime) -> Ahead | None:
    """Return the follow-up of the latest breakfast that is over, while it is to come and somebody was met there."""
    been = select(Event).join(Attendance, Attendance.event_id == Event.id)
    been = been.where(Attendance.person_id == person.id, Attendance.state.in_(HERE), Event.cancelled_at.is_(None))
    over = been.where(Event.ends_at <= now, Event.ends_at > now - LATELY).order_by(Event.ends_at.desc()).limit(1)
    event = session.scalar(over)
    if event is None:
        return None
    kept = holidays.days(event.group_id)
    moment = cadence.follow_up_due(event.day, event.follow_up_days, person.time_zone, kept, event.time_zone)
    names = acquaintances.first_names(person, event) if moment.utc > now else []
    return Ahead(moment.local_date, names) if names else None
