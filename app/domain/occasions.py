"""Occasions: whom one met, by event or day, as one's list of people has it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, select, true
from sqlalchemy.orm import joinedload

from app.database import session
from app.domain import contacts, encounters
from app.domain.contacts import Contact
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person


@dataclass(frozen=True)
class Occasion:
    """A morning of an event, or a day without one, with whom its owner met there, the newest first."""

    event: Event | None
    day: date
    meetings: list["Meeting"] = field(default_factory=list)


@dataclass(frozen=True)
class Meeting:
    """One encounter with the contact it is with."""

    contact: Contact
    encounter: Encounter


def of(owner: Person, events: Collection[int] | None = None) -> list[Occasion]:
    """Return whom the owner met, by event or day, the newest first, everyone under each: two queries, however many.

    With the ids of some `events`, only who was met at these.
    """
    other = encounters.other_side(owner.id)
    rows = session.execute(
        select(Contact, Encounter)
        .join(Encounter, and_(encounters.alive(owner.id), other == Contact.other_id))
        .options(*contacts.WITH_CARD, joinedload(Encounter.event))
        .where(Contact.owner_id == owner.id, true() if events is None else Encounter.event_id.in_(events))
        .order_by(Encounter.met_at.desc(), Encounter.id.desc())
    )
    occasions: dict[tuple[int | None, date], Occasion] = {}
    for contact, encounter in rows:
        place = (encounter.event_id, encounter.day)
        occasion = occasions.setdefault(place, Occasion(encounter.event, encounter.day))
        occasion.meetings.append(Meeting(contact, encounter))
    return list(occasions.values())
