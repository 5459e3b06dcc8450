"""A card or a badge opened by whoever stands at a door: it checks in, and logs no meeting unless they say so."""

from datetime import datetime
from typing import NamedTuple

from flask import url_for

from app.domain import attendance, door_helpers
from app.domain.attendance import Attendance
from app.domain.people import Person


class Arrival(NamedTuple):
    """Where a check-in goes, and the one field that says whose it is."""

    address: str
    field: str
    value: str


class Doorway(NamedTuple):
    """What a scan offers at the door; `is_kept` says that nothing may be noted as a meeting by itself."""

    arrival: Arrival | None
    is_kept: bool


def of_card(visitor: Person, owner: Person, token: str, now: datetime) -> Doorway:
    """Return what this visitor may do with a card at a door: one query more for each door that is theirs."""
    doors = door_helpers.open_doors(visitor, now)
    places = [(door.event, attendance.of(door.event, owner)) for door in doors]
    event = next((event for event, place in places if place is None or not place.is_here), None)
    arrival = Arrival(url_for("door.let_in", event_id=event.id), "card", token) if event else None
    return Doorway(arrival, arrival is not None or any(not door.is_organiser for door in doors))


def of_badge(visitor: Person, place: Attendance, now: datetime) -> Doorway:
    """Return what this visitor may do with a badge at a door: the event's that it was printed for, and no other."""
    doors = door_helpers.open_doors(visitor, now)
    is_arriving = not place.is_here and place.event_id in {door.event.id for door in doors}
    address = url_for("attendance.mark", event_id=place.event_id, attendance_id=place.id)
    arrival = Arrival(address, "arrived", "yes") if is_arriving else None
    return Doorway(arrival, arrival is not None or any(not door.is_organiser for door in doors))
