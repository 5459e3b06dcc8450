"""Acquaintances: whom somebody met at an event, in the order in which they met."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.database import Prepared, session
from app.domain import encounters, reports
from app.domain.cards import Card
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person


class Meeting(NamedTuple):
    """One encounter as one of the two sees it: with whom, and the other's card."""

    encounter: Encounter
    other: Person
    card: Card | None


def made(person: Person, event: Event) -> list[Meeting]:
    """Return whom this person met at the event: two queries, however many."""
    rows = session.execute(
        select(Encounter, Person, Card)
        .join(Person, Person.id == encounters.other_side(person.id))
        .outerjoin(Card, Card.person_id == Person.id)
        .where(encounters.alive(person.id), Encounter.event_id == event.id)
        .order_by(Encounter.met_at, Encounter.id)
    )
    return [Meeting(*row) for row in rows]


def first_names(person: Person, event: Event) -> list[str]:
    """Return what those are called whom this person met at the event, but for those whom reports pause."""
    names = _NAMES({"person_id": person.id, "event_id": event.id}).scalars()
    return [name.split()[0] for name in names]


_NAMES = Prepared(
    select(Person.name)
    .join(Encounter, encounters.other_side(bindparam("person_id")) == Person.id)
    .where(
        encounters.lower_at(bindparam("person_id"), bindparam("event_id"))
        | encounters.higher_at(bindparam("person_id"), bindparam("event_id")),
        encounters.alive(bindparam("person_id")),
        ~reports.paused(Person.id),
    )
    .order_by(Encounter.met_at, Encounter.id)
)
