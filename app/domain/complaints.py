"""Complaints: what somebody wants put right or asks, under a number they can quote, and what came of it.

The words are sealed; who runs the house reads them with `flask complaints`.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import sealing, tokens
from app.database import Base, UtcDateTime, session
from app.domain import people
from app.domain.people import EMAIL_LENGTH, Person
from app.domain.refusals import NotFound, Unfit
from app.words import N_

LENGTH: Final = 4000
LASTS: Final = timedelta(days=3 * 365)


class Complaint(Base):
    """One complaint or question. `outcome` is what was done about it, and `settled_at` when."""

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lower"),
        CheckConstraint("(outcome = '') OR (settled_at IS NOT NULL)", name="settled_with_its_outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), default="")
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(400), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person: Mapped[Person | None] = relationship()

    @property
    def text(self) -> str:
        """Return what was written, or nothing once its writer was erased."""
        return _text(self.reference, self.key_id, self.sealed)


class NothingSaid(Unfit):
    message = N_("Tell us what it's about.")


class TooLong(Unfit):
    message = N_("Please keep this to %(length)s characters.")


def take(text: str, email: str, person: Person | None, now: datetime) -> Complaint:
    """Take a complaint in; the address typed, else the writer's own, is where its number is sent.

    Raises NothingSaid, TooLong, and NotAnAddress.
    """
    said = "".join(c for c in text.strip() if c != "\0" and unicodedata.category(c) != "Cs")
    if not said:
        raise NothingSaid("text")
    if len(said) > LENGTH:
        raise TooLong("text", length=LENGTH)
    address = people.normalised_email(email) if email.strip() else (person and person.email) or ""
    reference = tokens.short_code()
    key_id, sealed = sealing.seal(said, _place(reference))
    complaint = Complaint(
        reference=reference, person=person, email=address, key_id=key_id, sealed=sealed, received_at=now
    )
    session.add(complaint)
    session.flush()
    return complaint


def unsettled() -> Sequence[Complaint]:
    """Return what still wants an answer, the oldest first."""
    return session.scalars(select(Complaint).where(Complaint.settled_at.is_(None)).order_by(Complaint.id)).all()


def everything() -> Sequence[Complaint]:
    """Return every complaint with what came of it, the oldest first."""
    return session.scalars(select(Complaint).order_by(Complaint.id)).all()


def settle(reference: str, outcome: str, now: datetime) -> Complaint:
    """Note what was done about a complaint; said again, the newer word stands. Raises NotFound."""
    found = session.scalar(select(Complaint).where(Complaint.reference == tokens.typed(reference)))
    if found is None:
        raise NotFound
    found.outcome, found.settled_at = people.line(outcome, "outcome", 400), now
    session.flush()
    return found


def forget_address(email: str) -> None:
    """Forget what was written from an address that nobody has confirmed; its number and its dates stay."""
    blank = {"email": "", "sealed": b"", "outcome": ""}
    session.execute(update(Complaint).where(Complaint.email == email).values(blank))


def forget(now: datetime) -> None:
    """Forget the words of what was settled three years ago."""
    old = (Complaint.settled_at <= now - LASTS, Complaint.sealed != b"")
    session.execute(update(Complaint).where(*old).values(email="", sealed=b"", outcome=""))


def unsealed_row(row: Mapping[str, Any]) -> str:
    """Return the words of a complaint's row, for whoever takes their own along."""
    return _text(row["reference"], row["key_id"], row["sealed"])


def _text(reference: str, key_id: str, sealed: bytes) -> str:
    return sealing.unseal(key_id, sealed, _place(reference)) if sealed else ""


def _place(reference: str) -> str:
    return f"complaint {reference}"
