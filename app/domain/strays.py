"""Strays: scans that lead to nobody yet. The code is unknown, or was withdrawn, or one's own check-in is on its way.

A scan happened, whatever comes of it: it is kept until it turns out whose it was, and counts for nothing until then.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.people import Person

UNKNOWN: Final = "unknown"  # no such code is known, so far
WITHDRAWN: Final = "withdrawn"  # it was scanned after its owner had withdrawn it: theirs to say
NOT_HERE: Final = "not_here"  # nobody has claimed that place, and the scanner has not arrived, as far as we know
SETTLED: Final = "settled"  # nothing will come of it any more
WHYS: Final = (UNKNOWN, WITHDRAWN, NOT_HERE, SETTLED)


class Stray(Base):
    """One person's scan that waits, named by the observer's own UUID: of a code by its hash, or of a place.

    `owner` is whose yes a withdrawn code waits for. An undo that came before its scan stands here too, voided.
    """

    __tablename__ = "strays"
    __table_args__ = (CheckConstraint(f"why IN {WHYS}", name="why_known"),)

    observer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    why: Mapped[str] = mapped_column(String(9))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    observer: Mapped[Person] = relationship(foreign_keys=observer_id)
    place: Mapped[Attendance | None] = relationship()
    event: Mapped[Event | None] = relationship()


def find(observer: Person, op_id: UUID) -> Stray | None:
    """Return one's own stray of this name, or None."""
    return session.get(Stray, (observer.id, op_id))


def of(observer: Person, op_ids: Collection[UUID]) -> dict[UUID, Stray]:
    """Return one's own strays of these names: one query, however many."""
    found = session.scalars(select(Stray).where(Stray.observer_id == observer.id, Stray.op_id.in_(op_ids)))
    return {stray.op_id: stray for stray in found}


def void(observer: Person, op_id: UUID, now: datetime) -> Stray:
    """Take back a scan that leads nowhere yet, or one that has not come yet."""
    stray = find(observer, op_id) or Stray(
        observer=observer, op_id=op_id, why=SETTLED, met_at=now, received_at=now, voided_at=now
    )
    stray.voided_at = stray.voided_at or now
    session.add(stray)
    session.flush()
    return stray


def forget(before: datetime) -> None:
    """Drop what led nowhere for so long."""
    session.execute(delete(Stray).where(Stray.received_at < before))
