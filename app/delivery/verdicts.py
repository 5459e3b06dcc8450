"""Verdicts: what becomes of each delivery that somebody holds, and in which bytes it goes if it goes now.

They are reached for a few at a time: read and worded while others write, and then written down in one go.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

from flask import current_app
from sqlalchemy.exc import DBAPIError

from app import database
from app.delivery import envelopes, letters, notifications, tallies
from app.delivery.envelopes import Mailbox
from app.delivery.tallies import Note
from app.delivery.units import reading, unit_of_work
from app.domain import claims, manners
from app.domain.circumstances import Circumstances
from app.domain.claims import Claim, Frozen
from app.domain.deliveries import DOT, PUSH, Delivery
from app.domain.mentions import Mentions

log = logging.getLogger(__name__)

A_FEW: Final = 20

T = TypeVar("T")


class Worded(NamedTuple):
    """The bytes of a letter or a message, the address they go to, and what tells them from any other."""

    content: bytes
    recipient: str
    message_id: str


class Decided(NamedTuple):
    """What becomes of one delivery, how that is written down, and its words if it goes."""

    note: Note
    write_down: Callable[[], object]
    worded: Worded | None = None
    anew: Frozen | None = None


class Verdict(NamedTuple, Generic[T]):
    """What was decided of one claim; `going`, if it goes, is what its way out needs to know. `trace`: what it is of."""

    claim: Claim
    note: Note
    going: T | None
    trace: str


Prepare = Callable[[Delivery, Claim, Worded], T]


class _Reached(NamedTuple, Generic[T]):
    verdict: Verdict[T] | None
    write_down: Callable[[], object]
    anew: Frozen | None = None


def reached(
    held: Sequence[Claim], now: datetime, prepare: Prepare[T], *, at_once: int = A_FEW, durable: bool = True
) -> Iterator[list[Verdict[T]]]:
    """Decide of all that is held, `at_once` of so many; what is decided of them is `durable` before they are handed on.

    `prepare` is asked of each that goes, while everything about it may still be read. Whose hold was lost, or who
    could not be written, is left out. What is wrong with one stops no other.
    """
    left = held
    while left:
        some, others = _read(left[:at_once], now, prepare)
        left = [*others, *left[at_once:]]
        database.retried(partial(_write_down, some, now, durable=durable))
        yield [one.verdict for one in some if one.verdict]


def _read(held: Sequence[Claim], now: datetime, prepare: Prepare[T]) -> tuple[list[_Reached[T]], Sequence[Claim]]:
    """Decide of as many as can be decided at once without holding anybody up; return that, and what is left."""
    with reading():
        # A broker may tell twice of one hold: past its dot only the lease decides.
        found = [(claim, one) for claim, one in claims.held_among(held) if one.state != DOT]
        several = _before_another_to_the_same(found)
        around = Circumstances.of([delivery for _claim, delivery in found[:several]], now)
        reached = [_reach(claim, delivery, around, now, prepare) for claim, delivery in found[:several]]
    return reached, [claim for claim, _delivery in found[several:]]


def _write_down(reached: Sequence[_Reached[T]], now: datetime, *, durable: bool) -> None:
    with unit_of_work(durable=durable, awaited=durable):
        claims.freeze([one.anew for one in reached if one.anew], now)
        for one in reached:
            one.write_down()


def _before_another_to_the_same(found: Sequence[tuple[Claim, Delivery]]) -> int:
    """Return how many come before one to somebody whom another of them tells of something else.

    Whether the second goes depends on whether the first went.
    """
    told: dict[int, int] = {}
    for number, (_claim, delivery) in enumerate(found):
        prompt = delivery.prompt
        if prompt and told.setdefault(prompt.person_id, prompt.id) != prompt.id:
            return number
    return len(found)


def _reach(claim: Claim, delivery: Delivery, around: Circumstances, now: datetime, prepare: Prepare[T]) -> _Reached[T]:
    try:
        note, write_down, worded, anew = decide(delivery, claim, around, now)
        going = prepare(delivery, claim, worded) if worded else None
    except DBAPIError:
        raise
    except Exception:
        log.exception("delivery %s could not be written", claim.id)
        return _Reached(None, partial(claims.unwritten, claim, now))
    return _Reached(Verdict(claim, note, going, delivery.trace), write_down, anew)


def decide(delivery: Delivery, claim: Claim, around: Circumstances, now: datetime) -> Decided:
    """Say whether it goes now, and in which words; those that are new are frozen as it is written down."""
    note = _note(delivery)
    if now > claims.expires(claim):
        note.outcome, note.detail = tallies.FAILED, "its time is over"
        return Decided(note, partial(claims.expire, claim))
    if until := manners.quiet_until(delivery, now):
        note.outcome, note.detail = tallies.LATER, "quiet"
        return Decided(note, partial(claims.rest, claim, until, "quiet"))
    if reason := manners.unwanted(delivery, around, now):
        note.outcome, note.detail = tallies.SUPPRESSED, reason
        return Decided(note, partial(claims.suppress, claim, reason))
    if (free := manners.free_at(delivery, around, now)) > now:
        note.outcome, note.detail = tallies.LATER, f"not before {free:%Y-%m-%d %H:%M} UTC"
        return Decided(note, partial(claims.postpone, claim, free, "not now"))
    return _goes(delivery, note, around, now)


def _goes(delivery: Delivery, note: Note, around: Circumstances, now: datetime) -> Decided:
    frozen = claims.thaw(delivery)
    if frozen is not None:
        note.content = frozen
        return Decided(note, _nothing, Worded(frozen, delivery.recipient, delivery.message_id))
    worded = word(delivery, around.mentions) if delivery.channel == PUSH else _write(delivery, around.mentions, now)
    note.content = worded.content
    return Decided(note, _nothing, worded, Frozen(delivery, *worded))


def _nothing() -> None:
    """What is written down of what goes in words that are kept already, or are frozen with those of others."""


def _note(delivery: Delivery) -> Note:
    """Begin a note: what kind it is, to whom, and where to."""
    if delivery.channel == PUSH:
        return _note_message(delivery)
    if delivery.prompt is not None:
        person = delivery.prompt.person
        return Note(delivery.prompt.kind, person.name, person.email or "", delivery.prompt.due_at)
    if delivery.notice is not None:
        return Note(delivery.notice.kind, delivery.notice.name, delivery.notice.address, delivery.notice.due_at)
    return Note("sign_in", "", (delivery.code and delivery.code.email) or "", delivery.due_at)


def _note_message(delivery: Delivery) -> Note:
    about = delivery.prompt or delivery.notice
    if about is None or about.person is None:
        return Note("trial", "", "", delivery.due_at, channel=PUSH)
    hint = delivery.device.hint if delivery.device else ""
    return Note(about.kind, about.person.name, hint, about.due_at, channel=PUSH)


def word(delivery: Delivery, around: Mentions, *, briefly: bool = False) -> Worded:
    """Word a message."""
    if delivery.prompt is not None:
        said = notifications.of_prompt(delivery.prompt, around, briefly=briefly)
    elif delivery.notice is not None and delivery.notice.person is not None:
        said = notifications.of_trial(delivery.notice, delivery.notice.person)
    else:
        raise ValueError("This message carries nothing.")
    return Worded(said.content, "", said.topic)


def _write(delivery: Delivery, around: Mentions, now: datetime) -> Worded:
    """Write the letter. A code's is the same whenever it is written; any other as things are now."""
    if delivery.prompt is not None:
        letter, recipient = letters.of_prompt(delivery.prompt, around, now), letters.recipient(delivery.prompt.person)
        name, date = f"prompt-{delivery.prompt.id}-{_stamp(delivery.prompt.created_at)}.{delivery.round}", now
    elif delivery.notice is not None:
        letter, recipient = letters.of_notice(delivery.notice, now), letters.to(delivery.notice)
        name, date = f"notice-{delivery.notice.id}-{_stamp(delivery.notice.created_at)}", now
    elif delivery.code is not None:
        letter, recipient = letters.of_code(delivery.code), Mailbox("", delivery.code.email or "")
        name, date = f"code-{delivery.code.id}-{_stamp(delivery.code.created_at)}", delivery.code.created_at
    else:
        raise ValueError("This delivery carries nothing.")
    message_id = letters.message_id(name)
    if header := current_app.config["IDEMPOTENCY_HEADER"]:
        letter = replace(letter, headers={**letter.headers, header: message_id})
    content = envelopes.pack(letter, letters.sender(), recipient, message_id, date)
    return Worded(content, recipient.address, message_id)


def _stamp(instant: datetime) -> int:
    """Tells apart rows of the same number on the same host, as after a fresh start with an empty database."""
    return int(instant.timestamp())
