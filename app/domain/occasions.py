"""Occasions: whom one met, by event or day, as one's list of people has it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select, true
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


class Met(NamedTuple):
    """One meeting as far as a list is put in order by it: the ids of encounter, contact and event, and no card."""

    encounter_id: int
    contact_id: int
    name: str
    stage: str
    day: date
    event_id: int | None
    event_name: str | None


def met(owner: Person) -> list[Met]:
    """Return every meeting of the owner, the newest first: one query of plain rows, for as many as there ever were."""
    day = func.coalesce(Event.day, Encounter.local_day)
    columns = (Encounter.id, Contact.id, Person.name, Contact.stage, day, Event.id, Event.name)
    rows = session.execute(_meetings(owner, *columns).join(Contact.other).outerjoin(Encounter.event))
    return [Met(*row) for row in rows]


def read(owner: Person, chosen: Collection[Met]) -> dict[int, Meeting]:
    """Return these meetings by the encounter's id as a page of a list shows them: two queries, however many.

    What was taken back since they were looked for is left out.
    """
    rows = session.execute(
        _meetings(owner, Contact, Encounter)
        .options(*contacts.IN_A_LIST, joinedload(Encounter.event))
        .where(Encounter.id.in_([one.encounter_id for one in chosen]))
    )
    return {encounter.id: Meeting(contact, encounter) for contact, encounter in rows}


def of(owner: Person, events: Collection[int] | None = None) -> list[Occasion]:
    """Return whom the owner met, by event or day, the newest first, everyone under each: two queries, however many.

    With the ids of some `events`, only who was met at these.
    """
    rows = session.execute(
        _meetings(owner, Contact, Encounter)
        .options(*contacts.WITH_CARD, joinedload(Encounter.event))
        .where(true() if events is None else Encounter.event_id.in_(events))
    )
    occasions: dict[tuple[int | None, date], Occasion] = {}
    for contact, encounter in rows:
        place = (encounter.event_id, encounter.day)
        occasion = occasions.setdefault(place, Occasion(encounter.event, encounter.day))
        occasion.meetings.append(Meeting(contact, encounter))
    return list(occasions.values())


def _meetings(owner: Person, *what: Any) -> Select[Any]:
    other = encounters.other_side(owner.id)
    return (
        select(*what)
        .select_from(Contact)
        .join(Encounter, and_(encounters.alive(owner.id), other == Contact.other_id))
        .where(Contact.owner_id == owner.id)
        .order_by(Encounter.met_at.desc(), Encounter.id.desc())
    )
