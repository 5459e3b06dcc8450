"""Parcels: a copy of everything about one person, asked for, packed, fetched once and forgotten after a day."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import sealing
from app.database import Base, UtcDateTime, session
from app.domain.people import Person
from app.domain.refusals import NotFound

LASTS = timedelta(hours=24)


class Parcel(Base):
    """One copy: sealed while it waits, so that the database's file is no easier to read for it."""

    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done: Mapped[int] = mapped_column(default=0)  # tables packed so far
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    key_id: Mapped[str] = mapped_column(String(16), default="")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    person: Mapped[Person] = relationship()


def ask(person: Person, now: datetime) -> Parcel:
    """Have a copy packed for this person; whoever asks again while one waits gets that one."""
    waiting = of(person, now)
    if waiting is not None:
        return waiting
    session.execute(delete(Parcel).where(Parcel.person_id == person.id))
    parcel = Parcel(person_id=person.id, asked_at=now)
    session.add(parcel)
    session.flush()
    return parcel


def of(person: Person, now: datetime) -> Parcel | None:
    """Return the copy that is being packed for this person, or waits for them."""
    return session.scalar(select(Parcel).where(Parcel.person_id == person.id, Parcel.asked_at > now - LASTS))


def unpacked() -> Parcel | None:
    """Return the copy that has waited longest to be packed."""
    return session.scalar(select(Parcel).where(Parcel.ready_at.is_(None)).order_by(Parcel.id).limit(1))


def came_to(parcel_id: int, done: int) -> None:
    """Note how many tables are packed."""
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(done=done))


def close(parcel_id: int, content: bytes, now: datetime) -> None:
    """Keep what was packed, sealed; nothing, if its person went meanwhile."""
    key_id, sealed = sealing.seal_bytes(content, f"parcel {parcel_id}")
    change = {"ready_at": now, "key_id": key_id, "sealed": sealed}
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(change))


def fetch(person: Person, now: datetime) -> bytes:
    """Hand the copy to its person, once: it is gone with that. Raises NotFound if there is none, or no longer."""
    taken = session.execute(
        delete(Parcel)
        .where(Parcel.person_id == person.id, Parcel.ready_at.is_not(None), Parcel.asked_at > now - LASTS)
        .returning(Parcel.id, Parcel.key_id, Parcel.sealed)
    ).one_or_none()
    if taken is None or taken.sealed is None:
        raise NotFound
    return sealing.unseal_bytes(taken.key_id, taken.sealed, f"parcel {taken.id}")


def forget(now: datetime) -> None:
    """Drop the copies that nobody fetched within a day."""
    session.execute(delete(Parcel).where(Parcel.asked_at <= now - LASTS))
