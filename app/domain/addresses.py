"""Addresses: an account's e-mail address becomes another one, and for a week the old one can take that back."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import tokens
from app.database import Base, UtcDateTime, session
from app.domain import people, sessions
from app.domain.people import EMAIL_LENGTH, Person
from app.domain.refusals import NotFound, Refusal
from app.words import N_

UNDO_LIFE = timedelta(days=7)


class AddressChange(Base):
    """One change of a person's address, from what to what, and when the old address took it back."""

    __tablename__ = "address_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    old_email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    new_email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


class AddressTaken(Refusal):
    message = N_("This address has a card of its own. Sign in with it to see that one.")


class UndoTooLate(Refusal):
    status = 410
    message = N_("This link has run out: seven days have passed since the address was changed. Ask whoever runs this.")


class UndoOvertaken(Refusal):
    status = 410
    message = N_("This can't be taken back any more: the address was put right from an older letter, or is in use.")


def change(person: Person, email: str, now: datetime) -> AddressChange | None:
    """Let a (normalised) address that was just proved be this person's instead of the one they had.

    The caller tells the old one. The same address again changes nothing. Raises AddressTaken.
    """
    old = person.email
    if old is None or old == email:
        return None
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    if people.find_by_email(email) is not None:
        raise AddressTaken
    people.confirm(person, email, now)
    changed = AddressChange(person=person, old_email=old, new_email=email, changed_at=now)
    session.add(changed)
    session.flush()
    return changed


def undo_token(changed: AddressChange) -> str:
    """Return the token of the link by which the old address can take the change back, for seven days."""
    until = int((changed.changed_at + UNDO_LIFE).astimezone(UTC).timestamp())
    return tokens.sign("address", {"c": changed.id, "w": changed.person_id, "e": until})


def by_undo(token: str, now: datetime) -> AddressChange:
    """Return the change that such a link is about; raise NotFound if it is none of ours, UndoTooLate if it ran out."""
    content = tokens.signed("address", token)
    if content is None:
        raise NotFound
    changed = session.scalar(
        select(AddressChange)
        .options(joinedload(AddressChange.person))
        .where(AddressChange.id == content["c"], AddressChange.person_id == content["w"])
    )
    if changed is None:
        raise NotFound
    if changed.undone_at is None and content["e"] <= now.timestamp():
        raise UndoTooLate
    return changed


def undo(changed: AddressChange, now: datetime, but: int | None = None) -> None:
    """Put the old address back and end every session but the one with this id, at once; twice is once.

    Whatever was changed after it is undone with it, so that a link sent to an address in between opens nothing.
    Raises UndoOvertaken.
    """
    session.execute(select(Person.id).where(Person.id == changed.person_id).with_for_update())
    session.refresh(changed)
    if changed.undone_at is not None:
        return
    holder = people.find_by_email(changed.old_email)
    if holder is not None and holder.id != changed.person_id:
        raise UndoOvertaken
    people.confirm(changed.person, changed.old_email, now)
    since = (AddressChange.person_id == changed.person_id, AddressChange.id >= changed.id)
    session.execute(update(AddressChange).where(*since).values(undone_at=now))
    sessions.end_all(changed.person, but)
    session.refresh(changed)


def masked(email: str) -> str:
    """Return an address as it may be told to somebody who needs to know it only if it is theirs: a…@example.org."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}…@{host}"
