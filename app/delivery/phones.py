"""One message to one device: worded, handed over, and what came of it. The courier says which and whether."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy.exc import DBAPIError

from app.database import session
from app.delivery import dots, messages, notifications, postmarks, tallies, vapid
from app.delivery.messages import Messenger
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.push import Message, Post, Receiver, TooLarge
from app.delivery.tallies import Note
from app.delivery.units import unit_of_work
from app.domain import claims, devices, groups, manners, rations
from app.domain.claims import Claim
from app.domain.deliveries import PUSH, Delivery
from app.domain.rations import Portion

log = logging.getLogger(__name__)

Decide = Callable[[Delivery, Claim, datetime], Note]


def messenger() -> Messenger | None:
    """Return the way out for messages that the settings describe; None for a demonstration, which writes to nobody."""
    for_show = groups.is_demonstration()
    session.rollback()
    if for_show:
        return None
    settings = current_app.config
    contact = vapid.contact(settings["CONTACT"], settings["PUBLIC_URL"])
    return Messenger(Post(contact), messages.services(settings["PUSH_HOSTS"]))


class _Going(NamedTuple):
    """A message about to be handed over: what, where to, whose day it uses up, and its postmark."""

    message: Message
    receiver: Receiver
    device_id: int
    portion: Portion | None
    mark: str


def tell(claim: Claim, now: datetime, messenger: Messenger, decide: Decide) -> list[Note]:
    """Hand over one message, or note why not. What is wrong with one stops no other."""
    try:
        with unit_of_work(durable=False):
            delivery = claims.held(claim)
            if delivery is None:
                return []
            note = decide(delivery, claim, now)
            going = _going(delivery, claim, now, messenger, note) if note.outcome == tallies.WOULD_GO else None
    except DBAPIError:
        raise
    except Exception:
        log.exception("message %s could not be written", claim.id)
        with unit_of_work():
            claims.unwritten(claim, now)
        return []
    if going is not None:
        note.outcome, note.detail = _hand_over(claim, going, now, messenger)
    return [note]


def note(delivery: Delivery) -> Note:
    """Begin a note on a message: to whom, on what kind of browser."""
    about = delivery.prompt or delivery.notice
    if about is None or about.person is None:
        return Note("trial", "", "", delivery.due_at, channel=PUSH)
    hint = delivery.device.hint if delivery.device else ""
    return Note(about.kind, about.person.name, hint, about.due_at, channel=PUSH)


def word(delivery: Delivery, now: datetime, *, briefly: bool = False) -> bytes:
    """Word a message, and freeze it: whatever is sent again is sent with the same words and topic."""
    if delivery.prompt is not None:
        said = notifications.of_prompt(delivery.prompt, now, briefly=briefly)
    elif delivery.notice is not None and delivery.notice.person is not None:
        said = notifications.of_trial(delivery.notice, delivery.notice.person)
    else:
        raise ValueError("This message carries nothing.")
    claims.freeze(delivery, said.content, "", said.topic, now)
    return said.content


def _going(delivery: Delivery, claim: Claim, now: datetime, messenger: Messenger, note: Note) -> _Going | None:
    """Return what goes, and where to; where it can't go now, or ever, the row and the note say so."""
    if delivery.device is None:
        raise ValueError("This message has no device.")
    try:
        receiver = messenger.receiver(delivery.device)
    except Undeliverable as no:
        note.outcome, note.detail = messages.not_taken(claim, delivery.device.id, no, now)
        return None
    if wait := messenger.waits(receiver, now):
        claims.postpone(claim, now + wait, "its service is down")
        note.outcome, note.detail = tallies.LATER, "its service is down"
        return None
    message = Message(note.content, delivery.message_id, claims.expires(claim) - now)
    return _Going(message, receiver, delivery.device.id, manners.portion(delivery, now), postmarks.mark(delivery))


def _hand_over(claim: Claim, going: _Going, now: datetime, messenger: Messenger) -> tuple[str, str]:
    """Send the message and note what came of it; return the outcome and why."""
    last_word = dots.before(claim, going.portion, going.mark, now)
    try:
        went = messenger.send(going.receiver, going.message, now, last_word)
    except Undeliverable as no:
        return _note_no(claim, going.device_id, no, now)
    except Uncertain as unsure:
        messenger.failed(going.receiver, now)
        with unit_of_work(durable=False):
            claims.try_again(claim, f"uncertain: {unsure.reason}", now)
        return tallies.UNCERTAIN, unsure.reason
    return _note_taken(claim, going.device_id, now) if went else dots.note_withheld(claim, now)


def _note_no(claim: Claim, device_id: int, no: Undeliverable, now: datetime) -> tuple[str, str]:
    """Note a service's no; where it found the words too many, fewer go next time."""
    with unit_of_work(durable=False):
        rations.give_back(claim.id, now)
        if isinstance(no, TooLarge) and _can_be_brief(claim, now):
            claims.try_again(claim, no.reason, now)
            return tallies.LATER, no.reason
        return messages.not_taken(claim, device_id, no, now)


def _can_be_brief(claim: Claim, now: datetime) -> bool:
    """Put fewer words where there were more, and say whether there were."""
    delivery = claims.held(claim)
    if delivery is None or delivery.prompt is None:
        return False
    before = claims.thaw(delivery)
    return word(delivery, now, briefly=True) != before


def _note_taken(claim: Claim, device_id: int, now: datetime) -> tuple[str, str]:
    with unit_of_work(durable=False):
        devices.took(device_id, now)
        return (tallies.SENT if claims.sent(claim, now) else tallies.LOST), ""
