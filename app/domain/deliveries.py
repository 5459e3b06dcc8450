"""Deliveries: bringing a prompt, a notice or a code to one channel. A row with a time is due; a claim is one UPDATE.

Knows rows and times; what is written and how it travels is the courier's business.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
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
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import traces
from app.database import Base, UtcDateTime, session
from app.domain import cadence, prompts, quiet_modes
from app.domain.devices import Device
from app.domain.notices import Notice
from app.domain.people import Person
from app.domain.prompts import OPEN, Prompt
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
HELD = (CLAIMED, DOT)
CARRIES_ONE_THING = (
    " + ".join(f"CASE WHEN {thing}_id IS NULL THEN 0 ELSE 1 END" for thing in ("prompt", "notice", "code")) + " = 1"
)


def _once(name: str, *columns: str, channel: str) -> Index:
    """Let there be one row of a channel with these values."""
    where = text(f"channel = '{channel}'")
    return Index(f"uq_deliveries_{name}", *columns, unique=True, sqlite_where=where, postgresql_where=where)


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
        CheckConstraint(CARRIES_ONE_THING, name="carries_one_thing"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel_known"),
        CheckConstraint("channel = 'push' OR device_id IS NULL", name="device_of_push"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(state IN ('claimed', 'dot')) = (lease_until IS NOT NULL)", name="leased_while_held"),
        Index("ix_deliveries_state_next_try_at", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    code_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in_codes.id", ondelete="CASCADE"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), index=True)
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
    message_id: Mapped[str] = mapped_column(String(200), default="", index=True)
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
    """Put a letter in the outbox for each prompt that is due and whose person has an address; return how many.

    `among` these prompts, by number, if they are given. One a prompt and round, however often and by however
    many this is called; after the reminders, none. What has been due for a fortnight is told in the app alone, but
    for what came due in a quiet time that is over: that is told once it is.
    """
    fresh = (literal(value, column.type) for column, value in _fresh(now).items())
    due = select(*fresh, Prompt.id, Prompt.round).join(Person, Person.id == Prompt.person_id).where(*_lacks_letter(now))
    return _add(due if among is None else due.where(Prompt.id.in_(among)), now, "prompt_id", "round")


def lacking(now: datetime) -> Sequence[int]:
    """Return the prompts for which `plan` would add a letter."""
    found = select(Prompt.id).join(Person, Person.id == Prompt.person_id).where(*_lacks_letter(now))
    return session.scalars(found).all()


def plan_notices(now: datetime) -> int:
    """Put each notice that is due in the outbox, once; return how many."""
    fresh = (literal(value, column.type) for column, value in _fresh(now).items())
    due = select(*fresh, Notice.id, literal(1)).where(*_goes_unsent(now))
    return _add(due, now, "notice_id", "round")


def _add(due: Select[Any], now: datetime, *beyond: str) -> int:
    columns = [column.key for column in _fresh(now)] + [*beyond]
    adding = _dialect().insert(Delivery).from_select(columns, due).on_conflict_do_nothing()
    added = session.execute(adding, execution_options={"preserve_rowcount": True})
    return int(added.rowcount)  # type: ignore[attr-defined] # an INSERT always gives a CursorResult


def are_lacking(now: datetime) -> bool:
    """Say whether `plan` or `plan_notices` would add anything."""
    letters = select(Prompt.id).join(Person, Person.id == Prompt.person_id).where(*_lacks_letter(now)).exists()
    notices = select(Notice.id).where(*_goes_unsent(now)).exists()
    return session.scalar(select(or_(letters, notices))) or False


def _goes_unsent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Notice.due_at <= now,
        Notice.due_at > now - cadence.STALE_AFTER,
        ~exists().where(Delivery.notice_id == Notice.id),
    )


def _lacks_letter(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Prompt.state == OPEN,
        or_(and_(Prompt.state == OPEN, Prompt.due_at > now - cadence.STALE_AFTER), Prompt.id.in_(_kept_quiet(now))),
        Prompt.round <= 1 + prompts.REMINDERS,
        Person.email.is_not(None),
        Person.mail_prompts.is_(True),
        or_(Prompt.kind == prompts.AGREEMENT, quiet_modes.is_off(now)),
        ~prompts.is_muted(MAIL),
        ~exists().where(Delivery.prompt_id == Prompt.id, Delivery.channel == MAIL, Delivery.round == Prompt.round),
        or_(Prompt.kind == prompts.AGREEMENT, prompts.is_waiting(now)),
    )


def _kept_quiet(now: datetime) -> Select[int]:
    """The prompts that came due in quiet times which ended within a fortnight."""
    return (
        select(Prompt.id)
        .join(Person, Person.id == Prompt.person_id)
        .where(
            Person.quiet_until > now - cadence.STALE_AFTER,
            Person.quiet_until <= now,
            Prompt.state == OPEN,
            Prompt.due_at >= Person.quiet_since,
        )
    )


def _fresh(now: datetime) -> dict[Any, object]:
    """What every new letter begins with."""
    return {
        Delivery.channel: MAIL,
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
        .where(Prompt.person_id == person.id, Delivery.state.in_((SENT, FAILED)))
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    return newest if newest and newest.state == FAILED and newest.recipient == person.email else None


def _dialect() -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
