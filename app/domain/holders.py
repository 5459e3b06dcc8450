"""Holders: who has my card, since when and how; and taking it back, which is mine to do at any time.

Knows how the other got it, never what the other wrote about it.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import joinedload

from app.database import UtcDateTime, session
from app.domain import cards, contacts, encounters, events, questions
from app.domain.contacts import Contact
from app.domain.encounters import Observation
from app.domain.people import Person
from app.domain.questions import ACCESS, OPEN, YES, Question
from app.domain.refusals import NotFound

A_PAGE = 50


class Holder(NamedTuple):
    """Someone who has my card: since when, and by what they did (as encounters tell it); None if they did nothing."""

    contact: Contact
    since: datetime
    how: str | None

    @property
    def fields(self) -> dict[str, str]:
        """Return exactly what of my card is open to them."""
        return contacts.shown(self.contact)


# The first word of the holder that they met the card's owner, which is still theirs.
_first = (
    select(Observation)
    .where(
        Observation.observer_id == Contact.owner_id,
        Observation.observed_id == Contact.other_id,
        Observation.voided_at.is_(None),
    )
    .order_by(Observation.met_at)
    .limit(1)
    .correlate(Contact)
)
_HOW = _first.with_only_columns(Observation.how).scalar_subquery()
_SINCE = func.coalesce(
    _first.with_only_columns(Observation.met_at).scalar_subquery(),
    Contact.opened_at,
    Contact.created_at,
    type_=UtcDateTime(),
)
# Put together once: every Today asks for the news.
_me: BindParameter[int] = bindparam("person_id")
_MINE = (
    select(Contact, _SINCE, _HOW)
    .options(joinedload(Contact.owner), joinedload(Contact.card))
    .where(
        Contact.other_id == _me,
        exists().where(encounters.alive(_me), encounters.other_side(_me) == Contact.owner_id),
    )
)
_asks = exists().where(
    Question.asker_id == Contact.owner_id,
    Question.asked_id == Contact.other_id,
    Question.kind == ACCESS,
    Question.state == OPEN,
)
_NEWS = _MINE.where(
    _HOW.is_not(None), or_(Contact.rested_at.is_(None), Contact.opened_at > Contact.rested_at), ~_asks
).order_by(_SINCE.desc(), Contact.id.desc())


def of(person: Person, page: int = 1) -> list[Holder]:
    """Return a page of those who have this person's card, the latest first: one query, however many."""
    latest_first = _MINE.order_by(_SINCE.desc(), Contact.id.desc())
    return _read(latest_first.limit(A_PAGE).offset((page - 1) * A_PAGE), person)


def count(person: Person) -> int:
    """Return how many have this person's card."""
    return session.scalar(_MINE.with_only_columns(func.count(Contact.id)), {"person_id": person.id}) or 0


def news(person: Person) -> list[Holder]:
    """Return those of whom this person hasn't been told, or who see more since; whoever asks for more is not in it."""
    return _read(_NEWS, person)


def held_by(person: Person, other: Person) -> Holder | None:
    """Return how the other has this person's card, or None."""
    return next(iter(_read(_MINE.where(Contact.owner_id == other.id), person)), None)


def find(person: Person, contact_id: int) -> Contact:
    """Return how somebody has this person; to anyone else it is not there."""
    found = _read(_MINE.where(Contact.id == contact_id), person)
    if not found:
        raise NotFound
    return found[0].contact


def _read(asked: Select[Any], person: Person) -> list[Holder]:
    return [Holder(*row) for row in session.execute(asked, {"person_id": person.id})]


def rest(contact: Contact, now: datetime) -> None:
    """Put it to rest: their having my card is fine."""
    contact.rested_at = now
    session.flush()


def rest_all(person: Person, now: datetime) -> None:
    """Put all of it to rest."""
    for holder in news(person):
        holder.contact.rested_at = now
    session.flush()


def take_back(contact: Contact, now: datetime) -> None:
    """Close to them what anyone who scans doesn't see. Scanning again opens nothing: it becomes a question."""
    contact.withheld_at, contact.granted_at, contact.rested_at = now, None, now
    session.flush()


def take_back_all(person: Person, now: datetime) -> None:
    """Close to everybody what anyone who scans doesn't see: one statement, however many."""
    session.flush()
    session.execute(
        update(Contact)
        .where(Contact.other_id == person.id, Contact.opened_at.is_not(None), Contact.withheld_at.is_(None))
        .values(withheld_at=now, granted_at=None, rested_at=now)
    )


def give(contact: Contact, now: datetime) -> None:
    """Open to them what people met see, and e-mail and phone, whoever else sees those; an earlier no is taken back.

    Their meetings count from now on, which whoever watches the events is told.
    """
    waited = [] if contact.opened_at else encounters.between(contact.owner, contact.other)
    contact.withheld_at, contact.granted_at, contact.rested_at = None, now, now
    contact.opened_at = contact.opened_at or now
    questions.reopen(contact.other, contact.owner, ACCESS)
    questions.close(contact.owner_id, contact.other_id, YES, now, ACCESS)
    session.flush()
    for event in sorted({met.event for met in waited if met.event}, key=lambda event: event.id):
        events.touch(event)


def answer(question: Question, yes: bool, now: datetime, email: str = "") -> None:
    """Answer somebody's question; a yes to one of access opens the card to them.

    An e-mail address that is typed with the yes stands on the card from then on, for nobody but those who were given
    it. Raises NotAnAddress for what is none.
    """
    asked = question.asked
    if question.kind == ACCESS:
        contact = contacts.find(question.asker, asked)
        if contact is None:
            raise NotFound
        contact.rested_at = now
        if yes:
            if email.strip():
                cards.put(cards.of(asked), "email", email, cards.NOBODY)
            give(contact, now)
    questions.answer(question, yes, now)


def ask_first(person: Person, always: bool) -> None:
    """Have everybody ask from now on before the card opens to them, or not any more; who has it keeps it."""
    person.asks_first = always
    session.flush()
