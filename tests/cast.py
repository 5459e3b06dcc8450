"""The standing cast: Ada and Ben meet, Cleo organises, Dev is a visitor. Whoever sets a scene, sets it with them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.database import session
from app.domain import attendance, cards, events, groups, people
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.groups import Group
from app.domain.people import Person
from app.domain.rosters import RosterEntry

ZONE = "Europe/London"
LATE_AFTER = timedelta(minutes=10)
TUESDAY = events.Plan(
    name="Tuesday Breakfast",
    place="The Grand, Bristol",
    time_zone=ZONE,
    day=date(2026, 11, 24),
    start_time=time(7, 0),
    end_time=time(9, 0),
)


@dataclass
class Cast:
    """Four people with cards, Cleo's group and its Tuesday."""

    ada: Person
    ben: Person
    cleo: Person
    dev: Person
    group: Group
    event: Event


def person(name: str, now: datetime, email: str = "", what_i_do: str = "") -> Person:
    """Make someone with a card; with an address, it is confirmed."""
    someone = people.join(name, ZONE, now)
    if email:
        people.confirm(someone, people.normalised_email(email), now)
    cards.issue(someone, now, what_i_do)
    return someone


def assemble(now: datetime) -> Cast:
    """Bring the cast on: Dev is a guest without an address, nobody has arrived. The caller commits."""
    ada = person("Ada Bevan", now, "ada@example.org", "I keep the books for cafés")
    ben = person("Ben Okafor", now, "ben@example.org", "I build websites")
    cleo = person("Cleo Nowak", now, "cleo@example.org", "I run this breakfast")
    dev = person("Dev Singh", now)
    cleo.may_start_groups = True
    group = groups.start(cleo, "Bread & Butter", ZONE, now)
    event = events.create(group.id, TUESDAY, now)
    return Cast(ada, ben, cleo, dev, group, event)


def arrive(event: Event, *arriving: Person, now: datetime | None = None) -> list[Attendance]:
    """Let people arrive at the event, on time unless told otherwise."""
    when = now or event.starts_at
    return [attendance.arrive(event, someone, when, LATE_AFTER) for someone in arriving]


def expect(event: Event, name: str, now: datetime, state: str = attendance.GOING, **said: object) -> Attendance:
    """Put a name on the event's list, with what else the list said of it; commit."""
    place = attendance.expect(event, name, state, now)
    heard = {"layout": "hand-kept", "name": name, "comparable_name": name.casefold(), "created_at": now, **said}
    session.add(RosterEntry(event=event, attendance=place, **heard))
    session.commit()
    return place
