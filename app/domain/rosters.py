"""Rosters: who is expected at an event, as entries that wait for their people. Nobody on it is mailed or has a card."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    delete,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import attendance, listings, people, sightings
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.people import EMAIL_LENGTH, LINE_LENGTH, NAME_LENGTH, Person
from app.domain.refusals import Refusal, Unfit
from app.words import N_

DRAFTS_WAIT = timedelta(days=1)


class RosterEntry(Base):
    """What a list said of one name at one event. `claimed_at` is when its person said "That's me"."""

    __tablename__ = "roster_entries"
    __table_args__ = (
        CheckConstraint("guests >= 0", name="guests_count"),
        Index(
            "uq_roster_entries_external",
            "event_id",
            "layout",
            "external_id",
            unique=True,
            sqlite_where=text("external_id <> ''"),
            postgresql_where=text("external_id <> ''"),
        ),
        Index("ix_roster_entries_name", "event_id", "comparable_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), unique=True)
    layout: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str] = mapped_column(String(120), default="")
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    comparable_name: Mapped[str] = mapped_column(String(NAME_LENGTH * 2))
    known_as: Mapped[list[str]] = mapped_column(JSON, default=list)  # other names that an organiser said are theirs
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    phone_typed: Mapped[str] = mapped_column(String(64), default="")
    company: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    what_i_do: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    ticket: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    guests: Mapped[int] = mapped_column(default=0)
    kept: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    attendance: Mapped[Attendance] = relationship()

    @property
    def names(self) -> set[str]:
        """Return every name, as names are compared, under which lists have this person."""
        return {self.comparable_name, *self.known_as}


class RosterDraft(Base):
    """A list that was handed in and waits for the organiser's yes; dropped when it is taken in, or after a day."""

    __tablename__ = "roster_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(LINE_LENGTH))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    by: Mapped[Person | None] = relationship()


class DraftGone(Refusal):
    status = 410
    message = N_("This list was taken in already, or it waited for more than a day. Bring the file again.")


def claimable(event: Event, name: str) -> list[Attendance]:
    """Return the places that nobody has claimed and whose name is exactly the one typed: listed ones first.

    Accents, case, apostrophes and "last, first" aside. Of a place that was given to a name without a list, at the door
    or as somebody's substitute, its own name counts. Nothing else of a place may be shown to whoever typed it.
    """
    try:
        typed = people.line(name, "name", NAME_LENGTH)
    except Unfit:
        return []
    wanted = people.comparable(listings.turned(typed) or typed)
    listed = exists().where(RosterEntry.attendance_id == Attendance.id)
    free = select(Attendance).where(Attendance.event_id == event.id, Attendance.person_id.is_(None))
    on_the_list = free.join(RosterEntry, RosterEntry.attendance_id == Attendance.id).where(
        RosterEntry.event_id == event.id, RosterEntry.comparable_name == wanted
    )
    by_name_alone = free.where(~listed)
    named = [place for place in session.scalars(by_name_alone) if people.comparable(place.name) == wanted]
    return [*session.scalars(on_the_list.order_by(RosterEntry.id)), *named]


def claim(place: Attendance, person: Person, now: datetime) -> None:
    """Give a place to the person who says "That's me", and let those who scanned its badge have met them.

    Nothing of what the list says becomes part of their card.
    """
    attendance.hold(place, person, now)
    session.execute(update(RosterEntry).where(RosterEntry.attendance_id == place.id).values(claimed_at=now))
    sightings.hand_over(place, now)


def of(event: Event) -> list[RosterEntry]:
    """Return every entry of this event's roster with its place, in the order in which they came."""
    listed = (
        select(RosterEntry)
        .join(RosterEntry.attendance)
        .where(RosterEntry.event_id == event.id)
        .options(contains_eager(RosterEntry.attendance))
        .order_by(RosterEntry.id)
    )
    return list(session.scalars(listed))


def draft(
    event: Event, filename: str, data: bytes, choices: Mapping[str, Any], by: Person | None, now: datetime
) -> RosterDraft:
    """Keep a file that was handed in until the organiser says yes; drafts that waited too long are dropped."""
    forget_drafts(now)
    kept = RosterDraft(
        event=event, by=by, filename=filename[:LINE_LENGTH], data=data, choices=dict(choices), created_at=now
    )
    session.add(kept)
    session.flush()
    return kept


def drafted(event: Event, draft_id: int, now: datetime) -> RosterDraft:
    """Return this event's draft; raise DraftGone for one that is no longer there, or is another event's."""
    found = session.get(RosterDraft, draft_id)
    if found is None or found.event_id != event.id or found.created_at <= now - DRAFTS_WAIT:
        raise DraftGone
    return found


def forget_drafts(now: datetime) -> None:
    """Drop the drafts that waited for a day: a list of people is not kept because somebody forgot it."""
    session.execute(delete(RosterDraft).where(RosterDraft.created_at <= now - DRAFTS_WAIT))
