"""Counters: what came of letters since the house was opened, in a few rows, and what waits now. No person is in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import String, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain.deliveries import CLAIMED, DOT, WAITING, Delivery

LONGEST_HOLD: Final = timedelta(minutes=5)
LEFT_FOR: Final = timedelta(minutes=30)


class Counter(Base):
    """How often one thing came of one channel's deliveries, and why."""

    __tablename__ = "counters"

    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(12), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]


class Key(NamedTuple):
    """What is counted."""

    channel: str
    outcome: str
    reason: str = ""


class Waiting(NamedTuple):
    """What of one channel waits or is held now, and since when the oldest could have gone."""

    channel: str
    due: int
    claimed: int
    uncertain: int
    oldest: datetime | None


def add(counts: Mapping[Key, int]) -> None:
    """Count so many more of each."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for key, number in sorted(counts.items()):
        counted = dialect.insert(Counter).values(**{**key._asdict(), "reason": key.reason[:40]}, number=number)
        more = {"number": Counter.number + number}
        session.execute(counted.on_conflict_do_update(index_elements=["channel", "outcome", "reason"], set_=more))


def totals() -> Sequence[Counter]:
    """Return every count."""
    return session.scalars(select(Counter).order_by(Counter.channel, Counter.outcome, Counter.reason)).all()


def astray(now: datetime, *, looked_at: bool = True) -> int:
    """Return how many deliveries are where no worker finds them: held by nobody, or due for long and left lying.

    Without workers looking (`looked_at`), only what is held without an end is astray.
    """
    held = Delivery.state.in_((CLAIMED, DOT)) & (Delivery.lease_until > now + LONGEST_HOLD)
    left = (Delivery.state.in_((CLAIMED, DOT)) & (Delivery.lease_until < now - LEFT_FOR)) | (
        (Delivery.state == WAITING) & (Delivery.next_try_at < now - LEFT_FOR)
    )
    return session.scalar(select(func.count()).where(held | left if looked_at else held)) or 0


def waiting(now: datetime) -> Sequence[Waiting]:
    """Return what waits, by channel. Only what is not final is looked at, however much lies behind."""
    due = (Delivery.state == WAITING) & (Delivery.next_try_at <= now)
    open_ = Delivery.state.in_((WAITING, CLAIMED, DOT))
    rows = session.execute(
        select(
            Delivery.channel,
            func.count().filter(due),
            func.count().filter(Delivery.state == CLAIMED),
            func.count().filter(Delivery.state == DOT),
            func.min(Delivery.next_try_at, type_=UtcDateTime).filter(due),
        )
        .where(open_)
        .group_by(Delivery.channel)
        .order_by(Delivery.channel)
    )
    return [Waiting(*row) for row in rows]
