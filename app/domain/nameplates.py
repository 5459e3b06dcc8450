"""Nameplates: what the codes at an event show of their owners to whoever scans them: name, firm, and a public id."""

import base64
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased, lazyload

from app import keys, tokens
from app.database import session
from app.domain import attendance, blocks, events
from app.domain.attendance import Attendance
from app.domain.badges import Badge
from app.domain.cards import ANYONE, Card, CardField, CardToken
from app.domain.door_helpers import DoorHelper
from app.domain.events import Event
from app.domain.groups import ORGANISER, Group, Membership
from app.domain.locked_rosters import Plate
from app.domain.people import Person
from app.domain.refusals import NotFound

COMING = or_(
    Attendance.state.in_(attendance.HERE),
    and_(Attendance.state.in_(attendance.EXPECTED), Attendance.origin != attendance.WALK_IN),  # else taken back
)


def event_of(person: Person, code: str, now: datetime) -> Event:
    """Return the event at which this person has a place or keeps the door; to everyone else it is not there.

    Raises EventCancelled, and EventOver once it has closed: then a scan is answered by the server.
    """
    event = session.scalar(_EVENT, {"code": tokens.typed(code), "person_id": person.id, "now": now})
    if event is None:
        raise NotFound
    if event.cancelled_at:
        raise events.EventCancelled
    if event.is_closed(now):
        raise events.EventOver
    return event


_EVENT = select(Event).where(
    Event.code == bindparam("code"),
    or_(
        exists().where(Attendance.event_id == Event.id, Attendance.person_id == bindparam("person_id")),
        exists().where(
            Membership.group_id == Event.group_id,
            Membership.person_id == bindparam("person_id"),
            Membership.role == ORGANISER,
        ),
        exists().where(
            DoorHelper.event_id == Event.id,
            DoorHelper.person_id == bindparam("person_id"),
            DoorHelper.ended_at.is_(None),
            DoorHelper.until > bindparam("now"),
        ),
    ),
)


def of(event: Event, onlooker: Person) -> list[Plate]:
    """Return the plate of everyone who is coming or here and has a code: two queries, however many.

    A card shows what anyone may see of it; a badge that nobody has claimed its name alone, if the group allows that.
    The onlooker's own is not among them, nor is anybody's who has a block with them.
    """
    asked = {"event_id": event.id, "onlooker_id": onlooker.id}
    worn = {badge.attendance_id: badge.token for badge in session.scalars(_worn(), asked)}
    plates = []
    for place_id, person_id, issue, name, firm in session.execute(_shown(), asked):
        codes = [code for code in (issue and issue.token, worn.get(place_id)) if code]
        if codes and name:
            whose = f"person:{person_id}" if person_id else f"place:{place_id}"
            plates.append(Plate(codes[0], name, firm, _public_id(whose), tuple(codes[1:])))
    return plates


@lru_cache(maxsize=1)
def _shown() -> Select[*tuple[Any, ...]]:
    # Made once: every phone at an event asks it, and asks again whenever somebody arrives.
    firm = aliased(CardField)
    its_name = case((Group.badge_names, Attendance.name), else_="")
    return (
        select(
            Attendance.id,
            Attendance.person_id,
            CardToken,
            func.coalesce(Person.name, its_name),
            func.coalesce(firm.text, ""),
        )
        .join(Event, Event.id == Attendance.event_id)
        .join(Group, Group.id == Event.group_id)
        .outerjoin(Person, Person.id == Attendance.person_id)
        .outerjoin(Card, Card.person_id == Attendance.person_id)
        .outerjoin(
            CardToken, and_(CardToken.card_id == Card.id, CardToken.withdrawn_at.is_(None), CardToken.alias.is_(False))
        )
        .outerjoin(firm, and_(firm.card_id == Card.id, firm.name == "company", firm.level == ANYONE))
        .options(lazyload(CardToken.card))
        .where(
            Attendance.event_id == bindparam("event_id"),
            COMING,
            or_(Attendance.person_id.is_(None), Attendance.person_id != bindparam("onlooker_id")),
            blocks.none_between(bindparam("onlooker_id"), Attendance.person_id),
        )
    )


@lru_cache(maxsize=1)
def _worn() -> Select[Badge]:
    return (
        select(Badge)
        .join(Attendance, Attendance.id == Badge.attendance_id)
        .where(Attendance.event_id == bindparam("event_id"), Badge.withdrawn_at.is_(None))
    )


def _public_id(whose: str) -> bytes:
    """Return by what a phone knows somebody again, by card or by badge: it says nothing of how many there are."""
    return base64.b32decode(tokens.derived("plate", keys.current_id(), whose)[:8].upper())
