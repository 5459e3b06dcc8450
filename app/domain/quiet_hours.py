"""Quiet hours: between which hours of their day somebody is sent nothing but what they asked for just now."""

from datetime import date, datetime, time, timedelta
from typing import Final

from app.database import session
from app.domain.cadence import QUIET, Hours
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.words import N_

LEFT: Final = timedelta(hours=4)  # of every day, in which something may come


class NotAnHour(Unfit):
    message = N_("Please type both hours, like 20:00 and 08:00.")


class TooLong(Unfit):
    message = N_("Please leave at least four hours of the day free. For longer, there is Quiet until.")


def put(person: Person, quiet_from: str, quiet_to: str) -> None:
    """Keep these hours, as browsers write them; the same twice for none. Raises NotAnHour, TooLong."""
    hours = Hours(_hour("quiet_from", quiet_from), _hour("quiet_to", quiet_to))
    if timedelta(days=1) - _length(hours) < LEFT:
        raise TooLong("quiet_to")
    person.quiet_from, person.quiet_to = hours
    session.flush()


def agree(guest: Person, account: Person) -> None:
    """Where one of the two has hours of their own and the other the usual ones, keep the former."""
    if account.quiet_hours == QUIET:
        account.quiet_from, account.quiet_to = guest.quiet_hours


def _hour(field: str, typed: str) -> time:
    try:
        return time.fromisoformat(typed.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as wrong:
        raise NotAnHour(field) from wrong


def _length(hours: Hours) -> timedelta:
    begin, end = (datetime.combine(date.min, hour) for hour in hours)
    return (end - begin) % timedelta(days=1)
