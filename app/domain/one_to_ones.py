"""1-2-1s: half an hour between two people, from three offered times to one that both have in their calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import blocks, limits
from app.domain.contacts import Contact
from app.domain.people import LINE_LENGTH, Person, line
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

PROPOSED, AGREED, DECLINED, WITHDRAWN, CLOSED, CANCELLED = STATES = (
    "proposed",
    "agreed",
    "declined",
    "withdrawn",
    "closed",
    "cancelled",
)
OFFERED_TIMES = 3
OPEN_PER_SENDER = 3
CLOSES_AFTER = timedelta(days=10)
FURTHEST = timedelta(days=60)
HALF_AN_HOUR = 30


class OneToOne(Base):
    """A 1-2-1 that one person proposed to another. `version` is its SEQUENCE in calendars (RFC 5545 §3.8.7.4)."""

    __tablename__ = "one_to_ones"
    __table_args__ = (
        CheckConstraint("proposer_id <> other_id", name="not_oneself"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(state IN ('agreed', 'cancelled')) = (starts_at IS NOT NULL)", name="agreed_has_a_time"),
        CheckConstraint("(state = 'proposed') = (answered_at IS NULL)", name="answered_when_not_open"),
        CheckConstraint("minutes BETWEEN 10 AND 240", name="minutes_sane"),
        Index(
            "uq_one_to_ones_open",
            "proposer_id",
            "other_id",
            unique=True,
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_one_to_ones_other_id", "other_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16), default=PROPOSED)
    place: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    why: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    minutes: Mapped[int] = mapped_column(default=HALF_AN_HOUR)
    time_zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    proposer: Mapped[Person] = relationship(foreign_keys=proposer_id)
    other: Mapped[Person] = relationship(foreign_keys=other_id)
    times: Mapped[list["OfferedTime"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OfferedTime.starts_at"
    )

    def partner(self, person: Person) -> Person:
        """Return the one of the two who isn't this person."""
        return self.other if person.id == self.proposer_id else self.proposer

    def state_at(self, now: datetime) -> str:
        """Return the state as it is then: a proposal that nobody answered for 10 days is closed, without a word."""
        return CLOSED if self.state == PROPOSED and now >= self.created_at + CLOSES_AFTER else self.state


class OfferedTime(Base):
    """One of the times offered for a 1-2-1."""

    __tablename__ = "offered_times"
    __table_args__ = (UniqueConstraint("one_to_one_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    one_to_one_id: Mapped[int] = mapped_column(ForeignKey("one_to_ones.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Offer:
    """What a proposer says: up to three instants, the zone they were meant in, where and why."""

    times: Sequence[datetime]
    time_zone: str
    place: str
    why: str = ""


class NoTime(Unfit):
    message = N_("Offer one time at least; three are best.")


class TimePassed(Unfit):
    message = N_("That time has passed. Pick a later one.")


class TooFarAhead(Unfit):
    message = N_("Please stay within the next 60 days.")


class SameTimeTwice(Unfit):
    message = N_("This time is there already. Pick another one.")


class NoPlace(Unfit):
    message = N_("Say where: a café, or by phone.")


class NobodyToAsk(Refusal):
    status = 410
    message = N_("They've left Marmalade. What you noted about them stays yours.")


class TooManyOpen(Refusal):
    message = N_("Three of your 1-2-1s still wait for an answer. Wait for one, or withdraw one.")


class AskedToday(Refusal):
    message = N_("%(name)s has been asked for a 1-2-1 today already, and once a day is enough. Try again tomorrow.")


class AlreadyAsked(Refusal):
    message = N_("You've asked %(name)s already. It's their turn now.")


class TheyAsked(Refusal):
    message = N_("%(name)s has asked you already. You'll find the times under Today.")


class SaidNo(Refusal):
    message = N_("%(name)s would rather not, and we don't ask twice. If %(name)s asks you one day, it's open again.")


class Settled(Refusal):
    message = N_("This has been settled in the meantime. Open it again to see how.")


class NoPick(Unfit):
    message = N_("Pick one of the times first.")


class NotATime(Unfit):
    message = N_("Give this one a day and a time, or leave both out.")


class TimeGone(Unfit):
    message = N_("That time has passed. Pick another one.")


def propose(contact: Contact, proposer: Person, offer: Offer, now: datetime) -> OneToOne:
    """Offer up to three times to one of the proposer's contacts.

    Three may be open per sender, and a recipient is asked once a day. A no is final, unless the one who said it
    proposes themselves. Raises Unfit for what was typed, another Refusal for what the rules say.
    """
    times = _fit(offer.times, now)
    place, why = line(offer.place, "place"), line(offer.why, "why")
    if not place:
        raise NoPlace("place")
    # One proposal a sender at a time, so that two at once are counted as two.
    session.execute(select(Person.id).where(Person.id == proposer.id).with_for_update(key_share=True))
    close_stale(now)
    _must_be_welcome(proposer, contact.other, now)
    one_to_one = OneToOne(
        proposer=proposer, other=contact.other, place=place, why=why, time_zone=offer.time_zone, created_at=now
    )
    one_to_one.times = [OfferedTime(starts_at=starts_at) for starts_at in sorted(times)]
    session.add(one_to_one)
    session.flush()
    return one_to_one


def _fit(times: Sequence[datetime], now: datetime) -> list[datetime]:
    if not times:
        raise NoTime("time_1")
    for number, starts_at in enumerate(times[:OFFERED_TIMES], start=1):
        field = f"time_{number}"
        if starts_at <= now:
            raise TimePassed(field)
        if starts_at > now + FURTHEST:
            raise TooFarAhead(field)
        if starts_at in times[: number - 1]:
            raise SameTimeTwice(field)
    return list(times[:OFFERED_TIMES])


def _must_be_welcome(proposer: Person, other: Person, now: datetime) -> None:
    if other.erased_at:
        raise NobodyToAsk
    name = other.first_name
    open_ones = session.scalars(select(OneToOne).where(OneToOne.state == PROPOSED, _of(proposer.id))).all()
    if any(one.proposer_id == other.id for one in open_ones):
        raise TheyAsked(name=name)
    mine = [one for one in open_ones if one.proposer_id == proposer.id]
    if any(one.other_id == other.id for one in mine):
        raise AlreadyAsked(name=name)
    if said_no(proposer.id, other.id):
        raise SaidNo(name=name)
    if len(mine) >= OPEN_PER_SENDER:
        raise TooManyOpen
    if not limits.use(f"one_to_one/{other.id}", 1, timedelta(days=1), now):
        raise AskedToday(name=name)


def _of(person_id: int | BindParameter[int]) -> ColumnElement[bool]:
    return or_(OneToOne.proposer_id == person_id, OneToOne.other_id == person_id)


def said_no(proposer_id: int, other_id: int) -> bool:
    """Say whether the last word between the two on the proposer's side was a no, not followed by an asking back."""
    asked_back = (
        select(func.max(OneToOne.id))
        .where(OneToOne.proposer_id == other_id, OneToOne.other_id == proposer_id)
        .scalar_subquery()
    )
    refused = exists().where(
        OneToOne.proposer_id == proposer_id,
        OneToOne.other_id == other_id,
        OneToOne.state == DECLINED,
        OneToOne.id > func.coalesce(asked_back, 0),
    )
    return session.scalar(select(refused)) or False


def of(person: Person, one_to_one_id: int) -> OneToOne:
    """Return a 1-2-1 of this person with both people and its times; to anyone else it is not there."""
    one_to_one = session.scalar(select(OneToOne).options(*_BOTH).where(OneToOne.id == one_to_one_id, _of(person.id)))
    if one_to_one is None:
        raise NotFound
    return one_to_one


_BOTH = (joinedload(OneToOne.proposer), joinedload(OneToOne.other))


def pick(one_to_one: OneToOne, person: Person, starts_at: datetime, now: datetime) -> bool:
    """Let the one who was asked agree to an offered time that is still to come; say whether that was new.

    Raises NotFound for anyone else, TimeGone, and Settled if it is no longer open.
    """
    _only(one_to_one.other_id, person)
    if one_to_one.state == AGREED and one_to_one.starts_at == starts_at:
        return False
    if starts_at not in [time.starts_at for time in one_to_one.times] or starts_at <= now:
        raise TimeGone("time")
    _settle(one_to_one, PROPOSED, now, state=AGREED, starts_at=starts_at)
    return True


def decline(one_to_one: OneToOne, person: Person, now: datetime) -> bool:
    """Let the one who was asked say no, which is final; say whether that was new."""
    _only(one_to_one.other_id, person)
    if one_to_one.state == DECLINED:
        return False
    _settle(one_to_one, PROPOSED, now, state=DECLINED)
    return True


def withdraw(one_to_one: OneToOne, person: Person, now: datetime) -> bool:
    """Let the proposer take a proposal back that was not answered; say whether that was new."""
    _only(one_to_one.proposer_id, person)
    if one_to_one.state == WITHDRAWN:
        return False
    _settle(one_to_one, PROPOSED, now, state=WITHDRAWN)
    return True


def cancel(one_to_one: OneToOne, person: Person, now: datetime) -> bool:
    """Let either of the two call off what was agreed, before it begins; say whether that was new."""
    if one_to_one.state == CANCELLED:
        return False
    if one_to_one.starts_at is None or one_to_one.starts_at <= now:
        raise Settled
    _settle(one_to_one, AGREED, now, state=CANCELLED, version=one_to_one.version + 1, cancelled_by_id=person.id)
    return True


def _only(person_id: int, person: Person) -> None:
    if person.id != person_id:
        raise NotFound


def _settle(one_to_one: OneToOne, before: str, now: datetime, **change: object) -> None:
    # One conditional UPDATE, so that of a yes and a withdrawal at once only the first counts.
    if one_to_one.state_at(now) != before:
        raise Settled
    settled = session.execute(
        update(OneToOne)
        .where(OneToOne.id == one_to_one.id, OneToOne.state == before)
        .values(answered_at=now, **change)
        .execution_options(synchronize_session=False)
    )
    session.refresh(one_to_one)
    if not settled.rowcount:  # type: ignore[attr-defined] # an UPDATE always gives a CursorResult
        raise Settled


def close(one_to_one: OneToOne, now: datetime) -> None:
    """Close a proposal without a word."""
    _settle(one_to_one, PROPOSED, now, state=CLOSED)


def in_hand(one: Person, other: Person, now: datetime) -> Sequence[OneToOne]:
    """Return what is proposed or agreed between the two and still to come."""
    to_come = or_(
        and_(OneToOne.state == PROPOSED, OneToOne.created_at > now - CLOSES_AFTER),
        and_(OneToOne.state == AGREED, OneToOne.starts_at > now),
    )
    return session.scalars(select(OneToOne).where(_of(one.id), _of(other.id), to_come)).all()


def close_stale(now: datetime) -> None:
    """Close, without a word, what nobody answered for 10 days."""
    session.execute(
        update(OneToOne)
        .where(OneToOne.state == PROPOSED, OneToOne.created_at <= now - CLOSES_AFTER)
        .values(state=CLOSED, answered_at=now)
    )


def around(person: Person, since: datetime, until: datetime, now: datetime) -> list[OneToOne]:
    """Return what this person may want to look at: agreed between the two instants, mine and waiting, answered lately.

    Each with both people, by time of the meeting, those without one last. Three queries, however many.
    """
    told = {"person_id": person.id, "since": since, "until": until}
    found = session.scalars(_AROUND, told | {"stale": now - CLOSES_AFTER, "lately": now - timedelta(days=7)}).all()
    return sorted(found, key=lambda one: (one.starts_at is None, one.starts_at or one.created_at, one.id))


# Put together once: every Today asks it.
_me: BindParameter[int] = bindparam("person_id")
_mine = OneToOne.proposer_id == _me
_AROUND = (
    select(OneToOne)
    .options(*_BOTH)
    .where(
        _of(_me),
        or_(
            and_(
                OneToOne.state == AGREED,
                OneToOne.starts_at >= bindparam("since"),
                OneToOne.starts_at < bindparam("until"),
            ),
            and_(_mine, OneToOne.state == PROPOSED, OneToOne.created_at > bindparam("stale")),
            and_(_mine, OneToOne.state == DECLINED, OneToOne.answered_at > bindparam("lately")),
            and_(
                OneToOne.state == CANCELLED,
                OneToOne.starts_at >= bindparam("since"),
                OneToOne.cancelled_by_id != _me,
            ),
        ),
        blocks.none_between(OneToOne.proposer_id, OneToOne.other_id),
    )
)
