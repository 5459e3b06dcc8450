"""Hands a sealed message to the push service of one browser (RFC 8030), one connection a service for many.

Knows no table, no person and no words. A service is a machine that a stranger named: it is looked at before it is
connected to, followed nowhere, waited for at most 10 s, and listened to for at most 64 kB.
"""

import http.client
import re
import select
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, NamedTuple

from app.delivery import capsules, routes, wires
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.vapid import Badge
from app.domain.endpoints import Endpoint

TOTAL: Final = 10.0
CONNECT: Final = 5.0
MOST_BYTES: Final = 64 * 1024
LONGEST_WAIT: Final = timedelta(days=1)
MOST_OPEN: Final = 16
MOST_SAID: Final = 400
TAKEN: Final = (200, 201, 202)
GONE: Final = (404, 410)
NOT_YET: Final = (408, 425, 429, 406)
_ADDRESS: Final = re.compile(r"\S*://\S*")


class Gone(Undeliverable):
    """The browser has no such subscription any more."""


class Refused(Undeliverable):
    """The service won't have it, and no later try of the same will be taken."""


class TooLarge(Undeliverable):
    """The service takes only shorter messages."""


class Receiver(NamedTuple):
    """Where a message goes, and what it is sealed with."""

    endpoint: Endpoint
    p256dh: bytes
    auth: bytes
    key_id: str


class Message(NamedTuple):
    """What is said, as JSON; `topic` makes a later one take its place while it waits, for `lasts` at most."""

    content: bytes
    topic: str
    lasts: timedelta


class _Line(NamedTuple):
    """An open connection with its own deadline."""

    wire: wires.SecureWire
    deadline: wires.Deadline


class Post:
    """A way out of the house for messages; `contact` is who answers for what is sent (RFC 8292 §2.1)."""

    def __init__(
        self, contact: str, trust: ssl.SSLContext | None = None, resolve: routes.Resolver = routes.look_up
    ) -> None:
        self._badge = Badge(contact)
        self._trust = trust or wires.trust()
        self._resolve = resolve
        self._open: dict[str, _Line] = {}
        self._sealed: tuple[Receiver, Message, bytes] | None = None

    def reach(self, receiver: Receiver) -> None:
        """Be connected to its service; raises Undeliverable where that can't be done."""
        self._line(receiver.endpoint)

    def send(
        self,
        receiver: Receiver,
        message: Message,
        now: datetime,
        before: Callable[[], bool],
        following: tuple[Receiver, Message] | None = None,
    ) -> bool:
        """Hand one message over; return False if `before`, asked when it could go, said no and nothing was sent.

        The `following` one is sealed while the service thinks. Raises Undeliverable if it was certainly not taken,
        Uncertain if nobody can tell.
        """
        origin = receiver.endpoint.origin
        body = self._body(receiver, message)
        line = self._line(receiver.endpoint)
        if not before():
            return False
        head = _head(receiver.endpoint, message, self._badge.header(origin, receiver.key_id, now), len(body))
        try:
            answer = _asked(line, head + body, partial(self._seal_ahead, following))
        except (OSError, http.client.HTTPException, ValueError) as broken:
            self._hang_up(origin)
            raise Uncertain(_told(broken)) from broken
        said = self._hear(origin, answer)
        self._judge(origin, answer, said, now)
        return True

    def _seal_ahead(self, following: tuple[Receiver, Message] | None) -> None:
        """Seal what is to go next; where that can't be done, it is found out when it goes."""
        if following:
            receiver, message = following
            with suppress(ValueError):
                self._sealed = receiver, message, capsules.seal(message.content, receiver.p256dh, receiver.auth)

    def _body(self, receiver: Receiver, message: Message) -> bytes:
        sealed, self._sealed = self._sealed, None
        if sealed is not None and sealed[:2] == (receiver, message):
            return sealed[2]
        try:
            return capsules.seal(message.content, receiver.p256dh, receiver.auth)
        except capsules.TooLong as long:
            raise TooLarge(f"{long} bytes are too long.") from long

    def close(self) -> None:
        """Hang up everywhere."""
        for origin in list(self._open):
            self._hang_up(origin)

    def _line(self, endpoint: Endpoint) -> _Line:
        """Return a connection that is still up: a new one where the service hung up, or said something unasked."""
        line = self._open.get(endpoint.origin)
        if line is not None and not _is_quiet(line):
            self._hang_up(endpoint.origin)
            line = None
        if line is None:
            while len(self._open) >= MOST_OPEN:
                self._hang_up(next(iter(self._open)))
            line = self._open[endpoint.origin] = self._connect(endpoint)
        return line

    def _connect(self, endpoint: Endpoint) -> _Line:
        deadline = wires.Deadline(TOTAL, TOTAL, CONNECT, MOST_BYTES)
        deadline.start()
        with _reached():
            plain = wires.reach(routes.to(endpoint, self._resolve), deadline)
            try:
                return _Line(wires.secure(plain, self._trust, endpoint.host, deadline), deadline)
            except BaseException:
                plain.close()
                raise

    def _hear(self, origin: str, answer: http.client.HTTPResponse) -> str:
        """Read what the service says, without addresses; hang up where it does not come to an end."""
        try:
            said = answer.read(MOST_BYTES)
        except (OSError, http.client.HTTPException, ValueError):
            answer.close()
            self._hang_up(origin)
            return ""
        if answer.will_close or not answer.isclosed():
            self._hang_up(origin)
        return " ".join(_ADDRESS.sub("…", said[:MOST_SAID].decode("utf-8", "replace")).split())

    def _judge(self, origin: str, answer: http.client.HTTPResponse, said: str, now: datetime) -> None:
        """Say by an exception what any status but a success means (RFC 8030 §5, §8.4)."""
        code = answer.status
        reason = f"{code} {said}"[:200].strip()
        if code in TAKEN:
            return
        if code in GONE:
            raise Gone(reason, permanent=True, code=code)
        if code == 413:
            raise TooLarge(reason, code=code)
        if code in NOT_YET or code >= 500:
            wait = _wait(answer.getheader("Retry-After"), now)
            raise Undeliverable(reason, code=code, down=code >= 500, wait=wait)
        self._badge.forget(origin)
        raise Refused(reason + _clock(answer.getheader("Date"), now), permanent=True, code=code)

    def _hang_up(self, origin: str) -> None:
        if line := self._open.pop(origin, None):
            line.wire.close()


def _asked(line: _Line, request: bytes, meanwhile: Callable[[], None]) -> http.client.HTTPResponse:
    """Send a request in one piece, and return its answer, of which the head has been read."""
    line.deadline.start()
    line.wire.sendall(request)
    meanwhile()
    answer = http.client.HTTPResponse(line.wire, method="POST")
    try:
        answer.begin()
    except BaseException:
        answer.close()
        raise
    return answer


def _head(endpoint: Endpoint, message: Message, badge: str, length: int) -> bytes:
    """Return the head of a request, in the characters that an endpoint and our own words are made of."""
    headers = {
        "Host": endpoint.origin.removeprefix("https://"),
        "Accept-Encoding": "identity",
        "Content-Length": str(length),
        "Authorization": badge,
        "TTL": str(max(0, int(message.lasts.total_seconds()))),
        "Urgency": "normal",
        "Topic": message.topic,
        "Content-Type": "application/notification+json",
        "Content-Encoding": "aes128gcm",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {endpoint.target} HTTP/1.1\r\n{lines}\r\n".encode("ascii")


@contextmanager
def _reached() -> Iterator[None]:
    """Turn whatever keeps us from a service into Undeliverable; where it may not be gone to, that is for good."""
    try:
        yield
    except routes.Barred as barred:
        raise Refused(_told(barred), permanent=True) from barred
    except (OSError, ValueError) as broken:
        raise Undeliverable(_told(broken), down=True) from broken


def _is_quiet(line: _Line) -> bool:
    """Say whether the other side has neither hung up nor spoken since its last answer."""
    return not select.select([line.wire], [], [], 0)[0]


def _wait(written: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After in seconds or as a date (RFC 9110 §10.2.3), a day at most; None for what is neither."""
    if written is None:
        return None
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=min(int(written[:9]), 10**8)), LONGEST_WAIT)
    date = _date(written)
    return max(timedelta(0), min(date - now, LONGEST_WAIT)) if date else None


def _date(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _clock(date: str | None, now: datetime) -> str:
    """Say how far the service's clock is from ours where that may be why it refuses our signature."""
    theirs = _date(date) if date else None
    minutes = int((theirs - now).total_seconds() // 60) if theirs else 0
    return f" (the service's clock is {minutes:+d} min from ours)" if abs(minutes) > 5 else ""


def _told(broken: Exception) -> str:
    return " ".join(f"{type(broken).__name__}: {broken}".split())[:200]
