"""Contacts: one person's private view of another. The other side never sees it, nor does an organiser."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime
from app.domain.encounters import Encounter
from app.domain.people import Person

NEW, KEEPING_UP, WIDE_CIRCLE = "new", "keeping_up", "wide_circle"
STAGES = (NEW, KEEPING_UP, WIDE_CIRCLE)
LINE, PROMISE = "line", "promise"


class Contact(Base):
    """How one person sees another. `opened_at` is since when the other's fields for people met are open to the owner."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("owner_id", "other_id"),
        CheckConstraint("owner_id <> other_id", name="not_oneself"),
        CheckConstraint(f"stage IN {STAGES}", name="stage_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str] = mapped_column(String(16), default=NEW)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_touch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    other: Mapped[Person] = relationship(foreign_keys=other_id)


class Note(Base):
    """A line or a promise, about one contact and perhaps one encounter, sealed: the database cannot be read for it."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("kind IN ('line', 'promise')", name="kind_known"),
        UniqueConstraint("contact_id", "encounter_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    encounter_id: Mapped[int | None] = mapped_column(ForeignKey("encounters.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a promise was kept
    contact: Mapped[Contact] = relationship()
    encounter: Mapped[Encounter | None] = relationship()
