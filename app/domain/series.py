"""Series: a breakfast that repeats, and those of its mornings that are planned ahead. Each is an event like any."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain import cadence, events, holidays, recurrences
from app.domain.events import FOLLOW_UP_DAYS, ONE_TO_ONE_DAYS, Event, Plan
from app.domain.groups import Group
from app.domain.people import LINE_LENGTH, NAME_LENGTH
from app.domain.recurrences import RULE_LENGTH
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

AHEAD: Final = timedelta(weeks=12)
_A_DAY: Final = timedelta(days=1)


class Series(Base):
    """A breakfast that repeats by a rule (RFC 5545 §3.3.10) from its first day on, and what its mornings begin as.

    Its mornings are there up to and with `planned_until`. Once `ended_at` is set, no more come.
    """

    __tablename__ = "series"
    __table_args__ = (CheckConstraint("name <> ''", name="named"), CheckConstraint("rule <> ''", name="ruled"))

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    rule: Mapped[str] = mapped_column(String(RULE_LENGTH + 20))
    first_day: Mapped[date]
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    place: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    start_time: Mapped[time]
    end_time: Mapped[time]
    follow_up_days: Mapped[int] = mapped_column(default=FOLLOW_UP_DAYS)
    one_to_one_days: Mapped[int] = mapped_column(default=ONE_TO_ONE_DAYS)
    skips_holidays: Mapped[bool] = mapped_column(default=True)
    planned_until: Mapped[date] = mapped_column(index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def plan(self, day: date) -> Plan:
        """Return what a morning of the series begins as."""
        return Plan(
            self.name,
            self.place,
            self.time_zone,
            day,
            self.start_time,
            self.end_time,
            self.follow_up_days,
            self.one_to_one_days,
        )


class SeriesMorning(Base):
    """One day of a series, once, with the event that was planned for it; its event may be moved or called off."""

    __tablename__ = "series_mornings"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"), unique=True)


class NoMorning(Unfit):
    message = N_("No morning comes of this. Check the first day, the last one and the holidays.")


class SeriesEnded(Refusal):
    message = N_("This series has ended already.")


def start(group: Group, plan: Plan, rule: str, now: datetime, skips_holidays: bool = True) -> Series:
    """Begin a series with the plan's day as its first, and plan its mornings 12 weeks ahead.

    Raises Unfit where the plan cannot be meant, or no morning comes of it.
    """
    series = _drafted(group, plan, rule, now, skips_holidays)
    if not upcoming(series, now, most=1):
        raise NoMorning("day")
    session.add(series)
    session.flush()
    extend(series, now)
    return series


def preview(
    group: Group, plan: Plan, rule: str, now: datetime, skips_holidays: bool = True, most: int = 6
) -> list[date]:
    """Return the next days that a series would have, and keep nothing."""
    return upcoming(_drafted(group, plan, rule, now, skips_holidays), now, most)


def _drafted(group: Group, plan: Plan, rule: str, now: datetime, skips_holidays: bool) -> Series:
    events.hours(plan)
    series = Series(
        group_id=group.id,
        rule=rule,
        first_day=plan.day,
        skips_holidays=skips_holidays,
        planned_until=plan.day - _A_DAY,
        created_at=now,
    )
    _say(series, plan)
    return series


def _say(series: Series, plan: Plan) -> None:
    series.name, series.place = events.words(plan)
    series.time_zone, series.start_time, series.end_time = plan.time_zone, plan.start_time, plan.end_time
    series.follow_up_days, series.one_to_one_days = plan.follow_up_days, plan.one_to_one_days


def upcoming(series: Series, now: datetime, most: int) -> list[date]:
    """Return the next days of the rule within its first or the coming year, without the holidays it skips."""
    today = cadence.local(now, series.time_zone).date()
    until = max(today, series.first_day) + timedelta(days=366)
    free = _free(series, recurrences.between(series.rule, series.first_day, today - _A_DAY, until))
    return free[:most]


def _free(series: Series, days: list[date]) -> list[date]:
    kept = holidays.days(series.group_id) if series.skips_holidays else frozenset()
    return [day for day in days if day not in kept]


def extend_all(now: datetime) -> None:
    """Plan the mornings of every series that has some to plan; what is planned already stays as it is."""
    short = (Series.ended_at.is_(None), Series.planned_until < (now + AHEAD).date())
    for series in session.scalars(select(Series).where(*short).with_for_update(skip_locked=True)).all():
        extend(series, now)


def extend(series: Series, now: datetime) -> None:
    """Plan the mornings of one series 12 weeks ahead: each day once, whoever asks and however often."""
    until = (now + AHEAD).date()
    today = cadence.local(now, series.time_zone).date()
    after = max(series.planned_until, today - _A_DAY)
    for day in _free(series, recurrences.between(series.rule, series.first_day, after, until)):
        if session.get(SeriesMorning, (series.id, day)) is None:
            # A morning that the clocks leave out has no start and no end: none is planned for it.
            with suppress(Unfit):
                event = _planned(series, day) or events.create(series.group_id, series.plan(day), now)
                session.add(SeriesMorning(series_id=series.id, day=day, event_id=event.id))
    series.planned_until = max(series.planned_until, until)
    session.flush()


def _planned(series: Series, day: date) -> Event | None:
    """Return the event that somebody has planned by hand for just this start, if no series has it."""
    starts_at, _ends_at = events.hours(series.plan(day))
    return session.scalar(
        select(Event)
        .outerjoin(SeriesMorning, SeriesMorning.event_id == Event.id)
        .where(
            Event.group_id == series.group_id,
            Event.starts_at == starts_at,
            Event.cancelled_at.is_(None),
            SeriesMorning.event_id.is_(None),
        )
        .limit(1)
    )


def change(event: Event, plan: Plan, now: datetime, all_that_follow: bool = False) -> list[tuple[Event, Plan]]:
    """Let this event be as the plan says; or its series and the mornings that follow as well, each on its own day.

    Returns each event that was changed with what was said of it before.
    """
    series = of_event(event) if all_that_follow else None
    following = [one for one in _events(series, now) if one.starts_at > event.starts_at] if series else []
    was = [(one, events.plan_of(one)) for one in (event, *following)]
    events.change(event, plan)
    for one in following:
        events.change(one, replace(plan, day=one.day))
    if series:
        _say(series, plan)
    return was


def end(series: Series, now: datetime, calls_off: bool = False) -> Sequence[Event]:
    """Let no more mornings come; those that are planned stay, or are called off as far as they are to come.

    Returns those that were called off.
    """
    if series.ended_at is not None:
        raise SeriesEnded
    series.ended_at = now
    called_off = _events(series, now) if calls_off else []
    for event in called_off:
        events.cancel(event, now)
    session.flush()
    return called_off


def _events(series: Series, now: datetime) -> Sequence[Event]:
    return [event for event in mornings(series) if event.starts_at > now and event.cancelled_at is None]


def mornings(series: Series) -> Sequence[Event]:
    """Return the events of a series, the earliest first."""
    return session.scalars(
        select(Event)
        .join(SeriesMorning, SeriesMorning.event_id == Event.id)
        .where(SeriesMorning.series_id == series.id)
        .order_by(Event.starts_at, Event.id)
    ).all()


def of_event(event: Event) -> Series | None:
    """Return the series that an event belongs to, or None."""
    return session.scalar(
        select(Series)
        .join(SeriesMorning, SeriesMorning.series_id == Series.id)
        .where(SeriesMorning.event_id == event.id)
    )


def of_group(group: Group) -> Sequence[Series]:
    """Return the group's series that go on, by name."""
    going_on = (Series.group_id == group.id, Series.ended_at.is_(None))
    return session.scalars(select(Series).where(*going_on).order_by(Series.name, Series.id)).all()


def of(group: Group, series_id: int) -> Series:
    """Return the group's series with this id; another group's is not there."""
    series = session.scalar(select(Series).where(Series.id == series_id, Series.group_id == group.id))
    if series is None:
        raise NotFound
    return series
