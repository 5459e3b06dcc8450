"""Quiet modes: two weeks, or until a date, in which somebody is sent nothing but what they have asked for or agreed to.

Nothing is lost: what comes due meanwhile waits under Today, and one letter tells of all of it when the time is over.
"""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_

from app.database import session
from app.domain import cadence
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.words import N_

TWO_WEEKS: Final = timedelta(days=14)
A_YEAR: Final = timedelta(days=366)


class NotADay(Unfit):
    message = N_("Please pick a day within the next year.")


def begin(person: Person, now: datetime, until: date | None = None) -> None:
    """Be quiet for two weeks, or until the morning of a day to come, where the person is. Raises NotADay."""
    today = cadence.local(now, person.time_zone).date()
    day = until or today + TWO_WEEKS
    if not today < day <= today + A_YEAR:
        raise NotADay("until")
    if not is_on(person, now):
        person.quiet_since = now
    person.quiet_until = cadence.at(day, cadence.MORNING_BEGINS, person.time_zone).utc
    session.flush()


def end(person: Person, now: datetime) -> None:
    """Let letters come again, from now on."""
    if is_on(person, now):
        person.quiet_until = now
        session.flush()


def day_of(typed: str) -> date | None:
    """Return the day that was typed, as browsers write it, None for two weeks. Raises NotADay."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as wrong:
        raise NotADay("until") from wrong


def last_day(person: Person, now: datetime) -> date | None:
    """Return the day on whose morning this person's quiet time ends, or None if it is over."""
    if person.quiet_until is None or not is_on(person, now):
        return None
    return cadence.local(person.quiet_until, person.time_zone).date()


def is_on(person: Person, now: datetime) -> bool:
    """Say whether this person wants quiet now."""
    return person.quiet_until is not None and person.quiet_until > now


def is_off(now: object) -> ColumnElement[bool]:
    """The condition of a query that joins Person: that they want no quiet now."""
    return or_(Person.quiet_until.is_(None), Person.quiet_until <= now)
