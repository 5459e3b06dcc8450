"""Prompts: one structured question to one person at one due time.

The app always shows it; a delivery only points to it, and is not known here.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import blocks, cadence, holidays, mutes, one_to_ones, reports
from app.domain.contacts import WIDE_CIRCLE, Contact
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.refusals import NotFound, Unfit
from app.words import N_

FOLLOW_UP, ONE_TO_ONE, INVITATION, AGREEMENT = "follow_up", "one_to_one", "invitation", "agreement"
KINDS = (FOLLOW_UP, ONE_TO_ONE, INVITATION, AGREEMENT)
ABOUT_EVENTS = (FOLLOW_UP, ONE_TO_ONE)
OPEN, DONE, CLOSED = "open", "done", "closed"
REMINDERS = 2
PUT_OFF_AT_MOST = timedelta(days=366)


class Prompt(Base):
    """One question. `subject` names what it is about ("event:12", "one_to_one:7:0"), once per kind and person.

    The local day, time and zone are what was meant, `due_at` what they make. Done: its person answered. Closed: what
    it is about is no more. `round` grows with every *later*. `opened_at`: its page was last read in the app.
    """

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "person_id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("state IN ('open', 'done', 'closed')", name="state_known"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_when_not_open"),
        CheckConstraint("(event_id IS NULL) <> (one_to_one_id IS NULL)", name="about_one_thing"),
        CheckConstraint("round >= 1", name="round_counts"),
        Index("ix_prompts_person_id_state_due_at", "person_id", "state", "due_at"),
        Index("ix_prompts_state_due_at", "state", "due_at"),
        Index(
            "ix_prompts_open_about_one_to_ones",
            "one_to_one_id",
            sqlite_where=text("ended_at IS NULL AND one_to_one_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND one_to_one_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    one_to_one_id: Mapped[int | None] = mapped_column(ForeignKey("one_to_ones.id", ondelete="CASCADE"), index=True)
    due_day: Mapped[date]
    due_time: Mapped[time]
    due_zone: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    round: Mapped[int] = mapped_column(default=1)  # a snooze begins the next one
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    event: Mapped[Event | None] = relationship()
    one_to_one: Mapped[OneToOne | None] = relationship()


class Pick(Base):
    """One person chosen in a follow-up, and how far it went with them."""

    __tablename__ = "picks"
    __table_args__ = (
        UniqueConstraint("prompt_id", "contact_id"),
        CheckConstraint("promise IN ('', 'kept', 'will_do', 'not_needed')", name="promise_known"),
        CheckConstraint(
            "step IN ('', 'mail', 'sms', 'whatsapp', 'linkedin', 'copy', 'they_wrote', 'ask', 'nothing')",
            name="step_known",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    promise: Mapped[str] = mapped_column(String(16), default="")
    step: Mapped[str] = mapped_column(String(16), default="")
    went_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # "Did it go?" was answered with yes
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    prompt: Mapped[Prompt] = relationship()
    contact: Mapped[Contact] = relationship()


class NotADay(Unfit):
    message = N_("Please pick a day within the next year.")


def waiting(person: Person, now: datetime) -> list[Prompt]:
    """Return what waits for this person under Today, the oldest first; each with its event or 1-2-1."""
    return list(session.scalars(_WAITING, {"person_id": person.id, "now": now}))


def is_waiting(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition under which a prompt asks for something now. A 1-2-1 prompt that fits nobody asks for nothing."""
    return and_(Prompt.state == OPEN, Prompt.due_at <= now, Prompt.kind != AGREEMENT, _ASKS_FOR_SOMEBODY)


def is_muted(channel: str) -> ColumnElement[bool]:
    """The condition under which a prompt's person wants no word of it on a channel, for its kind or its group."""
    kind = case((Prompt.kind == FOLLOW_UP, mutes.FOLLOW_UPS), else_=mutes.ONE_TO_ONES)
    group_id = select(Event.group_id).where(Event.id == Prompt.event_id).correlate(Prompt).scalar_subquery()
    return mutes.about(channel, Prompt.person_id, kind, group_id)


def of(person: Person, prompt_id: int) -> Prompt:
    """Return one of this person's own prompts; raise NotFound for any other."""
    prompt = session.scalar(select(Prompt).where(Prompt.id == prompt_id, Prompt.person_id == person.id))
    if prompt is None:
        raise NotFound
    return prompt


def fitting(prompt: Prompt) -> Sequence[Contact]:
    """Return the contacts to whom a 1-2-1 could be proposed after the prompt's event, in the order they were met.

    Met there, not in the wide circle, nothing open or agreed with them since, no no was ever said, no reports pause it.
    """
    return session.scalars(
        _fitting(prompt.person_id, prompt.event_id).options(joinedload(Contact.other)).order_by(Encounter.met_at)
    ).all()


def _fitting(person_id: object, event_id: object) -> Select[Contact]:
    held = aliased(OneToOne)
    meeting = aliased(Event)
    return (
        select(Contact)
        .join(Encounter, _between(Encounter.low_id, Encounter.high_id))
        .join(meeting, meeting.id == Encounter.event_id)
        .where(
            Contact.owner_id == person_id,
            Encounter.event_id == event_id,
            Encounter.voided_at.is_(None),
            Contact.stage != WIDE_CIRCLE,
            Contact.other.has(Person.erased_at.is_(None)),
            blocks.none_between(Contact.owner_id, Contact.other_id),
            ~reports.paused(Contact.other_id),
            ~exists().where(
                _between(held.proposer_id, held.other_id),
                or_(
                    held.state.in_((one_to_ones.PROPOSED, one_to_ones.DECLINED)),
                    and_(held.state == one_to_ones.AGREED, held.created_at >= meeting.starts_at),
                ),
            ),
        )
    )


def _between(one: InstrumentedAttribute[int], other: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Say that these two columns name a contact's owner and other, in either order."""
    return or_(
        and_(one == Contact.owner_id, other == Contact.other_id),
        and_(one == Contact.other_id, other == Contact.owner_id),
    )


# Put together once: every Today asks it, and every letter a part of it.
_ASKS_FOR_SOMEBODY = or_(Prompt.kind != ONE_TO_ONE, _fitting(Prompt.person_id, Prompt.event_id).exists())
_WAITING = (
    select(Prompt)
    .options(joinedload(Prompt.event), joinedload(Prompt.one_to_one).joinedload(OneToOne.proposer))
    .where(Prompt.person_id == bindparam("person_id"), is_waiting(bindparam("now")))
    .order_by(Prompt.due_at, Prompt.id)
)


def meets_again(prompt: Prompt) -> date | None:
    """Return the day of the group's next meeting if this prompt comes just before it, at most a weekend ahead."""
    if prompt.event is None:
        return None
    following = select(Event.day).where(
        Event.group_id == prompt.event.group_id,
        Event.cancelled_at.is_(None),
        Event.day > max(prompt.event.day, prompt.due_day),
        Event.day <= prompt.due_day + timedelta(days=3),
    )
    return session.scalar(following.order_by(Event.day).limit(1))


def opened(prompt: Prompt, now: datetime) -> None:
    """Note that its person has this prompt before them in the app: no letter need say again what a message said."""
    if prompt.state == OPEN and prompt.due_at <= now and (prompt.opened_at is None or prompt.opened_at < prompt.due_at):
        prompt.opened_at = now
        session.flush()


def answer(prompt: Prompt, now: datetime) -> None:
    """Note that this prompt is done with; nothing more is sent about it. Twice is once."""
    if prompt.state == OPEN:
        prompt.state, prompt.ended_at = DONE, now
        session.flush()


def reopen(prompt: Prompt) -> None:
    """Take an answer back."""
    if prompt.state == DONE:
        prompt.state, prompt.ended_at = OPEN, None
        session.flush()


def later_choices(prompt: Prompt, now: datetime) -> tuple[cadence.Snooze, ...]:
    """Return the mornings that *later* may mean for this prompt."""
    return cadence.snooze_choices(now, prompt.person.time_zone, _holidays(prompt), prompt.due_zone)


def _holidays(prompt: Prompt) -> frozenset[date]:
    """Return the days on which this prompt is not to come: those of the group whose event it is about."""
    return holidays.days(prompt.event.group_id) if prompt.event else frozenset()


def snooze(prompt: Prompt, day: date, now: datetime) -> None:
    """Bring an open prompt back on the working morning that this day means; asking for the same again changes nothing.

    Two reminders are sent; from then on the prompt comes back silently and waits under Today. Raises NotADay.
    """
    if day > (now + PUT_OFF_AT_MOST).date():
        raise NotADay("day")
    moment = cadence.snoozed_to(day, now, prompt.person.time_zone, _holidays(prompt), prompt.due_zone)
    if prompt.state != OPEN or (prompt.due_at == moment.utc and prompt.round > 1):
        return
    due(prompt, moment)
    prompt.round += 1
    session.flush()


def day_of(typed: str) -> date:
    """Return the day that was tapped or typed, as browsers write it: 2026-11-27. Raises NotADay."""
    try:
        return date.fromisoformat(typed)
    except ValueError as wrong:
        raise NotADay("day") from wrong


def due(prompt: Prompt, moment: cadence.Moment) -> None:
    """Let the prompt be due at this moment."""
    prompt.due_day, prompt.due_time, prompt.due_zone = moment.local_date, moment.local_time, moment.zone
    prompt.due_at = moment.utc


def unsubscribe(person: Person) -> None:
    """Send this person no more letters about prompts, from this moment on; sign-in codes still come."""
    person.mail_prompts = False
    session.flush()


def resubscribe(person: Person) -> None:
    """Send this person letters about prompts again."""
    person.mail_prompts = True
    session.flush()
