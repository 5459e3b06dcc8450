"""Hands a finished letter to a mail server, one connection for many letters.

Knows no table, no person and no date; whoever calls decides, just before the final dot, whether it goes.
"""

import ipaddress
import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from app.delivery import wires
from app.delivery.outcomes import Uncertain, Undeliverable

_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_ADDRESS: Final = re.compile(r"[!-~]+@[!-~]+")
_SEPARATORS: Final = frozenset(',;:<>()[]"\\')
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class Transport(Protocol):
    """A way out of the house for letters."""

    def send(self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]) -> bool:
        """Hand one letter over; return False if `before_dot` said no and nothing was sent.

        Raises Undeliverable if it was certainly not taken, Uncertain if nobody can tell.
        """

    def close(self) -> None:
        """Let go of whatever is open."""


@dataclass(frozen=True)
class Server:
    """A mail server as its address in the settings describes it."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""
    ca_file: str | None = None

    @classmethod
    def at(cls, url: str) -> Self:
        """Read `smtp://`, `smtps://` or `smtp+starttls://`, with user, password, port and ?ca=FILE.

        Raises ValueError with a sentence for anything else.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("A mail server's address begins with smtp://, smtps:// or smtp+starttls://.")
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parse_qs(parts.query).get("ca", [None])[0],
        )

    @property
    def speaks_tls(self) -> bool:
        """Say whether the talk is encrypted, from the first byte or soon after."""
        return self.scheme == "smtps" or self.needs_starttls

    @property
    def needs_starttls(self) -> bool:
        """Say whether the talk must turn to TLS; plain SMTP is for this very machine only."""
        return self.scheme == "smtp+starttls" or (self.scheme == "smtp" and not _is_this_machine(self.host))


class Relay:
    """One connection to a mail server, opened at the first letter and kept for the next (RFC 5321)."""

    def __init__(self, server: Server, name: str = "localhost", deadline: wires.Deadline | None = None) -> None:
        """`name` is what we call ourselves in EHLO; looking it up could take longer than a send may."""
        self.server, self._name = server, name
        self._deadline = deadline or wires.Deadline()
        self._trust = wires.trust(server.ca_file) if server.speaks_tls else None  # reading certificates takes a while
        self._client: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]) -> bool:
        """Hand over one letter of at most 60 s; a server silent for 30 s has lost its turn."""
        for address in (sender, recipient):
            _check(address)
        self._deadline.start()
        client = self._begin(sender)
        with self._answered():
            _expect(client.docmd("RCPT", f"TO:<{recipient}>"), 250, 251)
            _expect(client.docmd("DATA"), 354)
            client.send(_stuffed(content))
        if not self._allowed(before_dot):
            return False
        self._finish(client)
        return True

    def close(self) -> None:
        """Hang up, without waiting for goodbye."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _begin(self, sender: str) -> smtplib.SMTP:
        """Bring the connection to where the server has taken our MAIL; an idle one may have been hung up."""
        reused = self._client is not None
        try:
            with self._answered(down=True):
                client = self._client or self._connect()
                _expect(client.docmd("MAIL", f"FROM:<{sender}>"), 250)
        except Undeliverable:
            self.close()
            if not reused:
                raise
            return self._begin(sender)
        return client

    def _connect(self) -> smtplib.SMTP:
        client = smtplib.SMTP(local_hostname=self._name)
        client.sock = wires.dial(self.server.host, self.server.port, self._deadline)
        self._client = client  # from here on `close` hangs it up, whatever happens
        if self.server.scheme == "smtps":
            self._secure(client)
        _expect(client.getreply(), 220)
        _expect(client.ehlo(), 250)
        if self.server.needs_starttls:
            self._start_tls(client)
        if self.server.user:
            client.login(self.server.user, self.server.password)
        return client

    def _start_tls(self, client: smtplib.SMTP) -> None:
        if not client.has_extn("starttls"):
            raise Undeliverable("The mail server offers no encryption (STARTTLS), so nothing is sent.", down=True)
        _expect(client.docmd("STARTTLS"), 220)
        self._secure(client)
        _expect(client.ehlo(), 250)

    def _secure(self, client: smtplib.SMTP) -> None:
        assert client.sock is not None and self._trust is not None  # noqa: S101, PT018 - we would not be here
        client.sock = wires.secure(client.sock, self._trust, self.server.host, self._deadline)
        client.file = None  # what was read ahead in plain text is thrown away: it may have been slipped in

    @contextmanager
    def _answered(self, down: bool = False) -> Iterator[None]:
        """Turn whatever fails here into Undeliverable; leave a connection fit for the next letter, or none.

        A no to one recipient concerns that letter alone. With `down`, after 421, and where there is no reply
        at all, the way itself is broken, which is no recipient's fault.
        """
        try:
            yield
        except Undeliverable as no:
            if down or no.code == 421:
                self.close()
                raise Undeliverable(no.reason, code=no.code, down=True) from no
            self._reset()
            raise
        except (smtplib.SMTPException, OSError, ValueError) as broken:
            self.close()
            raise Undeliverable(_told(broken), down=True) from broken

    def _reset(self) -> None:
        try:
            if self._client is None or self._client.rset()[0] != 250:
                self.close()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _allowed(self, before_dot: Callable[[], bool]) -> bool:
        """Ask for the last word. Inside DATA there is no RSET: hanging up is the only way not to send."""
        allowed = False
        try:
            allowed = before_dot()
        finally:
            if not allowed:
                self.close()
        return allowed

    def _finish(self, client: smtplib.SMTP) -> None:
        try:
            client.send(b".\r\n")
            reply = _reply_to_dot(client)
        except (smtplib.SMTPException, OSError) as broken:
            self.close()
            raise Uncertain(_told(broken)) from broken
        with self._answered():
            _expect(reply, 250)


def _reply_to_dot(client: smtplib.SMTP) -> tuple[int, bytes]:
    """Wait for the answer that the letter was taken: a worker spends most of its life here, and dies here."""
    return client.getreply()


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    """Raise Undeliverable unless the server's reply is one of these."""
    code, text = reply
    if code not in codes:
        said = f"{code} {text.decode('utf-8', 'replace')}"
        raise Undeliverable(" ".join(said.split())[:300], permanent=500 <= code < 600, code=code)


def _check(address: str) -> None:
    """Refuse what is not one plain address: it may not end a line or make two of one (RFC 5321 §4.1.2)."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address) or _SEPARATORS & set(address):
        raise Undeliverable("This is not an address that a letter can go to.", permanent=True)


def _stuffed(content: bytes) -> bytes:
    """The letter with CRLF line ends and a second dot where a line begins with one (RFC 5321 §4.5.2)."""
    ends = content.count(b"\r\n")
    if not ends == content.count(b"\r") == content.count(b"\n"):  # seldom, and it takes longer than to count
        content = _LINE_END.sub(b"\r\n", content)
    lines = content.rstrip(b"\r\n") + b"\r\n"
    return (b"." if lines.startswith(b".") else b"") + lines.replace(b"\r\n.", b"\r\n..")


def _told(broken: Exception) -> str:
    return " ".join(f"{type(broken).__name__}: {broken}".split())[:300]


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
