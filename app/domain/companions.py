"""Companions: who else is here this morning, and whom of them I have met. Lists nobody to whoever has not arrived."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, select

from app.database import session
from app.domain import attendance, blocks, cards, encounters
from app.domain.attendance import Attendance
from app.domain.cards import Card
from app.domain.contacts import Contact
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person, comparable
from app.domain.refusals import NotFound, Refusal
from app.words import N_


class ListClosed(Refusal):
    message = N_("This morning is over, and so is the list of who was here. Whom you met is under People.")


class Companion(NamedTuple):
    """Someone who is here as well; `contact` is there once the two have met at this event."""

    person: Person
    card: Card | None
    contact: Contact | None

    @property
    def seen(self) -> dict[str, str]:
        """Return what anyone may see of their card: being in the same room opens nothing."""
        return cards.visible(self.card, cards.ANYONE) if self.card else {}

    @property
    def photo(self) -> str:
        """Return the address of their photo if anyone may see it, else nothing."""
        picture = cards.picture(self.card, cards.ANYONE) if self.card else None
        return picture.address if picture else ""


def of(person: Person, event: Event, now: datetime) -> list[Companion]:
    """Return who else has arrived and has a card, by name; two queries, however many. Raises ListClosed afterwards."""
    _must_be_on(event, now)
    met_here = and_(
        encounters.alive(person.id), encounters.other_side(person.id) == Person.id, Encounter.event_id == event.id
    )
    rows = session.execute(
        select(Person, Card, Contact)
        .join(Attendance, Attendance.person_id == Person.id)
        .outerjoin(Card, Card.person_id == Person.id)
        .outerjoin(Encounter, met_here)
        .outerjoin(
            Contact,
            and_(Contact.owner_id == person.id, Contact.other_id == Person.id, Encounter.id.is_not(None)),
        )
        .where(_has_arrived(event), Person.id != person.id, blocks.none_between(person.id, Person.id))
    )
    return sorted((Companion(*row) for row in rows), key=lambda found: (comparable(found.person.name), found.person.id))


def find(finder: Person, event: Event, person_id: int, now: datetime) -> Person:
    """Return someone who has arrived at the event; anyone else is not there, nor is who is blocked.

    Raises ListClosed afterwards.
    """
    _must_be_on(event, now)
    person = session.scalar(
        select(Person)
        .join(Attendance, Attendance.person_id == Person.id)
        .where(_has_arrived(event), Person.id == person_id, blocks.none_between(finder.id, person_id))
    )
    if person is None:
        raise NotFound
    return person


def _must_be_on(event: Event, now: datetime) -> None:
    if not event.is_on(now):
        raise ListClosed


def _has_arrived(event: Event) -> ColumnElement[bool]:
    return and_(Attendance.event_id == event.id, Attendance.state.in_(attendance.HERE))
