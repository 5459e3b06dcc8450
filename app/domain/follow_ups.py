"""Follow-ups: whom one would like to see again after a breakfast.

Whoever was met is read when the follow-up is opened, so that late encounters are in it. What happens with each of
the chosen stands in next_steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, ForeignKey, Select, and_, bindparam, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column

from app.database import Base, session
from app.domain import attendance, blocks, contacts, encounters, prompts, reports
from app.domain.attendance import Attendance
from app.domain.contacts import NEW, WIDE_CIRCLE, Contact, Words
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person, comparable
from app.domain.prompts import DONE, FOLLOW_UP, Pick, Prompt
from app.domain.refusals import NotFound, Unfit
from app.words import N_

MOST_PICKS = 3


class PassedOver(Base):
    """A contact that this follow-up moved to the wide circle, so that choosing again can bring them back."""

    __tablename__ = "passed_over"

    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)


class TooManyPicks(Unfit):
    message = N_("Three at most: the ones you'd really like to see again.")


class NobodyThere(Unfit):
    message = N_("We find nobody of that name who was there. Try it as it's on their card.")


class SeveralThere(Unfit):
    message = N_("Several of that name were there. Ask the one you mean for their code.")


class NotListed(Unfit):
    message = N_("This list has changed in the meantime. Please pick again.")


@dataclass(frozen=True)
class Met:
    """Someone in a follow-up: met there, or just there too (then `encounter` is None); `words` are the owner's own."""

    contact: Contact
    encounter: Encounter | None
    first_time: bool
    words: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """What a follow-up lists: what is new since last time, then who else was there and is known."""

    new: list[Met]
    known: list[Met]


def read(prompt: Prompt) -> Reading:
    """Return whom the follow-up is about: first meetings, notes and promises since last time, then the others.

    The same number of queries, however many people.
    """
    event = _event(prompt)
    rows = _there(prompt.person_id, event)
    words = contacts.notes_of([contact for contact, _encounter, _before in rows])
    since = _last_time(prompt, event)
    reading = Reading([], [])
    for contact, encounter, met_before in rows:
        met = Met(contact, encounter, bool(encounter and not met_before), words[contact.id])
        is_new = met.first_time or any(_is_news(note, encounter, since) for note in met.words)
        (reading.new if is_new else reading.known).append(met)
    return reading


def _event(prompt: Prompt) -> Event:
    if prompt.kind != FOLLOW_UP or prompt.event is None:
        raise NotFound
    return prompt.event


def _there(person_id: int, event: Event) -> list[tuple[Contact, Encounter | None, bool]]:
    """Return each contact who was there, the encounter there (or None), and whether they had met before it."""
    asked = {"person_id": person_id, "event_id": event.id, "starts_at": event.starts_at}
    rows = session.execute(_THERE, asked)
    return [(contact, encounter, before) for contact, encounter, before in rows]


_me: BindParameter[int] = bindparam("person_id")


def _who_was_there() -> Select[Contact, Encounter, bool]:
    event_id: BindParameter[int] = bindparam("event_id")
    earlier = aliased(Encounter)
    pair = or_(
        and_(earlier.low_id == Contact.owner_id, earlier.high_id == Contact.other_id),
        and_(earlier.low_id == Contact.other_id, earlier.high_id == Contact.owner_id),
    )
    met_before = exists().where(pair, earlier.voided_at.is_(None), earlier.met_at < bindparam("starts_at"))
    present = exists().where(
        Attendance.event_id == event_id,
        Attendance.person_id == Contact.other_id,
        Attendance.state.in_(attendance.HERE),
    )
    met_there = and_(
        encounters.alive(_me),
        encounters.other_side(_me) == Contact.other_id,
        Encounter.event_id == event_id,
    )
    return (
        select(Contact, Encounter, met_before)
        .outerjoin(Encounter, met_there)
        .options(joinedload(Contact.other), joinedload(Contact.card))
        .where(
            Contact.owner_id == _me,
            or_(Encounter.id.is_not(None), and_(present, met_before)),
            blocks.none_between(Contact.owner_id, Contact.other_id),
            ~reports.paused(Contact.other_id),
        )
        .order_by(Encounter.met_at.is_(None), Encounter.met_at, Contact.id)
    )


_THERE = _who_was_there()  # put together once: every Today with a follow-up asks it


def _last_time(prompt: Prompt, event: Event) -> datetime:
    """Return since when things are new: the person's last finished follow-up, or this event if that was later."""
    finished = select(func.max(Prompt.ended_at)).where(
        Prompt.person_id == prompt.person_id,
        Prompt.kind == FOLLOW_UP,
        Prompt.state == DONE,
        Prompt.id != prompt.id,
    )
    return min(session.scalar(finished) or event.starts_at, event.starts_at)


def _is_news(note: Words, encounter: Encounter | None, since: datetime) -> bool:
    return note.written_at >= since or (note.encounter is not None and note.encounter is encounter)


def add(prompt: Prompt, name: str, op_id: UUID, now: datetime) -> None:
    """Add someone who was there too, by their whole name: nobody is listed to whoever has to guess it.

    It is a meeting added by hand, which opens nothing that not anyone may see. Raises NobodyThere or SeveralThere.
    """
    event, wanted = _event(prompt), comparable(name)
    own = attendance.of(event, prompt.person)
    if own is None or not own.is_vouched:
        raise NobodyThere("name")
    there = (
        select(Person)
        .join(Attendance, Attendance.person_id == Person.id)
        .where(Attendance.event_id == event.id, Attendance.state.in_(attendance.HERE), Person.id != prompt.person_id)
        .where(blocks.none_between(prompt.person_id, Person.id))
    )
    found = [person for person in session.scalars(there) if comparable(person.name) == wanted]
    if not found:
        raise NobodyThere("name")
    if len(found) > 1:
        raise SeveralThere("name")
    contacts.meet(prompt.person, found[0], op_id, encounters.BY_HAND, event, min(now, event.ends_at), now)


def is_early_visit(prompt: Prompt) -> bool:
    """Say whether this was the person's first or second visit anywhere, when scanning isn't a habit yet."""
    event = _event(prompt)
    visits = (
        select(func.count())
        .select_from(Attendance)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            Attendance.person_id == prompt.person_id,
            Attendance.state.in_(attendance.HERE),
            Event.starts_at <= event.starts_at,
        )
    )
    return (session.scalar(visits) or 0) <= 2


def picks(prompt: Prompt) -> Sequence[Pick]:
    """Return the chosen ones in their order, each with contact, person and card; whose meeting was removed is gone."""
    return session.scalars(_PICKS, {"prompt_id": prompt.id, "person_id": prompt.person_id}).all()


_PICKS = (
    select(Pick)
    .join(Pick.contact)
    .options(joinedload(Pick.contact).options(joinedload(Contact.other), joinedload(Contact.card)))
    .where(
        Pick.prompt_id == bindparam("prompt_id"),
        exists().where(encounters.alive(_me), encounters.other_side(_me) == Contact.other_id),
    )
    .order_by(Pick.position)
)


def choose(prompt: Prompt, contact_ids: Sequence[int], now: datetime) -> None:
    """Choose up to three; whoever else was met there and is still new goes to the wide circle.

    Choosing again begins anew, but what was done with somebody stays done. With nobody chosen the prompt is done.
    Raises TooManyPicks or NotListed.
    """
    chosen = list(dict.fromkeys(contact_ids))
    if len(chosen) > MOST_PICKS:
        raise TooManyPicks("pick")
    hold(prompt)
    reading = read(prompt)
    listed = {met.contact.id: met for met in reading.new + reading.known}
    if not listed.keys() >= set(chosen):
        raise NotListed("pick")
    _bring_back(prompt)
    _put(prompt, chosen)
    for met in listed.values():
        if met.encounter and met.contact.stage == NEW and met.contact.id not in chosen:
            contacts.move(met.contact, WIDE_CIRCLE)
            session.add(PassedOver(prompt_id=prompt.id, contact_id=met.contact.id))
    settle(prompt, now)


def hold(prompt: Prompt) -> None:
    """Let two taps on two devices take their turns on PostgreSQL; SQLite has one writer anyway."""
    session.execute(select(Prompt.id).where(Prompt.id == prompt.id).with_for_update())


def _put(prompt: Prompt, chosen: list[int]) -> None:
    had = {pick.contact_id: pick for pick in session.scalars(select(Pick).where(Pick.prompt_id == prompt.id))}
    for contact_id in had.keys() - set(chosen):
        session.delete(had[contact_id])
    for position, contact_id in enumerate(chosen, start=1):
        pick = had.get(contact_id) or Pick(prompt_id=prompt.id, contact_id=contact_id)
        pick.position = position
        session.add(pick)
    session.flush()


def _bring_back(prompt: Prompt) -> None:
    """Let those whom this follow-up moved to the wide circle, and who are still there, be new again."""
    passed = select(PassedOver.contact_id).where(PassedOver.prompt_id == prompt.id)
    for contact in session.scalars(select(Contact).where(Contact.id.in_(passed), Contact.stage == WIDE_CIRCLE)):
        contacts.move(contact, NEW)
    session.execute(delete(PassedOver).where(PassedOver.prompt_id == prompt.id))


def settle(prompt: Prompt, now: datetime) -> None:
    """Let the prompt be done when there is nobody left to do something about, and open while there is."""
    session.flush()
    if any(pick.done_at is None for pick in picks(prompt)):
        prompts.reopen(prompt)
    else:
        prompts.answer(prompt, now)


def undo(prompt: Prompt) -> None:
    """Open a finished prompt again; if nobody had been chosen, nobody has been passed over either."""
    hold(prompt)
    prompts.reopen(prompt)
    if not picks(prompt):
        _bring_back(prompt)
