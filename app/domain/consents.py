"""Consents: what somebody agreed to, in which words, when and how, and when they took it back. Nothing is ever erased.

What is agreed to now is read from the card and the switches themselves; the record only follows them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain import mutes
from app.domain.cards import NOBODY, Card, CardField
from app.domain.people import Person
from app.words import N_

NEWCOMER, CARD, SETTINGS, LETTER, CODE, MERGE = WAYS = ("newcomer", "card", "settings", "letter", "code", "merge")
EMAIL, PHONE = "email", "phone"
# Every wording that was ever agreed to, the newest last; its number, from 1, stands in the record.
WORDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    mutes.FOLLOW_UPS: (N_("Write to me when a follow-up is due"),),
    mutes.ONE_TO_ONES: (N_("Write to me about 1-2-1s: who asks, what is agreed, what moves"),),
    mutes.BEFORE: (N_("Write to me before a breakfast I'm expected at"),),
    EMAIL: (N_("People I meet may e-mail me"),),
    PHONE: (N_("People I meet may ring me"),),
}


class Consent(Base):
    """One thing agreed to. `detail` is the channel it is about, or for whom a field of the card is open."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint(f"how IN {WAYS}", name="how_known"),
        CheckConstraint(f"withdrawn_how IN {WAYS}", name="withdrawn_how_known"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_how IS NULL)", name="withdrawn_somehow"),
        CheckConstraint("wording >= 1", name="in_words"),
        Index("ix_consents_person_id", "person_id"),
        Index(
            "uq_consents_living",
            "person_id",
            "what",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(16))
    wording: Mapped[int]
    how: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_how: Mapped[str | None] = mapped_column(String(16))

    @property
    def words(self) -> str:
        """Return the sentence that was agreed to, as it read then."""
        return WORDINGS[self.what][self.wording - 1]


def note(person: Person, how: str, now: datetime) -> None:
    """Let the record say what this person's card and switches say now; the same again adds nothing."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())  # two taps take their turns
    _agree(person, _meant(person), how, now)


def withdraw_all(person: Person, how: str, now: datetime) -> None:
    """Note that nothing this person agreed to holds any longer."""
    _agree(person, {}, how, now)


def _agree(person: Person, meant: Mapping[str, str], how: str, now: datetime) -> None:
    living = {consent.what: consent for consent in of(person) if consent.withdrawn_at is None}
    for what, consent in living.items():
        if meant.get(what) != consent.detail:
            consent.withdrawn_at, consent.withdrawn_how = now, how
    session.flush()
    for what, detail in meant.items():
        if what not in living or living[what].withdrawn_at is not None:
            wording = len(WORDINGS[what])
            session.add(Consent(person_id=person.id, what=what, detail=detail, wording=wording, how=how, given_at=now))
    session.flush()


def _meant(person: Person) -> dict[str, str]:
    """Return what the person agrees to now, and how far."""
    letters: dict[str, str] = {}
    if person.email and person.mail_prompts:
        muted, _groups = mutes.of(person, mutes.MAIL)
        letters = {kind: mutes.MAIL for kind in mutes.KINDS if kind not in muted}
    open_fields = session.execute(
        select(CardField.name, CardField.level)
        .join(Card, Card.id == CardField.card_id)
        .where(Card.person_id == person.id, CardField.name.in_((EMAIL, PHONE)), CardField.level != NOBODY)
    )
    return letters | {field: level for field, level in open_fields}  # noqa: C416 - a Row is a tuple, but not to types


def of(person: Person) -> list[Consent]:
    """Return everything this person ever agreed to, the oldest first."""
    return list(session.scalars(select(Consent).where(Consent.person_id == person.id).order_by(Consent.id)))
