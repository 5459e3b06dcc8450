"""Plans: what an organiser types of an event, read as what is meant, and on which mornings its prompts would come."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from app.domain import cadence, events, holidays
from app.domain.events import MOST_DAYS, DaysOutOfReach, Event, Plan
from app.domain.groups import Group
from app.domain.refusals import Unfit
from app.words import N_

FIELDS = tuple(field.name for field in fields(Plan))
_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


class NotADay(Unfit):
    message = N_("Please pick a day.")


class NotATime(Unfit):
    message = N_("Please type a time, like 7:00.")


class Mornings(NamedTuple):
    """When the prompts of a plan would come, as instants, for people in the event's own zone."""

    follow_up: datetime
    one_to_one: datetime


def read(typed: Mapping[str, str]) -> Plan:
    """Return the plan that was typed; raise Unfit at the first field that says nothing we can read."""
    return Plan(
        name=typed.get("name", ""),
        place=typed.get("place", ""),
        time_zone=typed.get("time_zone", ""),
        day=day(typed.get("day", "")),
        start_time=_time(typed, "start_time"),
        end_time=_time(typed, "end_time"),
        follow_up_days=_days(typed, "follow_up_days"),
        one_to_one_days=_days(typed, "one_to_one_days"),
    )


def day(typed: str, field: str = "day") -> date:
    """Return the day that was typed in this field, as browsers write it: 2026-11-24. Raises NotADay."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as wrong:
        raise NotADay(field) from wrong


def _time(typed: Mapping[str, str], field: str) -> time:
    hour, _colon, minute = typed.get(field, "").strip().replace(".", ":").partition(":")
    try:
        return time(int(hour), int(minute[:2] or 0))
    except (ValueError, OverflowError) as wrong:
        raise NotATime(field) from wrong


def _days(typed: Mapping[str, str], field: str) -> int:
    said = typed.get(field, "").strip()
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(MOST_DAYS))):
        raise DaysOutOfReach(field)
    return int(said)


def typed(plan: Plan) -> dict[str, str]:
    """Return the plan as it would be typed, by field."""
    said = {name: str(getattr(plan, name)) for name in FIELDS}
    return {**said, "start_time": f"{plan.start_time:%H:%M}", "end_time": f"{plan.end_time:%H:%M}"}


def blank(group: Group) -> dict[str, str]:
    """Return what stands in the fields before anything is typed: usual hours and days, in the group's zone."""
    usual = {"start_time": "07:00", "end_time": "09:00", "time_zone": group.time_zone}
    days = {"follow_up_days": str(events.FOLLOW_UP_DAYS), "one_to_one_days": str(events.ONE_TO_ONE_DAYS)}
    return {**dict.fromkeys(FIELDS, ""), **usual, **days}


def mornings(plan: Plan, group: Group, but: Event | None = None) -> Mornings:
    """Return when the prompts would come, not before the event has closed; `but` is the event that is being changed.

    Raises Unfit for a plan that cannot be meant.
    """
    _starts_at, ends_at = events.hours(plan)
    closes_at = ends_at + events.CLOSES_AFTER
    following = events.next_after(group.id, plan.day, but.id if but else None)
    kept = holidays.days(group.id)
    follow_up = cadence.follow_up_due(plan.day, plan.follow_up_days, plan.time_zone, kept)
    one_to_one = cadence.one_to_one_due(
        plan.day, plan.one_to_one_days, plan.time_zone, kept, following.day if following else None
    )
    return Mornings(max(follow_up.utc, closes_at), max(one_to_one.utc, closes_at))


def zones(also: str = "") -> list[tuple[str, str]]:
    """Return the zones to choose from, with how they read: those named after a place, UTC, and one chosen already."""
    names = _places() if not also or also in _places() else (also, *_places())
    return [(name, name.replace("_", " ").replace("/", " / ")) for name in names]


@lru_cache(maxsize=1)
def _places() -> tuple[str, ...]:
    return (*sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS)), "UTC")
