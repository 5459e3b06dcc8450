"""Attendance: one place at one event, who has it, and every change of it with who, when and how."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    exists,
    or_,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from app.database import Base, Prepared, UtcDateTime, among, session
from app.domain import events, groups
from app.domain.events import Event
from app.domain.people import NAME_LENGTH, Person
from app.domain.refusals import NotFound, Refusal
from app.words import N_

INVITED, GOING, PRESENT, LATE, EXCUSED = "invited", "going", "present", "late", "excused"
EXPECTED, HERE = (INVITED, GOING), (PRESENT, LATE)
LIST, WALK_IN, SUBSTITUTE = "list", "walk_in", "substitute"
SELF, ORGANISER, HELPER, IMPORT = "self", "organiser", "helper", "import"
AT_THE_DOOR = (ORGANISER, HELPER)


class Attendance(Base):
    """One place at one event: held by a person, or by a listed name until its person claims it.

    `absent` is no state: it is what expected means once the event has closed. `excused` said that they can't come;
    a substitute comes in the place of one who did. `vouched_at` is since when the door, or a list, stands for who this
    is. `version` is the event's version of the latest change of this place; 0 before any.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        CheckConstraint("state IN ('invited', 'going', 'present', 'late', 'excused')", name="state_known"),
        CheckConstraint("origin IN ('list', 'walk_in', 'substitute')", name="origin_known"),
        CheckConstraint("in_place_of_id IS NULL OR origin = 'substitute'", name="in_place_of_by_substitutes"),
        CheckConstraint("(state IN ('present', 'late')) = (arrived_at IS NOT NULL)", name="here_since"),
        CheckConstraint("name <> ''", name="named"),
        Index("ix_attendance_event_id_state", "event_id", "state"),
        Index(
            "uq_attendance_one_substitute",
            "in_place_of_id",
            unique=True,
            sqlite_where=text("state <> 'excused'"),
            postgresql_where=text("state <> 'excused'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(16))
    origin: Mapped[str] = mapped_column(String(16))
    in_place_of_id: Mapped[int | None] = mapped_column(ForeignKey("attendance.id", ondelete="SET NULL"))
    vouched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_note_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a guest wanted no note sent after it
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    person: Mapped[Person | None] = relationship()
    in_place_of: Mapped["Attendance | None"] = relationship(remote_side="Attendance.id")

    @property
    def is_here(self) -> bool:
        """Say whether they have arrived."""
        return self.state in HERE

    @property
    def is_vouched(self) -> bool:
        """Say whether the organiser's list, or somebody at the door, stands for who this is."""
        return self.vouched_at is not None


class AttendanceChange(Base):
    """One change of one place: from what to what, when, by whom (nobody: the list) and how."""

    __tablename__ = "attendance_changes"
    __table_args__ = (CheckConstraint("how IN ('self', 'organiser', 'helper', 'import')", name="how_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    how: Mapped[str] = mapped_column(String(16))
    attendance: Mapped[Attendance] = relationship()
    by: Mapped[Person | None] = relationship()


class AlreadyOnTheList(Refusal):
    message = N_("You already have a place this morning.")


class PlaceTaken(Refusal):
    message = N_("Somebody has said already that this is them. Ask at the door; it's quickly put right.")


class NotVouchedFor(Refusal):
    status = 403
    message = N_("You're not on this morning's list, so somebody at the door has to say yes first. Have a word there.")


def expect(event: Event, name: str, state: str, now: datetime, by: Person | None = None) -> Attendance:
    """Give a listed name a place at the event: invited or going. The caller touches the event once per list."""
    place = Attendance(event=event, name=name, state=state, origin=LIST, vouched_at=now, created_at=now)
    session.add(place)
    note(place, None, now, by, IMPORT)
    return place


def settle(place: Attendance, now: datetime, by: Person | None) -> None:
    """Let whom a list had as invited be going, since it says so now; nobody else's state is a list's to change."""
    if place.state == INVITED:
        put(place, GOING, now, by, IMPORT)


def accept(place: Attendance, now: datetime, by: Person | None) -> None:
    """Let whom a list had as invited be going, since they say so; whoever is going or here stays that."""
    lock(place)
    if place.state == INVITED:
        put(place, GOING, now, by, SELF)


def of(event: Event, person: Person) -> Attendance | None:
    """Return this person's place at this event, or None."""
    return session.scalar(select(Attendance).where(Attendance.event_id == event.id, Attendance.person_id == person.id))


def at(event: Event, attendance_id: int) -> Attendance:
    """Return the place of this event with this id; one of another event is not there."""
    place = session.scalar(
        select(Attendance)
        .options(joinedload(Attendance.person))
        .where(Attendance.id == attendance_id, Attendance.event_id == event.id)
    )
    if place is None:
        raise NotFound
    return place


def arrive(event: Event, person: Person, now: datetime, late_after: timedelta) -> Attendance:
    """Check a person in by themselves: on the list or as a walk-in, once however often they say so."""
    events.must_be_on(event, now)
    place = of(event, person) or walk_in(event, person, now)
    groups.belong(event.group_id, person.id, now)
    check_in(place, now, late_after, person, SELF)
    return place


def walk_in(event: Event, person: Person, now: datetime) -> Attendance:
    """Give a place to somebody who is on no list; twice at once is once."""
    place = Attendance(
        event_id=event.id,
        person=person,
        name=person.name,
        state=INVITED,
        origin=WALK_IN,
        vouched_at=None if has_list(event) else now,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(place)
    except IntegrityError:  # another tap of theirs was first
        first = of(event, person)
        if first is None:
            raise
        return first
    return place


def has_list(event: Event) -> bool:
    """Say whether anybody is listed at the event; where nobody is, nobody can be missing on the list."""
    return session.scalar(select(exists().where(Attendance.event_id == event.id, Attendance.origin == LIST))) or False


def hold(place: Attendance, person: Person, now: datetime) -> None:
    """Let a person take an unclaimed place; whoever has a place of their own keeps that one."""
    lock(place)
    if place.person_id is not None:
        raise PlaceTaken
    try:
        with session.begin_nested():
            place.person = person
    except IntegrityError as taken:
        raise AlreadyOnTheList from taken
    groups.belong(place.event.group_id, person.id, now)
    place.version = events.touch(place.event)
    session.flush()


def pass_on(place: Attendance, person: Person) -> None:
    """Let a place be this person's, who was somebody else to us until now; a name that others gave it stays."""
    place.person_id = person.id
    place.name = person.name if place.origin == WALK_IN else place.name
    place.version = events.touch(place.event)
    session.flush()


def check_in(place: Attendance, now: datetime, late_after: timedelta, by: Person, how: str) -> None:
    """Note an arrival: present, or late from some minutes after the start. Whoever is here stays as they came."""
    lock(place)
    if not place.is_here:
        if how in AT_THE_DOOR:
            place.vouched_at = place.vouched_at or now
        put(place, state_at(place, now, late_after, how), now, by, how)


def state_at(place: Attendance, at: datetime, late_after: timedelta, how: str) -> str:
    """Return what somebody who arrives then is: present, or late.

    What an organiser notes when the event has ended, from a paper list, says nothing of how late it was: present.
    """
    afterwards = how in AT_THE_DOOR and at >= place.event.ends_at
    return LATE if not afterwards and at >= place.event.starts_at + late_after else PRESENT


def undo(place: Attendance, now: datetime, by: Person, how: str) -> None:
    """Take an arrival back: a listed place is as it was before, a walk-in is invited but was not there.

    A walk-in that the door takes back waits for the door's word again, however often they check in by themselves.
    """
    lock(place)
    if place.is_here:
        if how in AT_THE_DOOR and place.origin == WALK_IN:
            place.vouched_at = None
        put(place, before(place, HERE), now, by, how)


def lock(place: Attendance) -> None:
    """Hold a place to the end of the unit of work: of two taps on it at once, the second sees what the first left."""
    session.flush()  # a place that was only just given is not yet in the database
    session.refresh(place, ["state", "arrived_at", "person_id"], with_for_update=True)


def before(place: Attendance, states: Sequence[str]) -> str:
    """Return the state that the place had before it last came to one of these."""
    latest = (
        select(AttendanceChange.from_state)
        .where(AttendanceChange.attendance_id == place.id, AttendanceChange.to_state.in_(states))
        .where(or_(AttendanceChange.from_state.is_(None), AttendanceChange.from_state.not_in(states)))
        .order_by(AttendanceChange.id.desc())
        .limit(1)
    )
    return session.scalar(latest) or INVITED


def put(place: Attendance, state: str, now: datetime, by: Person | None, how: str) -> None:
    """Change a locked place's state, and keep the change with when, by whom and how."""
    was, place.state = place.state, state
    place.arrived_at = now if state in HERE else None
    note(place, was, now, by, how)
    place.version = events.touch(place.event)
    session.flush()


def note(place: Attendance, was: str | None, now: datetime, by: Person | None, how: str) -> None:
    """Keep one change of a place that has its new state already."""
    session.add(
        AttendanceChange(attendance=place, from_state=was, to_state=place.state, at=now, by_id=by and by.id, how=how)
    )


def is_settled(event: Event, now: datetime) -> bool:
    """Say whether who is still expected was absent: not before the close, and never where the event was called off."""
    return event.is_closed(now) and not event.cancelled_at


def changes(place: Attendance) -> Sequence[AttendanceChange]:
    """Return every change of this place with who made it, the oldest first; who was seen again did not change."""
    seen_again = AttendanceChange.from_state.in_(HERE) & AttendanceChange.to_state.in_(HERE)
    return session.scalars(
        select(AttendanceChange)
        .options(joinedload(AttendanceChange.by))
        .where(AttendanceChange.attendance_id == place.id, or_(AttendanceChange.from_state.is_(None), ~seen_again))
        .order_by(AttendanceChange.at, AttendanceChange.id)
    ).all()


def there_among(events: Sequence[int], people: Sequence[int]) -> set[tuple[int, int]]:
    """Return which of these people were at which of these events, as event and person."""
    found = _THERE({"events": events, "people": people})
    return {(row.event_id, row.person_id) for row in found}


_THERE = Prepared(
    select(Attendance.event_id, Attendance.person_id).where(
        among(Attendance.event_id, "events"),
        among(Attendance.person_id, "people"),
        Attendance.state.in_(HERE),
    )
)


def here_now(person: Person, now: datetime) -> Event | None:
    """Return the event that is on and that this person has arrived at; the latest start if there are two."""
    return session.scalar(_HERE_NOW, {"person_id": person.id, "opened": now + events.OPENS_BEFORE, "now": now})


# Every scan asks this: it is put together once.
_HERE_NOW = (
    select(Event)
    .join(Attendance, Attendance.event_id == Event.id)
    .where(
        Attendance.person_id == bindparam("person_id"),
        Attendance.state.in_(HERE),
        Event.cancelled_at.is_(None),
        Event.starts_at <= bindparam("opened"),
        Event.closes_at > bindparam("now"),
    )
    .order_by(Event.starts_at.desc())
    .limit(1)
)


def mornings(person: Person, since: datetime) -> Sequence[Event]:
    """Return the events this person has arrived at and that had not closed then, the latest start first: one query."""
    return session.scalars(
        select(Event)
        .join(Attendance, Attendance.event_id == Event.id)
        .where(
            Attendance.person_id == person.id,
            Attendance.state.in_(HERE),
            Event.cancelled_at.is_(None),
            Event.closes_at > since,
        )
        .order_by(Event.starts_at.desc(), Event.id)
    ).all()


def has_been(person: Person, now: datetime) -> bool:
    """Say whether this person was at an event that is over by now."""
    there = (
        select(Attendance.id)
        .join(Attendance.event)
        .where(Attendance.person_id == person.id, Attendance.state.in_(HERE), Event.ends_at <= now)
    )
    return bool(session.scalar(select(there.exists())))


def occasion(person: Person, now: datetime, zone: ZoneInfo) -> Event | date:
    """Return where this person meets others now: the event they have arrived at, else the day in this zone."""
    return here_now(person, now) or now.astimezone(zone).date()


def mine(person: Person, most: int = 20) -> Sequence[Attendance]:
    """Return this person's places with their events, the newest morning first."""
    return session.scalars(
        select(Attendance)
        .join(Attendance.event)
        .options(contains_eager(Attendance.event))
        .where(Attendance.person_id == person.id)
        .order_by(Event.starts_at.desc())
        .limit(most)
    ).all()
