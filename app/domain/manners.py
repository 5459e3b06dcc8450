"""Manners: whether a letter that is due is still welcome, and from what hour. Reads what is known, changes nothing."""

import zlib
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from app.database import UtcDateTime, session
from app.domain import cadence, claims, keepers, notices, one_to_ones, prompts
from app.domain.attendance import HERE, Attendance
from app.domain.deliveries import CLAIMED, DOT, SENT, Delivery
from app.domain.notices import Notice
from app.domain.prompts import ABOUT_EVENTS, INVITATION, ONE_TO_ONE, OPEN, Prompt

A_DAY, A_WEEK, MOST_A_WEEK = timedelta(days=1), timedelta(days=7), 3
IN_THE_OTHERS_HANDS = timedelta(minutes=3)
SPREAD = timedelta(minutes=10)


class _Letter(NamedTuple):
    """A letter about a prompt that went to somebody within the week, or is just going."""

    sent_at: datetime | None
    planned_at: datetime


def unwanted(delivery: Delivery, now: datetime) -> str:
    """Return in a word why this letter is no longer to be sent, or "" if it is.

    The same is asked once more, in one statement, just before the dot (claims.to_dot).
    """
    if delivery.code is not None:
        return "used" if delivery.code.used_at else ""
    if delivery.notice is not None:
        return _unwanted_notice(delivery, delivery.notice, now)
    prompt = delivery.prompt
    if prompt is None or prompt.person.email is None or _readdressed(delivery, prompt.person.email):
        return "address"
    if not prompt.person.mail_prompts:
        return "unsubscribed"
    if prompt.state != OPEN:
        return "answered"
    if prompt.round != delivery.round:
        return "put off"
    if delivery.frozen is not None and session.scalar(_NAMES_WHOM_A_BLOCK_PARTS, {"this": delivery.id}):
        return "blocked"
    return _groundless(prompt, now) or ("merged" if _told_with_another(delivery, now) else "")


_NAMES_WHOM_A_BLOCK_PARTS = select(Delivery.id).where(
    Delivery.id == bindparam("this"), claims.names_whom_a_block_parts()
)


def _unwanted_notice(delivery: Delivery, notice: Notice, now: datetime) -> str:
    if reason := notices.unwanted(notice, now) or _readdressed(delivery, notice.address):
        return reason
    nobody = notice.kind == notices.KEPT and notice.place is not None and not keepers.count(notice.place)
    return "nobody" if nobody else ""


def _readdressed(delivery: Delivery, address: str) -> str:
    """Say so if the letter was written to another address than its reader has now."""
    return "" if delivery.recipient in ("", address) else "address"


def _groundless(prompt: Prompt, now: datetime) -> str:
    if prompt.event is not None:
        if prompt.event.cancelled_at is not None:
            return "cancelled"
        if not session.scalar(_WAS_THERE, {"at_event": prompt.event_id, "of_person": prompt.person_id}):
            return "absent"
        return "nobody" if prompt.kind == ONE_TO_ONE and not prompts.fitting(prompt) else ""
    meeting = prompt.one_to_one
    if meeting is None or prompt.subject != f"one_to_one:{meeting.id}:{meeting.version}":
        return "changed"
    return "settled" if prompt.kind == INVITATION and meeting.state_at(now) != one_to_ones.PROPOSED else ""


_WAS_THERE = select(Attendance.id).where(
    Attendance.event_id == bindparam("at_event"),
    Attendance.person_id == bindparam("of_person"),
    Attendance.state.in_(HERE),
)


def free_at(delivery: Delivery, now: datetime) -> datetime:
    """Return when this letter may go: now, or later for quiet hours, or because there were letters enough.

    At most one letter about prompts a day and three in seven days; what else is due then waits its turn. Codes are
    asked for and go at any hour, as does what a morning or an account can't wait for; 1-2-1s that two people make go
    on any day.
    """
    if delivery.notice is not None:
        return _free_for(delivery.notice, now)
    if delivery.prompt is None:
        return now
    person, zone = delivery.prompt.person, delivery.prompt.due_zone
    at, capped = now, delivery.prompt.kind in ABOUT_EVENTS
    if capped:
        at = _with_room(_lately(delivery, now), now, person.time_zone, zone)
    clear = cadence.clear_of_quiet(at, person.time_zone, zone, weekends=not capped)
    return clear + _spread(delivery) if clear > now else now


def _free_for(notice: Notice, now: datetime) -> datetime:
    """When this notice may go: only the letter that tells of kept cards can wait."""
    if notice.kind != notices.KEPT or notice.event is None:
        return now
    return cadence.clear_of_quiet(now, notice.event.time_zone, weekends=False)


def _with_room(lately: list[_Letter], now: datetime, zone: str, otherwise: str) -> datetime:
    """When there is room for one more letter."""
    if any(letter.sent_at is None for letter in lately):
        return now + IN_THE_OTHERS_HANDS
    sent = sorted(letter.sent_at for letter in lately if letter.sent_at)
    if len(sent) >= MOST_A_WEEK:
        return sent[-MOST_A_WEEK] + A_WEEK
    today = cadence.local(now, zone, otherwise).date()
    if sent and cadence.local(sent[-1], zone, otherwise).date() == today:
        return cadence.at(today + A_DAY, time(), zone, otherwise).utc
    return now


def _told_with_another(delivery: Delivery, now: datetime) -> bool:
    """Whether a letter that was planned no earlier went to the same person: it said that more waits under Today."""
    if delivery.prompt is None or delivery.prompt.kind not in ABOUT_EVENTS:
        return False
    return any(letter.sent_at and letter.planned_at >= delivery.created_at for letter in _lately(delivery, now))


def _lately(delivery: Delivery, now: datetime) -> list[_Letter]:
    """The other letters about prompts to the same person: sent within the week, or being sent and first in turn."""
    if delivery.prompt is None:
        return []
    known = {"person": delivery.prompt.person_id, "this": delivery.id, "since": now - A_WEEK}
    return [_Letter(*row) for row in session.execute(_LATELY, known)]


_LATELY = (
    select(Delivery.sent_at, Delivery.created_at)
    .join(Prompt, Prompt.id == Delivery.prompt_id)
    .where(
        Prompt.person_id == bindparam("person"),
        Prompt.kind.in_(ABOUT_EVENTS),
        Delivery.id != bindparam("this"),
        or_(
            and_(Delivery.state == SENT, Delivery.sent_at > bindparam("since", type_=UtcDateTime)),
            Delivery.state == DOT,
            and_(Delivery.state == CLAIMED, Delivery.id < bindparam("this")),
        ),
    )
)


def _spread(delivery: Delivery) -> timedelta:
    """A few minutes, always the same for the same letter, so that not everything goes at eight sharp."""
    return SPREAD * (zlib.crc32(str(delivery.id).encode()) / 0xFFFFFFFF)
