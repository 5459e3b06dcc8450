"""Holidays: the days on which a group keeps no office, so that nobody is asked anything on them.

Each group has its own list; the bank holidays of England and Wales can be taken over as they are.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from dateutil.easter import easter
from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain.groups import Group
from app.domain.people import NAME_LENGTH, line
from app.domain.refusals import Refusal, Unfit
from app.words import N_

MOST: Final = 400
YEARS: Final = range(2000, 2101)
_DAY: Final = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


class Holiday(Base):
    """One day on which a group asks nobody anything."""

    __tablename__ = "holidays"
    __table_args__ = (UniqueConstraint("group_id", "day"), CheckConstraint("name <> ''", name="named"))

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoHolidayName(Unfit):
    message = N_("Say which day it is, like Boxing Day.")


class NotADay(Unfit):
    message = N_("Please pick a day between the years 2000 and 2100.")


class TooManyHolidays(Refusal):
    message = N_("That's more holidays than a group can keep. Take some old ones off the list first.")


def of_group(group: Group) -> Sequence[Holiday]:
    """Return the group's holidays, the earliest first."""
    return session.scalars(select(Holiday).where(Holiday.group_id == group.id).order_by(Holiday.day)).all()


def days(group_id: int) -> frozenset[date]:
    """Return the days that a group keeps, for reckoning with."""
    return frozenset(session.scalars(select(Holiday.day).where(Holiday.group_id == group_id)))


def by_group() -> dict[int, frozenset[date]]:
    """Return the days of every group that keeps any: one query, for planning."""
    kept: dict[int, set[date]] = {}
    for group_id, day in session.execute(select(Holiday.group_id, Holiday.day)):
        kept.setdefault(group_id, set()).add(day)
    return {group_id: frozenset(those) for group_id, those in kept.items()}


def keep(group: Group, day: date, name: str, now: datetime) -> None:
    """Put a day on the group's list, or give the one that is there this name; raise Unfit for what cannot be meant."""
    named = line(name, "name", NAME_LENGTH)
    if not named:
        raise NoHolidayName("name")
    if day.year not in YEARS:
        raise NotADay("day")
    holiday = session.scalar(select(Holiday).where(Holiday.group_id == group.id, Holiday.day == day))
    if holiday is None:
        keep_all(group, {day: named}, now)
    else:
        holiday.name = named
        session.flush()


def keep_all(group: Group, named: Mapping[date, str], now: datetime) -> None:
    """Put these days on the group's list; a day that is there already keeps its name. Raises TooManyHolidays."""
    there = days(group.id)
    new = {day: name for day, name in named.items() if day not in there}
    if len(there) + len(new) > MOST:
        raise TooManyHolidays
    session.add_all(Holiday(group_id=group.id, day=day, name=name, created_at=now) for day, name in new.items())
    session.flush()


def drop(group: Group, holiday_id: int) -> None:
    """Take a day off the group's list; one that is not on it is off it already."""
    session.execute(delete(Holiday).where(Holiday.id == holiday_id, Holiday.group_id == group.id))


def bank_holidays(year: int) -> dict[date, str]:
    """Return the bank holidays of England and Wales in a year, by day, with the days that stand in for weekends.

    Banking and Financial Dealings Act 1971, schedule 1, with the two that have been proclaimed every year since 1974
    and 1978. What is proclaimed for one year alone, like a coronation, is for an organiser to add.
    """
    # Reckoned here: the package that knows every country's holds python-dateutil back below 3, for eight days a year.
    sunday, christmas = easter(year), date(year, 12, 25)
    days = {
        _stand_in(date(year, 1, 1)): N_("New Year's Day"),
        sunday - 2 * _DAY: N_("Good Friday"),
        sunday + _DAY: N_("Easter Monday"),
        _monday(year, 5): N_("Early May bank holiday"),
        _last_monday(year, 5): N_("Spring bank holiday"),
        _last_monday(year, 8): N_("Summer bank holiday"),
    }
    if christmas.weekday() == _SUNDAY:
        return {**days, christmas + _DAY: N_("Boxing Day"), christmas + 2 * _DAY: N_("Christmas Day")}
    christmas = _stand_in(christmas)
    return {**days, christmas: N_("Christmas Day"), _stand_in(christmas + _DAY): N_("Boxing Day")}


def _monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + _DAY * (-first.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - _DAY * last.weekday()


def _stand_in(day: date) -> date:
    """Return the day itself, or the Monday after the weekend it falls on."""
    return day if day.weekday() < _SATURDAY else day + _DAY * (7 - day.weekday())
