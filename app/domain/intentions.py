"""Intentions: what would make a morning worth it, and what somebody who is new there would like. Told by themselves.

The goal is sealed: its owner sees it, and an organiser sees totals that tell of nobody.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import sealing
from app.database import Base, UtcDateTime, session
from app.domain import discretion, events
from app.domain.attendance import EXPECTED, Attendance
from app.domain.discretion import Told
from app.domain.events import Event
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.words import N_

ASKED_AHEAD = timedelta(days=7)
GOALS = ("customer", "supplier", "someone", "learn", "company")


class Intention(Base):
    """What the holder of one place said of the morning before it, or on it."""

    __tablename__ = "intentions"

    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16), default="")
    wants_introduction: Mapped[bool] = mapped_column(default=False)
    first_timer_mark: Mapped[bool] = mapped_column(default=False)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[Attendance] = relationship()

    @property
    def goal(self) -> str:
        """Return what would make it worth it, "" while nothing was said."""
        return sealing.unseal(self.key_id, self.sealed, _seat(self.attendance_id)) if self.sealed else ""


class NotAGoal(Unfit):
    message = N_("Please pick one of the five.")


def of(place: Attendance) -> Intention | None:
    """Return what the holder of this place said, or None."""
    return session.get(Intention, place.id)


def open_question(person: Person, now: datetime) -> Event | None:
    """Return the event of the coming week that this person is expected at and has named no goal for; one query."""
    return session.scalar(
        select(Event)
        .join(Attendance, Attendance.event_id == Event.id)
        .outerjoin(Intention, Intention.attendance_id == Attendance.id)
        .where(
            Attendance.person_id == person.id,
            Attendance.state.in_(EXPECTED),
            Intention.sealed.is_(None),
            Event.cancelled_at.is_(None),
            Event.starts_at > now,
            Event.starts_at <= now + ASKED_AHEAD,
        )
        .order_by(Event.starts_at)
        .limit(1)
    )


def aim(place: Attendance, goal: str, now: datetime) -> None:
    """Note what would make the morning worth it for them; saying it again replaces it. Raises NotAGoal."""
    if goal not in GOALS:
        raise NotAGoal("goal")
    intention = _said(place, now)
    intention.key_id, intention.sealed = sealing.seal(goal, _seat(place.id))
    session.flush()


def ask(place: Attendance, introduction: bool, mark: bool, now: datetime) -> None:
    """Note whether somebody new would like an introduction, and a mark on their badge that says they are new."""
    intention = _said(place, now)
    intention.wants_introduction, intention.first_timer_mark = introduction, mark
    events.touch(place.event)
    session.flush()


def _said(place: Attendance, now: datetime) -> Intention:
    """The place's row, made if there is none. Two taps at once: the place is held, so that the second finds it."""
    session.refresh(place, ["state"], with_for_update=True)
    intention = of(place) or Intention(attendance_id=place.id)
    intention.said_at = now
    session.add(intention)
    return intention


def unsealed_row(row: Mapping[str, Any]) -> str:
    """Return the goal of a row, for whoever takes their own along."""
    return sealing.unseal(row["key_id"], row["sealed"], _seat(row["attendance_id"])) if row["sealed"] else ""


def _seat(attendance_id: int) -> str:
    return f"intention {attendance_id}"


def totals(event: Event) -> dict[str, Told]:
    """Return how many came, or are coming, for which of the five goals; 1 to 4 read "fewer than 5"."""
    said = session.scalars(
        select(Intention).join(Intention.place).where(Attendance.event_id == event.id, Intention.sealed.is_not(None))
    )
    counts = Counter(intention.goal for intention in said)
    return {goal: discretion.told(counts[goal]) for goal in GOALS} if counts else {}


def marked(event: Event) -> set[int]:
    """Return the places whose badge may say that its bearer is here for the first time: they said yes."""
    yes = select(Attendance.id).join(Intention, Intention.attendance_id == Attendance.id)
    return set(session.scalars(yes.where(Attendance.event_id == event.id, Intention.first_timer_mark)))
