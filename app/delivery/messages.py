"""Messages to devices: which service each goes to, whether it is worth trying, and what its answer means.

Knows the devices' table and the way out; claims, transactions and words are the courier's.
"""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app import keys
from app.delivery import tallies
from app.delivery.breakers import PROBE_EVERY, Breaker
from app.delivery.outcomes import Undeliverable
from app.delivery.push import Gone, Message, Post, Receiver, Refused, TooLarge
from app.domain import claims, devices, endpoints
from app.domain.claims import Claim
from app.domain.devices import Subscription
from app.domain.endpoints import NotAnEndpoint, Service

log = logging.getLogger(__name__)

LAST: Final = 100
ENOUGH_TO_TELL: Final = 10
ALARMING: Final = 0.2


@dataclass
class Messenger:
    """The way out for messages, with a breaker for each service: one that is down keeps no other waiting."""

    post: Post
    services: tuple[Service, ...] = ()
    _breakers: dict[str, Breaker] = field(default_factory=lambda: defaultdict(Breaker))
    _refusals: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))

    def receiver(self, subscribed: Subscription, key_id: str) -> Receiver:
        """Return where the messages go of a browser that subscribed so, with this key of ours.

        Raises Refused where its service is not one of ours any more, Gone where the key that
        it subscribed with is not kept any more.
        """
        if key_id not in keys.ids():
            raise Gone("our key that it believes is not kept any more", permanent=True)
        try:
            endpoint = endpoints.read(subscribed.endpoint, self.services)
        except NotAnEndpoint as unknown:
            raise Refused("not a service that we know", permanent=True) from unknown
        return Receiver(endpoint, subscribed.p256dh, subscribed.auth, key_id)

    def waits(self, receiver: Receiver, now: datetime) -> timedelta | None:
        """Return for how long its service is left alone, or None where it may be tried."""
        return None if self._breakers[receiver.endpoint.origin].room(now, 1) else PROBE_EVERY

    def reach(self, receiver: Receiver, now: datetime) -> None:
        """Connect to its service if nobody is connected; raises Undeliverable where that can't be done."""
        with self._minding(receiver, now):
            self.post.reach(receiver)

    def send(
        self,
        receiver: Receiver,
        message: Message,
        now: datetime,
        before: Callable[[], bool],
        following: tuple[Receiver, Message] | None = None,
    ) -> bool:
        """Hand one over as Post.send does, and remember how its service and its refusals are."""
        with self._minding(receiver, now) as breaker:
            went = self.post.send(receiver, message, now, before, following)
        breaker.answered(now)
        self._remember(False)
        return went

    @contextmanager
    def _minding(self, receiver: Receiver, now: datetime) -> Iterator[Breaker]:
        breaker = self._breakers[receiver.endpoint.origin]
        try:
            yield breaker
        except Undeliverable as no:
            (breaker.failed if no.down else breaker.answered)(now)
            self._remember(isinstance(no, Refused))
            raise

    def failed(self, receiver: Receiver, now: datetime) -> None:
        """Note that nobody can tell whether its service took anything."""
        self._breakers[receiver.endpoint.origin].failed(now)

    def close(self) -> None:
        """Hang up."""
        self.post.close()

    def _remember(self, refused: bool) -> None:
        self._refusals.append(refused)
        many = sum(self._refusals)
        if refused and len(self._refusals) >= ENOUGH_TO_TELL and many > ALARMING * len(self._refusals):
            log.error("push: %d of the last %d were refused: check keys, CONTACT, clock", many, len(self._refusals))


def services(written: Iterable[tuple[str, int, str]]) -> tuple[Service, ...]:
    """Return the services that the settings add."""
    return tuple(Service(*each) for each in written)


def not_taken(claim: Claim, device_id: int, no: Undeliverable, now: datetime) -> tuple[str, str]:
    """Note in the caller's unit of work what a service's no means for the message and for the device.

    A device that is gone is forgotten; a refusal counts against it and is not tried again; all else is tried later,
    no sooner than the service asks.
    """
    if isinstance(no, Gone):
        devices.gone(device_id)
        claims.fail(claim, no.reason)
    elif isinstance(no, Refused):
        log.warning("push: device %d refused: %s", device_id, no.reason)
        if devices.refused(device_id, no.reason, now):
            log.error("push: device %d was refused three times in a row and is switched off", device_id)
        claims.fail(claim, no.reason)
    elif isinstance(no, TooLarge):
        claims.fail(claim, no.reason)
    else:
        claims.try_again(claim, no.reason, now, no.wait)
        return tallies.LATER, no.reason
    return tallies.FAILED, no.reason
