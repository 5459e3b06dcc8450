"""One message to one device: worded, handed over, and what came of it. The courier says which and whether."""

import logging
from datetime import datetime
from typing import NamedTuple

from flask import current_app

from app.database import session
from app.delivery import dots, messages, postmarks, tallies, vapid, verdicts
from app.delivery.messages import Messenger
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.push import Message, Post, TooLarge
from app.delivery.units import unit_of_work
from app.delivery.verdicts import Worded
from app.domain import claims, devices, groups, manners, rations
from app.domain.claims import Claim
from app.domain.deliveries import Delivery
from app.domain.devices import Subscription
from app.domain.rations import Portion

log = logging.getLogger(__name__)


def messenger() -> Messenger | None:
    """Return the way out for messages that the settings describe; None for a demonstration, which writes to nobody."""
    for_show = groups.is_demonstration()
    session.rollback()
    if for_show:
        return None
    settings = current_app.config
    contact = vapid.contact(settings["CONTACT"], settings["PUBLIC_URL"])
    return Messenger(Post(contact), messages.services(settings["PUSH_HOSTS"]))


class Going(NamedTuple):
    """A message about to be handed over: what, to which device and how, whose day it uses up, and its postmark."""

    message: Message
    device_id: int
    subscribed: Subscription
    key_id: str
    portion: Portion | None
    mark: str


def going(delivery: Delivery, claim: Claim, worded: Worded, now: datetime) -> Going:
    """Return what goes, and where to."""
    device = delivery.device
    if device is None:
        raise ValueError("This message has no device.")
    portion, mark = manners.portion(delivery, now), postmarks.mark(delivery)
    message = Message(worded.content, worded.message_id, claims.expires(claim) - now)
    return Going(message, device.id, device.subscription, device.key_id, portion, mark)


def hand_over(claim: Claim, going: Going, now: datetime, messenger: Messenger) -> tuple[str, str]:
    """Send the message and note what came of it; return the outcome and why."""
    try:
        receiver = messenger.receiver(going.subscribed, going.key_id)
    except Undeliverable as no:
        return _note_no(claim, going.device_id, no, now)
    if wait := messenger.waits(receiver, now):
        return _note_waits(claim, now + wait)
    try:
        went = messenger.send(receiver, going.message, now, dots.before(claim, going.portion, going.mark, now))
    except Undeliverable as no:
        return _note_no(claim, going.device_id, no, now)
    except Uncertain as unsure:
        messenger.failed(receiver, now)
        with unit_of_work(durable=False):
            claims.try_again(claim, f"uncertain: {unsure.reason}", now)
        return tallies.UNCERTAIN, unsure.reason
    return _note_taken(claim, going.device_id, now) if went else dots.note_withheld(claim, now)


def _note_waits(claim: Claim, until: datetime) -> tuple[str, str]:
    with unit_of_work(durable=False):
        claims.postpone(claim, until, "its service is down")
    return tallies.LATER, "its service is down"


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
    before, brief = claims.thaw(delivery), verdicts.word(delivery, now, briefly=True)
    claims.freeze(delivery, *brief, now)
    return brief.content != before


def _note_taken(claim: Claim, device_id: int, now: datetime) -> tuple[str, str]:
    with unit_of_work(durable=False):
        devices.took(device_id, now)
        return (tallies.SENT if claims.sent(claim, now) else tallies.LOST), ""
