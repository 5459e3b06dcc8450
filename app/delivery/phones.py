"""A few messages to devices: brought to their dots together, sent one by one, and noted together.

The courier says which. A crash leaves those few as ones of which nobody knows; sent again, each takes its own place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

from flask import current_app

from app import database, traces
from app.database import session
from app.delivery import dots, messages, postmarks, tallies, vapid, verdicts
from app.delivery.dots import Leaving
from app.delivery.messages import Messenger
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.push import Message, Post, Receiver, TooLarge
from app.delivery.tallies import Note
from app.delivery.units import unit_of_work
from app.delivery.verdicts import Verdict, Worded
from app.domain import claims, devices, groups, manners, rations
from app.domain.claims import Claim, Frozen
from app.domain.deliveries import Delivery
from app.domain.devices import Subscription
from app.domain.mentions import Mentions
from app.domain.rations import Portion


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


@dataclass
class _Sending:
    """A message that is being handed over, and what is to be noted of it unless it was taken."""

    claim: Claim
    going: Going
    told: Note
    trace: str
    noting: Callable[[], tuple[str, str]] | None = None
    may_be_there: bool = False

    @property
    def leaving(self) -> Leaving:
        """Return what its last word is asked with."""
        return Leaving(self.claim, self.going.portion, self.going.mark)


class _Ready(NamedTuple):
    """One whose service is connected to."""

    one: _Sending
    receiver: Receiver


def hand_over(some: Sequence[Verdict[Going]], now: datetime, messenger: Messenger, ends: Callable[[], bool]) -> None:
    """Send these until it `ends`, and note in each what came of it; those left over are let go, as if never begun."""
    dots.keep_outside()
    every = [_Sending(one.claim, one.going, one.note, one.trace) for one in some if one.going]
    if not every:
        return
    ready = [_Ready(one, receiver) for one in every if (receiver := _reached(one, now, messenger, ends))]
    at_their_dots = _brought(ready, now) if ready else []
    try:
        for each, following in zip_longest(at_their_dots, at_their_dots[1:]):
            _send(each, following, now, messenger, ends)
    finally:  # whatever goes wrong with one, the others before it are not sent again
        database.retried(partial(_note, every, now))


def _reached(one: _Sending, now: datetime, messenger: Messenger, ends: Callable[[], bool]) -> Receiver | None:
    """Connect to its service before the last word is asked, which is to be young when the message goes."""
    traces.begin(one.trace)
    try:
        receiver = messenger.receiver(one.going.subscribed, one.going.key_id)
        if not _is_left(one, receiver, now, messenger, ends):
            messenger.reach(receiver, now)
            return receiver
    except Undeliverable as no:
        one.noting = partial(_note_no, one.claim, one.going.device_id, no, now)
    return None


def _brought(ready: Sequence[_Ready], now: datetime) -> list[_Ready]:
    """Bring these to their dots, and return those that are to go."""
    goes = database.retried(partial(dots.bring, [one.leaving for one, _receiver in ready], now))
    for one, _receiver in ready:
        if one.claim.id not in goes:
            one.noting = partial(dots.withheld, one.claim, now)
    return [each for each in ready if each.one.claim.id in goes]


def _send(
    each: _Ready, following: _Ready | None, now: datetime, messenger: Messenger, ends: Callable[[], bool]
) -> None:
    """Send one that has been brought to its dot, unless it is left now."""
    one, receiver = each
    traces.begin(one.trace)
    if _is_left(one, receiver, now, messenger, ends):
        return
    then = (following.receiver, following.one.going.message) if following else None
    try:
        messenger.send(receiver, one.going.message, now, partial(dots.press, one.leaving, now), then)
        one.may_be_there = True
    except Undeliverable as no:
        one.noting = partial(_note_no, one.claim, one.going.device_id, no, now)
    except Uncertain as unsure:
        messenger.failed(receiver, now)
        one.noting, one.may_be_there = partial(_note_unsure, one.claim, unsure, now), True


def _is_left(one: _Sending, receiver: Receiver, now: datetime, messenger: Messenger, ends: Callable[[], bool]) -> bool:
    """Say whether there is no time or no way for it any more: then it waits, through no fault of its own."""
    if wait := messenger.waits(receiver, now):
        one.noting = partial(_note_left, one.claim, "its service is down", now, now + wait)
    elif ends():
        one.noting = partial(_note_left, one.claim, "", now, now)
    return one.noting is not None


def _note(every: Sequence[_Sending], now: datetime) -> None:
    """Note in one unit of work what came of all of these."""
    with unit_of_work(durable=False):
        # What is certainly not there comes first: its day goes to what may be there, and stands at its dot as yet.
        for one in sorted(every, key=lambda one: one.may_be_there):
            if one.noting:
                one.told.outcome, one.told.detail = one.noting()
        _note_taken([one for one in every if one.may_be_there and not one.noting], now)


def _note_taken(taken: Sequence[_Sending], now: datetime) -> None:
    if taken:
        devices.took([one.going.device_id for one in taken], now)
        sent = claims.sent([one.claim for one in taken], now)
        for one in taken:
            one.told.outcome, one.told.detail = (tallies.SENT if one.claim.id in sent else tallies.LOST), ""


def _note_left(claim: Claim, why: str, now: datetime, until: datetime) -> tuple[str, str]:
    rations.give_back(claim.id, now)
    claims.postpone(claim, until, why)
    return tallies.LATER, why


def _note_unsure(claim: Claim, unsure: Uncertain, now: datetime) -> tuple[str, str]:
    claims.try_again(claim, f"uncertain: {unsure.reason}", now)
    return tallies.UNCERTAIN, unsure.reason


def _note_no(claim: Claim, device_id: int, no: Undeliverable, now: datetime) -> tuple[str, str]:
    """Note a service's no; where it found the words too many, fewer go next time."""
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
    around = Mentions.of([delivery.prompt], now)
    before, brief = claims.thaw(delivery), verdicts.word(delivery, around, briefly=True)
    claims.freeze([Frozen(delivery, *brief)], now)
    return brief.content != before
