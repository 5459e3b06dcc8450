"""Walk-ins: who comes without being on the list. The door lets them in by name or by card, and says who they are."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.database import session
from app.domain import attendance, events, people, rosters
from app.domain.attendance import INVITED, WALK_IN, Attendance
from app.domain.events import Event
from app.domain.people import Person
from app.domain.rosters import RosterEntry

LAYOUT = "door"


def named(event: Event, name: str) -> Attendance | None:
    """Return a place that exactly this name has already, one that is still expected first; else None."""
    wanted = people.comparable(people.named(name))
    places = session.scalars(select(Attendance).where(Attendance.event_id == event.id).order_by(Attendance.id))
    same = [place for place in places if people.comparable(place.name) == wanted]
    return next((place for place in same if not place.is_here), same[0] if same else None)


def let_in(
    event: Event, name: str, what_i_do: str, now: datetime, late_after: timedelta, by: Person, how: str
) -> Attendance:
    """Let somebody in by name alone: present, and theirs to claim at the poster by typing the name."""
    events.must_have_opened(event, now)
    typed, does = people.named(name), people.line(what_i_do, "what_i_do")
    place = Attendance(event=event, name=typed, state=INVITED, origin=WALK_IN, vouched_at=now, created_at=now)
    entry = RosterEntry(
        event=event,
        attendance=place,
        layout=LAYOUT,
        name=typed,
        comparable_name=people.comparable(typed),
        what_i_do=does,
        created_at=now,
    )
    session.add_all([place, entry])
    attendance.check_in(place, now, late_after, by, how)
    return place


def admit(event: Event, person: Person, now: datetime, late_after: timedelta, by: Person, how: str) -> Attendance:
    """Check in somebody whose card the door has seen: in their own place, the one of their name, or a new one."""
    events.must_have_opened(event, now)
    place = place_of(event, person, now)
    attendance.check_in(place, now, late_after, by, how)
    vouch(place, now)
    return place


def place_of(event: Event, person: Person, now: datetime) -> Attendance:
    """Return the place of somebody whose card the door has seen: their own, the one of their name, or a new one."""
    place = attendance.of(event, person)
    if place is None:
        waiting = rosters.claimable(event, person.name)
        place = waiting[0] if waiting else _new(event, person, now)
    if place.person_id is None:
        rosters.claim(place, person, now)
    return place


def _new(event: Event, person: Person, now: datetime) -> Attendance:
    place = Attendance(event=event, name=person.name, state=INVITED, origin=WALK_IN, created_at=now)
    session.add(place)
    session.flush()
    return place


def vouch(place: Attendance, now: datetime) -> None:
    """Note that the door stands for who this is: what is open to those who are here is open to them from now on."""
    if place.vouched_at is None:
        place.vouched_at = now
        place.version = events.touch(place.event)
        session.flush()
