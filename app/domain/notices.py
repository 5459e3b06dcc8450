"""Notices: letters to an address that are neither a prompt nor a sign-in code. Each is posted once for its subject.

Knows to whom, why and from when; not what is written in it, nor how it travels.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import sealing, traces
from app.database import Base, UtcDateTime, is_one_of, session
from app.domain import mutes, quiet_modes, removals
from app.domain.attendance import EXPECTED, Attendance
from app.domain.events import Event
from app.domain.people import EMAIL_LENGTH, Person
from app.domain.rosters import RosterEntry

BEFORE, MOVED, CANCELLED, KEPT = "before", "moved", "cancelled", "kept"
ADDRESS_CHANGED, COMPLAINT, TRIAL = "address_changed", "complaint", "trial"
KINDS = (BEFORE, MOVED, CANCELLED, KEPT, ADDRESS_CHANGED, COMPLAINT, TRIAL)
# What nobody asked for can be stopped; what is said about an account or an own complaint always comes.
UNASKED = (BEFORE, MOVED, CANCELLED, KEPT)
TO_PLACES = (BEFORE, MOVED, CANCELLED)
# What the letter of a kind needs to be told: `by` whose list it is, `new` the other address with its middle hidden,
# `undo` where it is taken back (a path on this installation), `reference` the number of a complaint.
NEEDS: Mapping[str, frozenset[str]] = {
    BEFORE: frozenset({"by"}),
    MOVED: frozenset({"by"}),
    CANCELLED: frozenset({"by"}),
    KEPT: frozenset(),
    ADDRESS_CHANGED: frozenset({"new", "undo"}),
    COMPLAINT: frozenset({"reference"}),
    TRIAL: frozenset(),
}


class Notice(Base):
    """One letter. `email` is where it goes; without one, to the address that its person has confirmed by then.

    `subject` names what it is about, once per kind. What only the letter may say is sealed.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("email = lower(email)", name="email_is_lower"),
        Index("ix_notices_email", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), default="")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"), index=True)
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("attendance.id", ondelete="SET NULL"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16), default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    trace: Mapped[str] = mapped_column(String(traces.LENGTH), default=traces.current, server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person | None] = relationship()
    event: Mapped[Event | None] = relationship()
    place: Mapped[Attendance | None] = relationship()

    @property
    def address(self) -> str:
        """Return where it goes, "" if there is no such address any more."""
        return self.email or (self.person and self.person.email) or ""

    @property
    def name(self) -> str:
        """Return the name of whom it is for, as far as it is known."""
        holder = self.person or self.place
        return holder.name if holder else ""

    @property
    def data(self) -> dict[str, Any]:
        """Return what only the letter may say."""
        if self.sealed is None:
            return {}
        found: dict[str, Any] = json.loads(sealing.unseal(self.key_id, self.sealed, self._seat))
        return found

    @property
    def _seat(self) -> str:
        return f"notice {self.kind} {self.subject}"


def post(
    kind: str,
    subject: str,
    now: datetime,
    *,
    person: Person | None = None,
    email: str = "",
    event: Event | None = None,
    place: Attendance | None = None,
    data: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Notice:
    """Have the worker send this letter, now or from `due_at`; the same kind and subject again changes nothing.

    To `email` (normalised) where it is given, else to the person's own address. `data` is what NEEDS names for the
    kind; it is sealed, and may hold a link that acts. Raises ValueError if something of it is missing.
    """
    if missing := NEEDS[kind] - (data or {}).keys():
        raise ValueError(f"A letter of the kind {kind} needs {', '.join(sorted(missing))}.")
    notice = Notice(kind=kind, subject=subject, person=person, email=email, event=event, place=place, created_at=now)
    notice.due_at = due_at or now
    if data:
        notice.key_id, notice.sealed = sealing.seal(json.dumps(dict(data)), notice._seat)
    try:
        with session.begin_nested():
            session.add(notice)
    except IntegrityError:  # it was posted before
        return session.scalars(select(Notice).where(Notice.kind == kind, Notice.subject == subject)).one()
    return notice


def unwanted(notice: Notice, now: datetime) -> str:
    """Return in a word why this letter is no longer to be sent, or "" if it is."""
    if not notice.address:
        return "address"
    if notice.kind not in UNASKED:
        return ""
    if removals.is_removed(notice.address):
        return "removed"
    if not notice.email and notice.person and not notice.person.mail_prompts:
        return "unsubscribed"
    if notice.kind == BEFORE and not notice.email and notice.person and quiet_modes.is_on(notice.person, now):
        return "quiet"
    return _groundless(notice, now)


def _groundless(notice: Notice, now: datetime) -> str:
    event, place = notice.event, notice.place
    if event is None:
        return "gone"
    if notice.kind not in TO_PLACES:
        return "" if place and not (place.person and place.person.email) else "account"
    if bool(event.cancelled_at) != (notice.kind == CANCELLED):
        return "changed" if notice.kind == CANCELLED else "cancelled"
    if now >= event.starts_at:
        return "begun"
    return "" if place and place.state in EXPECTED else "not expected"


def wanted() -> Select[int]:
    """Return the ids of notices that may still go to where their delivery is addressed, for the last word.

    Compare `deliverable_to` of them with the delivery's own recipient. The query wants to be told `still_at`: now.
    """
    return (
        select(Notice.id)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(Event, Event.id == Notice.event_id)
        .outerjoin(Attendance, Attendance.id == Notice.attendance_id)
        .where(or_(~is_one_of(Notice.kind, *UNASKED), and_(_may_be_written_to(), _has_ground())))
    )


def deliverable_to() -> ColumnElement[str]:
    """Return where a notice goes, in a query made by `wanted`; nowhere once its address was removed or erased."""
    return func.coalesce(func.nullif(Notice.email, ""), Person.email)


def _may_be_written_to() -> ColumnElement[bool]:
    muted = and_(Notice.kind == BEFORE, mutes.about(mutes.MAIL, Notice.person_id, mutes.BEFORE, Event.group_id))
    quiet = and_(Notice.kind == BEFORE, ~quiet_modes.is_off(bindparam("still_at", type_=UtcDateTime)))
    return or_(Notice.email != "", and_(Person.mail_prompts, ~muted, ~quiet))


def _has_ground() -> ColumnElement[bool]:
    called_off = Event.cancelled_at.is_not(None)
    expected = is_one_of(Attendance.state, *EXPECTED)
    return and_(
        Event.id.is_not(None),
        or_(
            ~is_one_of(Notice.kind, *TO_PLACES),
            and_(Notice.kind == CANCELLED, called_off, expected),
            and_(Notice.kind != CANCELLED, ~called_off, expected),
        ),
    )


def remove(notice: Notice, now: datetime) -> None:
    """Write to the address of this notice never again; lists and letters that wait forget it. Twice is once."""
    if not (email := notice.email):
        return
    removals.remove(email, now)
    for holder in (Notice, RosterEntry):
        session.execute(update(holder).where(holder.email == email).values(email=""))
    session.flush()
