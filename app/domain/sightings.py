"""Sightings: the scan of a badge whose owner has no card yet. It waits for them and counts for nobody's numbers."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import attendance, contacts, encounters
from app.domain.attendance import Attendance
from app.domain.blocks import YouBlocked
from app.domain.cards import CardWithdrawn
from app.domain.encounters import BADGE, Observation, SentForAnother
from app.domain.events import Event
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal
from app.words import N_


class Sighting(Base):
    """One person's word that they met whoever wears a badge, named by the observer's own UUID.

    `handed_as` is the observation that it became when the place was claimed.
    """

    __tablename__ = "sightings"

    observer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), index=True)
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handed_as: Mapped[UUID | None]
    observer: Mapped[Person] = relationship()
    place: Mapped[Attendance] = relationship()

    @property
    def name(self) -> str:
        """Return the name on the badge, or nothing where the group keeps it to itself."""
        return name_on(self.place)


class Waiting(NamedTuple):
    """Someone whose badge was scanned at an event and who has not claimed it yet."""

    event: Event
    sighting: Sighting


class NotHere(Refusal):
    message = N_("This badge has no card behind it yet. Whoever is here too can note it: check in first.")


def name_on(place: Attendance) -> str:
    """Return the name that a badge shows before anybody claimed it, or nothing where its group does not allow that."""
    return place.name if place.event.group.badge_names else ""


def see(
    observer: Person,
    place: Attendance,
    op_id: UUID,
    occasion: Event | date,
    met_at: datetime,
    now: datetime,
    how: str = BADGE,
) -> Observation | Sighting:
    """Take one side's word that they met whoever has this place: its badge opens what anyone may see, no more.

    Held by a person, the two have met, as `contacts.meet` has it. Held by nobody yet, it waits; only who is at the
    same event may say so (NotHere). The same `op_id` again gets its first answer again.
    """
    attendance.lock(place)  # it may be claimed this moment
    known = session.get(Sighting, (observer.id, op_id), populate_existing=True)
    if known is not None and known.attendance_id != place.id:
        raise SentForAnother
    if known is not None:
        return encounters.find(observer, known.handed_as) if known.handed_as else known
    if place.person_id is not None:
        person = session.get_one(Person, place.person_id)
        return contacts.meet(observer, person, op_id, how, occasion, met_at, now)
    if not is_here_too(observer, place, met_at):
        raise NotHere
    sighting = Sighting(observer=observer, op_id=op_id, place=place, met_at=met_at, received_at=now)
    session.add(sighting)
    session.flush()
    return sighting


def is_here_too(observer: Person, place: Attendance, when: datetime) -> bool:
    """Say whether this person has arrived at the event of that place, and it was on at that instant."""
    own = attendance.of(place.event, observer)
    return own is not None and own.is_here and place.event.is_on(when)


def hand_over(place: Attendance, now: datetime) -> None:
    """Let everyone who scanned the badge of this place have met the person who holds it now; once, however often."""
    person = session.get(Person, place.person_id) if place.person_id else None
    if person is None:
        return
    waiting = (Sighting.attendance_id == place.id, Sighting.handed_as.is_(None), Sighting.voided_at.is_(None))
    for sighting in session.scalars(select(Sighting).where(*waiting).order_by(Sighting.met_at)).all():
        if sighting.observer_id == person.id:  # their own badge, before they said that it is theirs
            sighting.voided_at = now
        else:
            sighting.handed_as = _unused(sighting, person, now)
            _meet(sighting, person, now)
    session.flush()


def _meet(sighting: Sighting, person: Person, now: datetime) -> None:
    op_id = sighting.handed_as or sighting.op_id
    try:
        contacts.meet(sighting.observer, person, op_id, BADGE, sighting.place.event, sighting.met_at, now)
    except (CardWithdrawn, YouBlocked):
        sighting.voided_at, sighting.handed_as = now, None


def _unused(sighting: Sighting, person: Person, now: datetime) -> UUID:
    # It keeps the id that its observer gave it, unless that was handed to somebody else and taken back.
    used = session.get(Observation, (sighting.observer_id, sighting.op_id))
    return uuid5(sighting.op_id, f"{person.id} {now.isoformat()}") if used else sighting.op_id


def take_back(place: Attendance, now: datetime) -> None:
    """Let what was handed to the wrong person wait again: the place turns out not to be theirs."""
    handed = select(Sighting).where(Sighting.attendance_id == place.id, Sighting.handed_as.is_not(None))
    for sighting in session.scalars(handed).all():
        if sighting.handed_as:
            observation = contacts.take_back(sighting.observer, sighting.handed_as, now)
            sighting.voided_at = sighting.voided_at or (now if observation.voided_at != now else None)
            sighting.handed_as = None
    session.flush()


def void(observer: Person, op_id: UUID, now: datetime) -> Sighting:
    """Take one's own word back before it was handed over."""
    sighting = find(observer, op_id)
    if sighting.handed_as is None:
        sighting.voided_at = sighting.voided_at or now
    session.flush()
    return sighting


def find(observer: Person, op_id: UUID) -> Sighting:
    """Return one's own sighting with its place; to others it is not there."""
    place = joinedload(Sighting.place).joinedload(Attendance.event).joinedload(Event.group)
    found = session.scalar(
        select(Sighting).options(place).where(Sighting.observer_id == observer.id, Sighting.op_id == op_id)
    )
    if found is None:
        raise NotFound
    return found


def of(observer: Person) -> list[Waiting]:
    """Return whom this person has seen only by badge, each once an event, the newest first: one query."""
    rows = session.scalars(
        select(Sighting)
        .join(Sighting.place)
        .join(Attendance.event)
        .options(contains_eager(Sighting.place).contains_eager(Attendance.event).joinedload(Event.group))
        .where(
            Sighting.observer_id == observer.id,
            Sighting.voided_at.is_(None),
            Sighting.handed_as.is_(None),
            Attendance.person_id.is_(None),
        )
        .order_by(Event.starts_at.desc(), Sighting.met_at.desc())
    )
    once: dict[int, Waiting] = {}
    for sighting in rows:
        once.setdefault(sighting.attendance_id, Waiting(sighting.place.event, sighting))
    return list(once.values())
