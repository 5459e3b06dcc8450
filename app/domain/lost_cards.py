"""Lost cards: a guest's card whose phone is gone, found by the address that was typed for it and proved by now.

Whoever holds that mailbox gets the card, so nothing of it is told but the name, what they do, and where it was made.
"""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app.database import session
from app.domain import cadence, cards, consents, merges, people, sessions
from app.domain.events import Event
from app.domain.merges import Preview
from app.domain.people import Person
from app.domain.refusals import Refusal
from app.words import N_


class NotLost(Refusal):
    message = N_("This card has gone on already, to you or to somebody else.")


class LostCard(NamedTuple):
    """What is told of a lost card before anybody says that it is theirs; `event` is where it was made, if known."""

    guest: Person
    what_i_do: str
    event: Event | None
    brings: Preview


def typed_for(email: str) -> Person | None:
    """Return the one guest for whom this (normalised) address was typed, or None: of several, none is anybody's."""
    theirs = (Person.email_typed == email, Person.email.is_(None), Person.erased_at.is_(None))
    found = session.scalars(select(Person).where(*theirs).limit(2)).all()
    return found[0] if len(found) == 1 else None


def find(email: str) -> LostCard | None:
    """Return the lost card that whoever proved this address is asked about, or None."""
    guest = typed_for(email)
    if guest is None:
        return None
    owner = people.find_by_email(email) or guest
    seen, brings = cards.visible(cards.of(guest), cards.ANYONE), merges.preview(guest, owner)
    return LostCard(guest, seen.get("what_i_do", ""), _made_at(guest, brings), brings)


def _made_at(guest: Person, brings: Preview) -> Event | None:
    """Return the event of the day on which the card was made, if its owner was there."""
    there = (place.event for place in brings.places if place.is_here)
    return next((event for event in there if _day_made(guest, event) == event.day), None)


def _day_made(guest: Person, event: Event) -> date:
    return cadence.local(guest.created_at, event.time_zone).date()


def bring_back(email: str, now: datetime) -> Person:
    """Give the lost card to whoever proved the address typed for it, and return them.

    Their own card takes it in as `merges.merge` has it. Who has none yet goes on with the lost one, its address
    confirmed. Its old phone is signed out either way. Raises NotLost.
    """
    guest, owner = _held(email), people.find_by_email(email)
    if owner is not None:
        merges.merge(guest, owner, now)
        return owner
    people.confirm(guest, email, now)
    sessions.end_all(guest)
    consents.note(guest, consents.CODE, now)
    return guest


def leave(email: str) -> None:
    """Forget that the address was typed for a card that isn't its owner's: nobody is asked again. Raises NotLost."""
    _held(email).email_typed = None
    session.flush()


def _held(email: str) -> Person:
    # The row is held to the end: of two answers at once, the second finds that the card has gone on.
    guest = typed_for(email)
    held = guest and session.get(Person, guest.id, with_for_update=True, populate_existing=True)
    if not held or held.email_typed != email:
        raise NotLost
    return held
