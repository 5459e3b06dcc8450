"""Deliveries: bringing a prompt, a notice or a code to one channel. A row with a time is due; a claim is one UPDATE.

Knows rows and times; what is written and how it travels is the courier's business.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import traces
from app.database import Base, UtcDateTime, session, unindexed
from app.domain import cadence, devices, prompts, quiet_modes
from app.domain.devices import Device
from app.domain.notices import TRIAL, Notice
from app.domain.people import Person
from app.domain.prompts import AGREEMENT, OPEN, Prompt
from app.domain.sessions import SignInCode

MAIL, PUSH = CHANNELS = ("mail", "push")
WAITING, CLAIMED, DOT, SENT, FAILED, SUPPRESSED, EXPIRED = (
    "waiting",
    "claimed",
    "dot",
    "sent",
    "failed",
    "suppressed",
    "expired",
)
STATES = (WAITING, CLAIMED, DOT, SENT, FAILED, SUPPRESSED, EXPIRED)
FINAL = (SENT, FAILED, SUPPRESSED, EXPIRED)
MERGED = "merged"  # why a delivery is suppressed that another one to the same person has told of
IS_NAMED_LETTER = "channel = 'mail' AND message_id <> ''"  # as an index has it, of which only this is looked for
LETTER_WAITS: Final = timedelta(hours=20)  # after a message that was neither answered nor opened
LOST_AFTER_S: Final = 120
HELD = (CLAIMED, DOT)
CARRIES_ONE_THING = (
    " + ".join(f"CASE WHEN {thing}_id IS NULL THEN 0 ELSE 1 END" for thing in ("prompt", "notice", "code")) + " = 1"
)


def _once(name: str, *columns: str, channel: str) -> Index:
    """Let there be one row of a channel with these values, the first of which tells what it is about."""
    where = text(f"channel = '{channel}' AND {columns[0]} IS NOT NULL")
    return Index(f"uq_deliveries_{name}", *columns, unique=True, sqlite_where=where, postgresql_where=where)


_IS_AGREEMENT = unindexed(Prompt.kind) == AGREEMENT


def _of(thing: str) -> Index:
    """Let all that was sent about one thing, or to one device, be found at once, whichever way it went."""
    return _found(f"{thing}_id", f"{thing}_id IS NOT NULL")


def _found(column: str, condition: str) -> Index:
    """Let rows be found by a column. Each step of each writes into every index that it is in: in few others."""
    where = text(condition)
    return Index(f"ix_deliveries_{column}", column, sqlite_where=where, postgresql_where=where)


def _waiting(which: str, condition: str) -> Index:
    """Let what waits be found in the order in which it is taken, however much of it is due."""
    name, where = f"ix_deliveries_waiting{which}", text(f"state = 'waiting' AND {condition}")
    return Index(name, "channel", "next_try_at", "id", sqlite_where=where, postgresql_where=where)


class Delivery(Base):
    """One letter, or one message to one device, on its way.

    The final dot, or the request, is journalled before it is sent, so that a crash is never silent. What went to a
    device that is no more stays without it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("code_id"),
        _once("prompt", "prompt_id", "round", channel=MAIL),
        _once("prompt_device", "prompt_id", "device_id", "round", channel=PUSH),
        _once("notice", "notice_id", channel=MAIL),
        _once("notice_device", "notice_id", "device_id", channel=PUSH),
        _of("prompt"),
        _of("notice"),
        _of("device"),
        _found("message_id", IS_NAMED_LETTER),
        CheckConstraint(CARRIES_ONE_THING, name="carries_one_thing"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel_known"),
        CheckConstraint("channel = 'push' OR device_id IS NULL", name="device_of_push"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(state IN ('claimed', 'dot')) = (lease_until IS NOT NULL)", name="leased_while_held"),
        Index("ix_deliveries_state_next_try_at", "state", "next_try_at"),
        _waiting("", "code_id IS NULL"),
        _waiting("_codes", "code_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    code_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in_codes.id", ondelete="CASCADE"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))
    channel: Mapped[str] = mapped_column(String(8), default=MAIL)
    round: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    reason: Mapped[str] = mapped_column(String(200), default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(default=0)  # grows with every claim: whoever holds an older one is fenced off
    failures: Mapped[int] = mapped_column(default=0)  # how far up the ladder of waits it is
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recipient: Mapped[str] = mapped_column(String(254), default="")
    message_id: Mapped[str] = mapped_column(String(200), default="")
    frozen: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: it carries links that act without sign-in
    frozen_key: Mapped[str] = mapped_column(String(16), default="")
    trace: Mapped[str] = mapped_column(String(traces.LENGTH), default=traces.current, server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # whose words it carries: what waited by then
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    prompt: Mapped[Prompt | None] = relationship()
    notice: Mapped[Notice | None] = relationship()
    code: Mapped[SignInCode | None] = relationship()
    device: Mapped[Device | None] = relationship()


class Heartbeat(Base):
    """When a worker was last seen at work."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)


def worker_age(now: datetime) -> float | None:
    """Return for how many seconds no worker was seen at work, or None if there never was one."""
    latest = session.scalar(select(func.max(Heartbeat.beat_at)))
    return (now - latest).total_seconds() if latest else None


def is_lost(age: float | None) -> bool:
    """Say whether a worker of this age is one to tell people of: never seen, or not for two minutes."""
    return age is None or age > LOST_AFTER_S


def beat(worker: str, now: datetime) -> None:
    """Note that this worker is at work."""
    insert = _dialect().insert(Heartbeat).values(worker=worker, beat_at=now)
    session.execute(insert.on_conflict_do_update(index_elements=["worker"], set_={"beat_at": now}))


def forget_workers(before: datetime) -> None:
    """Forget the workers that were not seen since this instant."""
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < before))


def forget_recipients(before: datetime) -> None:
    """Forget of letters that came to their end before this instant what they said and where they went."""
    done = (Delivery.state.in_(FINAL), Delivery.due_at < before, Delivery.recipient != "")
    session.execute(
        update(Delivery).where(*done).values(recipient="", frozen=None, frozen_key=""),
        execution_options={"synchronize_session": False},
    )


def carry_code(code: SignInCode, now: datetime) -> Delivery:
    """Have the worker send this sign-in code; no request waits for a mail server."""
    delivery = Delivery(code_id=code.id, due_at=now, next_try_at=now, created_at=now)
    session.add(delivery)
    session.flush()
    return delivery


def plan(now: datetime, among: Sequence[int] | None = None) -> int:
    """Put a message to each device, or else a letter, in the outbox for each prompt that is due; return how many.

    `among` these prompts, by number, if they are given. One a prompt, device and round, however often and by however
    many this is called; after the reminders, none. What has been due for a fortnight is told in the app alone, but
    for what came due in a quiet time that is over: that is told once it is.
    """
    return _plan_messages(now, among) + _plan_letters(now, among)


def _plan_messages(now: datetime, among: Sequence[int] | None) -> int:
    due = _to_devices(*_beginning(now, PUSH), Prompt.id, Prompt.round, Device.id).where(*_lacks_message(now, among))
    return _add(due, now, "prompt_id", "round", "device_id")


def _plan_letters(now: datetime, among: Sequence[int] | None) -> int:
    due = select(*_beginning(now), Prompt.id, Prompt.round).join(Person, Person.id == Prompt.person_id)
    return _add(due.where(*_lacks_letter(now, among)), now, "prompt_id", "round")


def lacking(now: datetime) -> Sequence[int]:
    """Return the prompts for which `plan` would add anything."""
    letters = select(Prompt.id).join(Person, Person.id == Prompt.person_id).where(*_lacks_letter(now))
    messages = _to_devices(Prompt.id).where(*_lacks_message(now))
    return session.scalars(union(letters, messages)).all()


def plan_notices(now: datetime) -> int:
    """Put each notice that is due in the outbox, once; return how many."""
    due = select(*_beginning(now), Notice.id, literal(1)).where(*_goes_unsent(now))
    trials = select(*_beginning(now, PUSH), Notice.id, literal(1), Device.id).where(*_is_untried(now))
    return _add(due, now, "notice_id", "round") + _add(trials, now, "notice_id", "round", "device_id")


def _beginning(now: datetime, channel: str = MAIL) -> list[ColumnElement[Any]]:
    return [literal(value, column.type) for column, value in _fresh(now, channel).items()]


def _add(due: Select[Any], now: datetime, *beyond: str) -> int:
    columns = [column.key for column in _fresh(now)] + [*beyond]
    adding = _dialect().insert(Delivery).from_select(columns, due).on_conflict_do_nothing()
    added = session.execute(adding, execution_options={"preserve_rowcount": True})
    return int(added.rowcount)  # type: ignore[attr-defined] # an INSERT always gives a CursorResult


def are_lacking(now: datetime) -> bool:
    """Say whether `plan` or `plan_notices` would add anything."""
    letters = select(Prompt.id).join(Person, Person.id == Prompt.person_id).where(*_lacks_letter(now)).exists()
    messages = _to_devices(Prompt.id).where(*_lacks_message(now)).exists()
    notices = select(Notice.id).where(*_goes_unsent(now)).exists()
    trials = select(Notice.id).where(*_is_untried(now)).exists()
    return session.scalar(select(or_(letters, messages, notices, trials))) or False


def _goes_unsent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Notice.due_at <= now,
        Notice.due_at > now - cadence.STALE_AFTER,
        ~exists().where(Delivery.notice_id == Notice.id, Delivery.channel == MAIL),
    )


def _is_untried(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A trial goes to every device as well."""
    return (
        Notice.kind == TRIAL,
        Notice.due_at <= now,
        Notice.due_at > now - LETTER_WAITS,
        Device.person_id == Notice.person_id,
        devices.living(now),
        ~exists().where(Delivery.notice_id == Notice.id, Delivery.device_id == Device.id),
    )


def _to_devices(*what: Any) -> Select[Any]:
    theirs = select(*what).select_from(Prompt).join(Person, Person.id == Prompt.person_id)
    return theirs.join(Device, Device.person_id == Prompt.person_id)


def _lacks_message(now: datetime, among: Sequence[int] | None = None) -> tuple[ColumnElement[bool], ...]:
    """What fell due before a device was there is not told to it: it would begin with a flood."""
    return (
        Device.created_at <= Prompt.due_at,
        devices.living(now),
        Prompt.id.in_(_newly_due(now, cadence.MESSAGE_WINDOW, among)),
        or_(_IS_AGREEMENT, quiet_modes.is_off(now)),
        Prompt.round <= 1 + prompts.REMINDERS,
        ~prompts.is_muted(PUSH),
        ~exists().where(*_of_the_round(PUSH), Delivery.device_id == Device.id),
        or_(_IS_AGREEMENT, prompts.is_waiting(now)),
    )


def _lacks_letter(now: datetime, among: Sequence[int] | None = None) -> tuple[ColumnElement[bool], ...]:
    return (
        Prompt.id.in_(_newly_due(now, cadence.STALE_AFTER, among)),
        Prompt.round <= 1 + prompts.REMINDERS,
        Person.email.is_not(None),
        Person.mail_prompts.is_(True),
        or_(_IS_AGREEMENT, quiet_modes.is_off(now)),
        ~prompts.is_muted(MAIL),
        ~exists().where(*_of_the_round(MAIL)),
        or_(
            _IS_AGREEMENT,  # its letter carries what goes into the calendar
            and_(prompts.is_waiting(now), ~_a_message_tells(now), ~_a_message_was_read()),
        ),
    )


def _newly_due(now: datetime, window: timedelta, among: Sequence[int] | None) -> CompoundSelect[int]:
    """The open prompts that came due within this time or come due later, and those that were kept quiet.

    A list of its own: within an OR it would have PostgreSQL go through all that is open, however old.
    """
    newly = select(Prompt.id).where(Prompt.state == OPEN, Prompt.due_at > now - window)
    both = (newly, _kept_quiet(now))
    return union(*(both if among is None else [one.where(Prompt.id.in_(among)) for one in both]))


def _kept_quiet(now: datetime) -> Select[int]:
    """The prompts that came due in quiet times which ended within a fortnight."""
    return (
        select(Prompt.id)
        .join(Person, Person.id == Prompt.person_id)
        .where(
            Person.quiet_until > now - cadence.STALE_AFTER,
            Person.quiet_until <= now,
            Prompt.ended_at.is_(None),  # open, and found by the person
            Prompt.due_at >= Person.quiet_since,
        )
    )


def _a_message_tells(now: datetime) -> ColumnElement[bool]:
    """A message about the prompt is on its way to a living device, or went to one within twenty hours.

    One that waits its turn through no fault of its own goes on telling; one that fails and fails again does not.
    """
    since = now - LETTER_WAITS
    waits = and_(Delivery.state == WAITING, or_(Delivery.failures == 0, Delivery.due_at > since))
    goes = and_(Delivery.state.in_(HELD), or_(Delivery.failures == 0, Delivery.due_at > since))
    told = or_(and_(Delivery.state == SENT, Delivery.sent_at > since), and_(_is_merged(), Delivery.next_try_at > since))
    there = exists().where(Device.id == Delivery.device_id, Device.person_id == Prompt.person_id, devices.living(now))
    return exists().where(*_of_the_round(PUSH), there, or_(waits, goes, told))


def _a_message_was_read() -> ColumnElement[bool]:
    """The prompt was opened in the app after a message told of it."""
    told = exists().where(*_of_the_round(PUSH), or_(Delivery.state == SENT, _is_merged()))
    return and_(Prompt.opened_at.is_not(None), Prompt.opened_at >= Prompt.due_at, told)


def _of_the_round(channel: str) -> tuple[ColumnElement[bool], ...]:
    """What a channel has of the prompt's round: found by the prompt, for a channel's own indexes hold far more."""
    return Delivery.prompt_id == Prompt.id, Delivery.round == Prompt.round, unindexed(Delivery.channel) == channel


def _is_merged() -> ColumnElement[bool]:
    return and_(Delivery.state == SUPPRESSED, Delivery.reason == MERGED)


def _fresh(now: datetime, channel: str = MAIL) -> dict[Any, object]:
    """What every new delivery begins with."""
    return {
        Delivery.channel: channel,
        Delivery.state: WAITING,
        Delivery.reason: "",
        Delivery.due_at: now,
        Delivery.next_try_at: now,
        Delivery.created_at: now,
        Delivery.attempt: 0,
        Delivery.failures: 0,
        Delivery.recipient: "",
        Delivery.message_id: "",
        Delivery.frozen_key: "",
        Delivery.trace: traces.current(),
    }


def last_failure(person: Person) -> Delivery | None:
    """Return the newest letter to this person if it could not be delivered to the address they still have."""
    newest = session.scalar(
        select(Delivery)
        .join(Prompt, Prompt.id == Delivery.prompt_id)
        .where(Prompt.person_id == person.id, Delivery.channel == MAIL, Delivery.state.in_((SENT, FAILED)))
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    return newest if newest and newest.state == FAILED and newest.recipient == person.email else None


def _dialect() -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
