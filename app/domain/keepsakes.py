"""Keepsakes: what I wrote about a meeting that one of us removed. My words and the day; of the other, nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import joinedload

from app.database import session
from app.domain import blocks, contacts, encounters
from app.domain.contacts import LINE, PROMISE, Contact, Note, Words
from app.domain.encounters import Encounter
from app.domain.people import Person
from app.domain.refusals import NotFound


class Keepsake(NamedTuple):
    """My own words about someone whom I met, as far as anyone's list says, no more; the last meeting says when."""

    contact_id: int
    encounter: Encounter
    words: list[Words]


def of(owner: Person) -> list[Keepsake]:
    """Return what this person wrote about meetings that are gone, the newest first: three queries, however many."""
    left = session.scalars(select(Contact).where(*_left_by(owner))).all()
    by_other = {contact.other_id: contact for contact in left}
    other = encounters.other_side(owner.id)
    rows = session.execute(
        select(other, Encounter)
        .options(joinedload(Encounter.event))
        .where(_removed(owner), other.in_(by_other))
        .order_by(Encounter.met_at, Encounter.id)
    )
    last = {number: encounter for number, encounter in rows}  # noqa: C416 - a Row is a tuple, but not to types
    words = contacts.notes_of(left)
    newest_first = sorted(last.items(), key=lambda one: one[1].met_at, reverse=True)
    return [Keepsake(by_other[number].id, encounter, words[by_other[number].id]) for number, encounter in newest_first]


def has_any(owner: Person) -> bool:
    """Say whether there is anything of the kind: one query."""
    return session.scalar(select(exists().where(*_left_by(owner)))) or False


def drop(owner: Person, contact_id: int) -> None:
    """Throw away all that was written about one of them. Raises NotFound for anything else."""
    if session.scalar(select(Contact.id).where(Contact.id == contact_id, *_left_by(owner))) is None:
        raise NotFound
    session.execute(delete(Note).where(Note.contact_id == contact_id))


def _left_by(owner: Person) -> Sequence[ColumnElement[bool]]:
    """The conditions under which a contact is known by nothing but what its owner wrote; a block hides that too."""
    return (
        Contact.owner_id == owner.id,
        ~contacts.met(owner.id),
        exists().where(_removed(owner), encounters.other_side(owner.id) == Contact.other_id),
        blocks.none_between(Contact.owner_id, Contact.other_id),
        exists().where(Note.contact_id == Contact.id, Note.kind.in_((LINE, PROMISE))),
    )


def _removed(owner: Person) -> ColumnElement[bool]:
    theirs = or_(Encounter.low_id == owner.id, Encounter.high_id == owner.id)
    return theirs & Encounter.removed_at.is_not(None)
