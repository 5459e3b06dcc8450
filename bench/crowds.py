"""A crowd behind the people whose pages are measured: years of breakfasts of many groups, written in a few statements.

Every group has 200 members, every breakfast 50 guests of one group, and each of them meets the next. Each has had both
prompts, and a letter about each.
"""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, case, cast, func, insert, literal, null, select, text, union

from app.database import session
from app.domain.attendance import PRESENT, WALK_IN, Attendance
from app.domain.cards import Card
from app.domain.contacts import KEEPING_UP, Contact
from app.domain.deliveries import SENT, Delivery
from app.domain.encounters import CARD, Encounter, Observation
from app.domain.events import CLOSES_AFTER, Event
from app.domain.groups import MEMBER, Group, Membership
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, DONE, OPEN, Prompt
from bench import towns

BASE = 10_000_000  # their numbers begin here, so that they are in nobody's way
MEMBERS, GUESTS, ENCOUNTERS_EACH = 200, 50, 5
ZONE = "Europe/London"


def gather(encounters: int, now: datetime) -> None:
    """Write so many encounters, with the people, groups, breakfasts, contacts, prompts and letters around them."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))  # a million rows are one statement here, and only here
    people = max(encounters // ENCOUNTERS_EACH, MEMBERS)
    groups, events = people // MEMBERS, encounters // GUESTS
    _people(people, now)
    _groups(groups, people, now)
    _events(events, groups, now)
    _guests(events, groups)
    _meetings(events, groups)
    _letters()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE"))  # what autovacuum does elsewhere, and is switched off in this one
    session.commit()


def _numbers(count: int) -> CTE:
    first = select(literal(0).label("number")).cte("numbers", recursive=True)
    return first.union_all(select(first.c.number + 1).where(first.c.number + 1 < count))


def _fill(table: Any, columns: dict[str, Any], among: Select[Any] | None = None) -> None:
    chosen = select(*columns.values()) if among is None else among.with_only_columns(*columns.values())
    session.execute(insert(table).from_select(list(columns), chosen))


def _named(number: ColumnElement[int]) -> ColumnElement[str]:
    first = case(*((number % len(towns.FIRST) == place, name) for place, name in enumerate(towns.FIRST)), else_="")
    last = case(*((number % len(towns.LAST) == place, name) for place, name in enumerate(towns.LAST)), else_="")
    return first + " " + last


def _people(count: int, now: datetime) -> None:
    number = _numbers(count).c.number
    row = {"id": BASE + number, "name": _named(number), "time_zone": literal(ZONE), "created_at": _at(now)}
    _fill(Person, row)
    card = {"id": BASE + number, "person_id": BASE + number, "preset": literal("reserved"), "created_at": _at(now)}
    _fill(Card, card)


def _at(instant: datetime) -> ColumnElement[datetime]:
    return literal(instant, Person.created_at.type)


def _groups(count: int, people: int, now: datetime) -> None:
    rows = [
        {"id": BASE + one, "name": f"Breakfast {one}", "time_zone": ZONE, "created_at": now} for one in range(count)
    ]
    session.execute(insert(Group), rows)
    number = _numbers(people).c.number
    member = {"person_id": BASE + number, "group_id": BASE + number // MEMBERS % count, "role": literal(MEMBER)}
    _fill(Membership, {**member, "joined_at": _at(now)})


def _events(count: int, groups: int, now: datetime) -> None:
    """Put each group's breakfasts a week apart, the latest a week ago."""
    rows = []
    for number in range(count):
        starts_at = now - timedelta(weeks=1 + number // groups)
        ends_at = starts_at + timedelta(hours=2)
        rows.append(
            {"id": BASE + number, "group_id": BASE + number % groups, "code": f"{number:08d}"}
            | {"name": "Tuesday Breakfast", "time_zone": ZONE, "day": starts_at.date()}
            | {"start_time": time(7), "end_time": time(9), "created_at": now}
            | {"starts_at": starts_at, "ends_at": ends_at, "closes_at": ends_at + CLOSES_AFTER}
        )
    session.execute(insert(Event), rows)


def _seat(number: ColumnElement[int], groups: int, step: int = 0) -> ColumnElement[int]:
    """Return who sits where: the breakfast follows from the number, and each week begins with another member."""
    event, place = number // GUESTS, (number + step) % GUESTS
    return BASE + event % groups * MEMBERS + (event // groups * 37 + place) % MEMBERS


def _seated(events: int) -> tuple[ColumnElement[int], Select[Any]]:
    number = _numbers(events * GUESTS).c.number
    return number, select(number).join(Event, Event.id == BASE + number // GUESTS)


def _guests(events: int, groups: int) -> None:
    number, seats = _seated(events)
    row = {"event_id": Event.id, "person_id": _seat(number, groups), "name": _named(_seat(number, groups) - BASE)}
    here = {"state": literal(PRESENT), "origin": literal(WALK_IN), "arrived_at": Event.starts_at}
    _fill(Attendance, {**row, **here, "created_at": Event.starts_at}, seats)


def _meetings(events: int, groups: int) -> None:
    number, seats = _seated(events)
    one, next_one = _seat(number, groups), _seat(number, groups, 1)
    pair = {
        "low_id": case((one < next_one, one), else_=next_one),
        "high_id": case((one < next_one, next_one), else_=one),
    }
    _fill(Encounter, {**pair, "event_id": Event.id, "met_at": Event.starts_at}, seats)
    theirs = Encounter.low_id >= BASE
    sent = {"op_id": _uuid(), "how": literal(CARD), "met_at": Encounter.met_at, "received_at": Encounter.met_at}
    seen = {"observer_id": Encounter.low_id, "observed_id": Encounter.high_id, "encounter_id": Encounter.id, **sent}
    _fill(Observation, seen, select(Encounter.id).where(theirs))
    sides = union(
        select(Encounter.low_id.label("owner"), Encounter.high_id.label("other"), _first())
        .where(theirs)
        .group_by("owner", "other"),
        select(Encounter.high_id, Encounter.low_id, _first())
        .where(theirs)
        .group_by(Encounter.high_id, Encounter.low_id),
    ).subquery()
    owned = {"owner_id": sides.c.owner, "other_id": sides.c.other, "stage": literal(KEEPING_UP)}
    _fill(Contact, {**owned, "created_at": sides.c.first})


def _first() -> ColumnElement[datetime]:
    return func.min(Encounter.met_at).label("first")


def _uuid() -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return func.gen_random_uuid()
    return func.lower(func.hex(func.randomblob(16)))


def _letters() -> None:
    """Let everyone have had both prompts of every breakfast, and a letter; those of the last one are still open."""
    for kind in ABOUT_EVENTS:
        _prompts(kind)
    sent = {"state": literal(SENT), "attempt": literal(1), "due_at": Prompt.due_at, "next_try_at": Prompt.due_at}
    letter = {"prompt_id": Prompt.id, **sent, "created_at": Prompt.due_at, "sent_at": Prompt.due_at}
    _fill(Delivery, letter, select(Prompt.id).where(Prompt.person_id >= BASE))


def _prompts(kind: str) -> None:
    last = select(func.max(Event.starts_at)).where(Event.id >= BASE).scalar_subquery()
    is_open = Event.starts_at == last
    about = {"kind": literal(kind), "subject": "event:" + cast(Event.id, Prompt.subject.type)}
    theirs = {"person_id": Attendance.person_id, "event_id": Event.id}
    due = {"due_day": Event.day, "due_time": Event.start_time, "due_zone": Event.time_zone, "due_at": Event.ends_at}
    ended = {"state": case((is_open, OPEN), else_=DONE), "ended_at": case((is_open, null()), else_=Event.ends_at)}
    there = select(Attendance.id).join(Event, Event.id == Attendance.event_id).where(Event.id >= BASE)
    _fill(Prompt, {**about, **theirs, **due, **ended, "created_at": Event.ends_at}, there)
