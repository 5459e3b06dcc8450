"""Claims: one worker's hold on one delivery, and what came of it. A hold that was lost changes nothing any more."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, literal, or_, select, true, union_all, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app import sealing
from app.database import Prepared, UtcDateTime, session, unindexed
from app.domain import cadence, notices, prompts, quiet_modes
from app.domain.blocks import Block
from app.domain.deliveries import CLAIMED, DOT, EXPIRED, FAILED, HELD, MAIL, PUSH, SENT, SUPPRESSED, WAITING, Delivery
from app.domain.devices import Device
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.notices import Notice
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.prompts import AGREEMENT, OPEN, Prompt
from app.domain.sessions import CODE_LIFE, SignInCode

LEASE = timedelta(seconds=120)
LADDER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
TRIES_TO_WRITE = 3
_ANYHOW = true()
_IS_CODE = Delivery.code_id.is_not(None)
# Spelt out, for SQLite takes a partial index only where it sees the value itself.
_WAITS = Delivery.state == literal(WAITING, literal_execute=True)
NOTHING: Mapping[str, Any] = MappingProxyType({})
CODE_LADDER = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60))


class Claim(NamedTuple):
    """A hold on one delivery for as long as its lease: known by the attempt, which no other hold shares."""

    id: int
    attempt: int
    failures: int
    due_at: datetime
    is_code: bool
    channel: str = MAIL


def take(
    now: datetime,
    limit: int,
    codes_since: datetime | None = None,
    *,
    codes_only: bool = False,
    channel: str = MAIL,
) -> list[Claim]:
    """Take hold of what is due on a channel: codes first, then what a lost worker held, then what has waited longest.

    One conditional UPDATE, so that two workers never hold the same row: PostgreSQL skips what another is claiming,
    SQLite has one writer at a time. What was past its dot when its worker was lost is marked uncertain. While letters
    are held, only codes asked for since then are taken; with `codes_only`, nothing else than codes.
    """
    let_go = and_(_IS_CODE, Delivery.created_at >= codes_since) if codes_since else _ANYHOW
    if codes_only:
        let_go = and_(let_go, _IS_CODE)
    left_behind = and_(Delivery.state.in_(HELD), Delivery.lease_until <= now)
    queues = (
        (and_(_WAITS, _IS_CODE, Delivery.next_try_at <= now), Delivery.next_try_at),
        (left_behind, Delivery.lease_until),
        (and_(_WAITS, ~_IS_CODE, Delivery.next_try_at <= now), Delivery.next_try_at),
    )
    # Each is in an index in the order in which it is taken: however much is due, no more is looked at than is taken.
    due = [
        select(Delivery.id, literal(turn).label("turn"), since.label("since"))
        .where(queue, Delivery.channel == channel, let_go)
        .order_by(since, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte(f"due_{turn}")
        for turn, (queue, since) in enumerate(queues)
    ]
    all_due = union_all(*(select(some) for some in due)).subquery()
    first = select(all_due.c.id).order_by(all_due.c.turn, all_due.c.since, all_due.c.id).limit(limit)
    claimed = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(first))
        .values(
            state=CLAIMED,
            attempt=Delivery.attempt + 1,
            lease_until=now + LEASE,
            reason=case((Delivery.state == DOT, "uncertain"), else_=Delivery.reason),
        )
        .returning(
            Delivery.id,
            Delivery.attempt,
            Delivery.failures,
            Delivery.due_at,
            Delivery.code_id.is_not(None),
            Delivery.channel,
        ),
        execution_options={"synchronize_session": False},
    )
    return sorted((Claim(*row) for row in claimed), key=lambda claim: (not claim.is_code, claim.due_at, claim.id))


def in_flight(now: datetime) -> int:
    """Return how many deliveries somebody has hold of."""
    held = select(func.count()).where(Delivery.state.in_(HELD), Delivery.lease_until > now)
    return session.scalar(held) or 0


def left_behind(now: datetime) -> int:
    """Return how many deliveries somebody had hold of whose lease ran out."""
    gone = select(func.count()).where(Delivery.state.in_(HELD), Delivery.lease_until <= now)
    return session.scalar(gone) or 0


def held(claim: Claim) -> Delivery | None:
    """Return the delivery with all it is about, or None if the hold was lost."""
    found = held_among([claim])
    return found[0][1] if found else None


def held_among(held: Sequence[Claim]) -> list[tuple[Claim, Delivery]]:
    """Return each delivery with all it is about beside its claim, in the same order; those whose hold was lost, not."""
    found = {delivery.id: delivery for delivery in session.scalars(_HELD, {"held_ids": [claim.id for claim in held]})}
    return [
        (claim, delivery) for claim in held if (delivery := found.get(claim.id)) and delivery.attempt == claim.attempt
    ]


# What is asked for all the time is put together once: SQLAlchemy takes longer to build it than a database to answer.
_HELD = (
    select(Delivery)
    .options(
        joinedload(Delivery.code),
        joinedload(Delivery.device),
        joinedload(Delivery.notice).options(
            joinedload(Notice.person), joinedload(Notice.event), joinedload(Notice.place)
        ),
        joinedload(Delivery.prompt).options(
            joinedload(Prompt.person),
            joinedload(Prompt.event),
            joinedload(Prompt.one_to_one).options(joinedload(OneToOne.proposer), joinedload(OneToOne.other)),
        ),
    )
    .where(Delivery.id.in_(bindparam("held_ids", expanding=True)), Delivery.state.in_(HELD))
    .execution_options(populate_existing=True)
)


def freeze(delivery: Delivery, content: bytes, recipient: str, message_id: str, now: datetime) -> None:
    """Keep the letter's bytes (ASCII), so that every later try sends the same; a sign-in code is never kept."""
    kept: dict[str, object] = {"recipient": recipient, "message_id": message_id, "written_at": now}
    if delivery.code_id is None:
        kept["frozen_key"], kept["frozen"] = sealing.seal(content.decode("ascii"), f"delivery {delivery.id}")
    held = {"held_id": delivery.id, "held_attempt": delivery.attempt}
    _settling(HELD, tuple(kept), _ANYHOW)({**held, **_told_anew(kept)})
    for name, value in kept.items():
        set_committed_value(delivery, name, value)


def thaw(delivery: Delivery) -> bytes | None:
    """Return the bytes kept at an earlier try, or None."""
    if delivery.frozen is None:
        return None
    return sealing.unseal(delivery.frozen_key, delivery.frozen, f"delivery {delivery.id}").encode("ascii")


def to_dot(claim: Claim, now: datetime) -> bool:
    """Note that the final dot is about to go; say no if the hold was lost or the letter is no longer wanted."""
    wanted = _MESSAGE_STILL_WANTED if claim.channel == PUSH else _STILL_WANTED
    return _settle(claim, (CLAIMED,), {"state": DOT, "lease_until": now + LEASE}, wanted, {"still_at": now})


def names_whom_a_block_parts() -> ColumnElement[bool]:
    """The condition that a letter whose words are kept may name someone who was blocked, or has blocked, since then."""
    blocker, blocked = Block.blocker_id, Block.blocked_id
    # Asked of each block of theirs, of which there are few, and not of each encounter of the event.
    met_there = (
        select(true())
        .where(
            Encounter.event_id == Prompt.event_id,
            Encounter.low_id == case((blocker < blocked, blocker), else_=blocked),
            Encounter.high_id == case((blocker < blocked, blocked), else_=blocker),
        )
        .correlate(Prompt, Block)
        .scalar_subquery()
    )
    since_then = (Prompt.id == Delivery.prompt_id, Block.created_at >= Delivery.created_at)
    theirs = or_(blocker == Prompt.person_id, blocked == Prompt.person_id)
    return and_(Delivery.frozen.is_not(None), exists().where(*since_then, theirs, met_there))


def _one(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Be true where there is the one row of which all of this is true."""
    return select(true()).where(*where).correlate(Delivery).scalar_subquery()


def _open_prompt(channel: str, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Be true where what the delivery tells of is still open, this time round, and wanted on the channel."""
    return (
        select(true())
        .select_from(Prompt)
        .join(Person, Person.id == Prompt.person_id)
        .outerjoin(Event, Event.id == Prompt.event_id)
        .where(
            Prompt.id == Delivery.prompt_id,
            unindexed(Prompt.state) == OPEN,
            Prompt.round == Delivery.round,
            ~prompts.is_muted(channel),
            Event.cancelled_at.is_(None),
            or_(Prompt.kind == AGREEMENT, quiet_modes.is_off(bindparam("still_at", type_=UtcDateTime))),
            *also,
        )
        .correlate(Delivery)
        .scalar_subquery()
    )


def _reader_of(what: type[Prompt] | type[Notice], number: Any) -> Any:
    return select(what.person_id).where(what.id == number).correlate(Delivery).scalar_subquery()


# Each asks for one row by its number. PostgreSQL would answer EXISTS, and IN, for all there are, for every letter anew.
_STILL_WANTED = or_(
    _one(SignInCode.id == Delivery.code_id, SignInCode.used_at.is_(None)),
    notices.wanted()
    .with_only_columns(true())
    .where(Notice.id == Delivery.notice_id, notices.deliverable_to() == Delivery.recipient)
    .correlate(Delivery)
    .scalar_subquery(),
    _open_prompt(MAIL, Person.mail_prompts.is_(True), Person.email == Delivery.recipient) & ~names_whom_a_block_parts(),
)


# A device goes with its session: who has signed out is sent nothing, and neither is whoever had this phone before.
_MESSAGE_STILL_WANTED = and_(
    _one(
        Device.id == Delivery.device_id,
        Device.disabled_at.is_(None),
        or_(
            Device.person_id == _reader_of(Prompt, Delivery.prompt_id),
            Device.person_id == _reader_of(Notice, Delivery.notice_id),
        ),
    ),
    or_(Delivery.notice_id.is_not(None), _open_prompt(PUSH)),
    ~names_whom_a_block_parts(),
)


def sent(claim: Claim, now: datetime) -> bool:
    """Note that the server took the letter."""
    return _settle(claim, (DOT,), {**_final(SENT, ""), "sent_at": now})


def fail(claim: Claim, reason: str) -> bool:
    """Note that this letter can never be delivered; the app shows why."""
    return _settle(claim, HELD, _final(FAILED, reason))


def unwritten(claim: Claim, now: datetime) -> None:
    """Note that its words could not be put together: three times is a fault of ours that a fourth does not mend."""
    if claim.failures + 1 >= TRIES_TO_WRITE:
        fail(claim, "could not be written")
    else:
        try_again(claim, "could not be written", now)


def suppress(claim: Claim, reason: str) -> bool:
    """Note that this letter is no longer wanted, and why."""
    return _settle(claim, HELD, _final(SUPPRESSED, reason))


def expire(claim: Claim) -> bool:
    """Note that this letter's time is over; what it pointed to still waits in the app."""
    return _settle(claim, HELD, _final(EXPIRED, ""))


def try_again(claim: Claim, reason: str, now: datetime, wait: timedelta | None = None) -> bool:
    """Let it wait for its next try, longer each time and no less than `wait`; it expires when its time is over."""
    ladder = CODE_LADDER if claim.is_code else LADDER
    at = now + max(_jittered(ladder[min(claim.failures, len(ladder) - 1)], claim), wait or timedelta(0))
    if at > expires(claim):
        return _settle(claim, HELD, _final(EXPIRED, reason))
    values = {"state": WAITING, "lease_until": None, "next_try_at": at, "reason": reason[:200]}
    return _settle(claim, HELD, {**values, "failures": claim.failures + 1})


def rest(claim: Claim, until: datetime, reason: str) -> bool:
    """Let the letter wait until then as if it had not been due before: its time to be tried begins anew."""
    values = {"state": WAITING, "lease_until": None, "next_try_at": until, "due_at": until, "reason": reason[:200]}
    return _settle(claim, HELD, values)


def postpone(claim: Claim, until: datetime, reason: str) -> bool:
    """Let the letter wait until then, through no fault of its own."""
    if until > expires(claim):
        return _settle(claim, HELD, _final(EXPIRED, reason))
    values = {"state": WAITING, "lease_until": None, "next_try_at": until, "reason": reason[:200]}
    return _settle(claim, HELD, values)


def expires(claim: Claim) -> datetime:
    """Return when nothing tries any longer: a code when it stops working, a message after 3 days, any other after 7."""
    if claim.channel == PUSH:
        return cadence.expires(claim.due_at, cadence.MESSAGE_WINDOW)
    return claim.due_at + CODE_LIFE if claim.is_code else cadence.expires(claim.due_at)


def _settle(
    claim: Claim,
    states: tuple[str, ...],
    values: dict[str, Any],
    also: ColumnElement[bool] = _ANYHOW,
    told: Mapping[str, Any] = NOTHING,
) -> bool:
    """Change the row only while this very hold lasts; say whether it did."""
    held = {"held_id": claim.id, "held_attempt": claim.attempt}
    return bool(_settling(states, tuple(values), also)({**held, **_told_anew(values), **told}).rowcount)


@lru_cache
def _settling(states: tuple[str, ...], names: tuple[str, ...], also: ColumnElement[bool]) -> Prepared:
    ours = (Delivery.id == bindparam("held_id"), Delivery.attempt == bindparam("held_attempt"))
    return Prepared(update(Delivery).where(*ours, Delivery.state.in_(states), also).values(_new(names)))


def _told_anew(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _new(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=Delivery.__table__.c[name].type) for name in names}


def _final(state: str, reason: str) -> dict[str, Any]:
    return {"state": state, "reason": reason[:200], "lease_until": None, "frozen": None, "frozen_key": ""}


def _jittered(wait: timedelta, claim: Claim) -> timedelta:
    """Spread tries by up to a fifth, the same for the same try."""
    chance = zlib.crc32(f"{claim.id}/{claim.failures}".encode()) / 0xFFFFFFFF
    return wait * (0.8 + 0.4 * chance)
