"""Rosters: the attendee list, as entries that wait for their people. Nobody on it is mailed or has a card."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.people import EMAIL_LENGTH, LINE_LENGTH, NAME_LENGTH, Person


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
