"""Buckets: how many letters a minute may leave the house, counted in the database, so that all workers count alike."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session


class Bucket(Base):
    """What is left of one allowance, and when that was reckoned."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    left: Mapped[float]
    filled_at: Mapped[datetime] = mapped_column(UtcDateTime)


def draw(name: str, wanted: int, a_minute: int, now: datetime) -> int:
    """Take as many as are wanted, or as there are: in no minute more than `a_minute` are ever given.

    A tenth of them may go at once, the rest comes in evenly. A clock that went back gives nothing until then.
    """
    most = max(1.0, a_minute / 10)
    session.execute(_dialect().insert(Bucket).values(name=name, left=most, filled_at=now).on_conflict_do_nothing())
    bucket = session.scalars(select(Bucket).where(Bucket.name == name).with_for_update()).one()
    session.refresh(bucket)
    since = max(0.0, (now - bucket.filled_at).total_seconds())
    left = min(most, bucket.left + since * (a_minute - most) / 60)
    given = min(wanted, int(left))
    bucket.left, bucket.filled_at = left - given, max(now, bucket.filled_at)
    session.flush()
    return given


def pour_back(name: str, number: int) -> None:
    """Give back what was taken and not used."""
    bucket = session.scalars(select(Bucket).where(Bucket.name == name).with_for_update()).one_or_none()
    if bucket is not None and number:
        session.refresh(bucket)
        bucket.left += number
        session.flush()


def _dialect() -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
