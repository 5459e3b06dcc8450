"""1-2-1s: half an hour between two people, from three offered times to one that both have in their calendar."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime
from app.domain.people import LINE_LENGTH, Person

PROPOSED, AGREED, DECLINED, WITHDRAWN, CLOSED = "proposed", "agreed", "declined", "withdrawn", "closed"
STATES = (PROPOSED, AGREED, DECLINED, WITHDRAWN, CLOSED)
OFFERED_TIMES = 3
OPEN_PER_SENDER = 3
CLOSES_AFTER = timedelta(days=10)


class OneToOne(Base):
    """A 1-2-1 that one person proposed to another. `version` is its SEQUENCE in calendars (RFC 5545 §3.8.7.4)."""

    __tablename__ = "one_to_ones"
    __table_args__ = (
        CheckConstraint("proposer_id <> other_id", name="not_oneself"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("state <> 'agreed' OR starts_at IS NOT NULL", name="agreed_has_a_time"),
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
    minutes: Mapped[int] = mapped_column(default=30)
    time_zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposer: Mapped[Person] = relationship(foreign_keys=proposer_id)
    other: Mapped[Person] = relationship(foreign_keys=other_id)
    times: Mapped[list["OfferedTime"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OfferedTime.starts_at"
    )


class OfferedTime(Base):
    """One of the times offered for a 1-2-1."""

    __tablename__ = "offered_times"
    __table_args__ = (UniqueConstraint("one_to_one_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    one_to_one_id: Mapped[int] = mapped_column(ForeignKey("one_to_ones.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
