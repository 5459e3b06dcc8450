"""Keepsakes: what I wrote about a meeting that one of us removed. My words and the day; of the other, nothing."""

from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, exists, or_, select
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


# Put together once: every list of people asks whether there is any. The person is told as "person_id".
_me: BindParameter[int] = bindparam("person_id")
_OTHER = encounters.other_side(_me)
_REMOVED = or_(Encounter.low_id == _me, Encounter.high_id == _me) & Encounter.removed_at.is_not(None)
# The conditions under which a contact is known by nothing but what its owner wrote; a block hides that too.
_LEFT = (
    Contact.owner_id == _me,
    ~contacts.met(_me),
    exists().where(_REMOVED, Contact.other_id == _OTHER),
    blocks.none_between(Contact.owner_id, Contact.other_id),
    exists().where(Note.contact_id == Contact.id, Note.kind.in_((LINE, PROMISE))),
)
_HAS_ANY = select(exists().where(*_LEFT))


def of(owner: Person) -> list[Keepsake]:
    """Return what this person wrote about meetings that are gone, the newest first: three queries, however many."""
    left = session.scalars(select(Contact).where(*_LEFT), {"person_id": owner.id}).all()
    by_other = {contact.other_id: contact for contact in left}
    rows = session.execute(
        select(_OTHER, Encounter)
        .options(joinedload(Encounter.event))
        .where(_REMOVED, _OTHER.in_(by_other))
        .order_by(Encounter.met_at, Encounter.id),
        {"person_id": owner.id},
    )
    last = {number: encounter for number, encounter in rows}  # noqa: C416 - a Row is a tuple, but not to types
    words = contacts.notes_of(left)
    newest_first = sorted(last.items(), key=lambda one: one[1].met_at, reverse=True)
    return [Keepsake(by_other[number].id, encounter, words[by_other[number].id]) for number, encounter in newest_first]


def has_any(owner: Person) -> bool:
    """Say whether there is anything of the kind: one query."""
    return session.scalar(_HAS_ANY, {"person_id": owner.id}) or False


def drop(owner: Person, contact_id: int) -> None:
    """Throw away all that was written about one of them. Raises NotFound for anything else."""
    if session.scalar(select(Contact.id).where(Contact.id == contact_id, *_LEFT), {"person_id": owner.id}) is None:
        raise NotFound
    session.execute(delete(Note).where(Note.contact_id == contact_id))
