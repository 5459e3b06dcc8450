"""A letter as the bytes that travel (RFC 5322, 2045–2047): the same words give the same bytes. Knows no person.

Assembled by hand: `email.message.EmailMessage` takes seven times as long to build a letter as a server to take it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple, Self

LINE: Final = 76
WORD: Final = 39  # octets in an encoded word: 52 characters of base64, 12 around them, and room for "Subject: "
_BREAKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
CALENDAR_FILE: Final = "invite.ics"


class Mailbox(NamedTuple):
    """Somebody's name, perhaps empty, and address."""

    name: str
    address: str

    @classmethod
    @cache
    def of(cls, written: str) -> Self:
        """Read `Marmalade <post@example.org>`, as settings have it."""
        return cls(*parseaddr(written))


@dataclass(frozen=True)
class Letter:
    """What is said, in both bodies; `headers` beyond the usual; `calendar`: an iCalendar object and its method."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    calendar: bytes | None = None
    method: str = "REQUEST"


def pack(letter: Letter, sender: Mailbox, recipient: Mailbox, message_id: str, date: datetime) -> bytes:
    """Return the letter as ASCII bytes with CRLF line ends; the same arguments always give the same bytes.

    `message_id` comes without its angle brackets, `date` is aware. Raises UnicodeEncodeError for an address that is
    not ASCII: our people's are not, whatever they typed.
    """
    headers = {
        "From": _mailbox(sender),
        "To": _mailbox(recipient),
        "Subject": _words(letter.subject, "Subject"),
        "Date": format_datetime(date),
        "Message-ID": f"<{_line(message_id)}>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        **{name: _line(value) for name, value in letter.headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
    return head + _body(letter, hashlib.sha256(message_id.encode()).hexdigest()[:24])


def _body(letter: Letter, mark: str) -> bytes:
    words = [_text("plain", letter.text), _text("html", letter.html)]
    if letter.calendar is None:
        return _multipart("alternative", f"a-{mark}", words)
    as_part = _base64(f"text/calendar; charset=utf-8; method={letter.method}", letter.calendar)
    as_file = _base64(
        f'application/ics; name="{CALENDAR_FILE}"\r\nContent-Disposition: attachment; filename="{CALENDAR_FILE}"',
        letter.calendar,
    )
    alternative = _multipart("alternative", f"a-{mark}", [*words, as_part])
    return _multipart("mixed", f"m-{mark}", [alternative, as_file])


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return head + body + f"--{boundary}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    lines = "\r\n".join(text.rstrip().splitlines()) + "\r\n"
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + binascii.b2a_qp(lines.encode(), istext=True)


def _base64(kind: str, content: bytes) -> bytes:
    encoded = base64.b64encode(content)
    lines = b"\r\n".join(encoded[at : at + LINE] for at in range(0, len(encoded), LINE))
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + lines + b"\r\n"


def _mailbox(mailbox: Mailbox) -> str:
    """The mailbox as a header has it: its name quoted or encoded where it needs to be (RFC 2047 §5)."""
    name, bare = _line(mailbox.name), _line(mailbox.address)
    return formataddr((name, bare)) if name.isascii() else f"{_words(name, 'To')} <{bare}>"


def _words(text: str, name: str) -> str:
    """Text in a header: as it is, or where it is not ASCII or too long as encoded words of 75 at most (RFC 2047 §2)."""
    plain = _line(text)
    if plain.isascii() and len(plain) < LINE - len(name) and "=?" not in plain:
        return plain
    pieces = [""]
    for character in plain:
        if len((pieces[-1] + character).encode()) > WORD:
            pieces.append("")
        pieces[-1] += character
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces)


def _line(text: str) -> str:
    """One line of text: nothing that anybody typed may begin another header."""
    return _BREAKS.sub(" ", text).strip()
