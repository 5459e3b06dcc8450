"""People: who someone is, and the address that was proved to be theirs. Knows nothing of cards or events."""

import unicodedata
from datetime import datetime, time

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import CheckConstraint, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain import cadence
from app.domain.refusals import Unfit
from app.words import N_

NAME_LENGTH = 120
EMAIL_LENGTH = 254
LINE_LENGTH = 200


class Person(Base):
    """Someone with a card: a guest on one device until an e-mail address is confirmed."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("(email IS NULL) = (email_confirmed_at IS NULL)", name="email_is_confirmed"),
        CheckConstraint("email = lower(email)", name="email_is_lower"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), unique=True)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email_typed: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))  # never used until confirmed
    time_zone: Mapped[str] = mapped_column(String(64))
    mail_prompts: Mapped[bool] = mapped_column(default=True)
    larger_text: Mapped[bool] = mapped_column(default=False)
    asks_first: Mapped[bool] = mapped_column(default=False, server_default=false())
    quiet_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the latest quiet time, over or not
    quiet_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    quiet_from: Mapped[time] = mapped_column(default=cadence.QUIET.begin, server_default="20:00:00")  # of every day, …
    quiet_to: Mapped[time] = mapped_column(default=cadence.QUIET.end, server_default="08:00:00")  # … by their own clock
    may_start_groups: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # then only this row is left, for others' memories

    @property
    def is_guest(self) -> bool:
        """Say whether no address of theirs has been confirmed yet."""
        return self.email is None

    @property
    def quiet_hours(self) -> cadence.Hours:
        """Return between which hours of their day nothing comes that they have not asked for."""
        return cadence.Hours(self.quiet_from, self.quiet_to)

    @property
    def first_name(self) -> str:
        """Return what people call them: the first word of the name."""
        return called(self.name)


class NoName(Unfit):
    message = N_("Please type your name, as you'd like it on your card.")


class NotAnAddress(Unfit):
    message = N_("That doesn't look like an e-mail address. It should read like name@example.org.")


class NotPlainText(Unfit):
    message = N_("Please keep this to one line of ordinary text, %(length)s characters at most.")


class UnknownZone(Unfit):
    message = N_("We don't know that time zone. Pick one from the list.")


def called(name: str) -> str:
    """Return the first word of a name, which is what people call whoever has it."""
    return name.split(maxsplit=1)[0] if name.split() else name


def line(text: str, field: str, length: int = LINE_LENGTH) -> str:
    """Return one line of text, trimmed and composed (NFC); raise NotPlainText for control characters or excess."""
    trimmed = unicodedata.normalize("NFC", text).strip()
    # Cc: CR, LF, NUL, U+0085; Zl, Zp: line and paragraph separators; Cs: lone surrogates, which no database takes.
    if len(trimmed) > length or any(unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} for c in trimmed):
        raise NotPlainText(field, length=length)
    return trimmed


def named(name: str, field: str = "name") -> str:
    """Return a name as it is kept: one line, with something in it; raise NoName or NotPlainText."""
    found = line(name, field, NAME_LENGTH)
    if not found:
        raise NoName(field)
    return found


def normalised_email(address: str, field: str = "email") -> str:
    """Return an address in the form in which it is stored and compared; raise NotAnAddress if it is none.

    Syntax per RFC 5321 and 5322 as email-validator has it, internationalised domains in ASCII, all in lower case.
    """
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as wrong:
        raise NotAnAddress(field) from wrong
    return (found.ascii_email or found.normalized).lower()


def comparable(name: str) -> str:
    """Return a name as names are compared: accents, case, apostrophes and spacing aside."""
    if name.isascii():  # most are, and a search compares thousands
        return " ".join(name.lower().translate(_PUNCTUATION).split())
    plain = unicodedata.normalize("NFKD", name.translate(_STROKES)).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’`ʼ‘.")
    return " ".join(kept.replace("-", " ").split())


_PUNCTUATION = str.maketrans("-", " ", "'`.")
# Letters that Unicode does not decompose, as people type them on a keyboard without them.
_STROKES = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE"})


def known_zone(name: str, otherwise: str) -> str:
    """Return the zone a browser named if it is one, else the other."""
    return name if cadence.is_zone(name) else otherwise


def join(name: str, time_zone: str, now: datetime, email_typed: str = "") -> Person:
    """Make a guest: someone with a name, and perhaps an address that stays unused until it is confirmed."""
    person = Person(
        name=named(name),
        email_typed=normalised_email(email_typed) if email_typed.strip() else None,
        time_zone=time_zone,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def find_by_email(email: str) -> Person | None:
    """Return the one person who proved this (normalised) address theirs, or None."""
    return session.scalar(select(Person).where(Person.email == email))


def confirm(person: Person, email: str, now: datetime) -> None:
    """Note that this person proved this (normalised) address theirs; it is unique among all people."""
    person.email, person.email_confirmed_at, person.email_typed = email, now, None
    session.flush()


def phone_key(person: Person) -> str:
    """Return by what a phone knows whose its rows are: opaque, of 22 characters, the same for as long as they live.

    Derived under the oldest key, so that a new one orphans nobody's rows.
    """
    return tokens.derived("phone", keys.ids()[0], f"person:{person.id}")[:22]
