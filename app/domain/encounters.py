"""Encounters: two people met, once per pair and event however often and from whichever side it was observed."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.database import HELD, Base, UtcDateTime, is_there, session
from app.domain import blocks, events
from app.domain.events import Event
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal
from app.words import N_

CARD, SHORT_CODE, BADGE, BY_HAND = "card", "short_code", "badge", "by_hand"
SHOWN = (CARD, SHORT_CODE)  # showing it is giving it


class Encounter(Base):
    """Two people met: at an event, or on a local day. `void` while no observation of it is left."""

    __tablename__ = "encounters"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="pair_in_order"),
        CheckConstraint("(event_id IS NULL) <> (local_day IS NULL)", name="event_or_day"),
        Index(
            "uq_encounters_event",
            "event_id",
            "low_id",
            "high_id",
            unique=True,
            sqlite_where=text("event_id IS NOT NULL"),
            postgresql_where=text("event_id IS NOT NULL"),
        ),
        Index(
            "uq_encounters_day",
            "local_day",
            "low_id",
            "high_id",
            unique=True,
            sqlite_where=text("event_id IS NULL"),
            postgresql_where=text("event_id IS NULL"),
        ),
        Index("ix_encounters_low_id_high_id", "low_id", "high_id"),
        Index("ix_encounters_high_id", "high_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    high_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    local_day: Mapped[date | None]
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # one of the two wanted it gone
    event: Mapped[Event | None] = relationship()
    fresh = False  # in memory only: nobody but who made it has said a word of it yet

    @property
    def day(self) -> date:
        """Return the morning it belongs to: the event's own day, else its local one."""
        return self.event.day if self.event else self.local_day  # type: ignore[return-value] # one of them is there


class Observation(Base):
    """One side's word that they met: append-only but for its undo, named by the observer's own UUID."""

    __tablename__ = "observations"
    __table_args__ = (
        CheckConstraint("how IN ('card', 'short_code', 'badge', 'by_hand')", name="how_known"),
        CheckConstraint("observer_id <> observed_id", name="not_oneself"),
        Index("ix_observations_encounter_id_observer_id", "encounter_id", "observer_id"),
    )

    observer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    observed_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    encounter_id: Mapped[int] = mapped_column(ForeignKey("encounters.id", ondelete="CASCADE"))
    how: Mapped[str] = mapped_column(String(16))
    met_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    encounter: Mapped[Encounter] = relationship()
    observer: Mapped[Person] = relationship(foreign_keys=observer_id)
    observed: Mapped[Person] = relationship(foreign_keys=observed_id)


class OwnCard(Refusal):
    message = N_("This is your own card. Let somebody else scan it.")


class SentForAnother(Refusal):
    status = 422
    message = N_("This was already used for somebody else's card. Scan the card again.")


def record(
    observer: Person,
    observed: Person,
    op_id: UUID,
    how: str,
    occasion: Event | date,
    met_at: datetime,
    now: datetime,
) -> Observation:
    """Take one side's word that the two met: at an event, else on a local day of the installation.

    However often and from whichever side it is said, one occasion has one encounter of a pair. The same `op_id` of
    the same observer again gets its first answer again. What was said before either of the two removed the meeting,
    and comes only now, brings it back no more. Raises OwnCard, SentForAnother if that first one said something else,
    and whatever a block between the two says.
    """
    if observer.id == observed.id:
        raise OwnCard
    blocks.must_be_open(observer, observed)
    hold((observer.id, observed.id))
    known = session.get(Observation, (observer.id, op_id), populate_existing=True)
    if known is not None:
        return _said_again(known, observed, how)
    observation = Observation(
        observer_id=observer.id,
        op_id=op_id,
        observed=observed,
        encounter=_of_pair(observer.id, observed.id, occasion, met_at),
        how=how,
        met_at=met_at,
        received_at=now,
    )
    removed_at = observation.encounter.removed_at
    if removed_at and met_at < removed_at:
        observation.voided_at = removed_at
    session.add(observation)
    settle(observation.encounter, now)
    return observation


def void(observer: Person, op_id: UUID, now: datetime) -> Observation:
    """Take back one's own word, once however often it is said; the encounter lives while anybody else's is left."""
    observation = find(observer, op_id)
    hold((observer.id, observation.observed_id))
    if observation.voided_at is None:
        observation.voided_at = now
    settle(observation.encounter, now)
    return observation


def remove(person: Person, encounter_id: int, now: datetime) -> tuple[Person, Person]:
    """Let a meeting of this person's be gone for both of the two, and return them: this person first.

    Every word that they met then is void, the other's too; whoever shows a card again afterwards meets again.
    """
    encounter = session.scalar(select(Encounter).where(Encounter.id == encounter_id, alive(person.id)))
    if encounter is None:
        raise NotFound
    hold((encounter.low_id, encounter.high_id))
    of_it = (Observation.encounter_id == encounter.id, Observation.voided_at.is_(None))
    session.execute(update(Observation).where(*of_it).values(voided_at=now))
    encounter.removed_at = now
    settle(encounter, now)
    other = encounter.high_id if encounter.low_id == person.id else encounter.low_id
    return person, session.get_one(Person, other)


def hold(people: Collection[int]) -> None:
    """Hold the rows of these people to the end of the unit of work, lower ids first.

    Two scans of a pair at once, one scan sent twice, or a scan while the event's own is on its way, take their turns;
    whoever takes many scans at once holds everybody first, outside of any savepoint, so that no two wait for each
    other. SQLite has one writer anyway.
    """
    held: set[int] = session.info.setdefault(HELD, set())
    if wanted := set(people) - held:
        session.execute(_PAIR, {"pair": wanted})
    if not session().in_nested_transaction():  # a savepoint that is undone lets go of what was taken hold of in it
        held |= wanted


_PAIR = (
    select(Person.id)
    .where(Person.id.in_(bindparam("pair", expanding=True)))
    .order_by(Person.id)
    .with_for_update(key_share=True)
)


def _said_again(known: Observation, observed: Person, how: str) -> Observation:
    if (known.observed_id, known.how) != (observed.id, how):
        raise SentForAnother
    return known


def _of_pair(one: int, other: int, occasion: Event | date, met_at: datetime) -> Encounter:
    """Return the pair's one encounter on this occasion, made if it is not there."""
    event = occasion if isinstance(occasion, Event) else None
    day = occasion.day if isinstance(occasion, Event) else occasion
    low, high = sorted((one, other))
    encounter = known(low, high, event, day)
    if encounter is None:
        encounter = Encounter(low_id=low, high_id=high, local_day=day, met_at=met_at)
        encounter.fresh = True
        session.add(encounter)
    if event is not None:
        encounter.event, encounter.local_day = event, None
    return encounter


def known(low: int, high: int, event: Event | None, day: date) -> Encounter | None:
    """Return the encounter that a pair, the lower id first, has had on this occasion, or None."""
    # One without an event and the event's own of that day are the same, whichever was first: the second folds into
    # the first, which takes the event on. Of two events a day, the earlier one takes it.
    asked = {"low": low, "high": high, "day": day}
    if event is None:
        return session.scalar(_ON_THE_DAY, asked)
    return session.scalar(_AT_THE_EVENT, {**asked, "event_id": event.id})


def _known_where(at_event: ColumnElement[bool]) -> Select[Encounter]:
    return (
        select(Encounter)
        .outerjoin(Encounter.event)
        .where(
            Encounter.low_id == bindparam("low"),
            Encounter.high_id == bindparam("high"),
            at_event | (Encounter.local_day == bindparam("day")),
        )
        .order_by(Encounter.event_id.is_(None), Event.starts_at)
        .limit(1)
    )


_ON_THE_DAY = _known_where(Event.day == bindparam("day"))
_AT_THE_EVENT = _known_where(Encounter.event_id == bindparam("event_id"))


def settle(encounter: Encounter, now: datetime) -> None:
    """Let the encounter be what its living observations say: when it was first, or void.

    Its event's version grows with it, since the organiser's page tells how many nobody has scanned yet.
    """
    is_new = encounter in session.new
    session.flush()
    if not is_new:  # else it is what its one observation says
        first = session.scalar(_FIRST, {"encounter_id": encounter.id})
        encounter.met_at = first or encounter.met_at
        encounter.voided_at = None if first else encounter.voided_at or now
        encounter.removed_at = None if first else encounter.removed_at
        session.flush()
    if encounter.event is not None:
        events.touch(encounter.event)


_FIRST = select(func.min(Observation.met_at)).where(
    Observation.encounter_id == bindparam("encounter_id"), Observation.voided_at.is_(None)
)


def find(observer: Person, op_id: UUID) -> Observation:
    """Return one's own observation with its encounter, event and the person observed; to others it is not there."""
    observation = session.scalar(
        select(Observation)
        .options(joinedload(Observation.observed), joinedload(Observation.encounter).joinedload(Encounter.event))
        .where(Observation.observer_id == observer.id, Observation.op_id == op_id)
    )
    if observation is None:
        raise NotFound
    return observation


def said_by(encounter: Encounter, observer: Person) -> UUID | None:
    """Return the name of somebody's own newest living word for an encounter, or None: the other side said it alone."""
    mine = (Observation.encounter == encounter, Observation.observer == observer, Observation.voided_at.is_(None))
    return session.scalar(select(Observation.op_id).where(*mine).order_by(Observation.received_at.desc()).limit(1))


def still(taken_back: Observation) -> Observation | None:
    """Return what keeps an encounter alive after this was taken back: one's own word, else the other side's."""
    return session.scalar(
        select(Observation)
        .where(Observation.encounter_id == taken_back.encounter_id, Observation.voided_at.is_(None))
        .order_by(Observation.observer_id != taken_back.observer_id, Observation.met_at)
        .limit(1)
    )


def latest(observer: Person, since: datetime, most: int) -> list[Observation]:
    """Return one's own newest living observations since then with whom they observed, one an encounter."""
    newest_first = session.scalars(
        select(Observation)
        .options(joinedload(Observation.observed))
        .where(
            Observation.observer_id == observer.id,
            Observation.voided_at.is_(None),
            Observation.received_at >= since,
            blocks.none_between(Observation.observer_id, Observation.observed_id),
        )
        .order_by(Observation.received_at.desc())
        .limit(most * 4)
    )
    once: dict[int, Observation] = {}
    for observation in newest_first:
        once.setdefault(observation.encounter_id, observation)
    return list(once.values())[:most]


def said(one: Person, other: Person) -> dict[int, set[str]]:
    """Return how each of the two has observed the other, by the observer's id; what was taken back is left out."""
    found: dict[int, set[str]] = {one.id: set(), other.id: set()}
    for observer_id, how in session.execute(_SAID, {"both": list(found)}):
        found[observer_id].add(how)
    return found


_SAID = select(Observation.observer_id, Observation.how).where(
    Observation.observer_id.in_(bindparam("both", expanding=True)),
    Observation.observed_id.in_(bindparam("both", expanding=True)),
    Observation.voided_at.is_(None),
)


def other_side(person_id: int | BindParameter[int]) -> ColumnElement[int]:
    """Return, for a query of this person's encounters, the column of whom they met."""
    return case((Encounter.low_id == person_id, Encounter.high_id), else_=Encounter.low_id)


def alive(person_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """Return the condition of a query for this person's encounters: not emptied by an undo, nor hidden by a block."""
    return ((Encounter.low_id == person_id) | (Encounter.high_id == person_id)) & is_alive()


def is_alive() -> ColumnElement[bool]:
    """Return the same condition, whoever's encounter it is."""
    return Encounter.voided_at.is_(None) & blocks.none_between(Encounter.low_id, Encounter.high_id)


def lower_at(person_id: Any, event_id: Any) -> ColumnElement[bool]:
    """Return the condition for encounters at an event whose person with the lower number this is."""
    return and_(Encounter.event_id == event_id, Encounter.low_id == person_id)


def higher_at(person_id: Any, event_id: Any) -> ColumnElement[bool]:
    """Return the condition for those where it is the one with the higher number, found by that and not by the event."""
    return and_(Encounter.high_id == person_id, Encounter.event_id + 0 == event_id)


def any_of(person_id: Any, event_id: Any) -> ColumnElement[bool]:
    """Return the condition that this person met somebody at the event."""
    # Two questions: as one with OR, SQLite goes through all who met there, for each of them.
    both = (lower_at(person_id, event_id), higher_at(person_id, event_id))
    return or_(*(is_there(one, Encounter.voided_at.is_(None)) for one in both))


def between(one: Person, other: Person) -> list[Encounter]:
    """Return every living encounter of the two with its event, the newest first."""
    low, high = sorted((one.id, other.id))
    return list(
        session.scalars(
            select(Encounter)
            .options(joinedload(Encounter.event))
            .where(Encounter.low_id == low, Encounter.high_id == high, Encounter.voided_at.is_(None))
            .order_by(Encounter.met_at.desc(), Encounter.id.desc())
        )
    )
