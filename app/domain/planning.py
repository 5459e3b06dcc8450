"""Planning: from who was where and met whom to the prompts that follow.

It stands in the worker's round, so that no door can forget it, and a late check-in or scan is planned like any other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    String,
    Update,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from app.database import is_there, session, unindexed
from app.domain import cadence, deliveries, encounters, holidays, invitations, keepers, mailings, questions, series
from app.domain.attendance import HERE, Attendance
from app.domain.deliveries import WAITING, Delivery
from app.domain.events import MOST_DAYS, Event
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, AGREEMENT, CLOSED, FOLLOW_UP, ONE_TO_ONE, OPEN, Prompt

# An event longer ago than its last prompt and that prompt's last letter could come is history.
HORIZON = timedelta(days=MOST_DAYS + 10) + cadence.STALE_AFTER
IN_TURN, GOLDEN_SECTION = 5_000, 0.6180339887498949  # prompts a look, in a house that has more
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


class Step(NamedTuple):
    """One kind of work: how to find what there is of it, and how to do some of that; each is asked for more than once.

    What is found are plain values, good beyond the transaction that read them: whoever does it looks at each again.
    """

    find: Callable[[datetime], Sequence[Any]]
    do: Callable[[Sequence[Any], datetime], int]
    most: int = 200

    def portions(self, now: datetime) -> Iterator[Sequence[Any]]:
        """Return what is found, in portions that are quickly written."""
        found = self.find(now)
        return (found[start : start + self.most] for start in range(0, len(found), self.most))


def plan(now: datetime) -> int:
    """Make every prompt and letter that should be there and is not; return how many prompts are new.

    Each step is idempotent and set-based: a second run, or eight at once, leave the same rows.
    """
    return sum(step.do(some, now) for step in STEPS for some in step.portions(now))


def pulse(now: datetime) -> tuple[int, int, int]:
    """Return what is another one as soon as an event, anybody's attendance or a meeting changes, or an event closes.

    Cheap, and nobody waits for it. What else prompts follow from, as people's zones and holidays, it does not tell,
    nor what changes in history: that is found by the next look in any case.
    """
    counted = select(
        func.count(), func.coalesce(func.sum(Event.version), 0), func.count().filter(Event.closes_at <= now)
    )
    events, versions, closed = session.execute(counted.where(Event.closes_at > now - HORIZON)).one()
    return events, versions, closed


def _always(_now: datetime) -> Sequence[None]:
    return [None]


def _prepare(_found: Sequence[None], now: datetime) -> int:
    """Do what is soon done, before the prompts."""
    series.extend_all(now)
    questions.lapse(now)
    invitations.expire(now)
    return 0


def _groundless(now: datetime) -> Sequence[int]:
    """Find what has lost its ground: who was not there after all, a cancelled event, a 1-2-1 that is past."""
    past = select(Prompt.id).where(Prompt.ended_at.is_(None), _is_past(now))
    return [*_newly_or_in_turn(now, OPEN, ~_has_ground()), *session.scalars(past)]


def _close(found: Sequence[int], now: datetime) -> int:
    groundless = or_(and_(unindexed(Prompt.kind).in_(ABOUT_EVENTS), ~_has_ground()), _is_past(now))
    return _update((Prompt.id.in_(found), Prompt.ended_at.is_(None), groundless), {"state": CLOSED, "ended_at": now})


def _is_past(now: datetime) -> ColumnElement[bool]:
    begun = exists().where(OneToOne.id == Prompt.one_to_one_id, OneToOne.starts_at <= now)
    return and_(Prompt.one_to_one_id.is_not(None), unindexed(Prompt.kind) == AGREEMENT, begun)


def _grounded(now: datetime) -> Sequence[int]:
    """Find what was closed because somebody had not been there, and had been after all."""
    return _newly_or_in_turn(now, CLOSED, _has_ground())


def _reopen(found: Sequence[int], _now: datetime) -> int:
    return _update((Prompt.id.in_(found), *_has_ground_again()), {"state": OPEN, "ended_at": None})


def _has_ground_again() -> tuple[ColumnElement[bool], ...]:
    return unindexed(Prompt.state) == CLOSED, unindexed(Prompt.kind).in_(ABOUT_EVENTS), _has_ground()


def _newly_or_in_turn(now: datetime, state: str, ground: ColumnElement[bool]) -> Sequence[int]:
    """Find prompts about events: those that came due since the horizon or come due later, and of all some in turn.

    Where people never answer, what is open grows with the years; so all of it is gone through, but not at every look.
    """
    about = unindexed(Prompt.kind).in_(ABOUT_EVENTS)
    newly = select(Prompt.id).where(Prompt.state == state, Prompt.due_at > now - HORIZON, about, ground)
    in_turn = select(Prompt.id).where(_is_in_turn(now), unindexed(Prompt.state) == state, about, ground)
    return session.scalars(union(newly, in_turn)).all()


def _is_in_turn(now: datetime) -> ColumnElement[bool]:
    """Be true of so many numbers in a row, others each minute: steps of the golden section leave none out."""
    highest = session.scalar(select(func.max(Prompt.id))) or 0
    place = now.timestamp() // 60 * GOLDEN_SECTION % 1
    first = int(place * max(highest - IN_TURN + 1, 0))
    return Prompt.id.between(first, first + IN_TURN)


def _has_ground() -> ColumnElement[bool]:
    return is_there(
        Attendance.event_id == Prompt.event_id,
        Attendance.person_id == Prompt.person_id,
        Attendance.state.in_(HERE),
        Event.id == Attendance.event_id,
        Event.cancelled_at.is_(None),
    )


def _lacking(now: datetime) -> Sequence[tuple[str, _Morning, cadence.Moment]]:
    """Find the mornings where somebody has no prompt yet: who was there; for a 1-2-1 prompt, who met somebody there."""
    kept, found = holidays.by_group(), []
    for kind in ABOUT_EVENTS:
        mornings = _mornings().where(Event.closes_at <= now, Event.closes_at > now - HORIZON, _lacks(kind)).distinct()
        for row in session.execute(mornings):
            morning = _Morning(*row)
            found.append((kind, morning, morning.due(kind, kept)))
    return found


def _add(found: Sequence[tuple[str, _Morning, cadence.Moment]], now: datetime) -> int:
    return sum(_insert(kind, morning, moment, now) for kind, morning, moment in found)


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
    has = is_there(Prompt.kind == kind, Prompt.subject == subject, Prompt.person_id == Attendance.person_id)
    if kind == ONE_TO_ONE:
        return and_(there, ~has, encounters.any_of(Attendance.person_id, Event.id))
    return and_(there, ~has)


def _insert(kind: str, morning: _Morning, moment: cadence.Moment, now: datetime) -> int:
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
        .where(Event.id == morning.event_id, Event.closes_at <= now, Person.time_zone == morning.zone, _lacks(kind))
    )
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    columns = [column.key for column in values] + ["person_id"]
    adding = dialect.insert(Prompt).from_select(columns, people).on_conflict_do_nothing()
    added = session.execute(adding, execution_options={"preserve_rowcount": True})
    return int(added.rowcount)  # type: ignore[attr-defined] # an INSERT always gives a CursorResult


def _misplaced(now: datetime) -> Sequence[tuple[str, _Morning, datetime, cadence.Moment]]:
    """Find what no letter has told of and does not follow its event's day, zone and days, holidays, its person's zone.

    What somebody put off keeps the morning they chose.
    """
    kept, found = holidays.by_group(), []
    alike = (
        select(Prompt.event_id, Person.time_zone, Prompt.kind, Prompt.due_at)
        .join(Person, Person.id == Prompt.person_id)
        .where(Prompt.event_id.in_(select(Event.id).where(Event.closes_at > now - HORIZON)))
        .where(Prompt.ended_at.is_(None), *_unmoved())
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(*_decisive(), alike.c.time_zone, alike.c.kind, alike.c.due_at).join(alike, alike.c.event_id == Event.id)
    )
    for *decisive, kind, due_at in rows:
        morning = _Morning(*decisive)
        if (moment := morning.due(kind, kept)).utc != due_at:
            found.append((kind, morning, due_at, moment))
    return found


def _retime(found: Sequence[tuple[str, _Morning, datetime, cadence.Moment]], _now: datetime) -> int:
    for kind, morning, due_at, moment in found:
        theirs = exists().where(Person.id == Prompt.person_id, Person.time_zone == morning.zone)
        which = (Prompt.event_id == morning.event_id, Prompt.kind == kind, Prompt.due_at == due_at)
        _update((*_untold(), *which, theirs), _due(moment))
    return 0


def _untold() -> tuple[ColumnElement[bool], ...]:
    return Prompt.state == OPEN, Prompt.kind.in_(ABOUT_EVENTS), *_unmoved()


def _unmoved() -> tuple[ColumnElement[bool], ...]:
    return Prompt.round == 1, ~_was_tried()


def _moved(now: datetime) -> Sequence[tuple[cadence.Moment, cadence.Moment]]:
    """Find what was put off and comes at another instant, as a country has changed its offset meanwhile."""
    meant = select(Prompt.due_day, Prompt.due_time, Prompt.due_zone, Prompt.due_at).where(*_put_off(now)).distinct()
    before = [cadence.Moment(*row) for row in session.execute(meant)]
    both = [(was, cadence.again(was)) for was in before]
    return [(was, moment) for was, moment in both if moment.utc != was.utc]


def _follow_the_zones(found: Sequence[tuple[cadence.Moment, cadence.Moment]], now: datetime) -> int:
    for was, moment in found:
        same = (Prompt.due_day == was.local_date, Prompt.due_time == was.local_time, Prompt.due_zone == was.zone)
        _update((*_put_off(now), *same), _due(moment))
    return 0


def _put_off(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Prompt.state == OPEN, Prompt.round > 1, Prompt.due_at > now


def _early(now: datetime) -> Sequence[int]:
    """Find letters in the outbox that were never tried and whose time has moved; they are planned anew."""
    return session.scalars(select(Delivery.id).where(*_comes_early(now))).all()


def _call_back(found: Sequence[int], now: datetime) -> int:
    _execute(delete(Delivery).where(Delivery.id.in_(found), *_comes_early(now)))
    return 0


def _comes_early(now: datetime) -> tuple[ColumnElement[bool], ...]:
    moved = exists().where(Prompt.id == Delivery.prompt_id, Prompt.due_at > now)
    return Delivery.state == WAITING, Delivery.attempt == 0, moved


def _finish(_found: Sequence[None], now: datetime) -> int:
    """Do what is soon done, after the prompts."""
    mailings.retime(now)
    deliveries.plan_notices(now)
    return 0


def _was_tried() -> ColumnElement[bool]:
    return exists().where(Delivery.prompt_id == Prompt.id, Delivery.attempt > 0)


def _due(moment: cadence.Moment) -> dict[str, object]:
    return {
        "due_day": moment.local_date,
        "due_time": moment.local_time,
        "due_zone": moment.zone,
        "due_at": moment.utc,
    }


def _update(where: tuple[ColumnElement[bool], ...], values: dict[str, object]) -> int:
    """Change these prompts; none of them is new."""
    _execute(update(Prompt).where(*where).values(**values))
    return 0


def _execute(statement: Update | Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _write_letters(found: Sequence[int], now: datetime) -> int:
    deliveries.plan(now, found)
    return 0


def _write_to_keepers(found: Sequence[int], now: datetime) -> int:
    keepers.plan(now, found)
    return 0


STEPS: Final = (
    Step(_always, _prepare),
    Step(_groundless, _close),
    Step(_grounded, _reopen),
    Step(_lacking, _add, most=5),  # mornings, of hundreds each
    Step(_misplaced, _retime, most=5),
    Step(_moved, _follow_the_zones, most=5),
    Step(_early, _call_back),
    Step(deliveries.lacking, _write_letters),
    Step(keepers.waiting, _write_to_keepers),
    Step(_always, _finish),
)
