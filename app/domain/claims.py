"""Claims: one worker's hold on one delivery, and what came of it. A hold that was lost changes nothing any more."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app import sealing
from app.database import ForEach, Prepared, among, is_one_of, session, unindexed
from app.domain import cadence, last_words
from app.domain.deliveries import CLAIMED, DOT, EXPIRED, FAILED, HELD, MAIL, PUSH, SENT, SUPPRESSED, WAITING, Delivery
from app.domain.notices import Notice
from app.domain.one_to_ones import OneToOne
from app.domain.prompts import Prompt
from app.domain.sessions import CODE_LIFE

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
    # What waits is in an index in the order in which it is taken: however much is due, no more is looked at than is
    # taken. What is held is little, so much as the workers have in their hands; what goes on a channel may be much.
    waits = and_(_WAITS, Delivery.channel == channel, Delivery.next_try_at <= now)
    left_behind = and_(Delivery.state.in_(HELD), unindexed(Delivery.channel) == channel, Delivery.lease_until <= now)
    queues = (
        (and_(waits, _IS_CODE), Delivery.next_try_at),
        (left_behind, Delivery.lease_until),
        (and_(waits, ~_IS_CODE), Delivery.next_try_at),
    )
    due = [
        select(Delivery.id, literal(turn).label("turn"), since.label("since"))
        .where(queue, let_go)
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
        # Asked for one more time where there are any: for most, to carry their empty columns along takes longer.
        selectinload(Delivery.code),
        joinedload(Delivery.device),
        selectinload(Delivery.notice).options(
            joinedload(Notice.person), joinedload(Notice.event), joinedload(Notice.place)
        ),
        joinedload(Delivery.prompt).options(
            joinedload(Prompt.person),
            joinedload(Prompt.event),
            selectinload(Prompt.one_to_one).options(joinedload(OneToOne.proposer), joinedload(OneToOne.other)),
        ),
    )
    .where(among(Delivery.id, "held_ids"), Delivery.state.in_(HELD))
    .execution_options(populate_existing=True)
)


class Frozen(NamedTuple):
    """Whose words are to be kept: the letter's bytes (ASCII), the address they go to, and its name."""

    delivery: Delivery
    content: bytes
    recipient: str
    message_id: str


def freeze(several: Sequence[Frozen], now: datetime) -> None:
    """Keep the bytes of each, so that every later try sends the same; a sign-in code is never kept."""
    if not several:
        return
    kept = [_kept(one, now) for one in several]
    holds = [{"held_id": one.delivery.id, "held_attempt": one.delivery.attempt} for one in several]
    _FREEZE([{**hold, **_told_anew(values)} for hold, values in zip(holds, kept, strict=True)])
    for one, values in zip(several, kept, strict=True):
        for name, value in values.items():
            set_committed_value(one.delivery, name, value)


def _kept(one: Frozen, now: datetime) -> dict[str, object]:
    key_id, sealed = "", None
    if one.delivery.code_id is None:
        key_id, sealed = sealing.seal(one.content.decode("ascii"), f"delivery {one.delivery.id}")
    named = {"recipient": one.recipient, "message_id": one.message_id, "written_at": now}
    return {**named, "frozen_key": key_id, "frozen": sealed}


_KEPT = ("recipient", "message_id", "written_at", "frozen_key", "frozen")
_FREEZE = ForEach(
    {
        "held_id": Delivery.id.type,
        "held_attempt": Delivery.attempt.type,
        **{f"new_{name}": Delivery.__table__.c[name].type for name in _KEPT},
    },
    lambda told: (
        update(Delivery)
        .where(
            Delivery.id == told["held_id"], Delivery.attempt == told["held_attempt"], is_one_of(Delivery.state, *HELD)
        )
        .values({name: told[f"new_{name}"] for name in _KEPT})
    ),
)


def thaw(delivery: Delivery) -> bytes | None:
    """Return the bytes kept at an earlier try, or None."""
    if delivery.frozen is None:
        return None
    return sealing.unseal(delivery.frozen_key, delivery.frozen, f"delivery {delivery.id}").encode("ascii")


def to_dot(held: Sequence[Claim], now: datetime) -> set[int]:
    """Note that the final dots of these, of one channel, are about to go; return the numbers of those that do.

    No is said where the hold was lost, or the letter is no longer wanted.
    """
    wanted = last_words.MESSAGE_STILL_WANTED if held[0].channel == PUSH else last_words.STILL_WANTED
    return _settle_all(held, (CLAIMED,), {"state": DOT, "lease_until": now + LEASE}, wanted, {"still_at": now})


def from_dot(claim: Claim) -> bool:
    """Take back, in the same unit of work, that its dot is about to go: it is held as before."""
    return _settle(claim, (DOT,), {"state": CLAIMED})


def sent(held: Sequence[Claim], now: datetime) -> set[int]:
    """Note that the server took these; return the numbers of those whose hold lasted."""
    return _settle_all(held, (DOT,), {**_final(SENT, ""), "sent_at": now})


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


def _settle_all(
    held: Sequence[Claim],
    states: tuple[str, ...],
    values: dict[str, Any],
    also: ColumnElement[bool] = _ANYHOW,
    told: Mapping[str, Any] = NOTHING,
) -> set[int]:
    """Change these rows, each only while that very hold lasts; return the numbers of those that were changed."""
    if len(held) == 1:  # by its number: for several, however few, SQLite fills tables of its own first
        return {held[0].id} if _settle(held[0], states, values, also, told) else set()
    numbers: dict[int, list[int]] = {}  # by the attempt: the first, of nearly all
    for claim in held:
        numbers.setdefault(claim.attempt, []).append(claim.id)
    settle, changed = _settling(states, tuple(values), also, several=True), set[int]()
    for attempt, theirs in numbers.items():
        ours = {"held_ids": theirs, "held_attempt": attempt}
        changed.update(settle({**ours, **_told_anew(values), **told}).scalars())
    return changed


@lru_cache
def _settling(
    states: tuple[str, ...], names: tuple[str, ...], also: ColumnElement[bool], *, several: bool = False
) -> Prepared:
    ours = _THESE_HOLDS if several else _THIS_HOLD
    settled = update(Delivery).where(*ours, is_one_of(Delivery.state, *states), also).values(_new(names))
    return Prepared(settled.returning(Delivery.id) if several else settled)


_THIS_HOLD = (Delivery.id == bindparam("held_id"), Delivery.attempt == bindparam("held_attempt"))
_THESE_HOLDS = (among(Delivery.id, "held_ids"), Delivery.attempt == bindparam("held_attempt"))


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
