"""Badges: the code on a printed name badge, one for each place at an event. Knows no card and opens none."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, Select, String, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain import listings
from app.domain.attendance import Attendance
from app.domain.cards import CardWithdrawn, UnknownCard
from app.domain.events import Event

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "lady", "lord", "rev"})


class Badge(Base):
    """One issue of a badge. Its token follows from place, generation and key; its hash is kept.

    `printed_at` is when it was last put on a sheet.
    """

    __tablename__ = "badges"
    __table_args__ = (
        # One living badge a place: the database keeps it so when two print at once.
        Index(
            "uq_badges_live",
            "attendance_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_badges_attendance_id", "attendance_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"))
    generation: Mapped[int]
    key_id: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    short_code: Mapped[str] = mapped_column(String(8), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    printed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place: Mapped[Attendance] = relationship()

    @property
    def token(self) -> str:
        """Return the 26 characters of the badge's address."""
        return _token(self.key_id, self.attendance_id, self.generation)


def _token(key_id: str, attendance_id: int, generation: int) -> str:
    return tokens.derived("badge", key_id, f"{attendance_id}|{generation}")


def issue(place: Attendance, now: datetime) -> Badge:
    """Return the place's badge, made if it has none: once per place, however often it is printed."""
    return _issued([place.id], now)[place.id]


def _issued(places: Collection[int], now: datetime) -> dict[int, Badge]:
    """Return the living badge of each place, both by the place's id, made where there is none."""
    found = _living(places)
    new = [_values(place, 1, now) for place in places if place not in found]
    if not new:
        return found
    session.execute(insert(Badge), new)  # by the hundred: as one statement
    return _living(places)


def _living(places: Collection[int]) -> dict[int, Badge]:
    rows = session.scalars(select(Badge).where(Badge.attendance_id.in_(places), Badge.withdrawn_at.is_(None)))
    return {badge.attendance_id: badge for badge in rows}


def _values(attendance_id: int, generation: int, now: datetime) -> dict[str, Any]:
    key_id = keys.current_id()
    return {
        "attendance_id": attendance_id,
        "generation": generation,
        "key_id": key_id,
        "token_hash": tokens.digest(_token(key_id, attendance_id, generation)),
        "short_code": tokens.short_code(),
        "issued_at": now,
    }


def renew(place: Attendance, now: datetime) -> Badge:
    """Withdraw the place's badge, code and all, and issue another; a place that has none gets its first."""
    session.execute(select(Attendance.id).where(Attendance.id == place.id).with_for_update())
    last = _living([place.id]).get(place.id)
    if last is None:
        return issue(place, now)
    session.execute(update(Badge).where(Badge.id == last.id).values(withdrawn_at=now))
    badge = Badge(**_values(place.id, last.generation + 1, now))
    session.add(badge)
    session.flush()
    return badge


def put_on_paper(places: Collection[int], now: datetime) -> None:
    """Note that the badges of the places with these ids are printed now, all of them as one printing."""
    _issued(places, now)
    living = (Badge.attendance_id.in_(places), Badge.withdrawn_at.is_(None))
    session.execute(update(Badge).where(*living).values(printed_at=now))


def of(event: Event) -> dict[int, Badge]:
    """Return the event's living badges by the ids of their places: one query, however many."""
    rows = session.scalars(
        select(Badge).join(Badge.place).where(Attendance.event_id == event.id, Badge.withdrawn_at.is_(None))
    )
    return {badge.attendance_id: badge for badge in rows}


def find(token: str) -> Badge | None:
    """Return the badge that this token names, in any case, withdrawn or not; None if there is none."""
    return _find(Badge.token_hash == tokens.digest(token.lower()))


def by_short_code(code: str) -> Badge | None:
    """Return the badge that this typed short code names, withdrawn or not; None if there is none."""
    return _find(Badge.short_code == tokens.typed(code))


def find_all(hashes: Collection[bytes], codes: Collection[str]) -> list[Badge]:
    """Return every badge that one of these hashes of a token, or short codes, names: one query, however many."""
    return list(session.scalars(_with_whom(or_(Badge.token_hash.in_(hashes), Badge.short_code.in_(codes)))))


def _find(named: ColumnElement[bool]) -> Badge | None:
    return session.scalar(_with_whom(named))


def _with_whom(named: ColumnElement[bool]) -> Select[Badge]:
    place = joinedload(Badge.place)
    return (
        select(Badge)
        .where(named)
        .options(place.joinedload(Attendance.person), place.joinedload(Attendance.event).joinedload(Event.group))
    )


def worn(found: Badge | None) -> Badge:
    """Return the badge that was found by token or code; raise UnknownCard or CardWithdrawn, alike for cards."""
    if found is None:
        raise UnknownCard
    if found.withdrawn_at is not None:
        raise CardWithdrawn
    return found


def called(name: str) -> str:
    """Return what a badge says in large letters: the first name, without the title in front of it."""
    words = (listings.turned(name) or name).split()
    given = [word for word in words if word.rstrip(".").casefold() not in _TITLES]
    return (given or words)[0]
