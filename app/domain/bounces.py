"""Bounces: letters that came back, and people who called one spam; from four points on nothing is sent for a month.

What came back for an address says nothing of another, so a new address begins anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, String, bindparam, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import keys, tokens
from app.database import Base, Prepared, UtcDateTime, among, session
from app.domain.deliveries import IS_NAMED_LETTER, Delivery
from app.domain.people import EMAIL_LENGTH, Person

SOFT, HARD, COMPLAINT = KINDS = ("soft", "hard", "complaint")
WEIGHTS: Final = {SOFT: 1, HARD: 2, COMPLAINT: 4}
STOPS_AT: Final = 4
LASTS: Final = timedelta(days=30)
REASON_LENGTH: Final = 200


class Bounce(Base):
    """One letter that came back. `key` tells it from others, so that hearing of it twice changes nothing."""

    __tablename__ = "bounces"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS}", name="kind_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    kind: Mapped[str] = mapped_column(String(12))
    weight: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


def note(delivery: Delivery, kind: str, key: str, reason: str, now: datetime) -> bool:
    """Note that a letter came back to the address that it was sent to; say whether that is news.

    A letter to somebody who has another address by now, or is gone, changes nothing.
    """
    person = delivery.prompt.person if delivery.prompt else delivery.notice and delivery.notice.person
    if not person or not person.email or delivery.recipient != person.email:
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"key": key[:64], "person_id": person.id, "email": person.email, "kind": kind}
    values |= {"weight": WEIGHTS[kind], "reason": " ".join(reason.split())[:REASON_LENGTH], "noted_at": now}
    added = session.execute(
        dialect.insert(Bounce).values(**values).on_conflict_do_nothing(),
        execution_options={"preserve_rowcount": True},
    )
    return bool(added.rowcount)  # type: ignore[attr-defined] # an INSERT always gives a CursorResult


def stopped(person: Person, now: datetime) -> bool:
    """Say whether so much came back within the last month that nothing is sent to this address."""
    return (person.id, person.email) in stopped_among([person.id], now)


def stopped_among(people: Sequence[int], now: datetime) -> set[tuple[int, str | None]]:
    """Return whose letters are stopped among these people, each with the address that is meant."""
    found = _STOPPED({"people": people, "since": now - LASTS})
    return {(row.person_id, row.email) for row in found}


_STOPPED = Prepared(
    select(Bounce.person_id, Bounce.email)
    .where(
        among(Bounce.person_id, "people"),
        Bounce.noted_at > bindparam("since", type_=UtcDateTime),
    )
    .group_by(Bounce.person_id, Bounce.email)
    .having(func.sum(Bounce.weight) >= STOPS_AT)
)


def latest(person: Person, now: datetime) -> Bounce | None:
    """Return what came back last from the address this person has, within a month."""
    return session.scalar(
        select(Bounce)
        .where(Bounce.person_id == person.id, Bounce.email == person.email, Bounce.noted_at > now - LASTS)
        .order_by(Bounce.noted_at.desc(), Bounce.id.desc())
        .limit(1)
    )


def forgive(person: Person) -> None:
    """Try again: forget what came back from this person's addresses."""
    session.execute(delete(Bounce).where(Bounce.person_id == person.id))


def forget(before: datetime) -> None:
    """Drop what came back before this instant."""
    session.execute(delete(Bounce).where(Bounce.noted_at < before))


def mark(delivery: Delivery, key_id: str = "") -> str:
    """Return what stands in the return address of a letter, so that nobody else can say that it came back."""
    known = f"{delivery.id}|{int(delivery.created_at.timestamp())}"
    return f"{delivery.id}-{tokens.derived('bounce', key_id or keys.current_id(), known)}"


def by_mark(mark_: str) -> Delivery | None:
    """Return the delivery whose return address has this mark, or None for one that we never gave."""
    number, _, _mac = mark_.partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    delivery = session.get(Delivery, int(number))
    if delivery is None:
        return None
    given = [mark(delivery, key_id) for key_id in keys.ids()]
    return delivery if any(tokens.same(mark_.lower(), one) for one in given) else None


def by_message_id(message_id: str) -> Delivery | None:
    """Return the newest delivery of this Message-ID, with or without its angle brackets."""
    named = Delivery.message_id == message_id.strip().strip("<>")
    return session.scalar(select(Delivery).where(named, text(IS_NAMED_LETTER)).order_by(Delivery.id.desc()).limit(1))
