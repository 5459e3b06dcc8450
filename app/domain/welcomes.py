"""Welcomes: what somebody's card says they're glad of. Nothing, until they say so."""

from collections.abc import Collection

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, session
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.words import N_

INTRODUCTIONS, ONE_TO_ONES, OFFERS = KINDS = ("introductions", "one_to_ones", "offers")


class Welcome(Base):
    """One thing that a person's card welcomes."""

    __tablename__ = "welcomes"
    __table_args__ = (CheckConstraint(f"what IN {KINDS}", name="what_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(String(16), primary_key=True)


class UnknownWelcome(Unfit):
    message = N_("Please pick from what is offered.")


def of(person: Person) -> list[str]:
    """Return what this person's card welcomes, in the order of KINDS: one query."""
    said = set(session.scalars(select(Welcome.what).where(Welcome.person_id == person.id)))
    return [what for what in KINDS if what in said]


def put(person: Person, said: Collection[str]) -> None:
    """Let the card welcome this and nothing else. Raises UnknownWelcome."""
    if not set(said) <= set(KINDS):
        raise UnknownWelcome("welcome")
    session.execute(delete(Welcome).where(Welcome.person_id == person.id))
    session.add_all(Welcome(person_id=person.id, what=what) for what in sorted(set(said)))
    session.flush()


def fold(gone: Person, kept: Person) -> None:
    """Let one card welcome what two did. Offers only as the card that stays has it: a yes to them is a consent."""
    own = of(kept)
    put(kept, {*own, *of(gone)} - ({OFFERS} - set(own)))
    put(gone, ())
