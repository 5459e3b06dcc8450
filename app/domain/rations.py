"""Rations: how much of one person's attention prompts may take on one channel: one a day, three in seven days.

A row is a day on which something went, or is just going: the database itself lets in no second one. A few a person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from app.database import Base, Prepared, UtcDateTime, among, session, unindexed
from app.domain.deliveries import DOT, SENT, Delivery
from app.domain.people import Person

A_WEEK, MOST_A_WEEK = timedelta(days=7), 3


class Ration(Base):
    """One person's day on one channel, with what used it up and when."""

    __tablename__ = "rations"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    person: Mapped[Person] = relationship()


class Portion(NamedTuple):
    """Whose day it would be, on which channel, and what for: on all of somebody's devices that is one and the same."""

    person_id: int
    channel: str
    day: date
    prompt_id: int
    round: int


class Used(NamedTuple):
    """A day that was used up: when, how far what used it went, when its words were written, and of what they tell."""

    at: datetime
    state: str
    written_at: datetime | None
    prompt_id: int | None
    round: int

    def tells_of(self, portion: Portion) -> bool:
        """Say whether it was used for the very same."""
        return (self.prompt_id, self.round) == (portion.prompt_id, portion.round)


Lately = Mapping[tuple[int, str], Sequence[Used]]  # whose, on which channel


def lately(people: Sequence[int], now: datetime) -> Lately:
    """Return what these people were told of within the week, on each channel, the earliest first."""
    told: dict[tuple[int, str], list[Used]] = {}
    for row in _USED({"people": people, "since": now - A_WEEK}).all():
        one = Used(row.used_at, row.state, row.written_at, row.prompt_id, row.round)
        told.setdefault((row.person_id, row.channel), []).append(one)
    return told


def used(portion: Portion, lately: Lately) -> list[Used]:
    """Return what else the same person was told of on the channel."""
    theirs = lately.get((portion.person_id, portion.channel), ())
    return [one for one in theirs if not one.tells_of(portion)]


_USED = Prepared(
    select(
        Ration.person_id,
        Ration.channel,
        Ration.used_at,
        Delivery.state,
        Delivery.written_at,
        Delivery.prompt_id,
        Delivery.round,
    )
    .join(Delivery, Delivery.id == Ration.delivery_id)
    .where(
        among(Ration.person_id, "people"),
        Ration.used_at > bindparam("since", type_=UtcDateTime),
    )
    .order_by(Ration.used_at)
)


def take(portion: Portion, delivery_id: int, now: datetime) -> bool:
    """Use the day up for this delivery, and say whether it has it: whoever asks first does, or tells of the same."""
    return delivery_id in take_each({delivery_id: portion}, now)


def take_each(wanted: Mapping[int, Portion], now: datetime) -> set[int]:
    """Use the days up for several deliveries, by their numbers; return those that have theirs, as `take` says it."""
    if not wanted:
        return set()
    # In one order, so that no two who want the same days wait for each other.
    in_order = sorted(wanted.items(), key=lambda item: (item[1], item[0]))
    rows = [{**_day_of(portion), "delivery_id": number, "used_at": now} for number, portion in in_order]
    people, days = {one.person_id for one in wanted.values()}, {one.day for one in wanted.values()}
    while _TAKE(rows).rowcount < len(rows):
        used = {Portion._make(row) for row in _USED_FOR({"people": list(people), "days": list(days)})}
        if {portion[:3] for portion in wanted.values()} <= {portion[:3] for portion in used}:
            return {number for number, portion in wanted.items() if portion in used}
        # Whoever had one of the days has given it back between the two.
    return set(wanted)


def _day_of(portion: Portion) -> dict[str, object]:
    return {"person_id": portion.person_id, "channel": portion.channel, "day": portion.day}


_COLUMNS = {column.name: bindparam(column.name, type_=column.type) for column in Ration.__table__.columns}
_TAKE = Prepared(
    {
        dialect.__name__.rpartition(".")[2]: dialect.insert(Ration).values(_COLUMNS).on_conflict_do_nothing()
        for dialect in (postgresql, sqlite)
    }
)
_USED_FOR = Prepared(
    select(Ration.person_id, Ration.channel, Ration.day, Delivery.prompt_id, Delivery.round)
    .join(Delivery, Delivery.id == Ration.delivery_id)
    .where(
        among(Ration.person_id, "people"),
        Ration.day.in_(bindparam("days", expanding=True)),
    )
    .with_for_update(read=True, of=Ration)  # whoever gives it back waits to see who shares it
)


def give_back(delivery_id: int, taken_at: datetime) -> None:
    """Let the day be free again that this one took in this very round and certainly did not use.

    Where another tells of the same, on another of the person's devices, the day is that one's now. A day that was
    taken earlier stays used up: that time nobody knows whether it arrived.
    """
    its = (Ration.delivery_id == delivery_id, Ration.used_at == taken_at)
    session.execute(select(Ration.day).where(*its).with_for_update())  # what is asked next sees whoever shares it
    own, other = aliased(Delivery), aliased(Delivery)
    heir = session.scalar(
        select(other.id)
        .join(own, and_(other.prompt_id == own.prompt_id, other.round == own.round, other.channel == own.channel))
        .where(own.id == delivery_id, other.id != delivery_id, unindexed(other.state).in_((DOT, SENT)))
        .limit(1)
    )
    changed = update(Ration).where(*its).values(delivery_id=heir) if heir else delete(Ration).where(*its)
    session.execute(changed)


def forget(before: datetime) -> None:
    """Drop what was used up before this instant."""
    session.execute(delete(Ration).where(Ration.used_at < before))
