"""Prompts: one structured question to one person at one due time. The app always shows it; a delivery only points to it."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, UtcDateTime
from app.domain.contacts import Contact
from app.domain.events import Event
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person

FOLLOW_UP, ONE_TO_ONE, INVITATION, AGREEMENT = "follow_up", "one_to_one", "invitation", "agreement"
KINDS = (FOLLOW_UP, ONE_TO_ONE, INVITATION, AGREEMENT)
OPEN, DONE, CLOSED = "open", "done", "closed"


class Prompt(Base):
    """One question. `subject` names what it is about ("event:12", "one_to_one:7:0"); kind, subject and person make it unique."""

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "person_id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("state IN ('open', 'done', 'closed')", name="state_known"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_when_not_open"),
        CheckConstraint("(event_id IS NULL) <> (one_to_one_id IS NULL)", name="about_one_thing"),
        CheckConstraint("round >= 1", name="round_counts"),
        Index("ix_prompts_person_id_state_due_at", "person_id", "state", "due_at"),
        Index("ix_prompts_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    one_to_one_id: Mapped[int | None] = mapped_column(ForeignKey("one_to_ones.id", ondelete="CASCADE"), index=True)
    due_day: Mapped[date]
    due_time: Mapped[time]
    due_zone: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    round: Mapped[int] = mapped_column(default=1)  # a snooze begins the next one
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    event: Mapped[Event | None] = relationship()
    one_to_one: Mapped[OneToOne | None] = relationship()


class Pick(Base):
    """One person chosen in a follow-up, and how far it went with them."""

    __tablename__ = "picks"
    __table_args__ = (
        UniqueConstraint("prompt_id", "contact_id"),
        CheckConstraint("promise IN ('', 'kept', 'will_do', 'not_needed')", name="promise_known"),
        CheckConstraint(
            "step IN ('', 'mail', 'sms', 'whatsapp', 'linkedin', 'copy', 'they_wrote', 'nothing')", name="step_known"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    promise: Mapped[str] = mapped_column(String(16), default="")
    step: Mapped[str] = mapped_column(String(16), default="")
    went_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # "Did it go?" was answered with yes
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    prompt: Mapped[Prompt] = relationship()
    contact: Mapped[Contact] = relationship()
