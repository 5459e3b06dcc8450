"""Dispatches: what a phone did while it was away from us, one thing after the other, each asked of the noun it is of.

Knows what each kind brings and of which type, and when it was by a clock that may have been wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app import tokens
from app.database import LARGEST_NUMBER
from app.domain import contacts, scans
from app.domain.attendance import Attendance
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.domain.scans import Desk, Scan, Taken
from app.words import N_

STORED, DUPLICATE, REFUSED = "stored", "duplicate", "refused"
SCAN, VOID, LINE = "scan", "void", "line"
SKEW: Final = timedelta(minutes=2)
LONGEST: Final = 10_000
BASE32: Final = frozenset("abcdefghijklmnopqrstuvwxyz234567")
TOKEN_LENGTH, CODE_LENGTH = 26, 8


class Malformed(Unfit):
    message = N_("Something in this can't be read. It stays on your phone, and you can take it along from there.")


class UnknownKind(Unfit):
    status = 409  # a newer phone than we are: after our next version it will do
    message = N_("Your phone is newer than we are. This is kept there, and goes by itself later.")


class UnknownCode(Unfit):
    status = 404
    message = N_("We don't know that code. It's the eight characters under the code on their screen or badge.")


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


@dataclass(frozen=True)
class Outcome:
    """What came of it: for whom, where to read on, and what to think of it."""

    result: str = STORED
    about: Person | Attendance | None = None
    name: str | None = None
    contact: int | None = None
    sheet: UUID | None = None
    flags: tuple[str, ...] = ()


@dataclass
class Batch:
    """What one person's phone sent at once, with everything that is looked up for it beforehand."""

    sender: Person
    desk: Desk
    now: datetime
    skewed: bool
    late_after: timedelta
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)


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


# What each kind brings, besides `id`, `kind` and `at`; a mark at the end says that it may be left out, or be null.
FIELDS: Final[Mapping[str, Mapping[str, Callable[[object], Any]]]] = MappingProxyType(
    {
        SCAN: {"token?": _text, "code?": _text, "place?": _number, "event?": _text},
        VOID: {"of": _name},
        LINE: {"of": _name, "text": _text},
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
        token = token.lower()
        if len(token) != TOKEN_LENGTH or not BASE32.issuperset(token):
            raise Malformed
        return Scan(item.id, item.at, hint, token_hash=tokens.digest(token))
    return Scan(item.id, item.at, hint, code=tokens.typed(code or ""), place=place)


def take(item: Item, batch: Batch) -> Outcome:
    """Do what was done, as the noun has it that it is about. Raises its refusals."""
    outcome = _DONE[item.kind](item, batch)
    batch.outcomes[item.id] = outcome
    return outcome


def _scan(item: Item, batch: Batch) -> Outcome:
    read_ = scan(item)
    if read_.code and (len(read_.code) != CODE_LENGTH or read_.code not in batch.desk.issues):
        raise UnknownCode
    return _told(scans.take(read_, batch.desk), item.id, batch)


def _told(taken: Taken, op_id: UUID, batch: Batch) -> Outcome:
    skewed = (scans.SKEWED,) if batch.skewed and scans.SKEWED not in taken.flags else ()
    observed = taken.observation.observed if taken.observation else None
    contact = contacts.find(batch.sender, observed) if observed else None
    return Outcome(
        DUPLICATE if taken.known else STORED,
        observed or (taken.sighting.place if taken.sighting else None),
        taken.name or None,
        contact.id if contact else None,
        op_id if taken.observation or taken.sighting else None,
        flags=(*taken.flags, *skewed),
    )


def _void(item: Item, batch: Batch) -> Outcome:
    scans.void(batch.sender, item.said["of"], batch.now)
    return Outcome()


def _line(item: Item, batch: Batch) -> Outcome:
    return _write(item, batch, {contacts.LINE: item.said["text"]})


def _write(item: Item, batch: Batch, said: dict[str, str]) -> Outcome:
    contact = scans.write(batch.sender, item.said["of"], said, min(item.at, batch.now))
    if contact is None:
        return Outcome(flags=(scans.WAITS,))
    return Outcome(about=contact.other, name=contact.other.name, contact=contact.id)


_DONE: Final[Mapping[str, Callable[[Item, Batch], Outcome]]] = MappingProxyType({SCAN: _scan, VOID: _void, LINE: _line})
