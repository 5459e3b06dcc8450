"""Histories: a group's latest mornings side by side, and who comes often, who is new, who has not come for a while.

Only attendance: who met whom, and what came of it, is not known here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app.database import session
from app.domain import people, rollcall
from app.domain.attendance import EXPECTED, HERE, LATE, WALK_IN, Attendance
from app.domain.events import Event

MOST_MORNINGS = 12
REGULAR_TIMES, REGULAR_OF = 3, 5
LAPSED_SINCE = 3


class _Place(NamedTuple):
    event_id: int
    person_id: int | None
    name: str
    state: str
    origin: str
    is_new: bool

    @property
    def who(self) -> int | str:
        """Whose place it is; a name on a list that nobody has claimed stands for itself."""
        return self.person_id or people.comparable(self.name)

    @property
    def is_here(self) -> bool:
        return self.state in HERE


@dataclass(frozen=True, slots=True)
class Morning:
    """One event in numbers. Late ones, walk-ins and first-timers are among the present.

    `came_back` are the first-timers of this morning who were at a later one; None where there was none yet.
    """

    event: Event
    present: int
    late: int
    walk_ins: int
    first_timers: int
    came_back: int | None
    absent: int


@dataclass(frozen=True, slots=True)
class History:
    """The latest mornings, the newest first, and names in the order of the alphabet.

    `regulars` came to 3 of the last 5, `newcomers` to the newest for the first time, `lapsed` to 3 of these mornings
    and to none of the last 3.
    """

    mornings: Sequence[Morning]
    regulars: Sequence[str]
    newcomers: Sequence[str]
    lapsed: Sequence[str]


def of_group(group_id: int, now: datetime, most: int = MOST_MORNINGS) -> History:
    """Return a group's latest mornings that are over: two queries, however many there are and were."""
    events = session.scalars(
        select(Event)
        .where(Event.group_id == group_id, Event.closes_at <= now, Event.cancelled_at.is_(None))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(most)
    ).all()
    places: dict[int, list[_Place]] = {event.id: [] for event in events}
    for place in _places(list(places)) if events else ():
        places[place.event_id].append(place)
    # Of a morning that has faded the names are gone: its places are counted, and are nobody's.
    here = [{p.who: p for p in places[event.id] if p.is_here and not event.faded_at} for event in events]
    mornings = [_morning(event, places[event.id], here[:number]) for number, event in enumerate(events)]
    return History(mornings, *_names(here))


def _places(event_ids: Sequence[int]) -> Iterable[_Place]:
    columns = (Attendance.event_id, Attendance.person_id, Attendance.name, Attendance.state, Attendance.origin)
    rows = session.execute(
        select(*columns, rollcall.is_new(Event.group_id, Event.starts_at))
        .join(Event, Event.id == Attendance.event_id)
        .where(Attendance.event_id.in_(event_ids))
    )
    return (_Place(*row) for row in rows)


def _morning(event: Event, places: Sequence[_Place], later: Sequence[dict[int | str, _Place]]) -> Morning:
    here = [place for place in places if place.is_here]
    new = [place for place in here if place.is_new]
    return Morning(
        event,
        present=len(here),
        late=sum(place.state == LATE for place in here),
        walk_ins=sum(place.origin == WALK_IN for place in here),
        first_timers=event.faded_first_timers or 0 if event.faded_at else len(new),
        came_back=sum(any(p.who in one for one in later) for p in new) if later and not event.faded_at else None,
        absent=sum(place.state in EXPECTED and place.origin != WALK_IN for place in places),
    )


def _names(here: Sequence[dict[int | str, _Place]]) -> tuple[list[str], list[str], list[str]]:
    """Return the names of regulars, newcomers and lapsed, given who was at each morning, the newest first."""
    called = {who: place.name for morning in reversed(here) for who, place in morning.items()}
    lately = Counter(who for morning in here[:REGULAR_OF] for who in morning)
    ever = Counter(who for morning in here for who in morning)
    still = {who for morning in here[:LAPSED_SINCE] for who in morning}
    regulars = [called[who] for who, times in lately.items() if times >= REGULAR_TIMES]
    newcomers = [place.name for morning in here[:1] for place in morning.values() if place.is_new]
    lapsed = [called[who] for who, times in ever.items() if times >= REGULAR_TIMES and who not in still]
    return _sorted(regulars), _sorted(newcomers), _sorted(lapsed)


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=people.comparable)
