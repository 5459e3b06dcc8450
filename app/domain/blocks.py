"""Blocks: one person wants nothing to do with another. Complete, for both; the blocked one is never told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain.cards import CardWithdrawn
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal
from app.words import N_


class Block(Base):
    """That one person blocked another, and since when."""

    __tablename__ = "blocks"
    __table_args__ = (CheckConstraint("blocker_id <> blocked_id", name="not_oneself"),)

    blocker_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked: Mapped[Person] = relationship(foreign_keys=blocked_id)


class YouBlocked(Refusal):
    message = N_("You've blocked %(name)s. You can unblock them under Settings.")


# Another table to a query than the blocks it may read itself. Made once: it takes longer than all the rest.
_WALL = aliased(Block)


def none_between(one: object, other: object) -> ColumnElement[bool]:
    """Return the condition that leaves blocked pairs out of a query, whichever of the two blocked the other.

    Each side is a person's id or a column of such ids. Every list and every question between two people asks this.
    """
    return ~exists().where(
        or_(
            and_(_WALL.blocker_id == one, _WALL.blocked_id == other),
            and_(_WALL.blocker_id == other, _WALL.blocked_id == one),
        )
    )


def must_be_open(visitor: Person, owner: Person) -> None:
    """Refuse the visitor the owner's card if one has blocked the other.

    Whoever was blocked finds a card like any that was replaced (CardWithdrawn); only the one who blocked is told so.
    """
    blockers = session.scalars(_BLOCKERS, {"pair": [visitor.id, owner.id]}).all()
    if owner.id in blockers:
        raise CardWithdrawn
    if blockers:
        raise YouBlocked(name=owner.first_name)


# Put together once: every scan asks it.
_BLOCKERS = select(Block.blocker_id).where(
    Block.blocker_id.in_(bindparam("pair", expanding=True)), Block.blocked_id.in_(bindparam("pair", expanding=True))
)


def add(blocker: Person, blocked: Person, now: datetime) -> None:
    """Put a block between the two; twice is once."""
    if session.get(Block, (blocker.id, blocked.id)) is None:
        session.add(Block(blocker_id=blocker.id, blocked_id=blocked.id, created_at=now))
        session.flush()


def remove(blocker: Person, blocked_id: int) -> None:
    """Take one's own block away; what it hid is there again, and nobody is told. Raises NotFound if there is none."""
    block = session.get(Block, (blocker.id, blocked_id))
    if block is None:
        raise NotFound
    session.delete(block)
    session.flush()


def around(person: Person) -> list[Person]:
    """Return everybody whom this person blocked, or who blocked them: one query."""
    other = case((Block.blocker_id == person.id, Block.blocked_id), else_=Block.blocker_id)
    theirs = or_(Block.blocker_id == person.id, Block.blocked_id == person.id)
    return list(session.scalars(select(Person).where(Person.id.in_(select(other).where(theirs))).order_by(Person.id)))


def mine(blocker: Person) -> list[Block]:
    """Return whom this person blocked, the latest first: one query."""
    return list(
        session.scalars(
            select(Block)
            .options(joinedload(Block.blocked))
            .where(Block.blocker_id == blocker.id)
            .order_by(Block.created_at.desc(), Block.blocked_id)
        )
    )
