"""Reports: somebody tells the organisers about a person they met. Who told is for nobody to read, and the person told
about learns nothing.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from app import sealing, tokens
from app.database import Base, UtcDateTime, session
from app.domain.attendance import HERE, Attendance
from app.domain.events import Event
from app.domain.groups import ORGANISER, Group, Membership
from app.domain.people import Person
from app.domain.refusals import NotFound, Unfit
from app.words import N_

PUSHY, REMARKS, NOT_THEM, ELSE = REASONS = ("pushy", "remarks", "not_them", "else")
LENGTH: Final = 1000
PAUSES_AT: Final = 3
LASTS: Final = timedelta(days=365)


class Report(Base):
    """What one person told about another; told again, it is the newer word. `seen_at` is when an organiser read it."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("reporter_id", "reported_id"),
        CheckConstraint("reporter_id <> reported_id", name="not_oneself"),
        CheckConstraint(f"reason IN {REASONS}", name="reason_known"),
        Index("ix_reports_reported_id_seen_at", "reported_id", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    reported_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(8))
    key_id: Mapped[str] = mapped_column(String(16), default="")
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reported: Mapped[Person] = relationship(foreign_keys=reported_id)

    @property
    def words(self) -> str:
        """Return what was told in words, or nothing."""
        return _words(self.reference, self.key_id, self.sealed)


class NoReason(Unfit):
    message = N_("Pick what it is about.")


class TooLong(Unfit):
    message = N_("Please keep this to %(length)s characters.")


def tell(reporter: Person, reported: Person, reason: str, words: str, now: datetime) -> Report:
    """Take a report, sealed; there is one of each reporter about each person. Raises NoReason and TooLong."""
    if reason not in REASONS:
        raise NoReason("reason")
    said = "".join(c for c in words.strip() if c != "\0" and unicodedata.category(c) != "Cs")
    if len(said) > LENGTH:
        raise TooLong("words", length=LENGTH)
    # One report a reporter at a time: the second tap of two finds the first one's.
    session.execute(select(Person.id).where(Person.id == reporter.id).with_for_update(key_share=True))
    pair = (Report.reporter_id == reporter.id, Report.reported_id == reported.id)
    report = session.scalar(select(Report).where(*pair)) or Report(
        reporter_id=reporter.id, reported=reported, reference=tokens.short_code()
    )
    report.reason, report.told_at, report.seen_at = reason, now, None
    report.key_id, report.sealed = sealing.seal(said, _place(report.reference)) if said else ("", b"")
    session.add(report)
    session.flush()
    return report


def of_group(group: Group, reader: Person) -> Sequence[Report]:
    """Return what was told about people by others who were at a morning of this group with them, unseen ones first.

    One query. Nothing about the reader, who learns of no report about themselves.
    """
    newest = _of_group(group, reader).options(joinedload(Report.reported))
    return session.scalars(newest.order_by(Report.seen_at.is_not(None), Report.told_at.desc(), Report.id.desc())).all()


def unseen(group: Group, reader: Person) -> int:
    """Return how many of those nobody has seen yet."""
    asked = _of_group(group, reader).with_only_columns(func.count()).where(Report.seen_at.is_(None))
    return session.scalar(asked) or 0


def find(group: Group, reader: Person, report_id: int) -> Report:
    """Return one of those; raise NotFound for any other."""
    report = session.scalar(_of_group(group, reader).where(Report.id == report_id))
    if report is None:
        raise NotFound
    return report


def for_operator(everything: bool = False) -> Sequence[Report]:
    """Return, the oldest first, what no organiser but the one it is about can see; or every report there is."""
    asked = select(Report).options(joinedload(Report.reported)).where(_still_here()).order_by(Report.id)
    if not everything:
        others = (Membership.role == ORGANISER, Membership.person_id != Report.reported_id)
        reaches = _both_were().where(Membership.group_id == Event.group_id, *others)
        asked = asked.where(~reaches, Report.seen_at.is_(None))
    return session.scalars(asked).all()


def numbered(reference: str) -> Report:
    """Return a report by its number, as the operator types it; raise NotFound."""
    report = session.scalar(select(Report).where(Report.reference == tokens.typed(reference)))
    if report is None:
        raise NotFound
    return report


def see(report: Report, now: datetime) -> None:
    """Note that it was seen; what was paused for it goes on."""
    report.seen_at = report.seen_at or now
    session.flush()


def paused(person_id: object) -> ColumnElement[bool]:
    """Return the condition of a query under which nobody is asked about a person: three told, and nobody has seen it.

    `person_id` is a column of the query.
    """
    told = select(func.count()).where(_TOLD.reported_id == person_id, _TOLD.seen_at.is_(None))
    return told.scalar_subquery() >= PAUSES_AT


_TOLD = aliased(Report)  # another table to a query than the reports it may read itself


def forget(now: datetime) -> None:
    """Forget what was seen a year ago."""
    session.execute(delete(Report).where(Report.seen_at <= now - LASTS))


def unsealed_row(row: Mapping[str, Any]) -> str:
    """Return the words of a report's row, for whoever takes their own along."""
    return _words(row["reference"], row["key_id"], row["sealed"])


def _of_group(group: Group, reader: Person) -> Select[Report]:
    theirs = _both_were().where(Event.group_id == group.id)
    return select(Report).where(theirs, Report.reported_id != reader.id, _still_here())


def _still_here() -> ColumnElement[bool]:
    return Report.reported.has(Person.erased_at.is_(None))


def _both_were() -> Any:
    """The condition that both were at one morning; the caller says of which group."""
    one, other = aliased(Attendance), aliased(Attendance)
    return exists().where(
        one.person_id == Report.reporter_id,
        one.state.in_(HERE),
        other.person_id == Report.reported_id,
        other.state.in_(HERE),
        other.event_id == one.event_id,
        Event.id == one.event_id,
    )


def _words(reference: str, key_id: str, sealed: bytes) -> str:
    return sealing.unseal(key_id, sealed, _place(reference)) if sealed else ""


def _place(reference: str) -> str:
    return f"report {reference}"
