"""Years behind a house: breakfasts of many groups that are over, with the prompts and letters about them.

A group is 200 people and 50 weekly breakfasts, 50 guests each, each of whom met the next: 5,000 prompts. The first two
groups still meet; all the others stopped a quarter of a year ago or earlier, so that what grows is the past alone.
Of ten prompts three were never answered and are still open, as in real groups.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    String,
    case,
    cast,
    create_engine,
    func,
    insert,
    literal,
    null,
    select,
)

from app import connections
from app.domain.attendance import PRESENT, WALK_IN, Attendance
from app.domain.contacts import KEEPING_UP, Contact
from app.domain.deliveries import EXPIRED, MAIL, MERGED, SENT, SUPPRESSED, Delivery
from app.domain.devices import Device
from app.domain.encounters import Encounter
from app.domain.events import CLOSES_AFTER, Event
from app.domain.groups import Group
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, CLOSED, DONE, OPEN, Prompt
from app.domain.rations import Ration
from app.domain.sessions import Session

BASE: Final = 10_000_000  # their numbers begin here, so that they are in nobody's way
FIRST_PROMPT: Final = 1_000  # prompts have no gap before them: some are looked at in turn, by number
MEMBERS, MORNINGS, GUESTS = 200, 50, 50
PROMPTS: Final = MORNINGS * GUESTS * len(ABOUT_EVENTS)
STILL_MEET, STOPPED_WEEKS_AGO, WEEKS_APART = 2, 13, 40
CALLED_OFF: Final = 20  # one morning of so many
UNANSWERED_OF_TEN: Final = 3
HAVE_A_DEVICE: Final = 5  # one of so many
GROUPS_AT_A_TIME: Final = 100
ZONE: Final = "Europe/London"
RATIONS_LAST: Final = timedelta(days=14)  # as the housekeeping has it
FILLED: Final = (Person, Session, Device, Contact, Event, Attendance, Encounter, Prompt, Delivery)
HASTE: Final = {
    "sqlite": ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000000", "PRAGMA temp_store=MEMORY"),
    "postgresql": (
        "SET session_replication_role = replica",  # no look whether the other row is there: it is
        "SET maintenance_work_mem = '1GB'",
        "SET synchronous_commit = off",
    ),
}


def grow(engine: Engine, before: int, after: int, now: datetime) -> None:
    """Let there be so many prompts of the past where there were so many before."""
    postgresql = engine.dialect.name == "postgresql"
    hasty = create_engine(engine.url, **({} if postgresql else connections.engine_options(str(engine.url))))
    with hasty.connect() as line:
        for statement in HASTE[hasty.dialect.name]:
            line.exec_driver_sql(statement)
        line.commit()
        with _without_indexes(line):
            for first in range(before // PROMPTS, after // PROMPTS, GROUPS_AT_A_TIME):
                _write(line, first, min(first + GROUPS_AT_A_TIME, after // PROMPTS), now)
                line.commit()
        if not before:
            _use_days_up(line, now)
        if postgresql:
            line.exec_driver_sql("ANALYZE")  # what autovacuum does elsewhere, and is switched off in this one
        line.commit()
    hasty.dispose()


@contextmanager
def _without_indexes(line: Connection) -> Iterator[None]:
    """Leave out the indexes that are no rules meanwhile: made at the end, each is sorted once."""
    tables = [model.metadata.tables[model.__tablename__] for model in FILLED]
    indexes = [index for table in tables for index in table.indexes if not index.unique]
    for index in indexes:
        index.drop(line)
    line.commit()
    yield
    for index in indexes:
        index.create(line)
        line.commit()


def _write(line: Connection, first: int, last: int, now: datetime) -> None:
    _people(line, first, last, now)
    _mornings(line, first, last, now)
    places = _numbers(first * MORNINGS * GUESTS, last * MORNINGS * GUESTS)
    _guests(line, places)
    for offset, kind in enumerate(ABOUT_EVENTS):
        _prompts(line, places, kind, offset)
    _letters(line, first, last)


def _numbers(first: int, last: int) -> ColumnElement[int]:
    start = select(literal(first).label("number")).cte("numbers", recursive=True)
    return start.union_all(select(start.c.number + 1).where(start.c.number + 1 < last)).c.number


def _fill(line: Connection, table: Any, columns: dict[str, Any], among: Select[Any] | None = None) -> None:
    chosen = select(*columns.values()) if among is None else among.with_only_columns(*columns.values())
    line.execute(insert(table).from_select(list(columns), chosen))


def _people(line: Connection, first: int, last: int, now: datetime) -> None:
    """Write people, some with a device, who all know the next of their group."""
    number = _numbers(first * MEMBERS, last * MEMBERS)
    long_ago, named = _at(now - timedelta(days=800)), "past" + cast(number, String)
    person = {"id": BASE + number, "name": "Somebody " + cast(number, String), "email": named + "@example.org"}
    _fill(line, Person, {**person, "email_confirmed_at": long_ago, "time_zone": literal(ZONE), "created_at": long_ago})
    theirs = select(number).where(number % HAVE_A_DEVICE == 0)
    whose, since = {"id": BASE + number, "person_id": BASE + number}, {"created_at": long_ago}
    seen = {**since, "last_seen_at": _at(now), "token_hash": cast(named, LargeBinary)}
    _fill(line, Session, {**whose, **seen}, theirs)
    keys = {"p256dh": cast(named, LargeBinary), "auth": cast(named, LargeBinary), "key_id": literal("1")}
    device = {"session_id": BASE + number, "endpoint": "https://push.example.org/" + named, "seen_at": _at(now)}
    _fill(line, Device, {**whose, **device, **keys, **since}, theirs)
    next_one = BASE + number - number % MEMBERS + (number + 1) % MEMBERS
    for owner, other in ((BASE + number, next_one), (next_one, BASE + number)):
        _fill(line, Contact, {"owner_id": owner, "other_id": other, "stage": literal(KEEPING_UP), **since})


def _at(instant: datetime) -> ColumnElement[datetime]:
    return literal(instant, Person.created_at.type)


def _mornings(line: Connection, first: int, last: int, now: datetime) -> None:
    """Write each group's breakfasts, a week apart: of the first groups the latest is a week ago."""
    groups, common = range(first, last), {"time_zone": ZONE, "created_at": now}
    line.execute(insert(Group), [{"id": BASE + one, "name": f"Breakfast {one}", **common} for one in groups])
    line.execute(insert(Event), [_morning(one, week, now) for one in groups for week in range(MORNINGS)])


def _morning(group: int, week: int, now: datetime) -> dict[str, Any]:
    stopped = 1 if group < STILL_MEET else STOPPED_WEEKS_AGO + group % WEEKS_APART
    starts_at = now - timedelta(weeks=stopped + MORNINGS - 1 - week)
    number, ends_at = group * MORNINGS + week, starts_at + timedelta(hours=2)
    return {
        "id": BASE + number,
        "group_id": BASE + group,
        "code": f"{number:08d}",
        "name": "Tuesday Breakfast",
        "time_zone": ZONE,
        "day": starts_at.date(),
        "start_time": time(7),
        "end_time": time(9),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "closes_at": ends_at + CLOSES_AFTER,
        "cancelled_at": starts_at if number % CALLED_OFF == 0 else None,
        "created_at": starts_at,
    }


def _seat(place: ColumnElement[int], step: int = 0) -> ColumnElement[int]:
    """Return who sits where: the breakfast follows from the number, and each week begins with another member."""
    morning = place // GUESTS
    return BASE + morning // MORNINGS * MEMBERS + (morning % MORNINGS * 37 + place % GUESTS + step) % MEMBERS


def _at_breakfast(place: ColumnElement[int]) -> Select[Any]:
    return select(place).join(Event, Event.id == BASE + place // GUESTS)


def _guests(line: Connection, place: ColumnElement[int]) -> None:
    here = {"state": literal(PRESENT), "origin": literal(WALK_IN), "arrived_at": Event.starts_at}
    row = {"event_id": Event.id, "person_id": _seat(place), "name": literal("Somebody"), "version": literal(0)}
    _fill(line, Attendance, {**row, **here, "created_at": Event.starts_at}, _at_breakfast(place))
    one, other = _seat(place), _seat(place, 1)
    pair = {"low_id": case((one < other, one), else_=other), "high_id": case((one < other, other), else_=one)}
    met = _at_breakfast(place).where(place % GUESTS < GUESTS - 1)
    _fill(line, Encounter, {**pair, "event_id": Event.id, "met_at": Event.starts_at}, met)


def _prompts(line: Connection, place: ColumnElement[int], kind: str, offset: int) -> None:
    called_off = Event.cancelled_at.is_not(None)
    is_open = place * 7 % 10 < UNANSWERED_OF_TEN
    about = {
        "id": FIRST_PROMPT + 2 * place + offset,
        "kind": literal(kind),
        "subject": "event:" + cast(Event.id, String),
    }
    theirs = {"person_id": _seat(place), "event_id": Event.id, "round": case((place % 10 == 0, 3), else_=1)}
    due = {"due_day": Event.day, "due_time": Event.start_time, "due_zone": Event.time_zone, "due_at": Event.closes_at}
    state = case((called_off, CLOSED), (is_open, OPEN), else_=DONE)
    ended_at = case((called_off | ~is_open, Event.closes_at), else_=null())
    row = {**about, **theirs, **due, "state": state, "ended_at": ended_at, "created_at": Event.closes_at}
    _fill(line, Prompt, row, _at_breakfast(place))


def _letters(line: Connection, first: int, last: int) -> None:
    """Write a letter about each: most were sent, some were told of with another, some came too late."""
    chance, start = Prompt.id % 20, FIRST_PROMPT + first * PROMPTS
    state = case((chance == 0, EXPIRED), (chance == 1, SUPPRESSED), else_=SENT)
    how = {"channel": literal(MAIL), "round": Prompt.round, "attempt": literal(1), "failures": literal(0)}
    came = {"state": state, "reason": case((chance == 1, MERGED), else_="")}
    when = dict.fromkeys(("due_at", "next_try_at", "created_at", "written_at"), Prompt.due_at)
    sent = {"sent_at": case((chance > 1, Prompt.due_at), else_=null())}
    known = {"recipient": literal(""), "frozen_key": literal(""), "message_id": "prompt-" + cast(Prompt.id, String)}
    theirs = select(Prompt.id).where(Prompt.id >= start, Prompt.id < FIRST_PROMPT + last * PROMPTS)
    _fill(line, Delivery, {"id": Prompt.id, "prompt_id": Prompt.id, **how, **came, **when, **sent, **known}, theirs)


def _use_days_up(line: Connection, now: datetime) -> None:
    """Let every letter of the last fortnight have used up its reader's day."""
    lately = (Delivery.state == SENT, Delivery.sent_at > _at(now - RATIONS_LAST), Prompt.id >= FIRST_PROMPT)
    day = select(Prompt.person_id, literal(MAIL), Prompt.due_day, func.min(Delivery.id), func.min(Delivery.sent_at))
    day = day.join(Delivery, Delivery.prompt_id == Prompt.id).where(*lately)
    columns = ["person_id", "channel", "day", "delivery_id", "used_at"]
    line.execute(insert(Ration).from_select(columns, day.group_by(Prompt.person_id, Prompt.due_day)))
