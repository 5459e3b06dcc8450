"""The courier: plans, takes hold of what is due, asks once more, hands it over, notes what came of it.

One commit a step of each letter, so that a crash loses nothing; no mail server is spoken to inside a transaction.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from flask import current_app
from sqlalchemy.exc import DBAPIError

from app import clock, database, traces
from app.database import begin_write, session
from app.delivery import dots, letters, phones, postmarks, returns, tallies, verdicts
from app.delivery.breakers import Breaker
from app.delivery.dots import Leaving
from app.delivery.drawer import Drawer
from app.delivery.mail import Relay, Server, Transport
from app.delivery.messages import Messenger
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.phones import Going
from app.delivery.tallies import Note, Tally
from app.delivery.units import reading
from app.delivery.units import unit_of_work as _unit_of_work
from app.delivery.verdicts import Verdict, Worded
from app.domain import (
    bounces,
    buckets,
    claims,
    counters,
    deliveries,
    groups,
    holds,
    manners,
    planning,
    rations,
)
from app.domain.circumstances import Circumstances
from app.domain.claims import Claim
from app.domain.counters import Key
from app.domain.deliveries import MAIL, PUSH, Delivery
from app.domain.holds import Hold
from app.domain.rations import Portion

log = logging.getLogger(__name__)

BATCH: Final = 20
MESSAGES, AT_THEIR_DOTS = 100, 50  # held, and read and worded at once; brought to their dots at once
# A hold lasts 120 s and a send 60 s at most: whoever has worked for so long since taking hold lets the others go.
WORKS_FOR: Final = 45.0
TELLS_FOR: Final = 2.0  # so that somebody who waits for a code does not wait for a slow push service


class Outgoing(NamedTuple):
    """A letter about to be handed over: its bytes, to whom, whose day it uses up, and its postmark."""

    content: bytes
    sender: str
    recipient: str
    portion: Portion | None
    mark: str


def transport() -> Transport:
    """Return the way out that the settings name: a mail server, or the drawer where there is none.

    A demonstration writes to nobody, whatever the settings say.
    """
    url, for_show = current_app.config["SMTP_URL"], groups.is_demonstration()
    session.rollback()
    if url and not for_show:
        return Relay(Server.at(url), letters.host())
    return Drawer(Path(current_app.config["INSTANCE_PATH"]) / "letters")


def now() -> datetime:
    """Return the instant by which a round reckons: the database's where several machines share it."""
    return clock.shared(database.instant)


def round(  # noqa: A001 - the courier goes round; no number is meant
    now: datetime,
    way: Transport,
    breaker: Breaker | None = None,
    *,
    messenger: Messenger | None = None,
    plans: bool = True,
    stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Plan, take hold of a batch of what is due, and deliver it; everything is reckoned from the one `now`."""
    breaker, tally = breaker or Breaker(), Tally()
    with reading():
        hold = holds.current()
    if plans and hold is None:
        started = time.monotonic()
        tally.planned = plan(now, stopping)
        tally.planned_for = time.monotonic() - started
    held = take(now, breaker.room(now, BATCH), hold)
    tally.held = len(held)
    tally.notes = carry(held, now, way, breaker, stopping)
    if messenger is not None and hold is None:
        told = take_messages(now)
        tally.held += len(told)
        tally.notes += tell(told, now, messenger, stopping)
    return tally


def take(now: datetime, room: int, hold: Hold | None) -> list[Claim]:
    """Take hold of what is due, as much as there is room for and as may leave in this minute."""
    with _unit_of_work(durable=False):
        return _take(now, room, hold)


def carry(
    held: list[Claim], now: datetime, way: Transport, breaker: Breaker, stopping: Callable[[], bool] = lambda: False
) -> list[Note]:
    """Deliver what is held, one after the other; what there is no time or no way for is let go."""
    tired = _tired(stopping, WORKS_FOR)
    notes = _each(
        verdicts.reached(held, now, lambda delivery, _claim, worded: _outgoing(delivery, worded, now)),
        lambda claim, letter: _hand_over(claim, letter, now, way, breaker),
        lambda: breaker.is_open or tired(),
        lambda: let_go(held, now),
    )
    _pour_back(held, notes)
    return notes


def _tired(stopping: Callable[[], bool], lasts: float) -> Callable[[], bool]:
    """Return what says whether to end for now: told to, or at work for long enough."""
    started = time.monotonic()
    return lambda: stopping() or time.monotonic() - started > lasts


def _each(
    reached: Iterable[Sequence[Verdict[Outgoing]]],
    hand_over: Callable[[Claim, Outgoing], tuple[str, str]],
    ends: Callable[[], bool],
    let_go_of_the_rest: Callable[[], None],
) -> list[Note]:
    """Hand over what goes, one after the other, but for the first only until it `ends`; return what came of each."""
    notes, begun = list[Note](), False
    for claim, note, going, trace in chain.from_iterable(reached):
        traces.begin(trace)
        if going is not None:
            if begun and ends():
                let_go_of_the_rest()
                break
            note.outcome, note.detail = hand_over(claim, going)
            begun = True
        _log(claim, note)
        notes.append(note)
    return notes


def _log(claim: Claim, note: Note) -> None:
    """Tell the log what came of it: numbers and kinds, and no person."""
    about = {"delivery": claim.id, "kind": note.kind, "channel": note.channel, "outcome": note.outcome}
    known = note.detail if note.outcome in {tallies.SUPPRESSED, tallies.LOST} else ""
    log.debug("letter %s", note.outcome, extra={**about, "detail": known})


def count(counts: Mapping[Key, int]) -> None:
    """Add to what is counted for whoever watches the machine."""
    with _unit_of_work(durable=False):
        counters.add(counts)


def take_messages(now: datetime) -> list[Claim]:
    """Take hold of a batch of messages to devices that are due."""
    with _unit_of_work(durable=False):
        return claims.take(now, MESSAGES, channel=PUSH)


def tell(
    held: list[Claim], now: datetime, messenger: Messenger, stopping: Callable[[], bool] = lambda: False
) -> list[Note]:
    """Hand over the messages that are held, some at a time; what there is no time for is let go."""
    ends, notes = _tired(stopping, TELLS_FOR), list[Note]()
    # Worded anew after a power cut, a message takes the place of the one that had gone: nobody waits for the disk.
    for read in verdicts.reached(held, now, partial(phones.going, now=now), at_once=MESSAGES, durable=False):
        for start in range(0, len(read), AT_THEIR_DOTS):
            if ends():
                let_go(held, now)
                return notes
            notes += _tell(read[start : start + AT_THEIR_DOTS], now, messenger, ends)
    return notes


def _tell(some: Sequence[Verdict[Going]], now: datetime, messenger: Messenger, ends: Callable[[], bool]) -> list[Note]:
    phones.hand_over(some, now, messenger, ends)
    for claim, note, _going, trace in some:
        traces.begin(trace)
        _log(claim, note)
    return [one.note for one in some]


def _take(now: datetime, room: int, hold: Hold | None) -> list[Claim]:
    """Take hold of as much as there is room for, and of no more than may leave in this minute; codes go in any case."""
    since, a_minute = hold.since if hold else None, current_app.config["MAILS_A_MINUTE"]
    if left_behind := claims.left_behind(now):
        log.warning("%s holds have run out: their worker is gone", left_behind)
        counters.add({Key(MAIL, "recovered"): left_behind})
    if not a_minute or not room:
        return claims.take(now, room, since)
    given = buckets.draw(MAIL, room, a_minute, now)
    held = claims.take(now, given or room, since, codes_only=not given)
    buckets.pour_back(MAIL, given - sum(not claim.is_code for claim in held))
    return held


def _pour_back(held: list[Claim], notes: list[Note]) -> None:
    """What was taken for letters that did not go is there for others."""
    if current_app.config["MAILS_A_MINUTE"]:
        went = {tallies.SENT, tallies.UNCERTAIN, tallies.FAILED}
        kept = sum(not claim.is_code for claim in held) - sum(note.outcome in went for note in notes)
        if kept > 0:
            with _unit_of_work(durable=False):
                buckets.pour_back(MAIL, kept)


def plan(now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Plan as planning.plan does, but look without holding anybody up, and write what is found a little at a time.

    Told to stop, it goes no further; what is not planned yet is found again. A step for which the database had no
    time keeps no other from being done, and no letter from going.
    """
    new = 0
    for step in planning.STEPS:
        try:
            new += _take_step(step, now, stopping)
        except DBAPIError as refused:
            if not database.took_too_long(refused):
                raise
            log.exception("a step of planning was given up; it is tried again at the next look")
    return new


def _take_step(step: planning.Step, now: datetime, stopping: Callable[[], bool]) -> int:
    new = 0
    with reading():
        portions = () if stopping() else step.portions(now)
    for some in portions:
        if stopping():
            break
        with _unit_of_work(durable=False):
            new += step.do(some, now)
    return new


def pulse(now: datetime) -> tuple[int, int, int] | None:
    """Return what changes when there may be something to plan, without holding anybody up; None if there surely is."""
    with reading():
        return None if deliveries.are_lacking(now) else planning.pulse(now)


def preview(now: datetime, most: int = 10_000) -> Tally:
    """Return what the rounds at this instant would do, and change nothing."""
    begin_write()
    try:
        tally = Tally(planning.plan(now))
        for claim in (*claims.take(now, most), *claims.take(now, most, channel=PUSH)):
            tally.held += 1
            if delivery := claims.held(claim):
                decided = verdicts.decide(delivery, claim, Circumstances.of([delivery], now), now)
                claims.freeze([decided.anew] if decided.anew else [], now)
                decided.write_down()
                tally.notes.append(decided.note)
                if decided.worded and (portion := manners.portion(delivery, now)):
                    rations.take(portion, claim.id, now)
        return tally
    finally:
        session.rollback()


def let_go(held: list[Claim], until: datetime) -> None:
    """Let others take hold of these, from that instant on."""
    with _unit_of_work():
        for claim in held:
            claims.postpone(claim, until, "")


def _outgoing(delivery: Delivery, worded: Worded, now: datetime) -> Outgoing:
    portion, mark = manners.portion(delivery, now), postmarks.mark(delivery)
    return Outgoing(worded.content, _sender(delivery), worded.recipient, portion, mark)


def _sender(delivery: Delivery) -> str:
    """Return the address that this letter comes back to."""
    return_path = str(current_app.config["RETURN_PATH"])
    return returns.address(return_path, delivery) if return_path else letters.sender().address


def _hand_over(claim: Claim, letter: Outgoing, now: datetime, way: Transport, breaker: Breaker) -> tuple[str, str]:
    """Send the letter and note what came of it; return the outcome and why."""
    last_word = dots.before(Leaving(claim, letter.portion, letter.mark), now)
    try:
        went = way.send(letter.sender, letter.recipient, letter.content, last_word)
    except Undeliverable as no:
        (breaker.failed if no.down else breaker.answered)(now)
        return _note_refusal(claim, no, now)
    except Uncertain as unsure:
        breaker.failed(now)
        with _unit_of_work():
            claims.try_again(claim, f"uncertain: {unsure.reason}", now)
        return tallies.UNCERTAIN, unsure.reason
    breaker.answered(now)
    return _note_sent(claim, now) if went else dots.note_withheld(claim, now)


def _note_refusal(claim: Claim, no: Undeliverable, now: datetime) -> tuple[str, str]:
    with _unit_of_work():
        rations.give_back(claim.id, now)
        if no.permanent:
            if returns.says_no_such_mailbox(no.reason) and (delivery := claims.held(claim)):
                bounces.note(delivery, bounces.HARD, f"delivery:{claim.id}", no.reason, now)
            claims.fail(claim, no.reason)
        else:
            claims.try_again(claim, no.reason, now)
    return (tallies.FAILED if no.permanent else tallies.LATER), no.reason


def _note_sent(claim: Claim, now: datetime) -> tuple[str, str]:
    with _unit_of_work(durable=False):
        return (tallies.SENT if claims.sent([claim], now) else tallies.LOST), ""
