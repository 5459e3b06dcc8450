"""Door helpers: who helps an organiser at one event's door, and until when. They keep the list, and nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Select, UniqueConstraint, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from app import tokens
from app.database import Base, UtcDateTime, session
from app.domain import cadence, events
from app.domain.events import Event
from app.domain.groups import ORGANISER, Membership
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

PURPOSE = "help"


class DoorHelper(Base):
    """Somebody who helps at one event's door, until an hour, or until the organiser ended it."""

    __tablename__ = "door_helpers"
    __table_args__ = (UniqueConstraint("event_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    person: Mapped[Person] = relationship()

    def helps(self, now: datetime) -> bool:
        """Say whether they may still keep the door."""
        return self.ended_at is None and now < self.until


class Door(NamedTuple):
    """One event's door, and whether whoever keeps it organises the event, or helps."""

    event: Event
    is_organiser: bool


class InvitationOver(Refusal):
    status = 410
    message = N_("This invitation to help has run out. Ask the organiser for a new one.")


class HelpEnded(Refusal):
    status = 403
    message = N_("The organiser has ended your help at this door. Have a word with them if that's a mistake.")


class HourOutOfReach(Unfit):
    message = N_("Pick an hour that is still to come, three hours after the end at the latest.")


def until(event: Event, hour: time | None, now: datetime) -> datetime:
    """Return until when help is asked for: that hour of the event's day, else its end.

    Raises HourOutOfReach for an hour that is past or after the event has closed.
    """
    if hour is None:
        return max(event.ends_at, min(now, event.closes_at))
    moment = cadence.at(event.day, hour, event.time_zone).utc
    if not now < moment <= event.closes_at:
        raise HourOutOfReach("until")
    return moment


def invite(event: Event, until: datetime) -> str:
    """Return the token of an invitation to help at this event's door until then."""
    return tokens.sign(PURPOSE, {"v": event.id, "u": int(until.timestamp())})


def invited_to(token: str, now: datetime) -> tuple[Event, datetime]:
    """Return the event and the hour of an invitation; raise NotFound for none of ours, InvitationOver afterwards."""
    content = tokens.signed(PURPOSE, token)
    event = session.get(Event, content["v"]) if content else None
    if content is None or event is None:
        raise NotFound
    hour = datetime.fromtimestamp(content["u"], UTC)
    if event.cancelled_at:
        raise events.EventCancelled
    if now >= min(hour, event.closes_at):
        raise InvitationOver
    return event, hour


def join(event: Event, person: Person, until: datetime, now: datetime) -> DoorHelper:
    """Let somebody who was invited help until then; raise HelpEnded for whom the organiser sent away."""
    helper = of(event, person) or _new(event, person, until, now)
    if helper.ended_at:
        raise HelpEnded
    helper.until = until
    session.flush()
    return helper


def _new(event: Event, person: Person, until: datetime, now: datetime) -> DoorHelper:
    helper = DoorHelper(event=event, person=person, until=until, created_at=now)
    try:
        with session.begin_nested():
            session.add(helper)
    except IntegrityError:  # another tap of theirs was first
        first = of(event, person)
        if first is None:
            raise
        return first
    return helper


def of(event: Event, person: Person) -> DoorHelper | None:
    """Return this person as a helper of this event, whether they still are or not; else None."""
    return session.scalar(select(DoorHelper).where(DoorHelper.event_id == event.id, DoorHelper.person_id == person.id))


def at(event: Event) -> Sequence[DoorHelper]:
    """Return everyone who helps or helped at this event's door, with their names, in the order in which they came."""
    return session.scalars(
        select(DoorHelper)
        .options(joinedload(DoorHelper.person))
        .where(DoorHelper.event_id == event.id)
        .order_by(DoorHelper.id)
    ).all()


def end(helper: DoorHelper, now: datetime) -> None:
    """Send a helper away from the door: their next request is refused."""
    helper.ended_at = helper.ended_at or now
    session.flush()


def let_back(helper: DoorHelper) -> None:
    """Let a helper who was sent away help again, until the hour that was said."""
    helper.ended_at = None
    session.flush()


def fold(gone: Person, kept: Person) -> None:
    """Let whoever was sent away under one of two cards stay away under the one that is left."""
    sent_away = session.scalars(
        select(DoorHelper).where(DoorHelper.person_id == gone.id, DoorHelper.ended_at.is_not(None))
    )
    for helper in sent_away.all():
        session.execute(
            update(DoorHelper)
            .where(DoorHelper.event_id == helper.event_id, DoorHelper.person_id == kept.id)
            .values(ended_at=func.coalesce(DoorHelper.ended_at, helper.ended_at))
        )


def door(person: Person, event_id: int, now: datetime) -> Door:
    """Return the door that this person keeps, as organiser or helper: one query; to everyone else it is not there.

    `now` may be earlier: who kept it then may tell of it later.
    """
    kept = session.execute(_kept_by(person.id, now).where(Event.id == event_id)).first()
    if kept is None:
        raise NotFound
    return Door(kept[0], kept[1] is not None)


def open_doors(person: Person, now: datetime, ahead: timedelta = events.OPENS_BEFORE) -> list[Door]:
    """Return the doors that this person keeps and that are open now, as organiser or as helper: one query.

    With more than two hours `ahead`, also those of events that start within that time.
    """
    is_on = and_(Event.cancelled_at.is_(None), Event.starts_at <= now + ahead, Event.closes_at > now)
    found = session.execute(_kept_by(person.id, now).where(is_on).order_by(Event.starts_at.desc()))
    return [Door(event, organiser is not None) for event, organiser in found]


def _kept_by(person_id: int, now: datetime) -> Select[Event, int]:
    organises = and_(
        Membership.group_id == Event.group_id, Membership.person_id == person_id, Membership.role == ORGANISER
    )
    return (
        select(Event, Membership.person_id)
        .join(Event.group)
        .outerjoin(Membership, organises)
        .outerjoin(DoorHelper, and_(DoorHelper.event_id == Event.id, _helps(person_id, now)))
        .where(or_(Membership.person_id.is_not(None), DoorHelper.id.is_not(None)))
        .options(contains_eager(Event.group))
    )


def _helps(person_id: int, now: datetime) -> ColumnElement[bool]:
    not_ended = or_(DoorHelper.ended_at.is_(None), DoorHelper.ended_at > now)
    return and_(DoorHelper.person_id == person_id, not_ended, DoorHelper.until > now)
