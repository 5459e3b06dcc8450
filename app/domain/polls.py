"""Polls: one question of the organiser's at the end of a morning, with three answers, told as totals only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain import people
from app.domain.events import Event

YES, NOT_SURE, NO = "yes", "not_sure", "no"
ANSWERS = (YES, NOT_SURE, NO)
QUESTION_LENGTH = 120


class Poll(Base):
    """What everyone who was at the event is asked when it ends."""

    __tablename__ = "polls"
    __table_args__ = (CheckConstraint("question <> ''", name="asked"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    question: Mapped[str] = mapped_column(String(QUESTION_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def ask(event: Event, question: str, now: datetime) -> None:
    """Ask this at the end of the event, in place of what was asked before; nothing typed asks nothing.

    Raises people.NotPlainText for more than one line of 120 characters.
    """
    typed, poll = people.line(question, "question", QUESTION_LENGTH), of(event)
    if poll is not None and not typed:
        session.delete(poll)
    elif poll is not None:
        poll.question = typed
    elif typed:
        session.add(Poll(event_id=event.id, question=typed, created_at=now))
    session.flush()


def of(event: Event) -> Poll | None:
    """Return what is asked at the end of the event, or None."""
    return session.get(Poll, event.id)
