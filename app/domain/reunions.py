"""Reunions: scans that led nowhere when they came, and lead somewhere by now.

It stands in the worker's turn, so that no door can forget it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.database import session
from app.domain import attendance, contacts, encounters, questions, scans
from app.domain.attendance import Attendance
from app.domain.badges import Badge
from app.domain.cards import CardToken
from app.domain.encounters import Observation
from app.domain.jottings import Jotting
from app.domain.people import Person
from app.domain.questions import ACCESS, Question
from app.domain.refusals import NotFound, Refusal
from app.domain.scans import Desk, Scan, Taken
from app.domain.sightings import Sighting
from app.domain.strays import NOT_HERE, SETTLED, UNKNOWN, WITHDRAWN, Stray


def found_out() -> Sequence[tuple[int, UUID]]:
    """Return the strays that lead somewhere by now, by observer and name: one query."""
    token = select(CardToken.token_hash).union_all(select(Badge.token_hash))
    yes = exists().where(
        Question.asker_id == Stray.observer_id,
        Question.asked_id == Stray.owner_id,
        Question.kind == ACCESS,
        Question.state == questions.YES,
    )
    own, place = aliased(Attendance), aliased(Attendance)
    arrived = exists().where(
        place.id == Stray.attendance_id,
        own.event_id == place.event_id,
        own.person_id == Stray.observer_id,
        own.state.in_(attendance.HERE),
        own.vouched_at.is_not(None),
    )
    leads = or_(
        and_(Stray.why == UNKNOWN, Stray.token_hash.in_(token)),
        and_(Stray.why == WITHDRAWN, yes),
        and_(Stray.why == NOT_HERE, arrived),
    )
    asked = select(Stray.observer_id, Stray.op_id).where(Stray.voided_at.is_(None), leads)
    return [(observer_id, op_id) for observer_id, op_id in session.execute(asked.order_by(Stray.met_at))]


def follow(found: Collection[tuple[int, UUID]], zone: ZoneInfo, now: datetime) -> int:
    """Let these strays be what they turn out to be; return of how many something came."""
    return sum(_follow(stray, zone, now) for name in found if (stray := session.get(Stray, name)))


def _follow(stray: Stray, zone: ZoneInfo, now: datetime) -> bool:
    hint = stray.event.code if stray.event else ""
    scan = Scan(stray.op_id, stray.met_at, hint, token_hash=stray.token_hash, place=stray.attendance_id)
    at, why, observer = scans.desk(stray.observer, [scan], zone, now), stray.why, stray.observer
    try:
        with session.begin_nested():
            taken = _said_yes(scan, stray, at) if why == WITHDRAWN else scans.take(scan, at)
    except Refusal:
        taken = Taken(())
    left = session.get(Stray, (observer.id, scan.op_id), populate_existing=True)
    if left is not None and left.why == why:  # asked in vain: not again
        left.why = SETTLED
    session.flush()
    return bool(taken.observation or taken.sighting)


def _said_yes(scan: Scan, stray: Stray, at: Desk) -> Taken:
    owner = session.get(Person, stray.owner_id)
    if owner is None:
        raise NotFound
    occasion = scans.occasion_of(at, stray.met_at)
    met = contacts.meet(at.observer, owner, scan.op_id, encounters.BY_HAND, occasion, stray.met_at, at.now)
    session.delete(stray)
    session.flush()
    if scan.op_id in at.written_about:
        scans.put_words(met, scan.op_id)
    return Taken((), met)


def claimed() -> Sequence[tuple[int, UUID]]:
    """Return what was written about badges that have been claimed since, by writer and name of the scan: one query."""
    asked = (
        select(Jotting.person_id, Jotting.op_id)
        .join(Sighting, and_(Sighting.observer_id == Jotting.person_id, Sighting.op_id == Jotting.op_id))
        .where(Sighting.handed_as.is_not(None))
        .distinct()
    )
    return [(person_id, op_id) for person_id, op_id in session.execute(asked)]


def put_words(found: Collection[tuple[int, UUID]]) -> None:
    """Put what was written about these scans where it belongs."""
    for person_id, op_id in found:
        observation = scans.meant(session.get_one(Person, person_id), op_id)
        if isinstance(observation, Observation):
            scans.put_words(observation, op_id)
