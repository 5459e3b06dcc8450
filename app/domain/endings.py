"""Endings: the minute on screen when an event is over. Asked once, and a no is enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, CheckConstraint, ForeignKey, String, and_, bindparam, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain import contacts, discretion, encounters, fits, polls
from app.domain.attendance import HERE, Attendance
from app.domain.contacts import Contact
from app.domain.discretion import Told
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.fits import Fit
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.words import N_

YES, PARTLY, NO = "yes", "partly", "no"
WORTH = (YES, PARTLY, NO)
WAITS = timedelta(hours=12)  # by then the day has gone on; the follow-up asks again what matters


class Ending(Base):
    """How a morning ended for one person: whether it was worth it, and their answer to its question."""

    __tablename__ = "endings"
    __table_args__ = (
        CheckConstraint(f"worth IN ('', '{YES}', '{PARTLY}', '{NO}')", name="worth_known"),
        CheckConstraint(f"answer IN ('', '{polls.YES}', '{polls.NOT_SURE}', '{polls.NO}')", name="answer_known"),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    worth: Mapped[str] = mapped_column(String(8), default="")
    answer: Mapped[str] = mapped_column(String(8), default="")
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoSuchAnswer(Unfit):
    message = N_("Please pick one of the three, or none.")


@dataclass(frozen=True)
class Nudge:
    """The event that is over, and how many cards its guest has from it."""

    event: Event
    cards: int


@dataclass(frozen=True)
class Met:
    """Somebody met at the event, with what was said of them and promised so far."""

    contact: Contact
    encounter: Encounter
    fit: Fit
    promise: str


@dataclass(frozen=True)
class Totals:
    """What everyone together said, by answer, with discretion."""

    worth: dict[str, Told]
    answers: dict[str, Told]


def waiting(person: Person, now: datetime) -> Nudge | None:
    """Return the event that has just ended for this person and that they have not settled: one query."""
    row = session.execute(_JUST_ENDED, {"person_id": person.id, "now": now, "too_early": now - WAITS}).first()
    return Nudge(*row) if row else None


# Put together once: every Today asks it.
_me: BindParameter[int] = bindparam("person_id")
_met = (
    select(func.count())
    .select_from(Encounter)
    .where(encounters.alive(_me), Encounter.event_id == Event.id)
    .correlate(Event)
    .scalar_subquery()
)
_JUST_ENDED = (
    select(Event, _met)
    .join(Attendance, Attendance.event_id == Event.id)
    .where(
        Attendance.person_id == _me,
        Attendance.state.in_(HERE),
        Event.cancelled_at.is_(None),
        Event.ends_at <= bindparam("now"),
        Event.ends_at > bindparam("too_early"),
        ~select(Ending).where(Ending.event_id == Event.id, Ending.person_id == _me).exists(),
    )
    .order_by(Event.ends_at.desc())
    .limit(1)
)


def of(person: Person, event: Event) -> Ending | None:
    """Return how this event ended for this person, or None if it has not."""
    return session.get(Ending, (event.id, person.id))


def met(person: Person, event: Event) -> list[Met]:
    """Return whom the person met at the event, as they met, with what they said of each: three queries."""
    found = _there(person, event)
    known = [contact for contact, _encounter in found]
    said, notes = fits.of(known), contacts.notes_of(known)
    promised = {
        (number, note.encounter.id): note.text
        for number, words in notes.items()
        for note in words
        if note.kind == contacts.PROMISE and note.encounter is not None
    }
    return [
        Met(contact, encounter, said[contact.id], promised.get((contact.id, encounter.id), ""))
        for contact, encounter in found
    ]


def _there(person: Person, event: Event) -> list[tuple[Contact, Encounter]]:
    rows = session.execute(
        select(Contact, Encounter)
        .join(Encounter, and_(encounters.alive(person.id), encounters.other_side(person.id) == Contact.other_id))
        .options(joinedload(Contact.other), joinedload(Contact.card))
        .where(Contact.owner_id == person.id, Encounter.event_id == event.id)
        .order_by(Encounter.met_at, Encounter.id)
    )
    return [(contact, encounter) for contact, encounter in rows]


def settle(person: Person, event: Event, now: datetime, worth: str = "", answer: str = "") -> None:
    """Note that the morning is over for them, and what they said of it; saying it again corrects it, the last counts.

    Raises NoSuchAnswer.
    """
    for field, said, known in (("worth", worth, WORTH), ("answer", answer, polls.ANSWERS)):
        if said not in ("", *known):
            raise NoSuchAnswer(field)
    before = of(person, event)
    if before is not None and before.settled_at > now:
        return
    ending = before or Ending(event_id=event.id, person_id=person.id)
    ending.worth, ending.answer, ending.settled_at = worth, answer, now
    session.add(ending)
    session.flush()


def totals(event: Event) -> Totals:
    """Return what was said by all, and of nobody alone."""
    return Totals(_counted(event, Ending.worth, WORTH), _counted(event, Ending.answer, polls.ANSWERS))


def _counted(event: Event, column: Mapped[str], known: tuple[str, ...]) -> dict[str, Told]:
    rows = session.execute(
        select(column, func.count()).where(Ending.event_id == event.id, column != "").group_by(column)
    )
    counts = dict(rows.all())
    return {said: discretion.told(counts.get(said, 0)) for said in known}
