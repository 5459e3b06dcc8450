"""Questions between two people: may I have your e-mail and phone; may I tell you about what I sell?

A no is never heard: whoever asked sees what they would see if nobody had answered.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import blocks, welcomes
from app.domain.people import Person
from app.domain.refusals import NotFound, Refusal
from app.domain.welcomes import OFFERS
from app.words import N_

ACCESS, PITCH = KINDS = ("access", "pitch")
OPEN, YES, NO, CLOSED = STATES = ("open", "yes", "no", "closed")
OPEN_PER_ASKER = 5
CLOSES_AFTER = timedelta(days=30)
ONE_PITCH_IN = timedelta(days=7)


class Question(Base):
    """One question. A no stays for ever: another question after it is kept as answered with no, and asks nobody."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("asker_id <> asked_id", name="not_oneself"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered_when_not_open"),
        Index(
            "uq_questions_open",
            "asker_id",
            "asked_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_questions_asked_id_state", "asked_id", "state"),
        Index("ix_questions_asker_id_created_at", "asker_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    asked_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asker: Mapped[Person] = relationship(foreign_keys=asker_id)
    asked: Mapped[Person] = relationship(foreign_keys=asked_id)


class TooManyQuestions(Refusal):
    message = N_("Five of your questions still wait for an answer. Wait for one before you ask the next.")


class NotWelcome(Refusal):
    message = N_("%(name)s's card doesn't welcome offers. Tell them what you could do for them instead.")


class OnePitchAWeek(Refusal):
    message = N_("You've asked somebody this within the week, and once a week is enough.")


def ask(asker: Person, asked: Person, kind: str, now: datetime) -> None:
    """Ask, unless it waits already; after a no it looks just the same, and reaches nobody.

    At most five questions of access wait at a time, and one pitch a week is asked, only of whose card welcomes offers.
    Raises TooManyQuestions, OnePitchAWeek or NotWelcome.
    """
    # One question an asker at a time, so that two at once are counted as two.
    session.execute(select(Person.id).where(Person.id == asker.id).with_for_update(key_share=True))
    if waits(asker, asked, kind, now):
        return
    if kind == PITCH:
        _must_be_in_order(asker, asked, now)
    elif waiting(asker, now) >= OPEN_PER_ASKER:
        raise TooManyQuestions
    refused = said_no(asked, asker, kind)
    session.add(
        Question(
            asker=asker,
            asked=asked,
            kind=kind,
            state=NO if refused else OPEN,
            created_at=now,
            answered_at=now if refused else None,
        )
    )
    session.flush()


def _must_be_in_order(asker: Person, asked: Person, now: datetime) -> None:
    if OFFERS not in welcomes.of(asked):
        raise NotWelcome(name=asked.first_name)
    lately = exists().where(
        Question.asker_id == asker.id, Question.kind == PITCH, Question.created_at > now - ONE_PITCH_IN
    )
    if session.scalar(select(lately)):
        raise OnePitchAWeek


def _looks_open(now: datetime) -> ColumnElement[bool]:
    """The condition under which a question waits as far as its asker can tell: a no looks like nothing."""
    return Question.state.in_((OPEN, NO)) & (Question.created_at > now - CLOSES_AFTER)


def waits(asker: Person, asked: Person, kind: str, now: datetime) -> bool:
    """Say whether, as far as the asker can tell, this question waits for an answer."""
    pair = (Question.asker_id == asker.id, Question.asked_id == asked.id, Question.kind == kind)
    return session.scalar(select(exists().where(*pair, _looks_open(now)))) or False


def waiting(asker: Person, now: datetime) -> int:
    """Return how many questions of access wait, as far as their asker can tell."""
    mine = select(func.count()).where(Question.asker_id == asker.id, Question.kind == ACCESS, _looks_open(now))
    return session.scalar(mine) or 0


def said_yes(asked: Person, asker: Person, kind: str) -> bool:
    """Say whether the last answer of the one who was asked was yes."""
    return _has(asked, asker, kind, YES)


def said_no(asked: Person, asker: Person, kind: str) -> bool:
    """Say whether a no stands between the two; only the one who said it may be told."""
    return _has(asked, asker, kind, NO)


def _has(asked: Person, asker: Person, kind: str, state: str) -> bool:
    pair = (Question.asker_id == asker.id, Question.asked_id == asked.id, Question.kind == kind)
    return session.scalar(select(exists().where(*pair, Question.state == state))) or False


def for_me(asked: Person, now: datetime) -> Sequence[Question]:
    """Return what this person is asked, the oldest first, each with who asks: one query."""
    return session.scalars(
        select(Question)
        .options(joinedload(Question.asker))
        .where(Question.asked_id == asked.id, Question.state == OPEN, Question.created_at > now - CLOSES_AFTER)
        .where(blocks.none_between(Question.asker_id, Question.asked_id))
        .order_by(Question.created_at, Question.id)
    ).all()


def of(asked: Person, question_id: int) -> Question:
    """Return one question that this person was asked; to anyone else it is not there."""
    question = session.scalar(select(Question).where(Question.id == question_id, Question.asked_id == asked.id))
    if question is None:
        raise NotFound
    return question


def answer(question: Question, yes: bool, now: datetime) -> None:
    """Answer a question; one that is closed meanwhile is answered all the same, the last word counts."""
    question.state, question.answered_at = YES if yes else NO, now
    session.flush()


def reopen(asked: Person, asker: Person, kind: str) -> None:
    """Take back the no that was said; the other may ask again."""
    pair = (Question.asker_id == asker.id, Question.asked_id == asked.id, Question.kind == kind)
    _update((*pair, Question.state == NO), CLOSED)


def close(asker_id: int, asked_id: int, state: str, now: datetime, *kinds: str) -> None:
    """Let what is open from one to the other ask no more, as answered with yes or just closed."""
    pair = (Question.asker_id == asker_id, Question.asked_id == asked_id, Question.kind.in_(kinds or KINDS))
    _update((*pair, Question.state == OPEN), state, now)


def lapse(now: datetime) -> None:
    """Close, without a word, what nobody answered for 30 days."""
    _update((Question.state == OPEN, Question.created_at <= now - CLOSES_AFTER), CLOSED, now)


def _update(where: tuple[ColumnElement[bool], ...], state: str, now: datetime | None = None) -> None:
    values: dict[str, object] = {"state": state} | ({"answered_at": now} if now else {})
    statement = update(Question).where(*where).values(**values)
    session.execute(statement, execution_options={"synchronize_session": "fetch"})


def fold(gone_id: int, kept_id: int, now: datetime) -> None:
    """Close what of one person's would be open twice once it is another's; the other's own stays open."""
    own = aliased(Question)
    same_kind = (own.kind == Question.kind, own.state == OPEN)
    asking = (Question.asker_id == gone_id, own.asker_id == kept_id, own.asked_id == Question.asked_id)
    asked = (Question.asked_id == gone_id, own.asked_id == kept_id, own.asker_id == Question.asker_id)
    for pair in (asking, asked):
        _update((Question.state == OPEN, pair[0], exists().where(*pair[1:], *same_kind)), CLOSED, now)


def keep_no(person_id: int, now: datetime) -> None:
    """Let a no hold, whatever else was asked or answered between the same two before they were known to be the same."""
    theirs = or_(Question.asker_id == person_id, Question.asked_id == person_id)
    found = session.scalars(select(Question).where(theirs).execution_options(populate_existing=True)).all()
    refused = {(one.asker_id, one.asked_id, one.kind) for one in found if one.state == NO}
    for one in found:
        if (one.asker_id, one.asked_id, one.kind) in refused and one.state in {OPEN, YES}:
            one.state, one.answered_at = (NO, now) if one.state == OPEN else (CLOSED, one.answered_at)
    session.flush()
