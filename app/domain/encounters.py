"""Encounters: two people met, once per pair and event however often and from whichever side it was observed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime
from app.domain.events import Event
from app.domain.people import Person

CARD, SHORT_CODE, BY_HAND = "card", "short_code", "by_hand"
SHOWN = (CARD, SHORT_CODE)  # showing it is giving it


class Encounter(Base):
    """Two people met: at an event, or on a local day. `void` while no observation of it is left."""

    __tablename__ = "encounters"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="pair_in_order"),
        CheckConstraint("(event_id IS NULL) <> (local_day IS NULL)", name="event_or_day"),
        Index(
            "uq_encounters_event",
            "event_id",
            "low_id",
            "high_id",
            unique=True,
            sqlite_where=text("event_id IS NOT NULL"),
            postgresql_where=text("event_id IS NOT NULL"),
        ),
        Index(
            "uq_encounters_day",
            "local_day",
            "low_id",
            "high_id",
            unique=True,
            sqlite_where=text("event_id IS NULL"),
            postgresql_where=text("event_id IS NULL"),
        ),
        Index("ix_encounters_low_id_high_id", "low_id", "high_id"),
        Index("ix_encounters_high_id", "high_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    high_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    local_day: Mapped[date | None]
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event | None] = relationship()


class Observation(Base):
    """One side's word that they met: append-only but for its undo, named by the observer's own UUID."""

    __tablename__ = "observations"
    __table_args__ = (
        CheckConstraint("how IN ('card', 'short_code', 'by_hand')", name="how_known"),
        CheckConstraint("observer_id <> observed_id", name="not_oneself"),
        Index("ix_observations_encounter_id_observer_id", "encounter_id", "observer_id"),
    )

    observer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    observed_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    encounter_id: Mapped[int] = mapped_column(ForeignKey("encounters.id", ondelete="CASCADE"))
    how: Mapped[str] = mapped_column(String(16))
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    encounter: Mapped[Encounter] = relationship()
    observed: Mapped[Person] = relationship(foreign_keys=observed_id)
