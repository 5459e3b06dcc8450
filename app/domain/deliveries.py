"""Deliveries: bringing a prompt, or a sign-in code, to one channel. A row with a time is due; a claim is one UPDATE."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain.prompts import Prompt
from app.domain.sessions import SignInCode

MAIL = "mail"
WAITING, CLAIMED, DOT, SENT, FAILED, SUPPRESSED, EXPIRED = (
    "waiting",
    "claimed",
    "dot",
    "sent",
    "failed",
    "suppressed",
    "expired",
)
STATES = (WAITING, CLAIMED, DOT, SENT, FAILED, SUPPRESSED, EXPIRED)
FINAL = (SENT, FAILED, SUPPRESSED, EXPIRED)


class Delivery(Base):
    """One letter on its way. The final dot is journalled before it is sent, so that a crash is never silent."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("prompt_id", "channel", "round"),
        UniqueConstraint("code_id"),
        CheckConstraint("(prompt_id IS NULL) <> (code_id IS NULL)", name="carries_one_thing"),
        CheckConstraint("channel IN ('mail')", name="channel_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(state IN ('claimed', 'dot')) = (lease_until IS NOT NULL)", name="leased_while_held"),
        Index("ix_deliveries_state_next_try_at", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"))
    code_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in_codes.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8), default=MAIL)
    round: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    reason: Mapped[str] = mapped_column(String(200), default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(default=0)  # grows with every claim: whoever holds an older one is fenced off
    failures: Mapped[int] = mapped_column(default=0)  # how far up the ladder of waits it is
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recipient: Mapped[str] = mapped_column(String(254), default="")
    message_id: Mapped[str] = mapped_column(String(200), default="")
    frozen: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: it carries links that act without sign-in
    frozen_key: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    prompt: Mapped[Prompt | None] = relationship()
    code: Mapped[SignInCode | None] = relationship()


class Heartbeat(Base):
    """When a worker was last seen at work."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)


def worker_age(now: datetime) -> float | None:
    """Return for how many seconds no worker was seen at work, or None if there never was one."""
    latest = session.scalar(select(func.max(Heartbeat.beat_at)))
    return (now - latest).total_seconds() if latest else None
