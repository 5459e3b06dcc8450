"""Events: one morning of a group, with its place, zone and times, and when its prompts come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, bindparam, exists, select, update
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app import tokens
from app.database import Base, UtcDateTime, session
from app.domain import cadence
from app.domain.groups import ORGANISER, Group, Membership
from app.domain.people import LINE_LENGTH, NAME_LENGTH, Person, UnknownZone, line
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

FOLLOW_UP_DAYS, ONE_TO_ONE_DAYS = 2, 6
MOST_DAYS = 60
YEARS = range(2000, 2101)
CLOSES_AFTER = timedelta(hours=3)
OPENS_BEFORE = timedelta(hours=2)


class Event(Base):
    """One morning. Its local day and times are what was meant; the instants are derived from them and the zone.

    `version` grows with every change of anybody's attendance, in the same transaction.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(f"follow_up_days BETWEEN 0 AND {MOST_DAYS}", name="follow_up_days_sane"),
        CheckConstraint(f"one_to_one_days BETWEEN 0 AND {MOST_DAYS}", name="one_to_one_days_sane"),
        CheckConstraint("name <> ''", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    place: Mapped[str] = mapped_column(String(LINE_LENGTH), default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    start_time: Mapped[time]
    end_time: Mapped[time]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    follow_up_days: Mapped[int] = mapped_column(default=FOLLOW_UP_DAYS)
    one_to_one_days: Mapped[int] = mapped_column(default=ONE_TO_ONE_DAYS)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    faded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since then its places are nameless: see retentions
    faded_first_timers: Mapped[int | None]
    faded_unscanned: Mapped[int | None]
    group: Mapped[Group] = relationship()

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone the morning's times are meant in."""
        return ZoneInfo(self.time_zone)

    @property
    def opens_at(self) -> datetime:
        """Return from when on people may arrive: two hours before the start."""
        return self.starts_at - OPENS_BEFORE

    def is_on(self, now: datetime) -> bool:
        """Say whether people may be arriving or here: from two hours before the start until the close."""
        return not self.cancelled_at and self.opens_at <= now < self.closes_at

    def is_closed(self, now: datetime) -> bool:
        """Say whether the event is over for good: three hours after its end."""
        return now >= self.closes_at

    def phase(self, now: datetime) -> str:
        """Return in one word how far the event is: `cancelled`, `before`, `on`, `closed`."""
        if self.cancelled_at:
            return "cancelled"
        return "closed" if self.is_closed(now) else "on" if self.is_on(now) else "before"


@dataclass(frozen=True)
class Plan:
    """What an organiser says of an event: the words and the local times as they are meant."""

    name: str
    place: str
    time_zone: str
    day: date
    start_time: time
    end_time: time
    follow_up_days: int = FOLLOW_UP_DAYS
    one_to_one_days: int = ONE_TO_ONE_DAYS


class NoEventName(Unfit):
    message = N_("Please give the event a name, like Tuesday Breakfast.")


class EndsTooEarly(Unfit):
    message = N_("The end has to come after the start.")


class DayOutOfReach(Unfit):
    message = N_("Please pick a day between the years 2000 and 2100.")


class DaysOutOfReach(Unfit):
    message = N_("Please pick between 0 and 60 days.")


class EventCancelled(Refusal):
    status = 410
    message = N_("This event was cancelled. Your organiser can tell you when the next one is.")


class EventOver(Refusal):
    message = N_("This event is over. Ask an organiser to add you if you were there.")


class EventNotOver(Refusal):
    message = N_("The morning isn't over yet. Enjoy it; this can wait until the end.")


class EventNotOpen(Refusal):
    message = N_("The door isn't open yet. Come back on the morning.")


def create(group_id: int, plan: Plan, now: datetime) -> Event:
    """Add an event to a group, with a new poster code."""
    event = Event(group_id=group_id, code=tokens.short_code(), created_at=now)
    _apply(event, plan)
    session.add(event)
    session.flush()
    return event


def change(event: Event, plan: Plan) -> None:
    """Let the event be as the plan says; prompts that were not sent yet follow in the next round."""
    _apply(event, plan)
    touch(event)
    session.flush()


def _apply(event: Event, plan: Plan) -> None:
    starts_at, ends_at = hours(plan)
    event.name, event.place = words(plan)  # both refuse before anything has changed
    event.time_zone, event.day = plan.time_zone, plan.day
    event.start_time, event.end_time = plan.start_time, plan.end_time
    event.follow_up_days, event.one_to_one_days = plan.follow_up_days, plan.one_to_one_days
    event.starts_at, event.ends_at, event.closes_at = starts_at, ends_at, ends_at + CLOSES_AFTER


def words(plan: Plan) -> tuple[str, str]:
    """Return a plan's name and place as they are kept; raise Unfit where they cannot be, or there is no name."""
    name, place = line(plan.name, "name", NAME_LENGTH), line(plan.place, "place")
    if not name:
        raise NoEventName("name")
    return name, place


def hours(plan: Plan) -> tuple[datetime, datetime]:
    """Return the instants of a plan's start and end; raise Unfit for a day, zone, hour or wait that cannot be meant."""
    if not cadence.is_zone(plan.time_zone):
        raise UnknownZone("time_zone")
    if plan.day.year not in YEARS:
        raise DayOutOfReach("day")
    for field in ("follow_up_days", "one_to_one_days"):
        if not 0 <= getattr(plan, field) <= MOST_DAYS:
            raise DaysOutOfReach(field)
    starts_at = cadence.at(plan.day, plan.start_time, plan.time_zone).utc
    ends_at = cadence.at(plan.day, plan.end_time, plan.time_zone).utc
    # Both clocks are asked: in the night when they go forward, 1:10 and 1:50 are one and the same instant.
    if plan.end_time <= plan.start_time or ends_at <= starts_at:
        raise EndsTooEarly("end_time")
    return starts_at, ends_at


def plan_of(event: Event, day: date | None = None) -> Plan:
    """Return what was said of an event, to be changed, or copied to another day."""
    return Plan(
        event.name,
        event.place,
        event.time_zone,
        day or event.day,
        event.start_time,
        event.end_time,
        event.follow_up_days,
        event.one_to_one_days,
    )


def again(event: Event, now: datetime) -> Plan:
    """Return the plan of the same morning a week later; of one long ago, on its next weekday that is still to come."""
    today = now.astimezone(event.zone).date()
    weeks = max(1, (today - event.day).days // 7 + 1)
    return plan_of(event, event.day + timedelta(weeks=weeks))


def cancel(event: Event, now: datetime) -> None:
    """Call the event off. What was logged stays; nothing more is sent about it."""
    if event.cancelled_at is None:
        event.cancelled_at = now
        touch(event)
    session.flush()


def touch(event: Event) -> int:
    """Raise the event's version, in the transaction of the change that it tells of, and return it.

    Last of the changes, since the row is held until the commit: whoever reads a version has all that belongs to it.
    """
    version: int = session.execute(_RAISED, {"event_id": event.id}).scalar_one()
    set_committed_value(event, "version", version)
    return version


_RAISED = (
    update(Event)
    .where(Event.id == bindparam("event_id"))
    .values(version=Event.version + 1)
    .returning(Event.version)
    .execution_options(synchronize_session=False)
)


def by_code(code: str) -> Event:
    """Return the event of a poster code, however it was typed."""
    event = session.scalar(select(Event).where(Event.code == tokens.typed(code)))
    if event is None:
        raise NotFound
    return event


def by_codes(codes: Collection[str]) -> dict[str, Event]:
    """Return the events of these poster codes by each as it was given, however typed: one query, however many."""
    meant = {code: tokens.typed(code) for code in codes}
    found = session.scalars(select(Event).where(Event.code.in_(meant.values()))) if meant else ()
    by_code = {event.code: event for event in found}
    return {code: by_code[typed] for code, typed in meant.items() if typed in by_code}


def has_code(typed: str) -> bool:
    """Say whether this is the code of a poster, however it was typed."""
    return session.scalar(select(exists().where(Event.code == tokens.typed(typed)))) or False


def organised_by(person: Person, event_id: int) -> Event:
    """Return the event with its group if this person organises it; to everyone else it is not there."""
    event = session.scalar(_ORGANISED, {"event_id": event_id, "person_id": person.id})
    if event is None:
        raise NotFound
    return event


# The organiser's page asks this every few seconds: it is put together once.
_ORGANISED = (
    select(Event)
    .join(Event.group)
    .join(Membership, Membership.group_id == Group.id)
    .where(
        Event.id == bindparam("event_id"),
        Membership.person_id == bindparam("person_id"),
        Membership.role == ORGANISER,
    )
    .options(contains_eager(Event.group))
)


def of(group: Group, event_id: str) -> Event:
    """Return the group's event whose id was named; another group's is not there."""
    event = next((event for event in of_group(group.id) if str(event.id) == event_id), None)
    if event is None:
        raise NotFound
    return event


def of_group(group_id: int) -> list[Event]:
    """Return a group's events, the newest day first."""
    newest_first = (Event.starts_at.desc(), Event.id.desc())
    return list(session.scalars(select(Event).where(Event.group_id == group_id).order_by(*newest_first)))


def next_after(group_id: int, day: date, but: int | None = None) -> Event | None:
    """Return the group's next event that takes place after this day, leaving out the event with the id `but`."""
    return session.scalar(
        select(Event)
        .where(Event.group_id == group_id, Event.day > day, Event.id != (but or 0), Event.cancelled_at.is_(None))
        .order_by(Event.starts_at)
        .limit(1)
    )


def must_be_on(event: Event, now: datetime) -> None:
    """Refuse, with the reason, whatever may only be done while people are arriving or here."""
    must_have_opened(event, now)
    if event.is_closed(now):
        raise EventOver


def must_have_opened(event: Event, now: datetime) -> None:
    """Refuse, with the reason, whatever an organiser may do from the morning on, from a paper list long after too."""
    if event.cancelled_at:
        raise EventCancelled
    if now < event.opens_at:
        raise EventNotOpen
