"""Intakes: what taking a list in would do to an event's roster, row by row and with the reason, and doing it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from babel.core import get_global

from app.database import session
from app.domain import attendance, attendee_lists, events, replies, rosters, twins
from app.domain.attendance import Attendance
from app.domain.attendee_lists import AttendeeList
from app.domain.events import Event
from app.domain.headings import Field
from app.domain.layouts import Layout
from app.domain.listings import Row, Verdict
from app.domain.matches import Known, Question
from app.domain.people import Person
from app.domain.replies import Reason
from app.domain.rosters import RosterDraft, RosterEntry

AT_HOME = "GB"
ON_TIME = timedelta(days=1)  # later than any arrival that morning: another door told that they came, not when


class Answer(StrEnum):
    """What an organiser says to "Is this the same person?"."""

    SAME = "same"
    ANOTHER = "another"
    OUT = "out"


class Fate(StrEnum):
    """What becomes of a row."""

    CREATE = "create"
    MATCH = "match"
    SKIP = "skip"
    ASK = "ask"


@dataclass(frozen=True)
class Choices:
    """What the organiser said of a list: which column tells what, what to keep, names to turn, answers by row.

    `headings` is the row in which the headings stand, 0 for nowhere, None for our guess.
    """

    columns: Mapping[Field, int]
    headings: int | None = None
    keep: frozenset[int] = frozenset()
    turn: frozenset[int] = frozenset()
    turn_all: bool = False
    answers: Mapping[int, Answer] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return them as they are kept with a draft."""
        return {
            "headings": self.headings,
            "columns": {name.value: place for name, place in self.columns.items()},
            "keep": sorted(self.keep),
            "turn": sorted(self.turn),
            "turn_all": self.turn_all,
            "answers": {str(number): answer.value for number, answer in self.answers.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Choices":
        """Return the choices that were kept with a draft."""
        return cls(
            headings=kept["headings"],
            columns={Field(name): place for name, place in kept["columns"].items()},
            keep=frozenset(kept["keep"]),
            turn=frozenset(kept["turn"]),
            turn_all=kept["turn_all"],
            answers={int(number): Answer(answer) for number, answer in kept["answers"].items()},
        )


@dataclass(slots=True)
class Line:
    """One row and what becomes of it: the entry it matches (or, skipped, still is), what it fills, what it asks."""

    row: Row
    fate: Fate
    entry: RosterEntry | None = None
    question: Question | None = None
    fills: dict[str, Any] = field(default_factory=dict)


@dataclass
class Tally:
    """How many rows became what, and why rows were left out."""

    created: int = 0
    matched: int = 0
    filled: int = 0
    asked: int = 0
    skipped: Counter[Reason] = field(default_factory=Counter)


@dataclass(frozen=True)
class Plan:
    """What taking the list in would do, a line a row."""

    layout: Layout
    lines: Sequence[Line]

    def tally(self) -> Tally:
        """Count the lines."""
        fates = Counter(line.fate for line in self.lines)
        reasons = Counter(line.row.reason for line in self.lines if line.fate is Fate.SKIP and line.row.reason)
        filled = sum(bool(line.fills) for line in self.lines)
        return Tally(fates[Fate.CREATE], fates[Fate.MATCH], filled, fates[Fate.ASK], reasons)

    def lines_that(self, fate: Fate) -> Iterator[Line]:
        """Yield the lines of one fate, in the order of the file."""
        return (line for line in self.lines if line.fate is fate)


def region(event: Event, otherwise: str = AT_HOME) -> str:
    """Return the country whose telephone numbers need no country code at this event (ISO 3166), by its time zone."""
    territory: str = get_global("zone_territories").get(event.time_zone, "")
    return territory if len(territory) == 2 else otherwise


def hand_in(event: Event, listed: AttendeeList, data: bytes, by: Person | None, now: datetime) -> RosterDraft:
    """Keep a list that was read, with our guess of its columns, until the organiser says yes."""
    choices = Choices(columns=listed.proposed())
    return rosters.draft(event, listed.filename, data, choices.as_json(), by, now)


def rows(listed: AttendeeList, choices: Choices, at_home: str) -> list[Row]:
    """Read the rows of a list as the organiser chose. Takes its time with a long list, and no database."""
    turn = attendee_lists.EVERY_ROW if choices.turn_all else choices.turn
    return listed.entries(choices.columns, at_home, choices.keep, turn)


def plan(event: Event, layout: Layout, rows: Sequence[Row], answers: Mapping[int, Answer]) -> Plan:
    """Say what becomes of every row. Nothing is changed, and a row that asks changes nothing until it is answered."""
    known = Known(event, layout, rows)
    lines = [_line(row, known, answers.get(row.number)) for row in rows]
    for line in lines:  # after the answers, since a row may be told to belong to an earlier one
        if line.fate is Fate.MATCH and line.entry is not None:
            line.fills = known.fills(line.row, line.entry)
    return Plan(layout, lines)


def _line(row: Row, known: Known, answer: Answer | None) -> Line:
    entry = known.entry(row)
    if row.verdict is Verdict.SKIP:
        return Line(row, Fate.SKIP, entry)
    if entry is not None:
        return Line(row, Fate.MATCH, entry)
    question = known.question(row)
    if question is None or answer is Answer.ANOTHER:
        return Line(row, Fate.CREATE)
    if answer is Answer.SAME:
        return _same(row, question)
    if answer is Answer.OUT:
        row.skip(Reason.LEFT_OUT)
        return Line(row, Fate.SKIP)
    return Line(row, Fate.ASK, question=question)


def _same(row: Row, question: Question) -> Line:
    if question.entry is not None:
        return Line(row, Fate.MATCH, question.entry)
    if question.row is not None:
        twins.fold(row, question.row)
    else:
        row.skip(Reason.HERE_ALREADY)
    return Line(row, Fate.SKIP)


def carry_out(event: Event, wanted: Plan, by: Person | None, now: datetime) -> Tally:
    """Do what the plan says, in the caller's transaction: all of it or nothing. Nobody is mailed."""
    taken = {(entry.layout, entry.external_id) for entry in rosters.of(event) if entry.external_id}
    places = []
    for line in wanted.lines:
        if line.fate is Fate.CREATE:
            entry = _create(event, wanted.layout, line.row, taken, by, now)
        elif line.fate is Fate.MATCH and line.entry is not None:
            entry = line.entry
            _fill(entry, line.fills, taken)
            if "coming" in line.fills:
                attendance.settle(entry.attendance, now, by)
        else:
            continue
        if line.fate is Fate.CREATE or line.fills:
            places.append(entry.attendance)
        _note_that_they_came(event, entry.attendance, line.row, by, now)
    session.flush()
    if places:
        version = events.touch(event)
        for place in places:
            place.version = version
        session.flush()
    return wanted.tally()


def _create(
    event: Event, layout: Layout, row: Row, taken: set[tuple[str, str]], by: Person | None, now: datetime
) -> RosterEntry:
    number = "" if (layout.key, row.external_id) in taken else row.external_id
    taken.add((layout.key, number))
    entry = RosterEntry(
        event_id=event.id,
        attendance=attendance.expect(event, row.name, row.standing.value, now, by),
        layout=layout.key,
        external_id=number,
        name=row.name,
        comparable_name=row.comparable_name,
        known_as=sorted(row.also),
        email=row.email,
        phone=row.phone,
        phone_typed=row.phone_typed,
        company=row.company,
        what_i_do=row.what_i_do,
        ticket=row.ticket,
        flags=[flag.value for flag in row.flags],
        guests=row.guests,
        kept=row.kept,
        created_at=now,
    )
    session.add(entry)
    return entry


def _fill(entry: RosterEntry, fills: Mapping[str, Any], taken: set[tuple[str, str]]) -> None:
    number = (fills.get("layout", ""), fills.get("external_id", ""))
    for name, value in fills.items():
        if name != "coming" and (name not in ("layout", "external_id") or number not in taken):
            setattr(entry, name, value)
    taken.add(number)
    if "name" in fills and entry.attendance.person_id is None:
        entry.attendance.name = entry.name


def _note_that_they_came(event: Event, place: Attendance, row: Row, by: Person | None, now: datetime) -> None:
    """Check in whom another door let in that morning, as on time."""
    if by is not None and event.starts_at <= now and row.came and replies.came(row.came, event.day):
        attendance.check_in(place, event.starts_at, ON_TIME, by, attendance.IMPORT)
