"""Receipts: what a phone sent under a name of its own is answered once; sent again, it gets its first answer again."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain.attendance import Attendance
from app.domain.people import NAME_LENGTH, Person, called
from app.domain.refusals import Refusal
from app.words import N_

LAST: Final = timedelta(days=180)  # as long as a phone stays signed in


class Receipt(Base):
    """The answer to one thing that a person's phone sent, kept in the transaction of what it did.

    Of what was sent only a keyed fingerprint is kept: it may have been a note. The name in the answer is kept beside it
    or read from the place at the event that it is about, so that it goes when they go.
    """

    __tablename__ = "receipts"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(String(26))
    answer: Mapped[str] = mapped_column(Text)
    about_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("attendance.id", ondelete="SET NULL"), index=True)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    place: Mapped[Attendance | None] = relationship()

    def is_for(self, sent: str) -> bool:
        """Say whether this answered exactly what is sent now."""
        return tokens.same(self.fingerprint, _fingerprint(self.key_id, sent))

    def text(self) -> str:
        """Return the answer as it was given, byte for byte, while whom it names is still here."""
        answer = json.loads(self.answer)
        return written(answer, self.name or (self.place.name if answer["name"] and self.place else None))


class SentForAnother(Refusal):
    """The same name for something else: nothing is done, and the first answer is not told either."""

    status = 422
    message = N_("This was sent before as something else. Do it once more on the page.")


def of(person: Person, op_ids: Collection[UUID]) -> dict[UUID, Receipt]:
    """Return what was answered of these, by the names that the phone gave them: one query, however many."""
    found = select(Receipt).where(Receipt.person_id == person.id, Receipt.op_id.in_(op_ids))
    return {receipt.op_id: receipt for receipt in session.scalars(found)}


def write(
    person: Person, op_id: UUID, sent: str, answer: Mapping[str, Any], about: Person | Attendance | None, now: datetime
) -> Receipt:
    """Return a receipt to keep, in the transaction of what was done; `answer` names nobody, or whom it is `about`."""
    key_id = keys.current_id()
    named = bool(answer["name"])
    return Receipt(
        person_id=person.id,
        op_id=op_id,
        key_id=key_id,
        fingerprint=_fingerprint(key_id, sent),
        answer=json.dumps({**answer, "name": named, "first_name": None}),
        about_id=about.id if isinstance(about, Person) else None,
        name=about.name if named and isinstance(about, Person) else None,
        place=about if isinstance(about, Attendance) else None,
        answered_at=now,
    )


def written(answer: Mapping[str, Any], name: str | None) -> str:
    """Write an answer that names somebody, or nobody."""
    return json.dumps({**answer, "name": name, "first_name": called(name) if name else None}, separators=(",", ":"))


def forget(before: datetime) -> None:
    """Drop receipts older than this; what they were for is known by its own name where that matters."""
    session.execute(delete(Receipt).where(Receipt.answered_at < before))


def _fingerprint(key_id: str, sent: str) -> str:
    return tokens.derived("receipt", key_id, sent)
