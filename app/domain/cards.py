"""Cards: what a person shows, to whom, and the replaceable token in the card's address."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    bindparam,
    false,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, lazyload, mapped_column, relationship, undefer

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain import fields, vcards
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

FIELDS, LEVELS, PRESETS = fields.NAMES, fields.LEVELS, fields.PRESETS
ANYONE, MET, NOBODY = LEVELS
OWNER, GIVEN = "owner", "given"
_OPEN_TO = {ANYONE: {ANYONE}, MET: {ANYONE, MET}, GIVEN: {ANYONE, MET}, OWNER: set(LEVELS)}
_GIVEN_WHEN_ASKED = {"email", "phone"}


class Card(Base):
    """One person's card. Its name is the person's; everything else is a field with its own level."""

    __tablename__ = "cards"
    __table_args__ = (CheckConstraint(f"preset IN {tuple(PRESETS)}", name="preset_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    preset: Mapped[str] = mapped_column(String(8), default=fields.RESERVED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    fields: Mapped[list["CardField"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    photo: Mapped["Photo | None"] = relationship(cascade="all, delete-orphan", lazy="joined")


class CardField(Base):
    """One field of a card: its text, as it was typed too, and who may see it."""

    __tablename__ = "card_fields"
    __table_args__ = (
        CheckConstraint(f"name IN {FIELDS}", name="name_known"),
        CheckConstraint(f"level IN {LEVELS}", name="level_known"),
        CheckConstraint("text <> ''", name="said"),
    )

    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    text: Mapped[str] = mapped_column(String(fields.LINK_LENGTH))
    typed: Mapped[str] = mapped_column(String(fields.LINK_LENGTH))
    level: Mapped[str] = mapped_column(String(8))


class Photo(Base):
    """A card's picture: a JPEG at an address that can't be guessed and is new with picture and level."""

    __tablename__ = "photos"
    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level_known"),)

    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(43), unique=True)
    level: Mapped[str] = mapped_column(String(8))
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class CardToken(Base):
    """One issue of a card's address. The token follows from card, generation and key; its hash is kept.

    `alias`: it was the address of a card that became one with this one, and leads here until this one is withdrawn.
    """

    __tablename__ = "card_tokens"
    __table_args__ = (
        CheckConstraint("generation > 0", name="generation_counts"),
        # One living token a card: the database keeps it so when "new code" is tapped twice at once.
        Index(
            "uq_card_tokens_live",
            "card_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL AND NOT alias"),
            postgresql_where=text("withdrawn_at IS NULL AND NOT alias"),
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
    alias: Mapped[bool] = mapped_column(default=False, server_default=false())
    card: Mapped[Card] = relationship()

    @property
    def token(self) -> str:
        """Return the 26 characters of the address."""
        return tokens.derived("card", self.key_id, f"{self.card_id}|{self.generation}")


class UnknownCard(NotFound):
    message = N_("There's no card here. Ask them to show theirs again.")


class CardWithdrawn(Refusal):
    """One sentence alike for every withdrawn card: it names nobody."""

    status = 410
    message = N_("This card has been replaced. Ask them for the new one.")


class UnknownLevel(Unfit):
    message = N_("Please choose who may see this.")


def issue(person: Person, now: datetime, what_i_do: str = "") -> Card:
    """Make a person's card with its first token: name and what I do for anyone, nothing else for anybody."""
    card = Card(person=person, preset=fields.RESERVED, created_at=now)
    put(card, "what_i_do", what_i_do)
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


def renew(card: Card, now: datetime) -> CardToken:
    """Withdraw every address and short code that leads to the card at once, and issue new ones."""
    session.execute(select(Card.id).where(Card.id == card.id).with_for_update())
    last = living(card)
    leading_here = (CardToken.card_id == card.id, CardToken.withdrawn_at.is_(None))
    session.execute(update(CardToken).where(*leading_here).values(withdrawn_at=now))
    return _issue_token(card, last.generation + 1, now)


def living(card: Card) -> CardToken:
    """Return the card's one token that is its own and not withdrawn."""
    return session.scalars(
        select(CardToken)
        .where(CardToken.card_id == card.id, CardToken.withdrawn_at.is_(None), ~CardToken.alias)
        .execution_options(populate_existing=True)
    ).one()


def of(person: Person) -> Card:
    """Return this person's card."""
    card = session.scalar(select(Card).where(Card.person_id == person.id).options(joinedload(Card.person)))
    if card is None:
        raise UnknownCard
    return card


def find(token: str) -> CardToken | None:
    """Return the issue that this token names, in any case, withdrawn or not; None if there is none."""
    return session.scalar(_BY_TOKEN, {"named": tokens.digest(token.lower())})


def find_all(hashes: Collection[bytes], codes: Collection[str]) -> list[CardToken]:
    """Return every issue that one of these hashes of a token, or short codes, names: one query, however many."""
    return list(session.scalars(_ANY_OF, {"hashes": hashes, "codes": codes}))


def read(token: str) -> CardToken | None:
    """Return the same with all that stands on the card, in one query."""
    return session.scalars(_WHOLE, {"named": tokens.digest(token.lower())}).unique().one_or_none()


def by_short_code(code: str) -> CardToken | None:
    """Return the issue that this typed short code names, withdrawn or not; None if there is none."""
    return session.scalar(_BY_SHORT_CODE, {"named": tokens.typed(code)})


# Put together once. A scan asks whose card it is and no more; what stands on it is loaded when somebody looks.
_WHOSE = joinedload(CardToken.card).options(joinedload(Card.person), lazyload(Card.fields), lazyload(Card.photo))
_BY_TOKEN = select(CardToken).options(_WHOSE).where(CardToken.token_hash == bindparam("named"))
_BY_SHORT_CODE = select(CardToken).options(_WHOSE).where(CardToken.short_code == bindparam("named"))
_ANY_OF = (
    select(CardToken)
    .options(_WHOSE)
    .where(
        or_(
            CardToken.token_hash.in_(bindparam("hashes", expanding=True)),
            CardToken.short_code.in_(bindparam("codes", expanding=True)),
        )
    )
)
_WHOLE = (
    select(CardToken)
    .options(joinedload(CardToken.card).options(joinedload(Card.person), joinedload(Card.fields)))
    .where(CardToken.token_hash == bindparam("named"))
)


def shown(found: CardToken | None) -> Card:
    """Return the card that was found by token or code; raise UnknownCard or CardWithdrawn."""
    if found is None:
        raise UnknownCard
    if found.withdrawn_at is not None:
        raise CardWithdrawn
    return found.card


def visible(card: Card, onlooker: str) -> dict[str, str]:
    """Return the fields that an onlooker sees, by name, in the card's order. This is the one rule of sharing.

    `onlooker` is ANYONE, MET (who was shown the card, or met its owner), GIVEN (whom its owner gave e-mail and phone
    when they asked) or OWNER. The name is always seen.
    """
    open_to, given = _OPEN_TO[onlooker], _GIVEN_WHEN_ASKED if onlooker == GIVEN else set()
    seen = {field.name: field.text for field in card.fields if field.level in open_to or field.name in given}
    return {name: seen[name] for name in FIELDS if name in seen}


def picture(card: Card, onlooker: str) -> Photo | None:
    """Return the card's photo, if there is one that this onlooker sees."""
    return card.photo if card.photo and card.photo.level in _OPEN_TO[onlooker] else None


def vcard(card: Card, onlooker: str) -> str:
    """Return what an onlooker sees of the card as a vCard 3.0 for their address book."""
    seen = visible(card, onlooker)
    return vcards.write(
        card.person.name,
        company=seen.get("company", ""),
        role=seen.get("role", ""),
        email=seen.get("email", ""),
        phone=seen.get("phone", ""),
        links=[seen.get("link", "")],
        note=seen.get("what_i_do", ""),
    )


def change(
    card: Card, name: str, typed: Mapping[str, str], preset: str, levels: Mapping[str, str], country: str
) -> None:
    """Let the card be as typed: all of it, or nothing and the first Unfit.

    A field left empty is taken off. `levels` holds the exceptions to the preset, by field and for "photo".
    """
    if preset not in PRESETS:
        raise UnknownLevel("preset")
    card.person.name = fields.fit("name", name, country)
    card.preset = preset
    for field in FIELDS:
        put(card, field, typed.get(field, ""), levels.get(field, ""), country)
    if card.photo:
        _share_photo(card.photo, levels.get(fields.PHOTO) or PRESETS[preset][fields.PHOTO])
    session.flush()


def put(card: Card, field: str, typed: str, level: str = "", country: str = "") -> None:
    """Set one field of a card, or take it off; without a level it is shared as the card's preset has it."""
    words = fields.fit(field, typed, country)
    level = level or PRESETS[card.preset][field]
    if level not in LEVELS:
        raise UnknownLevel(field)
    row = next((row for row in card.fields if row.name == field), None)
    if row and not words:
        card.fields.remove(row)
    elif row:
        row.text, row.typed, row.level = words, typed.strip(), level
    elif words:
        card.fields.append(CardField(name=field, text=words, typed=typed.strip(), level=level))


def blanks(card: Card, other: Card) -> list[str]:
    """Return the fields, and perhaps "photo", that this card leaves blank and the other has."""
    own = {field.name for field in card.fields}
    missing = [field.name for field in other.fields if field.name not in own]
    photo = [fields.PHOTO] if other.photo and not card.photo else []
    return [name for name in FIELDS if name in missing] + photo


def join(gone: Card, kept: Card) -> None:
    """Let a card become one with another: it fills the blanks, as closed as either has them; its codes lead there."""
    missing, usual = blanks(kept, gone), PRESETS[kept.preset]
    for field in gone.fields:
        if field.name in missing:
            level = stricter(field.level, usual[field.name])
            kept.fields.append(CardField(name=field.name, text=field.text, typed=field.typed, level=level))
    if gone.photo and fields.PHOTO in missing:
        level, jpeg = stricter(gone.photo.level, usual[fields.PHOTO]), gone.photo.jpeg
        kept.photo = Photo(level=level, address=tokens.secret(), jpeg=jpeg)
    session.flush()
    session.execute(update(CardToken).where(CardToken.card_id == gone.id).values(card_id=kept.id, alias=True))
    session.delete(gone)
    session.flush()


def stricter(one: str, other: str) -> str:
    """Return which of two levels lets fewer people see."""
    return max(one, other, key=LEVELS.index)


def hang(card: Card, jpeg: bytes) -> Photo:
    """Give the card this photo at a new address; who sees it stays as it was, or is as the preset has it."""
    level = card.photo.level if card.photo else PRESETS[card.preset][fields.PHOTO]
    card.photo = card.photo or Photo(level=level)
    card.photo.address, card.photo.jpeg = tokens.secret(), jpeg
    session.flush()
    return card.photo


def take_down(card: Card) -> None:
    """Take the card's photo away; its address is gone with it."""
    card.photo = None
    session.flush()


def _share_photo(photo: Photo, level: str) -> None:
    # Who could see it before knows the address: with another level it gets another one.
    if level not in LEVELS:
        raise UnknownLevel(fields.PHOTO)
    if level != photo.level:
        photo.level, photo.address = level, tokens.secret()


def photo_at(address: str) -> Photo:
    """Return the photo at this address, picture included."""
    photo = session.scalar(select(Photo).where(Photo.address == address).options(undefer(Photo.jpeg)))
    if photo is None:
        raise NotFound
    return photo
