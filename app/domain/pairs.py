"""Pairs: what two people have with each other, encounters, contacts and notes, passed on from one person to another.

Knows nothing of the prompts that ask about them.
"""

from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import joinedload

from app.database import session
from app.domain import contacts, encounters, folds
from app.domain.blocks import Block
from app.domain.contacts import NEW, Contact, Note
from app.domain.encounters import Encounter
from app.domain.people import Person
from app.domain.questions import Question


def pass_on(giver: Person, taker: Person, now: datetime) -> None:
    """Let whom the giver met, and how they and those people see each other, be the taker's.

    Of two encounters of a pair on one occasion one is left, with the observations and notes of both. What the giver
    and the taker had with each other goes: nobody meets themselves.
    """
    _forget_each_other(giver, taker)
    met = [_take_encounter(encounter, giver, taker) for encounter in _encounters(giver)]
    folds.repoint("people", giver.id, taker.id, only={"observations"})
    for encounter in met:
        encounters.settle(encounter, now)
    others = {_take_contact(contact, giver, taker) for contact in _contacts(giver)}
    session.flush()
    session.expire_all()
    for other_id in others:
        if (other := session.get(Person, other_id)) is not None:
            contacts.settle(taker, other, now)


def _forget_each_other(one: Person, other: Person) -> None:
    low, high = sorted((one.id, other.id))
    ids = (one.id, other.id)
    for alone in (
        delete(Encounter).where(Encounter.low_id == low, Encounter.high_id == high),
        delete(Contact).where(Contact.owner_id.in_(ids), Contact.other_id.in_(ids)),
        delete(Block).where(Block.blocker_id.in_(ids), Block.blocked_id.in_(ids)),
        delete(Question).where(Question.asker_id.in_(ids), Question.asked_id.in_(ids)),
    ):
        session.execute(alone, execution_options={"synchronize_session": False})


def _encounters(person: Person) -> list[Encounter]:
    theirs = or_(Encounter.low_id == person.id, Encounter.high_id == person.id)
    asked = select(Encounter).options(joinedload(Encounter.event)).where(theirs).order_by(Encounter.id)
    return list(session.scalars(asked.execution_options(populate_existing=True)))


def _take_encounter(encounter: Encounter, giver: Person, taker: Person) -> Encounter:
    """Return the encounter that is left: this one, or the taker's own of the same occasion."""
    other_id = encounter.high_id if encounter.low_id == giver.id else encounter.low_id
    low, high = sorted((taker.id, other_id))
    own = encounters.known(low, high, encounter.event, encounter.day)
    if own is None:
        encounter.low_id, encounter.high_id = low, high
        session.flush()
        return encounter
    for note in session.scalars(select(Note).where(Note.encounter_id == encounter.id)).all():
        contacts.put_note(note, note.contact, own)
    folds.repoint("encounters", encounter.id, own.id)
    if own.event is None and encounter.event is not None:
        own.event, own.local_day = encounter.event, None
    session.delete(encounter)
    session.flush()
    return own


def _contacts(person: Person) -> list[Contact]:
    theirs = or_(Contact.owner_id == person.id, Contact.other_id == person.id)
    return list(session.scalars(select(Contact).where(theirs).order_by(Contact.id)))


def _take_contact(contact: Contact, giver: Person, taker: Person) -> int:
    """Let a contact be the taker's, or be of the taker; return the id of the other one of the two."""
    owner_id, other_id = (taker.id if one == giver.id else one for one in (contact.owner_id, contact.other_id))
    own = session.scalar(select(Contact).where(and_(Contact.owner_id == owner_id, Contact.other_id == other_id)))
    if own is None:
        contact.owner_id, contact.other_id = owner_id, other_id
    else:
        _fold(contact, own)
    session.flush()
    return other_id if owner_id == taker.id else owner_id


def _fold(contact: Contact, own: Contact) -> None:
    own.stage = contact.stage if own.stage == NEW else own.stage
    own.opened_at = min(filter(None, (own.opened_at, contact.opened_at)), default=None)
    own.last_touch_at = max(filter(None, (own.last_touch_at, contact.last_touch_at)), default=None)
    own.created_at = min(own.created_at, contact.created_at)
    own.withheld_at = own.withheld_at or contact.withheld_at
    if own.withheld_at:
        own.rested_at = max(filter(None, (own.rested_at, contact.rested_at)), default=None)
    own.granted_at = None if own.withheld_at else own.granted_at or contact.granted_at
    for note in session.scalars(select(Note).where(Note.contact_id == contact.id)).all():
        contacts.put_note(note, own, note.encounter)
    folds.repoint("contacts", contact.id, own.id)
    session.delete(contact)
