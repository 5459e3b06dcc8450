"""Jottings: what was written about somebody whose scan is not known yet to be whose. Put where it belongs later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import sealing
from app.database import Base, UtcDateTime, session
from app.domain import contacts
from app.domain.contacts import FIT, LINE, PROMISE, STEP, Contact
from app.domain.encounters import Observation
from app.domain.people import Person

KINDS = (LINE, PROMISE, FIT, STEP)


class Jotting(Base):
    """A line, a promise, what somebody is to me or what comes next, sealed, about one scan of mine by its name."""

    __tablename__ = "jottings"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS}", name="kind_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


def keep(person: Person, op_id: UUID, kind: str, text: str, at: datetime) -> None:
    """Keep words about a scan until it is known whose they are about; what was written last counts."""
    contacts.must_fit(text, kind)
    jotting = session.get(Jotting, (person.id, op_id, kind))
    if jotting is not None and jotting.written_at > at:
        return
    jotting = jotting or Jotting(person=person, op_id=op_id, kind=kind)
    jotting.key_id, jotting.sealed = sealing.seal(text, f"jotting:{op_id}:{kind}")
    jotting.written_at = at
    session.add(jotting)
    session.flush()


def hand_over(observation: Observation, contact: Contact, named: UUID | None = None) -> None:
    """Put what was written about a scan on the contact whom it turned out to be; `named` is the scan's own name."""
    op_id = named or observation.op_id
    mine = (Jotting.person_id == contact.owner_id, Jotting.op_id == op_id)
    for jotting in session.scalars(select(Jotting).where(*mine).order_by(Jotting.written_at)).all():
        about = None if jotting.kind in (FIT, STEP) else observation.encounter
        contacts.write(contact, jotting.kind, unsealed(jotting), about, jotting.written_at)
    session.execute(delete(Jotting).where(*mine))


def about(person: Person) -> set[UUID]:
    """Return the names of this person's scans about which something waits: one query."""
    return set(session.scalars(select(Jotting.op_id).where(Jotting.person_id == person.id)))


def unsealed(jotting: Jotting) -> str:
    """Return the words."""
    return sealing.unseal(jotting.key_id, jotting.sealed, f"jotting:{jotting.op_id}:{jotting.kind}")


def unsealed_row(row: Mapping[str, Any]) -> str:
    """Return the words of a row, for whoever takes their own along."""
    return sealing.unseal(row["key_id"], row["sealed"], f"jotting:{row['op_id']}:{row['kind']}")


def forget(before: datetime) -> None:
    """Drop words about scans that nobody turned out to be."""
    session.execute(delete(Jotting).where(Jotting.written_at < before))
