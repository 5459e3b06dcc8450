"""Merges: a guest becomes one with the account whose address they proved. What moves is told first, and moves at once.

Knows every noun below; what nobody thought of stops the merge, so that nothing goes down with the guest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update

from app.database import session
from app.domain import (
    attendance,
    cards,
    consents,
    contacts,
    door_helpers,
    encounters,
    folds,
    follow_ups,
    groups,
    one_to_ones,
    pairs,
    partings,
    prompts,
    questions,
    quiet_hours,
    sessions,
    welcomes,
)
from app.domain.attendance import LIST, SUBSTITUTE, WALK_IN, Attendance
from app.domain.cards import Card
from app.domain.contacts import Contact, Note
from app.domain.encounters import Encounter
from app.domain.groups import Membership
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.prompts import DONE, FOLLOW_UP, INVITATION, OPEN, Pick, Prompt
from app.domain.refusals import Refusal
from app.domain.rosters import RosterEntry
from app.words import N_

MOVED, FOLDED, ENDED = "moved", "folded", "ended"
# What becomes of the rows that name the guest, by table; a test asks for every table that names people.
# Moved: they name the account, and where it may stand only once, its own row stays. Folded: a rule below.
RULES: Final = {
    "address_changes": MOVED,
    "attendance": FOLDED,
    "attendance_changes": MOVED,
    "blocks": MOVED,
    "bounces": MOVED,
    "cards": FOLDED,
    "consents": MOVED,
    "contacts": FOLDED,
    "devices": ENDED,
    "door_helpers": MOVED,
    "encounters": FOLDED,
    "endings": MOVED,
    "jottings": MOVED,
    "memberships": FOLDED,
    "notices": MOVED,
    "observations": FOLDED,
    "complaints": MOVED,
    "mutes": MOVED,
    "one_to_ones": FOLDED,
    "parcels": MOVED,
    "prompts": FOLDED,
    "questions": MOVED,
    "rations": MOVED,
    "receipts": MOVED,
    "reports": MOVED,
    "roster_drafts": MOVED,
    "sessions": ENDED,
    "sightings": MOVED,
    "sign_in_codes": MOVED,
    "strays": MOVED,
    "welcomes": FOLDED,
}
EXPECTED_FIRST = (LIST, SUBSTITUTE, WALK_IN)


class NothingToMerge(Refusal):
    message = N_("These two cards are one already, or only one of them is left.")


@dataclass(frozen=True)
class Preview:
    """What a merge would bring to the account: how many meetings and notes, whose places, which fields of the card."""

    meetings: int
    notes: int
    places: Sequence[Attendance]
    fills: Sequence[str]


def preview(guest: Person, account: Person) -> Preview:
    """Tell what would move from the guest to the account, and change nothing: six queries, however much it is."""
    with_others = encounters.other_side(guest.id) != account.id
    met = select(func.count()).select_from(Encounter).where(encounters.alive(guest.id), with_others)
    written = (select(func.count()).select_from(Note).join(Note.contact).where(Contact.owner_id == guest.id)).where(
        Contact.other_id != account.id
    )
    return Preview(
        session.scalar(met) or 0,
        session.scalar(written) or 0,
        attendance.mine(guest),
        cards.blanks(cards.of(account), cards.of(guest)),
    )


def merge(guest: Person, account: Person, now: datetime) -> None:
    """Let a guest and an account be one: the account's card wins and the guest's fills its blanks.

    All of it in the caller's one transaction. The guest's code goes on leading to the account's card; their sessions
    end, and the caller begins a new one where the address was proved. Raises NothingToMerge.
    """
    _hold(guest, account)
    _agree(guest, account)
    pairs.pass_on(guest, account, now)
    for place in session.scalars(select(Attendance).where(Attendance.person_id == guest.id)).all():
        _take_place(place, account)
    _take_one_to_ones(guest, account, now)
    _take_prompts(guest, account, now)
    questions.fold(guest.id, account.id, now)
    welcomes.fold(guest, account)
    door_helpers.fold(guest, account)
    _join_cards(guest, account)
    _join_memberships(guest, account)
    sessions.end_all(guest)
    consents.withdraw_all(guest, consents.MERGE, now)
    folds.repoint("people", guest.id, account.id, only={name for name, rule in RULES.items() if rule == MOVED})
    _keep_refusals(account, now)
    _part(guest)
    consents.note(account, consents.MERGE, now)


def _hold(guest: Person, account: Person) -> None:
    # Both rows are held to the end: a scan of either, or the same merge sent twice, waits and sees what this left.
    held = select(Person).where(Person.id.in_((guest.id, account.id))).order_by(Person.id).with_for_update()
    found = session.scalars(held.execution_options(populate_existing=True)).all()
    if len(found) != 2 or not guest.is_guest or account.is_guest:
        raise NothingToMerge


def _agree(guest: Person, account: Person) -> None:
    """Where the two said different things, the stricter one holds; the longer acquaintance counts."""
    account.mail_prompts = account.mail_prompts and guest.mail_prompts
    account.larger_text = account.larger_text or guest.larger_text
    account.asks_first = account.asks_first or guest.asks_first
    if guest.quiet_until and (account.quiet_until is None or guest.quiet_until > account.quiet_until):
        account.quiet_since, account.quiet_until = guest.quiet_since, guest.quiet_until
    quiet_hours.agree(guest, account)
    account.created_at = min(account.created_at, guest.created_at)
    session.flush()


def _take_place(place: Attendance, account: Person) -> None:
    own = attendance.of(place.event, account)
    if own is None:
        attendance.pass_on(place, account)
        return
    kept, gone = sorted((own, place), key=lambda one: EXPECTED_FIRST.index(one.origin))
    _join_entries(gone, kept)
    folds.repoint("attendance", gone.id, kept.id)
    session.refresh(kept)
    if kept.in_place_of_id == kept.id:
        kept.in_place_of_id = None
    if gone.arrived_at and (kept.arrived_at is None or gone.arrived_at < kept.arrived_at):
        kept.state, kept.arrived_at = gone.state, gone.arrived_at
    kept.vouched_at = min(filter(None, (kept.vouched_at, gone.vouched_at)), default=None)
    session.delete(gone)
    session.flush()
    attendance.pass_on(kept, account)


def _join_entries(gone: Attendance, kept: Attendance) -> None:
    """Let a list that has somebody under two names find them by either, next time it comes."""
    entries = select(RosterEntry).where(RosterEntry.attendance_id.in_((gone.id, kept.id)))
    by_place = {entry.attendance_id: entry for entry in session.scalars(entries)}
    if len(by_place) == 2:
        own, other = by_place[kept.id], by_place[gone.id]
        own.known_as = sorted((own.names | other.names) - {own.comparable_name})
        session.delete(other)
        session.flush()


def _take_one_to_ones(guest: Person, account: Person, now: datetime) -> None:
    """Take over the guest's 1-2-1s; where both have asked, or been asked by, the same person, the guest's is closed."""
    for one in session.scalars(select(OneToOne).where(_of(guest), OneToOne.state == one_to_ones.PROPOSED)).all():
        between = [account.id if person_id == guest.id else person_id for person_id in (one.proposer_id, one.other_id)]
        same = (OneToOne.proposer_id == between[0], OneToOne.other_id == between[1])
        if session.scalar(select(OneToOne.id).where(*same, OneToOne.state == one_to_ones.PROPOSED)):
            _close(one, now)
    folds.repoint("people", guest.id, account.id, only={"one_to_ones"})


def _take_prompts(guest: Person, account: Person, now: datetime) -> None:
    """Take over the guest's prompts; what the account is asked already is asked once, with the picks of both."""
    for prompt in session.scalars(select(Prompt).where(Prompt.person_id == guest.id)).all():
        same = (Prompt.kind == prompt.kind, Prompt.subject == prompt.subject, Prompt.person_id == account.id)
        own = session.scalar(select(Prompt).where(*same))
        if own is None:
            prompt.person_id = account.id
        else:
            folds.repoint("prompts", prompt.id, own.id, but={"deliveries"})
            _answer_once(prompt, own, now)
            session.delete(prompt)
        session.flush()
    session.expire_all()


def _answer_once(prompt: Prompt, own: Prompt, now: datetime) -> None:
    if own.kind == FOLLOW_UP and session.scalar(select(Pick.id).where(Pick.prompt_id == own.id).limit(1)):
        follow_ups.settle(own, now)
    elif prompt.state == DONE:
        prompts.answer(own, now)


def _keep_refusals(account: Person, now: datetime) -> None:
    """Let a block, or a no, that was said to or by one of the two hold for what the other had in hand."""
    partings.hold(account, now)
    questions.keep_no(account.id, now)
    contacts.keep_no(account)
    for one in session.scalars(select(OneToOne).where(_of(account), OneToOne.state == one_to_ones.PROPOSED)).all():
        if one_to_ones.said_no(one.proposer_id, one.other_id):
            _close(one, now)


def _of(person: Person) -> ColumnElement[bool]:
    return or_(OneToOne.proposer_id == person.id, OneToOne.other_id == person.id)


def _close(one: OneToOne, now: datetime) -> None:
    one.state, one.answered_at = one_to_ones.CLOSED, now
    asking = (Prompt.one_to_one_id == one.id, Prompt.kind == INVITATION, Prompt.state == OPEN)
    session.execute(update(Prompt).where(*asking).values(state=prompts.CLOSED, ended_at=now))


def _join_cards(guest: Person, account: Person) -> None:
    theirs = session.scalar(select(Card).where(Card.person_id == guest.id))
    if theirs is not None:
        cards.join(theirs, cards.of(account))


def _join_memberships(guest: Person, account: Person) -> None:
    """Let the account belong wherever the guest does, since the earlier of the two, and as all that either is there."""
    both = select(Membership).where(Membership.person_id.in_((guest.id, account.id)))
    own = {one.group_id: one for one in session.scalars(both) if one.person_id == account.id}
    for theirs in session.scalars(both.where(Membership.person_id == guest.id, Membership.group_id.in_(own))):
        groups.join(theirs, own[theirs.group_id])
    folds.repoint("people", guest.id, account.id, only={"memberships"})


def _part(guest: Person) -> None:
    forgotten = folds.left("people", guest.id)
    if forgotten:
        raise LookupError(f"A merge would lose rows: {', '.join(forgotten)}")
    session.expire_all()
    session.delete(guest)
    session.flush()
