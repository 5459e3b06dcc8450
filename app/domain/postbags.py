"""Postbags: how the letters and messages about a group's mornings fare, in totals. Only reads.

Like `outcomes.post` it tells of addresses, not of meetings: numbers as they are; no name, no address, no words.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select, union_all

from app.database import UtcDateTime, session
from app.domain.deliveries import FAILED, FINAL, SENT, Delivery
from app.domain.events import Event
from app.domain.notices import Notice
from app.domain.prompts import Prompt

MOST_MORNINGS = 12
# What came of a letter or prompt, by the best that came of any way to its person.
_WENT, _WAITS, _CAME_BACK, _NOT_WANTED = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Postbag:
    """The letters of one kind about one morning: to how many people, of how many each came; `next_at` goes the next.

    A prompt counts as gone if any letter or message of it went. `spared` need none any more: they answered before,
    took their consent back, or it was over.
    """

    event: Event
    kind: str
    people: int
    went: int
    waiting: int
    came_back: int
    spared: int
    next_at: datetime | None


def of_group(group_id: int) -> list[Postbag]:
    """Return the postbags of a group's newest mornings that have any, the newest first: one query, however many."""
    newest = (
        select(Event.id)
        .where(Event.group_id == group_id)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(MOST_MORNINGS * 2)  # half of them may lie ahead, with no letter yet
        .subquery()
    )
    things = union_all(
        _things(Prompt, Delivery.prompt_id, newest), _things(Notice, Delivery.notice_id, newest)
    ).subquery()
    best = things.c.best
    rows = session.execute(
        select(
            Event,
            things.c.kind,
            func.count(),
            *(func.count(case((best == outcome, 1))) for outcome in (_WENT, _WAITS, _CAME_BACK, _NOT_WANTED)),
            func.min(things.c.next_at, type_=UtcDateTime),
        )
        .join(things, things.c.event_id == Event.id)
        .group_by(Event.id, things.c.kind)
        .order_by(Event.starts_at.desc(), Event.id.desc(), func.min(things.c.due_at), things.c.kind)
    )
    found = [Postbag(*row) for row in rows]
    mornings = list(dict.fromkeys(bag.event.id for bag in found))[:MOST_MORNINGS]
    return [bag for bag in found if bag.event.id in mornings]


def _things(thing: type[Prompt] | type[Notice], carried: Any, events: Any) -> Select[*tuple[Any, ...]]:
    """Return each prompt or notice about these events that has a delivery, with the best that came of it."""
    waits = Delivery.state.not_in(FINAL)
    outcome = case(
        (Delivery.state == SENT, _WENT), (waits, _WAITS), (Delivery.state == FAILED, _CAME_BACK), else_=_NOT_WANTED
    )
    return (
        select(
            thing.event_id.label("event_id"),
            thing.kind.label("kind"),
            func.max(outcome).label("best"),
            func.min(case((waits, Delivery.next_try_at))).label("next_at"),
            func.min(Delivery.due_at).label("due_at"),
        )
        .join(Delivery, carried == thing.id)
        .where(thing.event_id.in_(select(events.c.id)))
        .group_by(thing.id, thing.event_id, thing.kind)
    )
