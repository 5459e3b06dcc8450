"""A real SMTP server that keeps what it is given, byte for byte, and can be told to misbehave."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from enum import Enum
from typing import Any, cast
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.infrastructure.certificate import Certificate
from tests.infrastructure.networking import free_port

PATIENCE_S = 20.0


class Fault(Enum):
    """What can go wrong with a mail server, at each place where it can."""

    RECIPIENT_LATER = "451 at RCPT TO: try again later"
    RECIPIENT_NEVER = "550 at RCPT TO: no such mailbox"
    LETTER_LATER = "451 after the dot: try again later"
    LETTER_NEVER = "554 after the dot: not wanted"
    CUT_UNSEEN = "the line is cut at the dot; the letter is gone"
    CUT_ACCEPTED = "the line is cut at the dot; the letter was taken, the answer is lost"
    CUT_AFTERWARDS = "the line is cut after the answer to the dot"
    SILENT = "takes the connection and never says a word"
    SILENT_AT_DOT = "takes the letter and never answers the dot"


@dataclass(frozen=True)
class Letter:
    """One letter as it came in: the envelope, and the bytes between DATA and the dot."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Return the letter parsed (RFC 5322)."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=WIRE))

    def body(self, kind: str) -> str:
        """Return the body of one kind, "plain" or "html", decoded, its lines ending as Python's do."""
        part = self.message.get_body((kind,))
        if part is None:
            raise AssertionError(f"This letter has no {kind} body.")
        return str(part.get_content()).replace("\r\n", "\n")


class Sink:
    """The mail server, seen from a test. `letters` are those it took, in order."""

    def __init__(
        self, scheme: str, port: int, tls: Certificate | None = None, login: tuple[str, str] | None = None
    ) -> None:
        self.port = port
        self.login = login
        user = f"{quote(login[0], safe='')}:{quote(login[1], safe='')}@" if login else ""
        trusted = f"?ca={quote(str(tls.authority), safe='')}" if tls else ""
        self.url = f"{scheme}://{user}localhost:{port}{trusted}"
        self.letters: list[Letter] = []
        self.connections = 0
        self._fault: Fault | None = None
        self._left = 0
        self._only: str | None = None
        self._changed = threading.Condition()

    def fail(self, fault: Fault, *, times: int = 1_000_000, only: str | None = None) -> None:
        """Misbehave this way the next so many times; with `only`, for letters to that address alone."""
        with self._changed:
            self._fault, self._left, self._only = fault, times, only

    def recover(self) -> None:
        """Behave again."""
        self.fail(Fault.SILENT, times=0)

    def clear(self) -> None:
        """Forget the letters taken so far, and behave."""
        with self._changed:
            self.letters.clear()
            self.connections = 0
        self.recover()

    def wait_for(self, count: int, seconds: float = PATIENCE_S) -> list[Letter]:
        """Wait until at least so many letters have come, and return them all; fail after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.letters) >= count, seconds):
                raise AssertionError(f"{len(self.letters)} of {count} letters came within {seconds:g} s.")
            return list(self.letters)

    def to(self, address: str) -> list[Letter]:
        """Return the letters to one address, in the order they came."""
        with self._changed:
            return [letter for letter in self.letters if address in letter.recipients]

    def knows(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        """Answer aiosmtpd's question whether this name and password are right."""
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self.login, handled=given == self.login)

    def _meets(self, *faults: Fault, recipient: str | None = None) -> Fault | None:
        with self._changed:
            wanted = self._only is None or self._only == recipient
            if self._fault not in faults or not wanted or self._left <= 0:
                return None
            self._left -= 1
            return self._fault

    def _take(self, envelope: Envelope) -> None:
        with self._changed:
            raw = cast(bytes, envelope.original_content)
            letter = Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
            self.letters.append(letter)
            self._changed.notify_all()


class _Conversation(SMTP):
    """One connection. Silence and cuts are below what a handler can say, so they stand here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler.open.setdefault(self, asyncio.get_running_loop().create_future())

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        ended = self.event_handler.open.pop(self, None)
        if ended:
            ended.set_result(None)

    async def _handle_client(self) -> None:
        sink: Sink = self.event_handler.sink
        with sink._changed:
            sink.connections += 1
        if sink._meets(Fault.SILENT):
            await _forever()
        await super()._handle_client()

    async def push(self, status: Any) -> None:
        cut = self.event_handler.cut.pop(self, None)
        if cut in (Fault.CUT_UNSEEN, Fault.CUT_ACCEPTED):
            self.transport.abort()
            raise asyncio.CancelledError
        if cut is Fault.SILENT_AT_DOT:
            await _forever()
        await super().push(status)
        if cut is Fault.CUT_AFTERWARDS:
            self.transport.abort()
            raise asyncio.CancelledError


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.cut: dict[SMTP, Fault] = {}
        self.open: dict[_Conversation, asyncio.Future[None]] = {}

    async def hang_up(self) -> None:
        """End the connections that somebody still waits on."""
        left = dict(self.open)
        for conversation in left:
            conversation.transport.abort()
        await asyncio.gather(*left.values())

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self.sink._meets(Fault.RECIPIENT_LATER, Fault.RECIPIENT_NEVER, recipient=address)
        if fault is Fault.RECIPIENT_LATER:
            return "451 4.3.0 Try again later"
        if fault is Fault.RECIPIENT_NEVER:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        fault = self.sink._meets(
            Fault.LETTER_LATER,
            Fault.LETTER_NEVER,
            Fault.CUT_UNSEEN,
            Fault.CUT_ACCEPTED,
            Fault.CUT_AFTERWARDS,
            Fault.SILENT_AT_DOT,
            recipient=envelope.rcpt_tos[0],
        )
        if fault is Fault.LETTER_LATER:
            return "451 4.3.0 Try again later"
        if fault is Fault.LETTER_NEVER:
            return "554 5.7.1 Not wanted"
        if fault:
            self.cut[server] = fault
        if fault in (None, Fault.CUT_ACCEPTED, Fault.CUT_AFTERWARDS):
            self.sink._take(envelope)
        return "250 2.0.0 OK"


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Conversation(self.handler, **self.SMTP_kwargs)


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


@contextmanager
def serve(scheme: str = "smtp", tls: Certificate | None = None, login: tuple[str, str] | None = None) -> Iterator[Sink]:
    """Run a mail server on a free port of the loopback address until the block ends.

    With the scheme "smtps" or "smtp+starttls" it shows the certificate `tls` and takes nothing in the clear.
    With `login` it wants that name and password first. `Sink.url` says all of it, as SMTP_URL does.
    """
    context = tls.server_context() if tls else None
    sink = Sink(scheme, free_port(), tls, login)
    handler = _Handler(sink)
    controller = _Controller(
        handler,
        hostname="127.0.0.1",
        port=sink.port,
        server_hostname="localhost",
        ssl_context=context if scheme == "smtps" else None,
        tls_context=context if scheme == "smtp+starttls" else None,
        require_starttls=scheme == "smtp+starttls",
        authenticator=sink.knows if login else None,
        auth_required=login is not None,
        auth_require_tls=False,
    )
    controller.start()
    sink.clear()  # the controller has knocked once to see whether somebody is in
    try:
        yield sink
    finally:
        asyncio.run_coroutine_threadsafe(handler.hang_up(), controller.loop).result(PATIENCE_S)
        controller.stop()
