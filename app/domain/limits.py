"""Limits: how often something may be done in a while, counted in the database so that every process counts alike."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session


class Limit(Base):
    """How often one key was used in one window of time."""

    __tablename__ = "limits"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    uses: Mapped[int]


def use(key: str, allowed: int, window: timedelta, now: datetime) -> bool:
    """Count one use of the key and say whether it was still within what is allowed in this window.

    One atomic statement: two at once are counted as two. Windows are fixed, aligned to the epoch.
    """
    start = datetime.fromtimestamp(now.timestamp() // window.total_seconds() * window.total_seconds(), now.tzinfo)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    counted = (
        dialect.insert(Limit)
        .values(key=key, window_start=start, uses=1)
        .on_conflict_do_update(index_elements=["key", "window_start"], set_={"uses": Limit.uses + 1})
        .returning(Limit.uses)
    )
    uses: int = session.execute(counted).scalar_one()
    return uses <= allowed


def forget(before: datetime) -> None:
    """Drop the counts of windows that began before this instant."""
    session.execute(delete(Limit).where(Limit.window_start < before))
