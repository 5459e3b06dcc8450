"""Contacts: one person's private view of another. The other side never sees it, nor does an organiser."""

import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import sealing
from app.database import Base, UtcDateTime, session
from app.domain import blocks, cards, encounters, questions
from app.domain.cards import Card, CardField
from app.domain.encounters import Encounter, Observation
from app.domain.events import Event
from app.domain.people import Person
from app.domain.questions import ACCESS, Question
from app.domain.refusals import NotFound, Unfit
from app.words import N_

NEW, KEEPING_UP, WIDE_CIRCLE = "new", "keeping_up", "wide_circle"
STAGES = (NEW, KEEPING_UP, WIDE_CIRCLE)
LINE, PROMISE, FIT, STEP = "line", "promise", "fit", "step"
NOTE_LENGTH = 2000


class Contact(Base):
    """How one person sees another; what they see of the other's card is `level`'s to say.

    `opened_at` is since when the two have met in a way that opens it. The other three are the other's own word:
    that they gave more when asked, took it back, or know of it and let it be.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("owner_id", "other_id"),
        CheckConstraint("owner_id <> other_id", name="not_oneself"),
        CheckConstraint(f"stage IN {STAGES}", name="stage_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str] = mapped_column(String(16), default=NEW)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withheld_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_touch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[Person] = relationship(foreign_keys=owner_id)
    other: Mapped[Person] = relationship(foreign_keys=other_id)
    card: Mapped[Card | None] = relationship(
        primaryjoin="foreign(Contact.other_id) == Card.person_id", viewonly=True, uselist=False
    )


class Note(Base):
    """A line, a promise, or what somebody is to me, sealed: the database cannot be read for it. See `fits`."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("kind IN ('line', 'promise', 'fit', 'step')", name="kind_known"),
        UniqueConstraint("contact_id", "encounter_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    encounter_id: Mapped[int | None] = mapped_column(ForeignKey("encounters.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a promise was kept
    contact: Mapped[Contact] = relationship()
    encounter: Mapped[Encounter | None] = relationship()


class NoSuchStage(Unfit):
    message = N_("Please pick one of the three.")


class NoteTooLong(Unfit):
    message = N_("Please keep this to %(length)s characters.")


class NotPlainNote(Unfit):
    message = N_("There's a character in this that can't be kept. Please take it out.")


@dataclass(frozen=True)
class Words:
    """A note as its writer reads it."""

    kind: str
    text: str
    encounter: Encounter | None
    written_at: datetime
    kept_at: datetime | None


def meet(
    observer: Person,
    observed: Person,
    op_id: UUID,
    how: str,
    occasion: Event | date,
    met_at: datetime,
    now: datetime,
) -> Observation:
    """Record that the two met, as `encounters.record` does, and let each have the other as a contact.

    What is shown is given: by card or short code, the other's fields for people met open to the observer at once.
    Otherwise they stay closed until both have observed each other, however they did. What stays closed, or was taken
    back, is asked for, as far as the asker may ask.
    """
    return met_as(observer, observed, op_id, how, occasion, met_at, now)[0]


def met_as(
    observer: Person,
    observed: Person,
    op_id: UUID,
    how: str,
    occasion: Event | date,
    met_at: datetime,
    now: datetime,
) -> tuple[Observation, Contact]:
    """Record the same, and return how the observer has the other now as well."""
    observation = encounters.record(observer, observed, op_id, how, occasion, met_at, now)
    contact = settle(observer, observed, now)
    if not is_open(contact):
        with suppress(questions.TooManyQuestions):
            questions.ask(observer, observed, ACCESS, now)
    return observation, contact


def take_back(observer: Person, op_id: UUID, now: datetime) -> Observation:
    """Void one's own observation, and close again what nothing else keeps open."""
    observation = encounters.void(observer, op_id, now)
    settle(observer, observation.observed, now)
    return observation


def remove(person: Person, encounter_id: int, now: datetime) -> None:
    """Let a meeting be gone from both lists, whoever said that it was; what that alone had opened closes for both."""
    one, other = encounters.remove(person, encounter_id, now)
    settle(one, other, now)


def put_back(observer: Person, op_id: UUID, new_id: UUID, now: datetime) -> Observation:
    """Say again what was taken back, under an id of its own: the same way, on the same occasion.

    What either of the two has removed stays removed.
    """
    earlier = encounters.find(observer, op_id)
    if earlier.voided_at is None or earlier.encounter.removed_at is not None:
        return earlier
    encounter = earlier.encounter
    occasion = encounter.event or encounter.day
    return meet(observer, earlier.observed, new_id, earlier.how, occasion, earlier.met_at, now)


def settle(one: Person, other: Person, now: datetime) -> Contact:
    """Let both be open to each other as far as what was said, and not taken back, opens them; return the one's view.

    Who wants to be asked first stays closed, but to whoever has them open already.
    """
    said = encounters.said(one, other)
    both_said = all(said.values())
    by_owner = {contact.owner_id: contact for contact in session.scalars(_OF_BOTH, {"both": list(said)})}
    for owner, seen in ((one, other), (other, one)):
        known = by_owner.get(owner.id)
        contact = by_owner[owner.id] = known or Contact(owner=owner, other=seen, stage=NEW, created_at=now)
        shown = both_said or not said[owner.id].isdisjoint(encounters.SHOWN)
        if not any(said.values()):
            contact.granted_at = None
        opens = contact.granted_at or (shown and (contact.opened_at or not seen.asks_first))
        # Whom one does not have yet, one has asked nothing.
        if known and opens and not contact.opened_at:
            questions.close(owner.id, seen.id, questions.YES, now, ACCESS)
        elif known and not said[owner.id]:
            questions.close(owner.id, seen.id, questions.CLOSED, now, ACCESS)
        contact.opened_at = (contact.opened_at or now) if opens else None
        session.add(contact)
    session.flush()
    return by_owner[one.id]


_OF_BOTH = select(Contact).where(
    Contact.owner_id.in_(bindparam("both", expanding=True)), Contact.other_id.in_(bindparam("both", expanding=True))
)


def keep_no(person: Person) -> None:
    """Take back what somebody gave when asked where a no of theirs stands: to or by this person."""
    no = exists().where(
        Question.asker_id == Contact.owner_id,
        Question.asked_id == Contact.other_id,
        Question.kind == ACCESS,
        Question.state == questions.NO,
    )
    theirs = or_(Contact.owner_id == person.id, Contact.other_id == person.id)
    session.execute(update(Contact).where(theirs, Contact.granted_at.is_not(None), no).values(granted_at=None))


def level(contact: Contact) -> str:
    """Return what of the other's card the owner may see now: ANYONE's, MET's or GIVEN's. Nobody else decides this."""
    if contact.withheld_at or not contact.opened_at:
        return cards.ANYONE
    return cards.GIVEN if contact.granted_at else cards.MET


def level_when_shown(contact: Contact | None, owner: Person) -> str:
    """Return what somebody signed in sees of a card that its owner is showing them; `contact` is how they have it."""
    if contact and (contact.opened_at or contact.withheld_at):
        return level(contact)
    return cards.ANYONE if owner.asks_first else cards.MET


def is_open(contact: Contact) -> bool:
    """Say whether the owner sees more of the other's card than anyone does."""
    return level(contact) != cards.ANYONE


def shown(contact: Contact) -> dict[str, str]:
    """Return the other's fields that are open to the owner, by name, in the card's order."""
    return cards.visible(contact.card, level(contact)) if contact.card else {}


def photo(contact: Contact) -> str:
    """Return the address of the other's photo, if it is open to the owner, else nothing."""
    picture = cards.picture(contact.card, level(contact)) if contact.card else None
    return picture.address if picture else ""


def find(owner: Person, other: Person) -> Contact | None:
    """Return how this owner has the other, or None; a block between them hides it."""
    theirs = (Contact.owner_id == owner.id, Contact.other_id == other.id)
    return session.scalar(select(Contact).options(*WITH_CARD).where(*theirs, blocks.none_between(owner.id, other.id)))


def of(owner: Person, contact_id: int) -> Contact:
    """Return the owner's own contact with the other and their card.

    To anyone else, and while there is no meeting that was not taken back, it is not there.
    """
    contact = session.scalar(
        select(Contact).options(*WITH_CARD).where(Contact.id == contact_id, Contact.owner_id == owner.id, met(owner.id))
    )
    if contact is None:
        raise NotFound
    return contact


def met(owner_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """The condition under which a contact is there: a meeting of the two that was not taken back."""
    return exists().where(encounters.alive(owner_id), encounters.other_side(owner_id) == Contact.other_id)


def counted() -> ColumnElement[bool]:
    """The condition under which a meeting counts in the figures of others: it waits for nobody's yes any more.

    What somebody who is erased had opened is gone with them; their meetings stay counted, so that no figure moves.
    """
    pair = (Encounter.low_id, Encounter.high_id)
    one, other = (
        exists().where(Contact.owner_id == owner, Contact.other_id == seen, Contact.opened_at.is_not(None))
        for owner, seen in (pair, pair[::-1])
    )
    return one | other | exists().where(Person.id.in_(pair), Person.erased_at.is_not(None))


WITH_CARD = (joinedload(Contact.other), joinedload(Contact.card))
# Of a card that is not changed, what a row of a list says of it: most of its fields stay where they are.
IN_A_LIST = (
    joinedload(Contact.other),
    joinedload(Contact.card).selectinload(Card.fields.and_(CardField.name.in_(("what_i_do", "company")))),
)


def move(contact: Contact, stage: str) -> None:
    """Put the contact where its owner says it belongs, in any order; raise NoSuchStage for anything else."""
    if stage not in STAGES:
        raise NoSuchStage("stage")
    contact.stage = stage
    session.flush()


def touched(contact: Contact, now: datetime) -> None:
    """Note that the two were in touch; an earlier touch that is told of later changes nothing."""
    contact.last_touch_at = max(contact.last_touch_at or now, now)
    session.flush()


def write(contact: Contact, kind: str, text: str, encounter: Encounter | None, now: datetime) -> None:
    """Keep a line or a promise exactly as it was typed, sealed, in place of what was there; nothing typed drops it.

    The same words again change nothing, and neither do words older than what is there: a phone may tell of them late.
    Raises NoteTooLong, and NotPlainNote for what no database takes (NUL, lone surrogates).
    """
    must_fit(text, kind)
    session.execute(select(Contact.id).where(Contact.id == contact.id).with_for_update())  # one writer a contact
    note = session.scalar(
        select(Note).where(Note.contact_id == contact.id, Note.kind == kind, Note.encounter == encounter)
    )
    if note is not None and note.written_at > now:
        return
    if not text.strip():
        if note is not None:
            session.delete(note)
    elif note is None or _unsealed(note) != text:
        note = note or Note(contact=contact, encounter=encounter, kind=kind)
        note.key_id, note.sealed = sealing.seal(text, _place(note))
        note.written_at, note.kept_at = now, None
        session.add(note)
    session.flush()


def put_note(note: Note, contact: Contact, encounter: Encounter | None) -> None:
    """Let a note be about this contact and encounter; where one of its kind is there, the words of both are one.

    The older words stand first. A promise is kept only if both were.
    """
    text, about = _unsealed(note), (Note.contact_id == contact.id, Note.encounter == encounter, Note.kind == note.kind)
    there = session.scalar(select(Note).where(*about, Note.id != note.id))
    if there is not None:
        first, second = sorted((there, note), key=lambda one: (one.written_at, one.id))
        text = "\n".join(dict.fromkeys((_unsealed(first), _unsealed(second))))
        note.kept_at = max(there.kept_at, note.kept_at) if there.kept_at and note.kept_at else None
        note.written_at = second.written_at
        session.delete(there)
        session.flush()
    note.contact, note.encounter = contact, encounter
    note.key_id, note.sealed = sealing.seal(text, f"note:{contact.id}:{note.kind}")
    session.flush()


def must_fit(text: str, field: str) -> None:
    """Raise NoteTooLong, or NotPlainNote for what no database takes (NUL, lone surrogates)."""
    if len(text) > NOTE_LENGTH:
        raise NoteTooLong(field, length=NOTE_LENGTH)
    if any(c == "\0" or unicodedata.category(c) == "Cs" for c in text):
        raise NotPlainNote(field)


def _place(note: Note) -> str:
    # Without the encounter: a note outlives it, and must still open.
    return f"note:{note.contact_id or note.contact.id}:{note.kind}"


def unsealed_row(row: Mapping[str, Any]) -> str:
    """Return the words of a note's row, for whoever takes their own notes along."""
    return sealing.unseal(row["key_id"], row["sealed"], f"note:{row['contact_id']}:{row['kind']}")


def _unsealed(note: Note) -> str:
    return sealing.unseal(note.key_id, note.sealed, _place(note))


def notes(contact: Contact) -> list[Words]:
    """Return what the owner wrote about this contact, unsealed, the newest first."""
    return notes_of([contact])[contact.id]


def notes_of(asked: Sequence[Contact], kinds: Sequence[str] = (LINE, PROMISE)) -> dict[int, list[Words]]:
    """Return the notes about each of these contacts by its id, the newest first: one query, however many."""
    found: dict[int, list[Words]] = {contact.id: [] for contact in asked}
    rows = session.scalars(
        select(Note)
        .options(joinedload(Note.encounter).joinedload(Encounter.event))
        .where(Note.contact_id.in_(found), Note.kind.in_(kinds))
        .order_by(Note.written_at.desc(), Note.id.desc())
    )
    for row in rows:
        words = Words(row.kind, _unsealed(row), row.encounter, row.written_at, row.kept_at)
        found[row.contact_id].append(words)
    return found
