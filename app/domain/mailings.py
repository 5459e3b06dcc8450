"""Mailings: what the people of one event are written to about it, and which of them can be written to at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, Update, delete, exists, select, update

from app.database import session
from app.domain import cadence, deliveries, notices, removals
from app.domain.attendance import EXPECTED, Attendance
from app.domain.deliveries import SENT, WAITING, Delivery
from app.domain.events import Event, Plan
from app.domain.notices import BEFORE, CANCELLED, MOVED, Notice
from app.domain.people import Person
from app.domain.refusals import Refusal, Unfit
from app.domain.rosters import RosterEntry
from app.words import N_

THE_AFTERNOON = time(15, 0)
SECOND_THOUGHTS = timedelta(minutes=10)  # an event is often moved twice in a row: the last word is what is told


@dataclass(frozen=True, slots=True)
class Addressee:
    """A place that is expected, and where its letter goes: to its person's own address, else to the list's."""

    place: Attendance
    email: str

    @property
    def to(self) -> dict[str, Any]:
        """Return to whom a notice for them is posted."""
        person = self.place.person
        return {"person": person} if person and person.email == self.email else {"email": self.email}


@dataclass(frozen=True)
class Addressees:
    """Everyone expected: who can be written to, how many gave no address, and how many want no letters."""

    reachable: Sequence[Addressee]
    without: int
    unwilling: int


class TooLate(Refusal):
    message = N_("This event has begun: the letter of the afternoon before comes too late now.")


class NobodyConfirmed(Unfit):
    message = N_("Please leave at least one name ticked.")


def of(event: Event) -> Addressees:
    """Return who of an event's expected people can be written to, by name: three queries, however many they are."""
    rows = session.execute(
        select(Attendance, RosterEntry.email, Person.email, Person.mail_prompts)
        .outerjoin(RosterEntry, RosterEntry.attendance_id == Attendance.id)
        .outerjoin(Person, Person.id == Attendance.person_id)
        .where(Attendance.event_id == event.id, Attendance.state.in_(EXPECTED))
        .order_by(Attendance.name, Attendance.id)
    ).all()
    found = [(place, own or listed or "", own is None or wants) for place, listed, own, wants in rows]
    removed = removals.among([email for _place, email, _wants in found if email])
    willing = [Addressee(place, email) for place, email, wants in found if email and wants and email not in removed]
    without = sum(not email for _place, email, _wants in found)
    return Addressees(willing, without, len(found) - without - len(willing))


def asked(event: Event) -> set[int]:
    """Return the places whose letter of the afternoon before is confirmed already."""
    confirmed = select(Notice.attendance_id).where(Notice.kind == BEFORE, Notice.event_id == event.id)
    return {place for place in session.scalars(confirmed) if place is not None}


def afternoon_before(event: Event) -> datetime:
    """Return when the letter before goes: at 15:00 where the event is, the day before it."""
    return cadence.at(event.day - timedelta(days=1), THE_AFTERNOON, event.time_zone).utc


def confirm(event: Event, place_ids: Collection[int], by: Person, now: datetime) -> int:
    """Have the letter before written to these places, once each; return how many are new. Raises NobodyConfirmed.

    It goes the afternoon before, at once if that is past, and not once the event has begun.
    """
    had = asked(event)
    new = [one for one in of(event).reachable if one.place.id in place_ids and one.place.id not in had]
    if not new:
        raise NobodyConfirmed("place")
    for one in new:
        _post(BEFORE, f"place:{one.place.id}", one, by, now, max(now, afternoon_before(event)))
    return len(new)


def call_off(event: Event, by: Person, now: datetime) -> int:
    """Tell everyone who is expected that the event is called off, once each; return how many. Not once it has begun."""
    if now >= event.starts_at:
        return 0
    reachable = of(event).reachable
    for one in reachable:
        _post(CANCELLED, f"place:{one.place.id}", one, by, now, now)
    return len(reachable)


def move(event: Event, was: Plan, by: Person, now: datetime) -> int:
    """Tell those who had the letter before where and when the event is now, if that is otherwise; return how many."""
    if _where_and_when(event) == _where_and_when(was) or now >= event.starts_at:
        return 0
    told = _told(event)
    _hold_back(event)
    reachable = [one for one in of(event).reachable if one.place.id in told]
    for one in reachable:
        _post(MOVED, f"place:{one.place.id}:{event.version}", one, by, now, now + SECOND_THOUGHTS)
    return len(reachable)


def _post(kind: str, subject: str, one: Addressee, by: Person, now: datetime, due_at: datetime) -> None:
    data = {"by": by.first_name}
    notices.post(kind, subject, now, event=one.place.event, place=one.place, data=data, due_at=due_at, **one.to)


def _where_and_when(plan: Event | Plan) -> tuple[object, ...]:
    return plan.day, plan.start_time, plan.time_zone, plan.place


def _told(event: Event) -> set[int | None]:
    """The places that have had, or may have had, a letter saying where and when."""
    told = (
        select(Notice.attendance_id)
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(Notice.event_id == event.id, Notice.kind.in_((BEFORE, MOVED)), Delivery.attempt > 0)
        .where(Delivery.state.in_((SENT, WAITING, *deliveries.HELD)))
    )
    return set(session.scalars(told))


def _hold_back(event: Event) -> None:
    """Take back what says the old time and was not sent: news of an earlier move, and letters written but not taken."""
    moved = (Notice.kind == MOVED, Notice.event_id == event.id, ~_was_tried())
    _execute(delete(Notice).where(*moved))
    stale = select(Notice.id).where(Notice.kind.in_((BEFORE, MOVED)), Notice.event_id == event.id)
    written = (Delivery.notice_id.in_(stale), Delivery.state == WAITING, Delivery.attempt > 0)
    withdrawn = {"state": deliveries.SUPPRESSED, "reason": "moved", "frozen": None, "frozen_key": ""}
    _execute(update(Delivery).where(*written).values(**withdrawn))


def retime(now: datetime) -> None:
    """Let letters before that were not tried yet follow their event's day and zone."""
    waiting = (Notice.kind == BEFORE, ~_was_tried())
    moved = select(Event, Notice.due_at).join(Notice, Notice.event_id == Event.id)
    for event, due_at in session.execute(moved.where(*waiting, Event.starts_at > now).distinct()).all():
        at = afternoon_before(event)
        if at > now and at != due_at:
            which = (*waiting, Notice.event_id == event.id, Notice.due_at == due_at)
            _execute(update(Notice).where(*which).values(due_at=at))
    early = select(Notice.id).where(Notice.kind == BEFORE, Notice.due_at > now)
    _execute(delete(Delivery).where(Delivery.notice_id.in_(early), Delivery.state == WAITING, Delivery.attempt == 0))


def _execute(statement: Update | Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _was_tried() -> ColumnElement[bool]:
    return exists().where(Delivery.notice_id == Notice.id, Delivery.attempt > 0)
