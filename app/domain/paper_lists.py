"""Paper lists: who came by a list that was kept on paper, put right in one go when the morning is over."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select, update

from app.database import session
from app.domain import events
from app.domain.attendance import HERE, INVITED, ORGANISER, PRESENT, WALK_IN, Attendance, AttendanceChange
from app.domain.events import Event
from app.domain.people import Person, comparable
from app.domain.refusals import Refusal
from app.words import N_


class NotOverYet(Refusal):
    message = N_("The morning isn't over yet. Until then the door checks people in, one by one.")


class Changes(NamedTuple):
    """Who was there after all, and who wasn't."""

    come: Sequence[Attendance]
    go: Sequence[Attendance]


def must_be_over(event: Event, now: datetime) -> None:
    """Refuse, with the reason, what only a morning that took place and is over can have."""
    events.must_have_opened(event, now)
    if now < event.ends_at:
        raise NotOverYet


def names(event: Event) -> list[Attendance]:
    """Return every place of the event, by name: one query."""
    places = session.scalars(select(Attendance).where(Attendance.event_id == event.id))
    return sorted(places, key=lambda place: (comparable(place.name), place.id))


def changes(event: Event, shown: Collection[int], ticked: Collection[int]) -> Changes:
    """Return what ticking and unticking would change now, of a page that `shown` as here these places: one query.

    Only what was ticked or unticked counts: whatever somebody else put right in the meantime stays as they left it.
    """
    everyone = names(event)
    came = [place for place in everyone if place.id in ticked and place.id not in shown]
    left = [place for place in everyone if place.id in shown and place.id not in ticked]
    return Changes([place for place in came if not place.is_here], [place for place in left if place.is_here])


def save(event: Event, wanted: Changes, now: datetime, by: Person) -> None:
    """Note each of these changes as the organiser's, in a fixed number of statements however many they are."""
    must_be_over(event, now)
    locked = (
        select(Attendance)
        .where(Attendance.id.in_([place.id for place in (*wanted.come, *wanted.go)]))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    places = session.scalars(locked).all()
    if not places:
        return
    before, version = _before(wanted.go), events.touch(event)
    coming = {place.id for place in wanted.come}
    rows, kept = [], []
    for place in places:
        state = PRESENT if place.id in coming else before.get(place.id) or INVITED
        rows.append({"id": place.id, "version": version, **_standing(place, state, now)})
        kept.append(
            {
                "attendance_id": place.id,
                "from_state": place.state,
                "to_state": state,
                "at": now,
                "by_id": by.id,
                "how": ORGANISER,
            }
        )
    session.execute(update(Attendance), rows)
    session.execute(insert(AttendanceChange), kept)
    for place in places:
        session.expire(place)


def _standing(place: Attendance, state: str, now: datetime) -> dict[str, object]:
    if state == PRESENT:
        return {"state": state, "arrived_at": now, "vouched_at": place.vouched_at or now}
    return {"state": state, "arrived_at": None, "vouched_at": None if place.origin == WALK_IN else place.vouched_at}


def _before(places: Sequence[Attendance]) -> dict[int, str | None]:
    """Return the state that each place had before its latest arrival: one query."""
    latest = (
        select(func.max(AttendanceChange.id))
        .where(AttendanceChange.attendance_id.in_([place.id for place in places]), AttendanceChange.to_state.in_(HERE))
        .group_by(AttendanceChange.attendance_id)
    )
    found = session.execute(
        select(AttendanceChange.attendance_id, AttendanceChange.from_state).where(AttendanceChange.id.in_(latest))
    )
    return {row[0]: row[1] for row in found}
