"""Absences: who can't come, and who comes instead. An excuse is nobody's absence, and no reason is asked."""

from datetime import datetime

from sqlalchemy import select

from app.database import session
from app.domain import attendance, events, people
from app.domain.attendance import EXCUSED, GOING, SUBSTITUTE, Attendance
from app.domain.people import Person
from app.domain.refusals import Refusal
from app.words import N_


class HereAlready(Refusal):
    message = N_("That place is checked in already. Take that back at the door first.")


class SubstituteIsHere(Refusal):
    message = N_("Somebody has come in that place already.")


def excuse(place: Attendance, now: datetime, by: Person | None, how: str) -> None:
    """Note that they can't come, once however often it is said; raise HereAlready of whoever has arrived."""
    attendance.lock(place)
    if place.is_here:
        raise HereAlready
    if place.state != EXCUSED:
        attendance.put(place, EXCUSED, now, by, how)


def send_instead(place: Attendance, name: str, now: datetime, by: Person | None, how: str) -> Attendance:
    """Let somebody else come in this place: it is excused, and whoever was named before stays away.

    Returns the substitute's own place, the same one for the same name. Raises Unfit for a name that is none,
    HereAlready, and SubstituteIsHere once another substitute has come.
    """
    named = people.named(name)
    excuse(place, now, by, how)
    earlier = substitute(place)
    if earlier and people.comparable(earlier.name) == people.comparable(named):
        return earlier
    if earlier:
        _stay_away(earlier, now, by, how)
    own = Attendance(
        event=place.event, name=named, state=GOING, origin=SUBSTITUTE, in_place_of=place, vouched_at=now, created_at=now
    )
    session.add(own)
    attendance.note(own, None, now, by, how)
    own.version = events.touch(place.event)
    session.flush()
    return own


def come_after_all(place: Attendance, now: datetime, by: Person | None, how: str) -> None:
    """Take an excuse back: the place is as it was before, and whoever was to come instead, and hasn't, stays away."""
    attendance.lock(place)
    if place.state != EXCUSED:
        return
    instead = substitute(place)
    if instead and not instead.is_here:
        _stay_away(instead, now, by, how)
    attendance.put(place, attendance.before(place, (EXCUSED,)), now, by, how)


def _stay_away(instead: Attendance, now: datetime, by: Person | None, how: str) -> None:
    try:
        excuse(instead, now, by, how)
    except HereAlready as here:
        raise SubstituteIsHere from here


def substitute(place: Attendance) -> Attendance | None:
    """Return the place of whoever comes, or came, instead of this one, or None."""
    return session.scalar(select(Attendance).where(Attendance.in_place_of_id == place.id, Attendance.state != EXCUSED))
