"""Manners: whether a letter that is due is still welcome, and from what hour. Reads what is known, changes nothing."""

import zlib
from datetime import date, datetime, time, timedelta

from app.domain import cadence, keepers, notices, one_to_ones, prompts, quiet_modes, rations
from app.domain.circumstances import Circumstances
from app.domain.deliveries import HELD, MERGED, PUSH, SENT, Delivery
from app.domain.notices import Notice
from app.domain.prompts import ABOUT_EVENTS, AGREEMENT, INVITATION, ONE_TO_ONE, OPEN, Prompt
from app.domain.rations import A_WEEK, MOST_A_WEEK, Portion

A_DAY = timedelta(days=1)
IN_THE_OTHERS_HANDS = timedelta(minutes=3)
SPREAD = timedelta(minutes=10)


def unwanted(delivery: Delivery, around: Circumstances, now: datetime) -> str:
    """Return in a word why this letter is no longer to be sent, or "" if it is.

    The same is asked once more, in one statement, just before the dot (claims.to_dot).
    """
    if delivery.channel == PUSH:
        return _unwanted_message(delivery, around, now)
    if delivery.code is not None:
        return "used" if delivery.code.used_at else ""
    if delivery.notice is not None:
        return _unwanted_notice(delivery, delivery.notice, now)
    prompt = delivery.prompt
    if prompt is None or prompt.person.email is None or _readdressed(delivery, prompt.person.email):
        return "address"
    if not prompt.person.mail_prompts:
        return "unsubscribed"
    if (
        prompt.state == OPEN
        and prompt.round == delivery.round
        and (prompt.person_id, prompt.person.email) in around.stopped
    ):
        return "came back"
    return _unasked(delivery, prompt, around, now)


def _unwanted_message(delivery: Delivery, around: Circumstances, now: datetime) -> str:
    reader = delivery.prompt or delivery.notice
    if reader is None or delivery.device is None or delivery.device.person_id != reader.person_id:
        return "device"
    if delivery.device_id not in around.living:
        return "signed out"
    return _unasked(delivery, delivery.prompt, around, now) if delivery.prompt else ""


def _unasked(delivery: Delivery, prompt: Prompt, around: Circumstances, now: datetime) -> str:
    """Say why there is nothing to ask any more, in whatever way."""
    if prompt.state != OPEN or prompt.round != delivery.round:
        return "answered" if prompt.state != OPEN else "put off"
    if delivery.id in around.parted:
        return "blocked"
    return _groundless(prompt, around, now) or (MERGED if _told_with_another(delivery, prompt, around, now) else "")


def _unwanted_notice(delivery: Delivery, notice: Notice, now: datetime) -> str:
    if reason := notices.unwanted(notice, now) or _readdressed(delivery, notice.address):
        return reason
    nobody = notice.kind == notices.KEPT and notice.place is not None and not keepers.count(notice.place)
    return "nobody" if nobody else ""


def _readdressed(delivery: Delivery, address: str) -> str:
    """Say so if the letter was written to another address than its reader has now."""
    return "" if delivery.recipient in ("", address) else "address"


def _groundless(prompt: Prompt, around: Circumstances, now: datetime) -> str:
    if prompt.event is not None:
        if prompt.event.cancelled_at is not None:
            return "cancelled"
        if (prompt.event_id, prompt.person_id) not in around.there:
            return "absent"
        return "nobody" if prompt.kind == ONE_TO_ONE and not prompts.fitting(prompt) else ""
    meeting = prompt.one_to_one
    if meeting is None or prompt.subject != f"one_to_one:{meeting.id}:{meeting.version}":
        return "changed"
    return "settled" if prompt.kind == INVITATION and meeting.state_at(now) != one_to_ones.PROPOSED else ""


def quiet_until(delivery: Delivery, now: datetime) -> datetime | None:
    """Return until when this letter waits because its reader wants quiet, or None.

    What was asked for comes in any case, and so does what changes a meeting that somebody has agreed to.
    """
    prompt = delivery.prompt
    if prompt is None or prompt.kind == AGREEMENT or not quiet_modes.is_on(prompt.person, now):
        return None
    return prompt.person.quiet_until


def portion(delivery: Delivery, now: datetime) -> Portion | None:
    """Return whose day this letter uses up, if it is one of those of which there is one a day."""
    prompt = delivery.prompt
    if prompt is None or prompt.kind not in ABOUT_EVENTS:
        return None
    today = cadence.local(now, prompt.person.time_zone, prompt.due_zone).date()
    return Portion(prompt.person_id, delivery.channel, today, prompt.id, delivery.round)


def free_at(delivery: Delivery, around: Circumstances, now: datetime) -> datetime:
    """Return when this letter may go: now, or later for quiet hours, or because there were letters enough.

    At most one letter about prompts a day and three in seven days, and as many messages, however many devices each
    goes to; what else is due then waits its turn. Codes are
    asked for and go at any hour, as does what a morning or an account can't wait for; 1-2-1s that two people make go
    on any day. Quiet hours have the last word; at that hour all of it is asked again.
    """
    if delivery.notice is not None:
        return now if delivery.channel == PUSH else _free_for(delivery.notice, now)
    if delivery.prompt is None:
        return now
    person, zone = delivery.prompt.person, delivery.prompt.due_zone
    capped = portion(delivery, now)
    at = _with_room(capped, delivery, around, now) if capped else now
    clear = cadence.clear_of_quiet(at, person.time_zone, zone, weekends=capped is None, hours=person.quiet_hours)
    return clear + _spread(delivery) if clear > now else now


def _free_for(notice: Notice, now: datetime) -> datetime:
    """When this notice may go: only the letter that tells of kept cards can wait."""
    if notice.kind != notices.KEPT or notice.event is None:
        return now
    return cadence.clear_of_quiet(now, notice.event.time_zone, weekends=False)


def _with_room(capped: Portion, delivery: Delivery, around: Circumstances, now: datetime) -> datetime:
    """When there is room for one more letter."""
    lately = rations.used(capped, around.lately)
    if any(other.state in HELD for other in lately):
        return now + IN_THE_OTHERS_HANDS
    if len(lately) >= MOST_A_WEEK:
        return lately[-MOST_A_WEEK].at + A_WEEK
    prompt = delivery.prompt
    if prompt and lately and _day(lately[-1].at, prompt) == capped.day:
        return cadence.at(capped.day + A_DAY, time(), prompt.person.time_zone, prompt.due_zone).utc
    return now


def _day(instant: datetime, prompt: Prompt) -> date:
    return cadence.local(instant, prompt.person.time_zone, prompt.due_zone).date()


def _told_with_another(delivery: Delivery, prompt: Prompt, around: Circumstances, now: datetime) -> bool:
    """Whether a letter went to the same person that was written when this was due: it said that it waits too."""
    capped = portion(delivery, now)
    if capped is None:
        return False
    there_since = max(prompt.due_at, prompt.created_at)
    lately = rations.used(capped, around.lately)
    return any(other.state == SENT and other.written_at and other.written_at >= there_since for other in lately)


def _spread(delivery: Delivery) -> timedelta:
    """A few minutes, always the same for the same letter, so that not everything goes at eight sharp."""
    return SPREAD * (zlib.crc32(str(delivery.id).encode()) / 0xFFFFFFFF)
