"""Dispatches: what a phone did while it was away from us, as it tells it: what each kind brings, and of which type.

When it was, is told by a clock that may have been wrong. What came of it is for `deeds` to say.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app import tokens
from app.database import LARGEST_NUMBER
from app.domain.refusals import Unfit
from app.domain.scans import Scan
from app.words import N_

SCAN, VOID, LINE, FIT, ANSWER, END = "scan", "void", "line", "fit", "answer", "end"
ARRIVE, CHECK_IN, WALK_IN, VOUCH = "arrive", "check_in", "walk_in", "vouch"
SKEW: Final = timedelta(minutes=2)
LONGEST: Final = 10_000
BASE32: Final = frozenset("abcdefghijklmnopqrstuvwxyz234567")
TOKEN_LENGTH = 26
NUMBERED: Final = "#"


class Malformed(Unfit):
    message = N_("Something in this can't be read. It stays on your phone, and you can take it along from there.")


class UnknownKind(Unfit):
    status = 409  # a newer phone than we are: after our next version it will do
    message = N_("Your phone is newer than we are. This is kept there, and goes by itself later.")


@dataclass(frozen=True)
class Item:
    """One thing that a phone did: its name for it, what it was, when by the phone's clock set right, and the rest."""

    id: UUID
    kind: str
    at: datetime
    said: Mapping[str, Any]

    @property
    def sent(self) -> str:
        """Return what was sent, to be known again; fields that we don't know are no part of it."""
        return ascii((self.kind, sorted(self.said.items())))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Malformed
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise Malformed
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed
    return value


def _name(value: object) -> UUID:
    try:
        return UUID(_text(value))
    except ValueError as wrong:
        raise Malformed from wrong


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(value))
        if instant.tzinfo is None:
            raise Malformed
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise Malformed from wrong


def _event(value: object) -> str:
    """Read an event by its poster code, or by its number as organisers' addresses have it."""
    return f"{NUMBERED}{_number(value)}" if isinstance(value, int) else _text(value)


# What each kind brings, besides `id`, `kind` and `at`; a mark at the end says that it may be left out, or be null.
FIELDS: Final[Mapping[str, Mapping[str, Callable[[object], Any]]]] = MappingProxyType(
    {
        SCAN: {"token?": _text, "code?": _text, "place?": _number, "event?": _event},
        VOID: {"of": _name},
        LINE: {"of": _name, "text": _text},
        FIT: {"of": _name, "fit?": _text, "step?": _text, "promise?": _text},
        ANSWER: {"prompt": _number, "answer": _text, "until?": _text},
        END: {"event": _event, "worth?": _text, "answer?": _text},
        ARRIVE: {"event": _event},
        CHECK_IN: {"event": _event, "place?": _number, "of?": _name, "token?": _text, "here": _yes_or_no},
        WALK_IN: {"event": _event, "name": _text, "what_i_do?": _text},
        VOUCH: {"event": _event, "place?": _number, "of?": _name},
    }
)


def read(sent: object, offset: timedelta) -> Item:
    """Read one thing as it was sent, by a clock that is `offset` behind ours. Raises Malformed or UnknownKind."""
    if not isinstance(sent, dict):
        raise Malformed
    kind, fields = sent.get("kind"), {"at": _instant}
    if not isinstance(kind, str) or kind not in FIELDS:
        raise UnknownKind if isinstance(kind, str) else Malformed
    said = {}
    for name, reads in {**fields, **FIELDS[kind]}.items():
        value = sent.get(name.rstrip("?"))
        if value is not None or not name.endswith("?"):
            said[name.rstrip("?")] = reads(value)
    return Item(named(sent), kind, _set_right(said["at"], offset), said)


def named(sent: object) -> UUID:
    """Return the name that the phone gave to something. Raises Malformed."""
    return _name(sent.get("id") if isinstance(sent, dict) else None)


def offset(client_now: object, now: datetime) -> timedelta:
    """Return by how much a phone's clock is behind ours. Raises Malformed for what is no instant."""
    return now - _instant(client_now)


def _set_right(at: datetime, offset: timedelta) -> datetime:
    try:
        return at + offset
    except OverflowError:
        return at


def scanned(items: Iterable[Item]) -> list[Scan]:
    """Return what was read in those of these dispatches that are scans and can be read."""
    found = []
    for item in items:
        with suppress(Malformed):
            found += [scan(item)] if item.kind == SCAN else []
    return found


def scan(item: Item) -> Scan:
    """Return what was read in a dispatch of a scan. Raises Malformed."""
    token, code, place = (item.said.get(name) for name in ("token", "code", "place"))
    if [token, code, place].count(None) != 2:
        raise Malformed
    hint = item.said.get("event", "")
    if token is not None:
        return Scan(item.id, item.at, hint, token_hash=hashed(token))
    return Scan(item.id, item.at, hint, code=tokens.typed(code or ""), place=place)


def hashed(token: str) -> bytes:
    """Return the hash by which a token is found, in whatever case it was read. Raises Malformed for what is none."""
    lower = token.lower()
    if len(lower) != TOKEN_LENGTH or not BASE32.issuperset(lower):
        raise Malformed
    return tokens.digest(lower)
