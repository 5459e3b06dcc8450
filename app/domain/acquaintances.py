"""Acquaintances: whom somebody met at an event, in the order in which they met."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select, union_all

from app.database import Prepared, among, session
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
    return first_names_among([(person.id, event.id)]).get((person.id, event.id), [])


def first_names_among(asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    """Return the same for each of several people at their events, by both numbers; who met nobody is left out."""
    people, events = {person for person, _event in asked}, {event for _person, event in asked}
    found: dict[tuple[int, int], list[str]] = {}
    for row in _NAMES({"people": list(people), "events": list(events)}).all():
        found.setdefault((row.reader, row.event_id), []).extend(row.name.split(maxsplit=1)[:1])
    return found


def _named(reader: Any, other: Any, *there: ColumnElement[bool]) -> Select[Any]:
    """Of those on one side of an encounter, whom they met."""
    return (
        select(
            reader.label("reader"), Encounter.event_id, Person.name, Encounter.met_at, Encounter.id.label("encounter")
        )
        .join(Person, other == Person.id)
        .where(among(reader, "people"), *there, encounters.is_alive(), ~reports.paused(Person.id))
    )


_MET = union_all(
    _named(Encounter.low_id, Encounter.high_id, among(Encounter.event_id, "events")),
    # Found by the person and not by the event.
    _named(Encounter.high_id, Encounter.low_id, among(Encounter.event_id + 0, "events")),
).subquery()
_NAMES = Prepared(select(_MET.c.reader, _MET.c.event_id, _MET.c.name).order_by(_MET.c.met_at, _MET.c.encounter))
