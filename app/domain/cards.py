"""Cards: what a person shows, to whom, and the replaceable token in the card's address."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain.people import LINE_LENGTH, Person

ANYONE, MET, NOBODY = "anyone", "met", "nobody"
LEVELS = (ANYONE, MET, NOBODY)
FIELDS = ("role", "company", "what_i_do", "who_for", "looking_for", "can_offer", "email", "phone", "link")


class Card(Base):
    """One person's card. Its name is the person's; everything else is a field with its own level."""

    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    fields: Mapped[list["CardField"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    photo: Mapped["Photo | None"] = relationship(cascade="all, delete-orphan", lazy="joined")


class CardField(Base):
    """One field of a card: its text and who may see it."""

    __tablename__ = "card_fields"
    __table_args__ = (
        CheckConstraint(f"name IN {FIELDS}", name="name_known"),
        CheckConstraint(f"level IN {LEVELS}", name="level_known"),
        CheckConstraint("text <> ''", name="said"),
    )

    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    text: Mapped[str] = mapped_column(String(LINE_LENGTH * 2))
    level: Mapped[str] = mapped_column(String(8))


class Photo(Base):
    """A card's picture: 512 px JPEG, at an address that cannot be guessed and changes with the picture."""

    __tablename__ = "photos"
    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level_known"),)

    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(43), unique=True)
    level: Mapped[str] = mapped_column(String(8), default=ANYONE)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class CardToken(Base):
    """One issue of a card's address. The token is recomputed from card, generation and key; only its hash is stored."""

    __tablename__ = "card_tokens"
    __table_args__ = (
        CheckConstraint("generation > 0", name="generation_counts"),
        # One living token a card: the database keeps it so when "new code" is tapped twice at once.
        Index(
            "uq_card_tokens_live",
            "card_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"))
    generation: Mapped[int]
    key_id: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    short_code: Mapped[str] = mapped_column(String(8), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    card: Mapped[Card] = relationship()

    @property
    def token(self) -> str:
        """Return the 26 characters of the address."""
        return tokens.derived("card", self.key_id, f"{self.card_id}|{self.generation}")


def issue(person: Person, now: datetime, what_i_do: str = "") -> Card:
    """Make a person's card with its first token: name and what I do for anyone, nothing else for anybody."""
    card = Card(person=person, created_at=now)
    if what_i_do:
        card.fields.append(CardField(name="what_i_do", text=what_i_do, level=ANYONE))
    session.add(card)
    session.flush()
    _issue_token(card, 1, now)
    return card


def _issue_token(card: Card, generation: int, now: datetime) -> CardToken:
    key_id = keys.current_id()
    token = tokens.derived("card", key_id, f"{card.id}|{generation}")
    row = CardToken(
        card=card,
        generation=generation,
        key_id=key_id,
        token_hash=tokens.digest(token),
        short_code=tokens.short_code(),
        issued_at=now,
    )
    session.add(row)
    session.flush()
    return row
