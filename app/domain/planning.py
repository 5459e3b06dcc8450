"""Planning: from who was where and met whom to the prompts that follow.

It stands in the worker's round, so that no door can forget it, and a late check-in or scan is planned like any other.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from app.database import session
from app.domain import cadence, deliveries, holidays, invitations, keepers, mailings, questions, series
from app.domain.attendance import HERE, Attendance
from app.domain.deliveries import WAITING, Delivery
from app.domain.encounters import Encounter
from app.domain.events import MOST_DAYS, Event
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, AGREEMENT, CLOSED, FOLLOW_UP, ONE_TO_ONE, OPEN, Prompt

# An event longer ago than its last prompt and that prompt's last letter could come is history.
HORIZON = timedelta(days=MOST_DAYS + 10) + cadence.STALE_AFTER
Kept = Mapping[int, frozenset[date]]  # the holidays of each group that keeps any


class _Morning(NamedTuple):
    """What decides when the prompts about an event are due for people in one zone."""

    event_id: int
    group_id: int
    day: date
    time_zone: str
    follow_up_days: int
    one_to_one_days: int
    next_meeting: date | None
    zone: str

    def due(self, kind: str, kept: Kept) -> cadence.Moment:
        days = kept.get(self.group_id, frozenset())
        if kind == FOLLOW_UP:
            return cadence.follow_up_due(self.day, self.follow_up_days, self.zone, days, self.time_zone)
        return cadence.one_to_one_due(
            self.day, self.one_to_one_days, self.zone, days, self.next_meeting, self.time_zone
        )


def plan(now: datetime) -> int:
    """Make every prompt and letter that should be there and is not; return how many prompts are new.

    Each step is idempotent and set-based: a second run, or eight at once, leave the same rows.
    """
    series.extend_all(now)
    questions.lapse(now)
    _close(now)
    _reopen()
    kept = holidays.by_group()
    new = sum(_add(kind, kept, now) for kind in ABOUT_EVENTS)
    _retime(kept, now)
    _follow_the_zones(now)
    _call_back(now)
    deliveries.plan(now)
    mailings.retime(now)
    keepers.plan(now)
    deliveries.plan_notices(now)
    return new


def pulse(now: datetime) -> tuple[int, int, int]:
    """Return what is another one as soon as an event, anybody's attendance or a meeting changes, or an event closes.

    Cheap, and nobody waits for it. What else prompts follow from, as people's zones and holidays, it does not tell.
    """
    counted = select(
        func.count(), func.coalesce(func.sum(Event.version), 0), func.count().filter(Event.closes_at <= now)
    )
    events, versions, closed = session.execute(counted).one()
    return events, versions, closed


def _close(now: datetime) -> None:
    """Close what has lost its ground: of who was not there after all, of a cancelled event, of a 1-2-1 that is past."""
    invitations.expire(now)
    begun = select(OneToOne.id).where(OneToOne.starts_at <= now)
    groundless = or_(
        and_(Prompt.kind.in_(ABOUT_EVENTS), ~_has_ground()),
        and_(Prompt.kind == AGREEMENT, Prompt.one_to_one_id.in_(begun)),
    )
    _update((Prompt.state == OPEN, groundless), {"state": CLOSED, "ended_at": now})


def _reopen() -> None:
    """Open again what was closed because somebody had not been there, and had been after all."""
    lost_ground = (Prompt.state == CLOSED, Prompt.kind.in_(ABOUT_EVENTS), _has_ground())
    _update(lost_ground, {"state": OPEN, "ended_at": None})


def _has_ground() -> ColumnElement[bool]:
    return exists().where(
        Attendance.event_id == Prompt.event_id,
        Attendance.person_id == Prompt.person_id,
        Attendance.state.in_(HERE),
        Event.id == Attendance.event_id,
        Event.cancelled_at.is_(None),
    )


def _add(kind: str, kept: Kept, now: datetime) -> int:
    """Add one prompt for each person who was there; a 1-2-1 prompt only for who met somebody there."""
    mornings = _mornings().where(Event.closes_at <= now, Event.closes_at > now - HORIZON, _lacks(kind)).distinct()
    return sum(_insert(kind, _Morning(*row), kept, now) for row in session.execute(mornings).all())


def _mornings() -> Select[Any]:
    """Events with those who were there, and what decides when their prompts are due."""
    return (
        select(*_decisive(), Person.time_zone)
        .join(Attendance, Attendance.event_id == Event.id)
        .join(Person, Person.id == Attendance.person_id)
    )


def _decisive() -> tuple[Any, ...]:
    """What of an event decides when its prompts are due, as _Morning has it."""
    later = aliased(Event)
    next_meeting = (
        select(later.day)
        .where(later.group_id == Event.group_id, later.day > Event.day, later.cancelled_at.is_(None))
        .order_by(later.day)
        .limit(1)
        .scalar_subquery()
    )
    return (
        Event.id,
        Event.group_id,
        Event.day,
        Event.time_zone,
        Event.follow_up_days,
        Event.one_to_one_days,
        next_meeting,
    )


def _lacks(kind: str) -> ColumnElement[bool]:
    there = and_(Attendance.state.in_(HERE), Event.cancelled_at.is_(None))
    # By its subject, which is how the one prompt of a kind and a person is found at once among millions.
    subject = literal("event:").concat(cast(Event.id, String))
    has = exists().where(Prompt.kind == kind, Prompt.subject == subject, Prompt.person_id == Attendance.person_id)
    met = exists().where(
        Encounter.event_id == Event.id,
        Encounter.voided_at.is_(None),
        or_(Encounter.low_id == Attendance.person_id, Encounter.high_id == Attendance.person_id),
    )
    return and_(there, ~has, met) if kind == ONE_TO_ONE else and_(there, ~has)


def _insert(kind: str, morning: _Morning, kept: Kept, now: datetime) -> int:
    moment = morning.due(kind, kept)
    values: dict[Any, object] = {
        Prompt.kind: kind,
        Prompt.subject: f"event:{morning.event_id}",
        Prompt.event_id: morning.event_id,
        Prompt.state: OPEN,
        Prompt.round: 1,
        Prompt.created_at: now,
        Prompt.due_day: moment.local_date,
        Prompt.due_time: moment.local_time,
        Prompt.due_zone: moment.zone,
        Prompt.due_at: moment.utc,
    }
    people = (
        select(*(literal(value, column.type) for column, value in values.items()), Attendance.person_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Person, Person.id == Attendance.person_id)
        .where(Event.id == morning.event_id, Person.time_zone == morning.zone, _lacks(kind))
    )
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    columns = [column.key for column in values] + ["person_id"]
    adding = dialect.insert(Prompt).from_select(columns, people).on_conflict_do_nothing()
    added = session.execute(adding, execution_options={"preserve_rowcount": True})
    return int(added.rowcount)  # type: ignore[attr-defined] # an INSERT always gives a CursorResult


def _retime(kept: Kept, now: datetime) -> None:
    """Let what no letter has told of follow its event's day, zone and days, its group's holidays, its person's zone.

    What somebody put off keeps the morning they chose.
    """
    untold = (Prompt.state == OPEN, Prompt.kind.in_(ABOUT_EVENTS), Prompt.round == 1, ~_was_tried())
    alike = (
        select(Prompt.event_id, Person.time_zone, Prompt.kind, Prompt.due_at)
        .join(Person, Person.id == Prompt.person_id)
        .where(*untold)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(*_decisive(), alike.c.time_zone, alike.c.kind, alike.c.due_at)
        .join(alike, alike.c.event_id == Event.id)
        .where(Event.closes_at > now - HORIZON)
    )
    for *decisive, kind, due_at in rows.all():
        morning = _Morning(*decisive)
        if (moment := morning.due(kind, kept)).utc != due_at:
            theirs = Prompt.person_id.in_(select(Person.id).where(Person.time_zone == morning.zone))
            which = (Prompt.event_id == morning.event_id, Prompt.kind == kind, Prompt.due_at == due_at)
            _update((*untold, *which, theirs), _due(moment))


def _follow_the_zones(now: datetime) -> None:
    """Work out anew what was put off, in case a country has changed its offset meanwhile."""
    meant = (Prompt.due_day, Prompt.due_time, Prompt.due_zone, Prompt.due_at)
    put_off = (Prompt.state == OPEN, Prompt.round > 1, Prompt.due_at > now)
    for row in session.execute(select(*meant).where(*put_off).distinct()).all():
        was = cadence.Moment(*row)
        if (moment := cadence.again(was)).utc != was.utc:
            same = (Prompt.due_day == was.local_date, Prompt.due_time == was.local_time, Prompt.due_zone == was.zone)
            _update((*put_off, *same), _due(moment))


def _call_back(now: datetime) -> None:
    """Take letters out of the outbox that were never tried and whose time has moved; they are planned anew."""
    moved = select(Prompt.id).where(Prompt.due_at > now)
    untried = (Delivery.state == WAITING, Delivery.attempt == 0, Delivery.prompt_id.in_(moved))
    session.execute(delete(Delivery).where(*untried), execution_options={"synchronize_session": False})


def _was_tried() -> ColumnElement[bool]:
    return exists().where(Delivery.prompt_id == Prompt.id, Delivery.attempt > 0)


def _due(moment: cadence.Moment) -> dict[str, object]:
    return {
        "due_day": moment.local_date,
        "due_time": moment.local_time,
        "due_zone": moment.zone,
        "due_at": moment.utc,
    }


def _update(where: tuple[ColumnElement[bool], ...], values: dict[str, object]) -> None:
    statement = update(Prompt).where(*where).values(**values)
    session.execute(statement, execution_options={"synchronize_session": False})
