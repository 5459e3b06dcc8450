"""Copies: what of a person's a phone may keep to be read without a network. The least that helps, and no note at all.

Notes are left out, one's own too: they are sealed here, and a phone is lost more easily than a server
(docs/decisions/0024-what-a-phone-keeps.md).
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import contains_eager

from app.database import session
from app.domain import door_helpers, encounters, occasions, prompts
from app.domain.attendance import EXPECTED, HERE, Attendance
from app.domain.door_helpers import Door
from app.domain.encounters import Encounter, Observation
from app.domain.endings import WAITS, Ending
from app.domain.events import Event
from app.domain.occasions import Occasion
from app.domain.people import Person
from app.domain.prompts import Prompt

MOST_EVENTS, MOST_PROMPTS = 2, 10
AHEAD, DOORS_AHEAD = timedelta(days=7), timedelta(hours=24)


class Met(NamedTuple):
    """Somebody one said to have met at an event: by which observation of one's own, and their name."""

    op_id: UUID
    name: str


class Morning(NamedTuple):
    """The event that a phone keeps: one's own place there, and whether it has been brought to its end."""

    place: Attendance
    is_settled: bool


def people_of(owner: Person) -> list[Occasion]:
    """Return whom the owner met at their last two events, the newest first: as many queries, however many people."""
    latest = (
        select(Encounter.event_id)
        .where(encounters.alive(owner.id), Encounter.event_id.is_not(None))
        .group_by(Encounter.event_id)
        .order_by(func.max(Encounter.met_at).desc())
        .limit(MOST_EVENTS)
    )
    events = [event_id for event_id in session.scalars(latest) if event_id]
    return occasions.of(owner, events) if events else []


def prompts_of(person: Person, now: datetime) -> list[Prompt]:
    """Return what waits for this person, the oldest first: as much as one would answer without a network."""
    return prompts.waiting(person, now)[:MOST_PROMPTS]


def morning_of(person: Person, now: datetime) -> Morning | None:
    """Return the event the person is at, or was at today and has not settled, or else is expected at within a week."""
    settled = select(Ending).where(Ending.event_id == Event.id, Ending.person_id == person.id).exists()
    unsettled = and_(Attendance.state.in_(HERE), Event.ends_at > now - WAITS, or_(Event.closes_at > now, ~settled))
    row = session.execute(
        select(Attendance, settled)
        .join(Attendance.event)
        .options(contains_eager(Attendance.event))
        .where(
            Attendance.person_id == person.id,
            Event.cancelled_at.is_(None),
            Event.starts_at <= now + AHEAD,
            or_(unsettled, and_(Attendance.state.in_(EXPECTED), Event.closes_at > now)),
        )
        .order_by(Attendance.state.in_(HERE).desc(), Event.starts_at)
        .limit(1)
    ).first()
    return Morning(*row) if row else None


def met_at(person: Person, event: Event) -> list[Met]:
    """Return whom the person said to have met at the event, as they met, each once, by their own observation."""
    said = session.execute(
        select(Observation.op_id, Person.name, Observation.encounter_id)
        .join(Encounter, Encounter.id == Observation.encounter_id)
        .join(Person, Person.id == Observation.observed_id)
        .where(
            Observation.observer_id == person.id,
            Observation.voided_at.is_(None),
            Encounter.event_id == event.id,
            encounters.alive(person.id),
        )
        .order_by(Encounter.met_at, Encounter.id, Observation.met_at)
    )
    once = {encounter_id: Met(op_id, name) for op_id, name, encounter_id in reversed(said.all())}
    return list(reversed(once.values()))


def doors_of(person: Person, now: datetime) -> list[Door]:
    """Return the doors that this person keeps and that are open now, or will be within a day."""
    return door_helpers.open_doors(person, now, DOORS_AHEAD)
