"""Holds: after a backup was restored nothing that was due is sent until the person who runs the house says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ColumnElement, String, and_, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain.deliveries import CLAIMED, DOT, SENT, SUPPRESSED, WAITING, Delivery

RESTORED: Final = "restored"


class Hold(Base):
    """Since when letters wait, why, and until when they did. `made_at` is when the restored backup was made."""

    __tablename__ = "holds"
    __table_args__ = (CheckConstraint("released_at IS NULL OR released_at >= since", name="ends_after_it_began"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(16), default=RESTORED)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Waiting:
    """What a release decides about: how many letters, and the oldest and newest time at which they were due."""

    letters: int
    first: datetime | None
    last: datetime | None


def put_on(made_at: datetime, now: datetime) -> Hold:
    """Hold every letter from now on but sign-in codes that are asked for from now on."""
    hold = Hold(made_at=made_at, since=now)
    session.add(hold)
    session.flush()
    return hold


def current() -> Hold | None:
    """Return the hold that is on, or None."""
    return session.scalar(select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.id.desc()).limit(1))


def waiting(hold: Hold) -> Waiting:
    """Return what was due when the hold began, or comes due under it."""
    counted = select(func.count(), func.min(Delivery.due_at), func.max(Delivery.due_at)).where(_held(hold))
    return Waiting(*session.execute(counted).one())


def release(hold: Hold, now: datetime, send: bool) -> int:
    """End the hold. What waits is sent, or else left unsent for good; in the app it waits either way. Return how many.

    Left unsent is what was due before the hold began: that may have gone out since the backup was made.
    """
    number = waiting(hold).letters
    if not send:
        session.execute(
            update(Delivery)
            .where(_held(hold), Delivery.due_at <= hold.since)
            .values(state=SUPPRESSED, reason=RESTORED, lease_until=None, frozen=None, frozen_key=""),
            execution_options={"synchronize_session": False},
        )
    session.execute(update(Hold).where(Hold.released_at.is_(None)).values(released_at=now))
    return number


def may_have_gone() -> ColumnElement[bool]:
    """The condition of letters that wait by what the database knows, sign-in codes aside."""
    return and_(Delivery.state.in_((WAITING, CLAIMED, DOT)), Delivery.code_id.is_(None))


def known_sent(delivery: Delivery, at: datetime) -> None:
    """Let a letter be sent that had gone before the house was restored."""
    delivery.state, delivery.reason, delivery.sent_at = SENT, RESTORED, at
    delivery.lease_until, delivery.frozen, delivery.frozen_key = None, None, ""


def _held(hold: Hold) -> ColumnElement[bool]:
    asked_since = and_(Delivery.code_id.is_not(None), Delivery.created_at >= hold.since)
    return and_(Delivery.state.in_((WAITING, CLAIMED, DOT)), ~asked_since)
