"""Attendees: an event's places as its organiser's list shows them. Only reads; knows no meetings and no addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from app.database import session
from app.domain import attendance, people, spellings
from app.domain.attendance import EXCUSED, HERE, WALK_IN, Attendance, AttendanceChange
from app.domain.cards import ANYONE, Card, CardField
from app.domain.events import Event
from app.domain.people import Person
from app.domain.rosters import RosterEntry

ABSENT, NOT_HERE = "absent", "not_here"
STILL_EXPECTED, HERE_NOW, WALK_INS = "expected", "here", "walk_ins"


class Attendee(NamedTuple):
    """One place with its name, and what the organiser may know of whoever holds it. Made by the hundred."""

    id: int
    name: str
    company: str
    what_i_do: str
    ticket: str
    guests: int
    flags: Sequence[str] | None
    state: str
    origin: str
    arrived_at: datetime | None
    listed_as: str | None
    in_place_of: str | None
    vouched_at: datetime | None
    settled: bool

    @property
    def is_here(self) -> bool:
        """Say whether they have arrived."""
        return self.state in HERE

    @property
    def is_asking(self) -> bool:
        """Say whether they checked in by themselves, off the list, and wait for the door's yes."""
        return self.is_here and self.vouched_at is None

    @property
    def standing(self) -> str:
        """Return the state as it reads now: `absent` once the event has closed, `not_here` for a walk-in undone."""
        if self.is_here or self.state == EXCUSED:
            return self.state
        if self.origin == WALK_IN:
            return NOT_HERE
        return ABSENT if self.settled else self.state

    @property
    def about(self) -> str:
        """Return the firm and what they do, as far as either is known, in one line."""
        return ", ".join(filter(None, (self.company, self.what_i_do)))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return under which headings the list can be narrowed to them."""
        walked_in = (WALK_INS,) if self.origin == WALK_IN else ()
        if self.is_here:
            return (*walked_in, HERE_NOW)
        return walked_in or (() if self.state == EXCUSED else (STILL_EXPECTED,))

    @property
    def sorts_as(self) -> tuple[str, int]:
        """Return what the list is sorted by: the name as names are compared."""
        return self.listed_as or people.comparable(self.name), self.id


@dataclass(frozen=True, slots=True)
class Arrival:
    """How somebody's presence came to be noted: by whom, None if nobody of that name is left, and how."""

    by: str | None
    how: str


def of(event: Event, now: datetime, since: int = 0) -> list[Attendee]:
    """Return every place of the event, or those that changed after a version of it, by name: one query.

    The firm and what they do are what the organiser's list says, else what the card shows to anyone who scans it.
    """
    settled = attendance.is_settled(event, now)
    found = session.execute(_list(), {"event_id": event.id, "since": since + 1 if since else 0})
    return sorted((Attendee._make((*columns, settled)) for columns in found), key=lambda attendee: attendee.sorts_as)


@lru_cache(maxsize=1)
def _list() -> Select[*tuple[Any, ...]]:
    # Made once: the page asks every few seconds, and making this costs ten times as much as asking it.
    firm, does, whose = aliased(CardField), aliased(CardField), aliased(Attendance)
    return (
        select(
            Attendance.id,
            Attendance.name,
            func.coalesce(func.nullif(RosterEntry.company, ""), firm.text, ""),
            func.coalesce(func.nullif(RosterEntry.what_i_do, ""), does.text, ""),
            func.coalesce(RosterEntry.ticket, ""),
            func.coalesce(RosterEntry.guests, 0),
            RosterEntry.flags,
            Attendance.state,
            Attendance.origin,
            Attendance.arrived_at,
            RosterEntry.comparable_name,
            whose.name,
            Attendance.vouched_at,
        )
        .outerjoin(whose, whose.id == Attendance.in_place_of_id)
        .outerjoin(RosterEntry, RosterEntry.attendance_id == Attendance.id)
        .outerjoin(Card, Card.person_id == Attendance.person_id)
        .outerjoin(firm, _open_field(firm, "company"))
        .outerjoin(does, _open_field(does, "what_i_do"))
        .where(Attendance.event_id == bindparam("event_id"), Attendance.version >= bindparam("since"))
    )


def matching(found: Sequence[Attendee], typed: str, show: str = "") -> set[int]:
    """Return the ids of those whose name, firm or trade may be meant by the typed words; of everyone without any.

    `show` keeps only who is still "expected" (or absent), who is "here", or the "walk_ins".
    """
    shown = [attendee for attendee in found if not show or show in attendee.kinds]
    return set(meant(shown, typed)) if typed.strip() else {attendee.id for attendee in shown}


def meant(found: Sequence[Attendee], typed: str) -> list[int]:
    """Return the ids of those who may be meant by what was typed at the door, the likeliest first."""
    entries = ((one.id, spellings.entry(one.name, f"{one.company} {one.what_i_do}")) for one in found)
    return spellings.found(typed, entries)


def _open_field(card_field: type[CardField], name: str) -> ColumnElement[bool]:
    return and_(card_field.card_id == Card.id, card_field.name == name, card_field.level == ANYONE)


def arrivals(event: Event) -> dict[int, Arrival]:
    """Return by whom and how each one's presence was noted, by place, for those who are here: one query."""
    latest = (
        select(func.max(AttendanceChange.id))
        .join(Attendance, Attendance.id == AttendanceChange.attendance_id)
        .where(Attendance.event_id == event.id, Attendance.state.in_(HERE), AttendanceChange.to_state.in_(HERE))
        .group_by(AttendanceChange.attendance_id)
    )
    noted = session.execute(
        select(AttendanceChange.attendance_id, Person.name, AttendanceChange.how)
        .outerjoin(Person, Person.id == AttendanceChange.by_id)
        .where(AttendanceChange.id.in_(latest))
    )
    return {place: Arrival(by, how) for place, by, how in noted}
