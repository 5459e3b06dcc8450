"""When a prompt is due: from a local wish (a morning, days after a breakfast) to one instant.

Pure and total: knows dates, zones and holidays; no person, no prompt, no clock, and it never raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

MORNING: Final = time(8, 30)
MORNING_BEGINS: Final = time(8, 0)
DELIVERY_WINDOW: Final = timedelta(days=7)
MESSAGE_WINDOW: Final = timedelta(days=3)  # of a message to a device: longer no service keeps it
STALE_AFTER: Final = timedelta(days=14)

# Wishes are brought into the calendar, which leaves room on both sides of every answer for weekends, long
# runs of holidays and offsets; what is asked about the answers may lie within the wider years.
_CALENDAR: Final = (date(1900, 1, 1), date(9000, 1, 1))
_YEARS: Final = (datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC))
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_FRIDAY: Final = 4


class Hours(NamedTuple):
    """From when until when by somebody's wall clock, over midnight or within a day; none where both are the same."""

    begin: time
    end: time

    def hold(self, clock: time) -> bool:
        """Say whether this time of day is within them; the end is not."""
        over_midnight = self.end < self.begin
        return clock >= self.begin or clock < self.end if over_midnight else self.begin <= clock < self.end


QUIET: Final = Hours(time(20, 0), MORNING_BEGINS)  # where nobody said otherwise


@dataclass(frozen=True, slots=True)
class Moment:
    """What was meant (local date, local time, zone name) and the UTC instant that it makes today.

    The first three are kept in the database, so that the instant can be worked out anew when a country
    changes its offset (`again`).
    """

    local_date: date
    local_time: time
    zone: str
    utc: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """One choice under *Later*: `tomorrow`, `friday` or `next_week`, and the morning that it means."""

    choice: str
    moment: Moment


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone that this machine knows; the doors refuse what is not."""
    return _zone(name) is not None


def at(day: date, clock: time, zone: str, otherwise: str = "UTC") -> Moment:
    """The first instant at which the wall clock in `zone` shows that local time or has passed it.

    A time inside the spring gap becomes the first valid instant after it, a time that comes twice in
    autumn its first one. A zone that nobody knows is replaced by `otherwise`, and that by UTC.
    """
    name, tz = _known(zone, otherwise)
    day = min(max(day, _YEARS[0].date()), _YEARS[1].date())
    wall = datetime.combine(day, clock.replace(microsecond=0, tzinfo=None, fold=0))
    instant = wall.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None, fold=0) != wall:
        instant = _end_of_gap(wall, tz)
    return Moment(wall.date(), wall.time(), name, instant)


def moment(instant: datetime, zone: str, otherwise: str = "UTC") -> Moment:
    """That instant as a wish: what the wall clock in `zone` shows then."""
    name, tz = _known(zone, otherwise)
    shown = instant.astimezone(tz)
    return Moment(shown.date(), shown.time().replace(microsecond=0), name, instant)


def again(moment: Moment) -> Moment:
    """The same wish with today's rules of its zone."""
    return at(moment.local_date, moment.local_time, moment.zone)


def local(instant: datetime, zone: str, otherwise: str = "UTC") -> datetime:
    """That instant on the wall clock of `zone`, aware."""
    return min(max(instant, _YEARS[0]), _YEARS[1]).astimezone(_known(zone, otherwise)[1])


def is_working_day(day: date, holidays: frozenset[date]) -> bool:
    """Monday to Friday, unless the group keeps that day as a holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def follow_up_due(
    event_date: date, days: int, zone: str, holidays: frozenset[date] = frozenset(), otherwise: str = "UTC"
) -> Moment:
    """N days after the event at 8:30 in the person's zone; weekends and holidays move it on."""
    return _morning(_days_after(event_date, days), zone, holidays, otherwise)


def one_to_one_due(
    event_date: date,
    days: int,
    zone: str,
    holidays: frozenset[date] = frozenset(),
    next_meeting: date | None = None,
    otherwise: str = "UTC",
) -> Moment:
    """M days after the event, or the working day before the group's next meeting if that is within a day.

    The meeting counts as near when it lies within a day of the morning meant, before or after a weekend
    or a holiday moved it. A working day that is not after the event is never used.
    """
    wished = _days_after(event_date, days)
    due = _morning(wished, zone, holidays, otherwise)
    if next_meeting is None or not wished - _DAY <= next_meeting <= due.local_date + _DAY:
        return due
    before = _morning_before(next_meeting, zone, holidays, otherwise)
    return before if event_date < before.local_date < due.local_date else due


def is_quiet(instant: datetime, zone: str, otherwise: str = "UTC", hours: Hours = QUIET) -> bool:
    """Whether it is within the person's quiet hours on their wall clock."""
    return hours.hold(local(instant, zone, otherwise).time())


def clear_of_quiet(
    instant: datetime, zone: str, otherwise: str = "UTC", weekends: bool = True, hours: Hours = QUIET
) -> datetime:
    """That instant, or the first after it at which quiet hours (or, on wish, a weekend) that hold it have ended."""

    def free(candidate: datetime) -> bool:
        weekday = local(candidate, zone, otherwise).weekday()
        return not is_quiet(candidate, zone, otherwise, hours) and (weekends or weekday < _SATURDAY)

    if free(instant):
        return instant
    ends = (at(day, hours.end, zone, otherwise).utc for day in _days_from(instant, zone, otherwise))
    return next((end for end in ends if end >= instant and free(end)), instant)


def next_slot(after: datetime, zone: str, holidays: frozenset[date] = frozenset(), otherwise: str = "UTC") -> Moment:
    """The next working morning strictly after that instant."""
    mornings = (_morning(day, zone, holidays, otherwise) for day in _days_from(after, zone, otherwise))
    return next(moment for moment in mornings if moment.utc > after or moment.local_date > _CALENDAR[1])


def snooze_choices(
    now: datetime, zone: str, holidays: frozenset[date] = frozenset(), otherwise: str = "UTC"
) -> tuple[Snooze, ...]:
    """Tomorrow, Friday, next week, each as the working morning it means; none twice, soonest first."""
    today = _within(local(now, zone, otherwise).date())
    wishes = {
        "tomorrow": today + _DAY,
        "friday": today + _DAY * ((_FRIDAY - today.weekday() - 1) % 7 + 1),
        "next_week": today + _DAY * (7 - today.weekday()),
    }
    choices: dict[datetime, Snooze] = {}
    for choice, day in wishes.items():
        moment = snoozed_to(day, now, zone, holidays, otherwise)
        choices.setdefault(moment.utc, Snooze(choice, moment))
    return tuple(choices[instant] for instant in sorted(choices))


def snoozed_to(
    day: date, now: datetime, zone: str, holidays: frozenset[date] = frozenset(), otherwise: str = "UTC"
) -> Moment:
    """The working morning that a chosen date means; a date that has passed means the next slot."""
    moment = _morning(_within(day), zone, holidays, otherwise)
    return moment if moment.utc > now else next_slot(now, zone, holidays, otherwise)


def expires(due: datetime, window: timedelta = DELIVERY_WINDOW) -> datetime:
    """When nothing tries any longer to send what was due then; it waits under Today from there on."""
    return due + window


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder such as "Europe"
        return None


def _known(zone: str, otherwise: str) -> tuple[str, ZoneInfo]:
    for name in (zone, otherwise):
        if (tz := _zone(name)) is not None:
            return name, tz
    return "UTC", ZoneInfo("UTC")


def _within(day: date) -> date:
    return min(max(day, _CALENDAR[0]), _CALENDAR[1])


def _days_after(day: date, days: int) -> date:
    first, last = (edge.toordinal() for edge in _CALENDAR)
    return date.fromordinal(min(max(day.toordinal() + days, first), last))


def _days_from(instant: datetime, zone: str, otherwise: str) -> Iterator[date]:
    """That instant's local day and the week after it."""
    first = _within(local(instant, zone, otherwise).date())
    return (first + _DAY * ahead for ahead in range(8))


def _end_of_gap(wall: datetime, tz: ZoneInfo) -> datetime:
    """The instant at which the clock jumped over `wall`, found by halving (offsets are whole seconds)."""
    early = int(wall.replace(tzinfo=tz, fold=1).timestamp())
    late = int(wall.replace(tzinfo=tz, fold=0).timestamp())
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, tz).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return datetime.fromtimestamp(late, UTC)


def _morning(day: date, zone: str, holidays: frozenset[date], otherwise: str) -> Moment:
    """8:30 on the first working day from `day` on that has an 8:30 (Samoa left out a whole day in 2011)."""
    while True:
        moment = at(day, MORNING, zone, otherwise)
        landed = local(moment.utc, zone, otherwise).date()
        if landed != day:
            day = landed
        elif is_working_day(day, holidays) or day >= date(9990, 1, 1):
            return moment
        else:
            day += _DAY


def _morning_before(day: date, zone: str, holidays: frozenset[date], otherwise: str) -> Moment:
    """8:30 on the last working day before `day`."""
    day = _within(day) - _DAY
    while day > date(1890, 1, 1):
        moment = at(day, MORNING, zone, otherwise)
        if is_working_day(day, holidays) and local(moment.utc, zone, otherwise).date() == day:
            return moment
        day -= _DAY
    return at(day, MORNING, zone, otherwise)
