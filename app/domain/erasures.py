"""Erasures: a person goes, with every row of theirs; others keep that they met someone, and their own notes.

What is remembered of it, in a table and in a file that only grows, names nobody: enough to do it again to a backup.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select, update

from app.database import Base, session
from app.domain import belongings, complaints, events, forgotten, invitations
from app.domain.attendance import Attendance
from app.domain.belongings import DELETED, RULES, SOMEBODY
from app.domain.deliveries import DOT, Delivery
from app.domain.events import Event
from app.domain.forgotten import Line
from app.domain.groups import ORGANISER, Group, Membership
from app.domain.notices import Notice
from app.domain.one_to_ones import AGREED, PROPOSED, OneToOne
from app.domain.people import Person
from app.domain.prompts import Prompt
from app.domain.refusals import Refusal, Unfit
from app.domain.rosters import RosterDraft, RosterEntry
from app.domain.sessions import SignInCode
from app.words import N_


class OnlyOrganiser(Refusal):
    message = N_("You're the only organiser of %(group)s. Hand it over first, or close the group.")


class AnotherName(Unfit):
    message = N_("That isn't the name on your card. Type it as it stands there.")


def organised_alone(person: Person) -> list[Group]:
    """Return the groups that would be left without an organiser if this person went."""
    others = exists().where(
        Membership.group_id == Group.id, Membership.role == ORGANISER, Membership.person_id != person.id
    )
    mine = exists().where(
        Membership.group_id == Group.id, Membership.role == ORGANISER, Membership.person_id == person.id
    )
    return list(session.scalars(select(Group).where(mine, ~others).order_by(Group.name)))


def ask(person: Person, typed_name: str) -> None:
    """Refuse where the name typed is not theirs, or where a group would be left without an organiser."""
    if " ".join(typed_name.split()).casefold() != " ".join(person.name.split()).casefold():
        raise AnotherName("name")
    for group in organised_alone(person):
        raise OnlyOrganiser(group=group.name)


def erase(person: Person, now: datetime, log: Path) -> None:
    """Erase a person: every table is walked, nothing of theirs that waits is sent, and every session ends.

    Written to the log before the caller commits: an erasure is rather done again than forgotten.
    """
    line = forgotten.line(person.id, forgotten.fingerprint(person), person.email or "", now)
    _erase(person, now)
    if person.email:
        _forget_written(person.email)
        _unlist(RosterEntry.email == person.email)
    forgotten.remember([line], now, log)
    _let_go(person, now)


def erase_address(email: str, now: datetime, log: Path) -> int:
    """Erase what lists say of a (normalised) address that nobody has confirmed; return on how many lists it was."""
    session.execute(delete(SignInCode).where(SignInCode.email == email))
    _forget_written(email)
    found = _unlist(func.lower(RosterEntry.email) == email)
    forgotten.remember([forgotten.line(None, "", email, now)], now, log)
    return found


def erase_again(lines: Iterable[Line], now: datetime) -> int:
    """Erase in a restored backup whom these lines name and who came back with it; return how many."""
    again: list[Line] = []
    listed = session.execute(select(RosterEntry.id, RosterEntry.email, RosterEntry.created_at)).all()
    for line in dict.fromkeys(lines):
        person = session.get(Person, line.person) if line.person else None
        back = person is not None and not person.erased_at and forgotten.is_of(line, person)
        entries = [
            number
            for number, email, since in listed
            if email and since.isoformat() <= line.erased_at and forgotten.hashed(email, line.key_id) == line.address
        ]
        if person is not None and back:
            _erase(person, now)
            _let_go(person, now)
        again += [line] if back or _unlist(RosterEntry.id.in_(entries)) else []
    forgotten.remember(again, now)
    return len(again)


def any_on(now: datetime) -> bool:
    """Say whether a morning is on: then nothing is done that makes phones wait."""
    is_on = (Event.starts_at <= now + events.OPENS_BEFORE, Event.closes_at > now, Event.cancelled_at.is_(None))
    return session.scalar(select(exists().where(*is_on))) or False


def _erase(person: Person, now: datetime) -> None:
    _call_off(person, now)
    _move_rooms(person)
    _take_back_letters(person)
    _drop_drafts(person)
    session.execute(delete(SignInCode).where(SignInCode.email.in_([person.email, person.email_typed])))
    session.flush()
    for table in reversed(Base.metadata.sorted_tables):
        if table.name != "people":
            _walk(table, person.id)


def _walk(table: Table, person_id: int) -> None:
    rule = RULES[table.name]
    for column, change in rule.about.items():
        if change:
            session.execute(update(table).where(table.c[column] == person_id).values(change))
    if not rule.whose or (isinstance(rule.erase, str) and rule.erase != DELETED):
        return
    mine = belongings.of(table.name, person_id)
    if rule.erase == DELETED:
        session.execute(delete(table).where(mine))
    else:
        session.execute(update(table).where(mine).values(rule.erase))


def _let_go(person: Person, now: datetime) -> None:
    """Leave a nameless row where others' memories point at it, and nothing where none does."""
    here, blank = belongings.table("people"), belongings.blank("people")
    mine = here.c.id == person.id
    if any(session.scalar(select(exists().where(points))) for points in _pointing_at(person.id)):
        session.execute(update(here).where(mine).values({**blank, "erased_at": now}))
    else:
        session.execute(delete(here).where(mine))
    session.expire_all()


def _pointing_at(person_id: int) -> Iterator[ColumnElement[bool]]:
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "people":
                yield key.parent == person_id


def _call_off(person: Person, now: datetime) -> None:
    """End the 1-2-1s that were still to come: an agreed one is called off for the other as well."""
    invitations.expire(now)
    open_ones = select(OneToOne).where(
        or_(OneToOne.proposer_id == person.id, OneToOne.other_id == person.id), OneToOne.state.in_((PROPOSED, AGREED))
    )
    for one_to_one in session.scalars(open_ones).unique().all():
        if one_to_one.state == AGREED:
            if one_to_one.starts_at and one_to_one.starts_at > now:
                invitations.cancel(one_to_one, person, now)
        elif one_to_one.proposer_id == person.id:
            invitations.withdraw(one_to_one, person, now)
        else:
            invitations.decline(one_to_one, person, now)


def _move_rooms(person: Person) -> None:
    """Let the pages of the mornings they have a place at show that it is nobody's name any more."""
    places = select(Attendance, Event).join(Event, Event.id == Attendance.event_id)
    for place, event in session.execute(places.where(Attendance.person_id == person.id)).all():
        place.version = events.touch(event)


def _take_back_letters(person: Person) -> None:
    """Have letters to whoever met them written anew: a frozen one may name them. One past its dot is on its way."""
    met = select(belongings.table("contacts").c.owner_id).where(belongings.table("contacts").c.other_id == person.id)
    partners = select(OneToOne.proposer_id).where(OneToOne.other_id == person.id)
    invited = select(OneToOne.other_id).where(OneToOne.proposer_id == person.id)
    whose = or_(*(Prompt.person_id.in_(people) for people in (met, partners, invited)))
    session.execute(
        update(Delivery)
        .where(Delivery.prompt_id.in_(select(Prompt.id).where(whose)), Delivery.state != DOT)
        .values(frozen=None, frozen_key=""),
        execution_options={"synchronize_session": False},
    )


def _forget_written(email: str) -> None:
    """Forget what was written from, and to, an address as such: complaints, and letters about them."""
    complaints.forget_address(email)
    session.execute(delete(Notice).where(Notice.email == email))


def _drop_drafts(person: Person) -> None:
    """Drop the lists that wait at mornings they have a place at: a file cannot be blanked."""
    places = select(Attendance.event_id).where(Attendance.person_id == person.id)
    session.execute(delete(RosterDraft).where(RosterDraft.event_id.in_(places)))


def _unlist(which: ColumnElement[bool]) -> int:
    """Blank entries of lists, and the names of the places they gave; return how many."""
    found = session.execute(select(RosterEntry.id, RosterEntry.attendance_id, RosterEntry.event_id).where(which)).all()
    if found:
        blank = belongings.blank("roster_entries")
        entries, places = belongings.table("roster_entries"), belongings.table("attendance")
        session.execute(update(entries).where(entries.c.id.in_([row.id for row in found])).values(blank))
        session.execute(
            update(places).where(places.c.id.in_([row.attendance_id for row in found])).values(name=SOMEBODY)
        )
        session.execute(delete(RosterDraft).where(RosterDraft.event_id.in_({row.event_id for row in found})))
        session.expire_all()
    return len(found)
