"""Outcomes: what came of a morning, in totals. Only reads; knows no names, no notes and no pairs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.database import session
from app.domain import cadence, discretion, holidays
from app.domain.attendance import HERE, Attendance
from app.domain.deliveries import FAILED, FINAL, SENT, Delivery
from app.domain.discretion import Told
from app.domain.events import Event
from app.domain.one_to_ones import AGREED, OneToOne
from app.domain.prompts import CLOSED, DONE, FOLLOW_UP, Prompt


@dataclass(frozen=True, slots=True)
class Outcome:
    """`asked` have been asked whom they would like to see again, `acted_on` have answered; `agreed` are 1-2-1s."""

    asked: int
    acted_on: Told
    agreed: Told


@dataclass(frozen=True, slots=True)
class Post:
    """The first letters about a morning: when they are due, and of how many people how many letters went.

    Letters are counted as they are: they tell of addresses, not of meetings. Whoever has no address, wants no letters
    or answered before theirs went is among the `people` alone.
    """

    due_at: datetime
    people: int
    went: int
    bounced: int
    waiting: int


def of(event: Event, now: datetime) -> Outcome:
    """Return what has come of an event by now: two queries, however many came."""
    was_asked = or_(Prompt.due_at <= now, Prompt.round > 1, Prompt.state == DONE)
    asked, acted_on = session.execute(
        select(func.count(Prompt.id), func.count(case((Prompt.state == DONE, 1)))).where(*_follow_ups(event), was_asked)
    ).one()
    agreed = session.scalar(
        select(func.count(OneToOne.id)).where(
            OneToOne.state == AGREED,
            OneToOne.answered_at >= event.starts_at,
            _was_there(OneToOne.proposer_id, event),
            _was_there(OneToOne.other_id, event),
        )
    )
    return Outcome(asked, discretion.told(acted_on, asked), discretion.told(agreed or 0))


def post(event: Event) -> Post:
    """Return how far the first letters about an event have come: two queries, however many there are."""
    letter = and_(Delivery.prompt_id == Prompt.id, Delivery.round == 1)
    people, went, bounced, waiting = session.execute(
        select(
            func.count(distinct(Prompt.id)),
            _letters(Delivery.state == SENT),
            _letters(Delivery.state == FAILED),
            _letters(Delivery.state.not_in(FINAL)),
        )
        .outerjoin(Delivery, letter)
        .where(*_follow_ups(event))
    ).one()
    kept = holidays.days(event.group_id)
    due = cadence.follow_up_due(event.day, event.follow_up_days, event.time_zone, kept)
    return Post(max(due.utc, event.closes_at), people, went, bounced, waiting)


def _follow_ups(event: Event) -> tuple[Any, ...]:
    return Prompt.kind == FOLLOW_UP, Prompt.event_id == event.id, Prompt.state != CLOSED


def _letters(condition: Any) -> Any:
    return func.count(distinct(case((condition, Prompt.id))))


def _was_there(person_id: InstrumentedAttribute[int], event: Event) -> Any:
    return exists().where(
        Attendance.event_id == event.id, Attendance.person_id == person_id, Attendance.state.in_(HERE)
    )
