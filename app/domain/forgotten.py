"""Forgotten: who was erased, remembered without a name, in a table and in a file that only grows.

Enough for whoever holds the keys to do it again to a backup; to everyone else numbers and hashes.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import String, exists, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain.people import Person

LOG: Final = "erasures.log"


class Erasure(Base):
    """One person, or one address on lists, that was erased; `scrubbed_at` is when the file was cleaned after it."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_number: Mapped[int | None]  # no key: there may be nobody left to point at
    fingerprint: Mapped[str] = mapped_column(String(26), default="")
    address: Mapped[str] = mapped_column(String(26), default="")  # keyed hash
    key_id: Mapped[str] = mapped_column(String(16))
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scrubbed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Line:
    """One line of the log: whom to forget, for whoever has the key and meets them again in a backup."""

    person: int | None
    fingerprint: str
    address: str
    key_id: str
    erased_at: str


def lines(log: Path) -> Iterator[Line]:
    """Yield the lines of a log, if there is one; a line that a crash cut short is none."""
    for written in log.read_text().splitlines() if log.exists() else ():
        try:
            yield Line(**json.loads(written))
        except (ValueError, TypeError):
            continue


def scrub_soon(now: datetime) -> None:
    """Have the database's file cleaned after something else than a person was deleted."""
    session.add(Erasure(person_number=None, key_id=keys.current_id(), erased_at=now))
    session.flush()


def unscrubbed() -> bool:
    """Say whether the database's file still has to be cleaned after an erasure."""
    return session.scalar(select(exists().where(Erasure.scrubbed_at.is_(None)))) or False


def scrubbed(before: datetime, now: datetime) -> None:
    """Note that the file was cleaned after everything that was erased by then."""
    done = (Erasure.erased_at <= before, Erasure.scrubbed_at.is_(None))
    session.execute(update(Erasure).where(*done).values(scrubbed_at=now))


def line(number: int | None, fingerprint: str, email: str, now: datetime) -> Line:
    """Return the line that says of a person, or of an address alone, that they are to be forgotten."""
    key_id = keys.current_id()
    return Line(number, fingerprint, hashed(email, key_id) if email else "", key_id, now.isoformat())


def fingerprint(person: Person, key_id: str = "") -> str:
    """Tell a person from a later one who was given the same number."""
    return tokens.derived("erased", key_id or keys.current_id(), f"{person.id}|{person.created_at.isoformat()}")


def is_of(line: Line, person: Person) -> bool:
    """Say whether this line speaks of this person, not of a later one with the same number."""
    return tokens.same(line.fingerprint, fingerprint(person, line.key_id))


def hashed(email: str, key_id: str) -> str:
    """Return what stands in the log for an address."""
    return tokens.derived("erased-address", key_id, email.lower())


def write(known: Iterable[Line], log: Path) -> None:
    """Let a log hold these lines, each once, the oldest first."""
    draft = log.with_name(f"{log.name}.{os.getpid()}")
    _append(sorted(known, key=lambda one: (one.erased_at, one.person or 0)), draft)
    draft.replace(log)


def remember(erased: Sequence[Line], now: datetime, log: Path | None = None) -> None:
    """Note in the table, and in the log on the disk, who was erased."""
    for one in erased:
        session.add(
            Erasure(
                person_number=one.person,
                fingerprint=one.fingerprint,
                address=one.address,
                key_id=one.key_id,
                erased_at=now,
            )
        )
    session.flush()
    if log is not None:
        _append(erased, log)


def _append(erased: Iterable[Line], log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in erased)
        file.flush()
        os.fsync(file.fileno())
