"""Invitations: a 1-2-1 as it reaches the two people. Who is asked, who is told, and who stands in whose calendar."""

from datetime import datetime

from sqlalchemy import exists, update

from app.database import session, unindexed
from app.domain import cadence, calendars, cards, contacts, one_to_ones, prompts
from app.domain.calendars import Meeting, Party
from app.domain.contacts import Contact
from app.domain.one_to_ones import Offer, OneToOne
from app.domain.people import Person
from app.domain.prompts import AGREEMENT, CLOSED, DONE, INVITATION, OPEN, Prompt


def propose(
    proposer: Person,
    contact: Contact,
    offer: Offer,
    now: datetime,
    prompt: Prompt | None = None,
    instead: OneToOne | None = None,
) -> OneToOne:
    """Offer times to a contact and let them know; a 1-2-1 prompt that led here is done with it.

    Times of one's own `instead` of theirs answer their proposal.
    """
    if instead is not None:
        decline(instead, proposer, now)
    one_to_one = one_to_ones.propose(contact, proposer, offer, now)
    _tell(INVITATION, one_to_one.other, one_to_one, now)
    if prompt is not None:
        prompts.answer(prompt, now)
    return one_to_one


def pick(one_to_one: OneToOne, person: Person, starts_at: datetime, now: datetime) -> None:
    """Agree to one of the times: both get it for their calendars, and both have been in touch."""
    if not one_to_ones.pick(one_to_one, person, starts_at, now):
        return
    _end(one_to_one, INVITATION, DONE, now)
    for one in (one_to_one.proposer, one_to_one.other):
        _tell(AGREEMENT, one, one_to_one, now)
        if contact := contacts.find(one, one_to_one.partner(one)):
            contacts.touched(contact, now)


def decline(one_to_one: OneToOne, person: Person, now: datetime) -> None:
    """Say that none of the times will do. It is final, and no letter tells of it."""
    if one_to_ones.decline(one_to_one, person, now):
        _end(one_to_one, INVITATION, DONE, now)


def withdraw(one_to_one: OneToOne, person: Person, now: datetime) -> None:
    """Take a proposal back; what was not sent of it is not sent."""
    if one_to_ones.withdraw(one_to_one, person, now):
        _end(one_to_one, INVITATION, CLOSED, now)


def cancel(one_to_one: OneToOne, person: Person, now: datetime) -> None:
    """Call off what was agreed: both calendars are told with the next version."""
    if not one_to_ones.cancel(one_to_one, person, now):
        return
    _end(one_to_one, AGREEMENT, CLOSED, now)
    for one in (one_to_one.proposer, one_to_one.other):
        _tell(AGREEMENT, one, one_to_one, now)


def end_between(one: Person, other: Person, by: Person, now: datetime) -> None:
    """End what the two have in hand: proposals close without a word, and what was agreed is called off by one of them.

    What is past, or answered, stays as it was.
    """
    for one_to_one in one_to_ones.in_hand(one, other, now):
        if one_to_one.state == one_to_ones.AGREED:
            cancel(one_to_one, by, now)
        else:
            one_to_ones.close(one_to_one, now)
            _end(one_to_one, INVITATION, CLOSED, now)


def expire(now: datetime) -> None:
    """Close, without a word, proposals that nobody answered for 10 days, and what still asks about them."""
    one_to_ones.close_stale(now)
    closed = exists().where(OneToOne.id == Prompt.one_to_one_id, OneToOne.state == one_to_ones.CLOSED)
    session.execute(
        update(Prompt)
        .where(Prompt.ended_at.is_(None), Prompt.one_to_one_id.is_not(None), closed)
        .where(unindexed(Prompt.kind) == INVITATION)
        .values(state=CLOSED, ended_at=now)
    )


def _tell(kind: str, person: Person, one_to_one: OneToOne, now: datetime) -> None:
    # Due at once and outside the weekly cap, but nobody is woken for it.
    due_at = cadence.clear_of_quiet(now, person.time_zone, one_to_one.time_zone, hours=person.quiet_hours)
    prompt = Prompt(
        kind=kind,
        subject=f"one_to_one:{one_to_one.id}:{one_to_one.version}",
        person=person,
        one_to_one=one_to_one,
        created_at=now,
    )
    prompts.due(prompt, cadence.moment(due_at, person.time_zone, one_to_one.time_zone))
    session.add(prompt)
    session.flush()


def _end(one_to_one: OneToOne, kind: str, state: str, now: datetime) -> None:
    session.execute(
        update(Prompt)
        .where(Prompt.one_to_one_id == one_to_one.id, Prompt.kind == kind, Prompt.state == OPEN)
        .values(state=state, ended_at=now)
    )


def entry(one_to_one: OneToOne, host: str, summary: str, url: str) -> Meeting:
    """Return what calendars say of an agreed 1-2-1; the caller brings the words, in the reader's language."""
    if one_to_one.starts_at is None:
        raise one_to_ones.Settled
    return Meeting(
        uid=calendars.uid(one_to_one.id, host),
        sequence=one_to_one.version,
        starts_at=one_to_one.starts_at,
        minutes=one_to_one.minutes,
        summary=summary,
        place=one_to_one.place,
        description=one_to_one.why,
        url=url,
    )


def attendees(one_to_one: OneToOne, reader: Person) -> list[Party]:
    """Return who stands in the reader's calendar entry: themselves, and the other if their address is open to them.

    An invitation must not give away an address that a card keeps back; the other's name is in the summary anyway.
    """
    partner = one_to_one.partner(reader)
    contact = contacts.find(reader, partner)
    seen = cards.visible(contact.card, contacts.level(contact)) if contact and contact.card else {}
    addresses = ((reader.name, reader.email or ""), (partner.name, seen.get("email", "")))
    return [Party(name, address) for name, address in addresses if address]
