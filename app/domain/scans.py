"""Scans: what a phone has read, and where that leads: to a meeting, to a badge that waits, or nowhere yet.

A phone tells of it when it can, in whatever order. What happened is kept; flags say what to think of it.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.database import session
from app.domain import (
    attendance,
    badges,
    blocks,
    cards,
    contacts,
    encounters,
    events,
    jottings,
    questions,
    sightings,
    strays,
)
from app.domain.attendance import Attendance
from app.domain.badges import Badge
from app.domain.cards import CardToken, CardWithdrawn
from app.domain.contacts import Contact
from app.domain.encounters import Encounter, Observation, OwnCard
from app.domain.events import Event
from app.domain.people import Person
from app.domain.questions import ACCESS
from app.domain.refusals import NotFound
from app.domain.sightings import NotHere, Sighting
from app.domain.strays import NOT_HERE, UNKNOWN, WITHDRAWN, Stray

EARLY: Final = timedelta(hours=12)  # nobody scans for an event longer before its start
LATE, SKEWED, REVOKED, UNKNOWN_TOKEN, WAITS = "late", "skewed", "revoked", "unknown_token", "waits"


@dataclass(frozen=True)
class Scan:
    """One reading: by the hash of a token, a short code as it was meant, or the id of a place on the list.

    `at` is when, by the phone's clock set right; `hint` the code of the event the phone believes it was at.
    """

    op_id: UUID
    at: datetime
    hint: str = ""
    token_hash: bytes | None = None
    code: str = ""
    place: int | None = None


@dataclass(frozen=True)
class Taken:
    """What came of a scan; `known` says that the two had met there already by another word of either."""

    flags: tuple[str, ...]
    observation: Observation | None = None
    contact: Contact | None = None
    sighting: Sighting | None = None
    known: bool = False


@dataclass
class Desk:
    """Where one person's scans are taken: everything they name, looked up at once, however many they are."""

    observer: Person
    zone: ZoneInfo
    now: datetime
    issues: dict[bytes | str, CardToken | Badge] = field(default_factory=dict)
    hints: dict[str, Event] = field(default_factory=dict)
    places: dict[int, Attendance] = field(default_factory=dict)
    mornings: Sequence[Event] = ()
    written_about: set[UUID] = field(default_factory=set)
    early: dict[UUID, Stray] = field(default_factory=dict)

    def arrived(self, event: Event) -> None:
        """Know from now on that the observer is at this event."""
        self.mornings = sorted({*self.mornings, event}, key=lambda one: (one.starts_at, -one.id), reverse=True)

    def left(self, event: Event) -> None:
        """Know from now on that the observer is not at this event."""
        self.mornings = [one for one in self.mornings if one is not event]


def desk(observer: Person, scans: Collection[Scan], zone: ZoneInfo, now: datetime) -> Desk:
    """Look up everything that these scans of one person name: seven queries, however many they are."""
    hashes = [scan.token_hash for scan in scans if scan.token_hash]
    codes = [scan.code for scan in scans if scan.code]
    found = Desk(observer, zone, now, hints=events.by_codes({scan.hint for scan in scans if scan.hint}))
    if hashes or codes:
        both: list[CardToken | Badge] = [*badges.find_all(hashes, codes), *cards.find_all(hashes, codes)]
        found.issues = {name: issue for issue in both for name in (issue.token_hash, issue.short_code)}
    if picked := [scan.place for scan in scans if scan.place is not None]:
        places = session.scalars(select(Attendance).where(Attendance.id.in_(picked)))
        found.places = {place.id: place for place in places}
    if scans:
        earliest = min(*(scan.at for scan in scans), *(event.starts_at for event in found.hints.values()), now)
        found.mornings = attendance.mornings(observer, max(earliest, _first(observer)))
        found.written_about = jottings.about(observer)
        found.early = strays.of(observer, [scan.op_id for scan in scans])
    return found


def seen(found: Desk) -> set[int]:
    """Return the ids of everybody whom these scans lead to."""
    owners = {
        one.card.person_id if isinstance(one, CardToken) else one.place.person_id for one in found.issues.values()
    }
    return {one for one in owners | {place.person_id for place in found.places.values()} if one is not None}


def take(scan: Scan, at: Desk) -> Taken:
    """Take a scan as what happened. Raises OwnCard, YouBlocked, and encounters.SentForAnother."""
    hint = at.hints.get(scan.hint)
    met_at = when(scan.at, hint, at.observer, at.now)
    moved = met_at != scan.at
    occasion = occasion_of(at, met_at, hint if moved else None)
    flags = [LATE] if _is_late(occasion, at) else []
    if moved:
        flags.append(SKEWED)
    early = at.early.get(scan.op_id)
    try:
        taken = _take(scan, at, met_at, occasion, flags)
    except CardWithdrawn:  # who was blocked finds a card like any that was replaced
        taken = _stray(scan, at, met_at, WITHDRAWN, (*(flag for flag in flags if flag != REVOKED), REVOKED, WAITS))
    if early is not None and (taken.observation or taken.sighting):
        if early.voided_at is not None:
            _void(at.observer, scan.op_id, early.voided_at)
        session.delete(at.early.pop(scan.op_id))
        session.flush()
    if scan.op_id in at.written_about and taken.observation:
        put_words(taken.observation, scan.op_id)
    return taken


def put_words(observation: Observation, op_id: UUID) -> None:
    """Put what was written about a scan, by the name of the scan, on the contact whom it turned out to be."""
    contact = contacts.find(observation.observer, observation.observed)
    if contact is not None:
        jottings.hand_over(observation, contact, op_id)


def when(at: datetime, event: Event | None, observer: Person, now: datetime) -> datetime:
    """Return when it was, as far as that can be: not in the future, nor long before the event, or one's own card."""
    return min(max(at, event.starts_at - EARLY if event else _first(observer)), now)


def _first(observer: Person) -> datetime:
    # A phone's clock is not so exact that it could not be before its owner's card by ours.
    return observer.created_at - EARLY


def occasion_of(at: Desk, met_at: datetime, hint: Event | None = None) -> Event | date:
    """Return where the observer met somebody then: the event they had arrived at, else the day."""
    # Where the phone's clock was beyond belief, its word where it was counts, if its owner was there.
    if hint is not None and hint in at.mornings:
        return hint
    on = next((event for event in at.mornings if event.is_on(met_at)), None)
    return on or met_at.astimezone(at.zone).date()


def _is_late(occasion: Event | date, at: Desk) -> bool:
    if isinstance(occasion, Event):
        return occasion.is_closed(at.now)
    return occasion < at.now.astimezone(at.zone).date()


def _take(scan: Scan, at: Desk, met_at: datetime, occasion: Event | date, flags: list[str]) -> Taken:
    issue = at.issues.get(scan.token_hash or scan.code)
    if isinstance(issue, CardToken):
        return _take_card(scan, issue, at, met_at, occasion, flags)
    if isinstance(issue, Badge):
        return _take_badge(scan, issue, at, met_at, occasion, flags)
    if scan.place is not None:
        return _take_place(scan, at, met_at, occasion, flags)
    return _stray(scan, at, met_at, UNKNOWN, (*flags, UNKNOWN_TOKEN))


def _take_card(
    scan: Scan, issue: CardToken, at: Desk, met_at: datetime, occasion: Event | date, flags: list[str]
) -> Taken:
    owner = issue.card.person
    if issue.withdrawn_at:
        flags = [*flags, REVOKED]
    if issue.withdrawn_at is None or met_at < issue.withdrawn_at:
        how = encounters.SHORT_CODE if scan.code else encounters.CARD
        said = contacts.met_as(at.observer, owner, scan.op_id, how, occasion, met_at, at.now)
        return _met(*said, flags)
    return _ask(scan, owner, at, met_at, flags)


def _take_badge(
    scan: Scan, badge: Badge, at: Desk, met_at: datetime, occasion: Event | date, flags: list[str]
) -> Taken:
    if badge.withdrawn_at:
        flags = [*flags, REVOKED]
        if met_at >= badge.withdrawn_at:
            owner = badge.place.person
            if owner is None:
                return _stray(scan, at, met_at, WITHDRAWN, (*flags, WAITS))
            return _ask(scan, owner, at, met_at, flags)
    return _see(scan, badge.place, encounters.BADGE, at, met_at, occasion, flags)


def _take_place(scan: Scan, at: Desk, met_at: datetime, occasion: Event | date, flags: list[str]) -> Taken:
    place = at.places.get(scan.place or 0)
    own = attendance.of(place.event, at.observer) if place else None
    # The list is not for others to see, nor whether somebody is on it.
    if place is None or own is None or not own.is_here or not own.is_vouched:
        return _stray(scan, at, met_at, NOT_HERE, (*flags, WAITS))
    return _see(scan, place, encounters.BY_HAND, at, met_at, occasion, flags)


def _see(
    scan: Scan, place: Attendance, how: str, at: Desk, met_at: datetime, occasion: Event | date, flags: list[str]
) -> Taken:
    try:
        found = sightings.see(at.observer, place, scan.op_id, occasion, met_at, at.now, how)
    except NotHere:
        return _stray(scan, at, met_at, NOT_HERE, (*flags, WAITS), place)
    if isinstance(found, Sighting):
        return Taken((*flags, WAITS), sighting=found)
    return _met(found, contacts.find(at.observer, found.observed), flags)


def _met(observation: Observation, contact: Contact | None, flags: Collection[str]) -> Taken:
    if observation.encounter.fresh:
        observation.encounter.fresh = False
        return Taken(tuple(flags), observation, contact)
    others = exists().where(
        Observation.encounter_id == observation.encounter_id,
        Observation.voided_at.is_(None),
        (Observation.observer_id != observation.observer_id) | (Observation.op_id != observation.op_id),
    )
    return Taken(tuple(flags), observation, contact, known=session.scalar(select(others)) or False)


def _ask(scan: Scan, owner: Person, at: Desk, met_at: datetime, flags: Collection[str]) -> Taken:
    """Let the owner of a code that was withdrawn before say whether the two met."""
    if owner is at.observer:
        raise OwnCard
    blocks.must_be_open(at.observer, owner)
    contacts.settle(at.observer, owner, at.now)
    with suppress(questions.TooManyQuestions):
        questions.ask(at.observer, owner, ACCESS, at.now)
    return _stray(scan, at, met_at, WITHDRAWN, (*flags, WAITS), owner=owner)


def _stray(
    scan: Scan,
    at: Desk,
    met_at: datetime,
    why: str,
    flags: tuple[str, ...],
    place: Attendance | None = None,
    owner: Person | None = None,
) -> Taken:
    stray = at.early.get(scan.op_id) or Stray(observer=at.observer, op_id=scan.op_id, received_at=at.now)
    stray.why, stray.met_at, stray.token_hash = why, met_at, scan.token_hash
    stray.attendance_id = place.id if place else scan.place if scan.place in at.places else None
    stray.event, stray.owner_id = at.hints.get(scan.hint), owner.id if owner else None
    session.add(stray)
    session.flush()
    at.early[scan.op_id] = stray
    return Taken(flags)


def take_in(event: Event, observer: Person, now: datetime) -> None:
    """Let whom somebody said they met while the event was on be met there, now that they are known to have been there.

    Of a pair that has an encounter there already, the one of the day stays what it is.
    """
    said_then = exists().where(
        Observation.encounter_id == Encounter.id,
        Observation.observer_id == observer.id,
        Observation.met_at >= event.opens_at,
        Observation.met_at < event.closes_at,
    )
    there = aliased(Encounter)
    met_there = exists().where(
        there.low_id == Encounter.low_id, there.high_id == Encounter.high_id, there.event_id == event.id
    )
    loose = select(Encounter).where(Encounter.event_id.is_(None), said_then, ~met_there)
    for encounter in session.scalars(loose.order_by(Encounter.id)).all():
        encounter.event, encounter.local_day = event, None
        encounters.settle(encounter, now)


def void(op_id: UUID, at: Desk) -> None:
    """Take one's own scan back, whatever came of it; one that has not come yet is void when it comes."""
    if not _void(at.observer, op_id, at.now):
        at.early[op_id] = strays.void(at.observer, op_id, at.now)


def _void(observer: Person, op_id: UUID, now: datetime) -> bool:
    found = meant(observer, op_id)
    if isinstance(found, Observation):
        contacts.take_back(observer, found.op_id, now)
    elif isinstance(found, Sighting):
        sightings.void(observer, op_id, now)
    return found is not None


def meant(observer: Person, op_id: UUID) -> Observation | Sighting | None:
    """Return what became of one's own scan of this name: a meeting, a badge that waits, or nothing yet."""
    with suppress(NotFound):
        return encounters.find(observer, op_id)
    with suppress(NotFound):
        sighting = sightings.find(observer, op_id)
        return encounters.find(observer, sighting.handed_as) if sighting.handed_as else sighting
    return None


def write(observer: Person, op_id: UUID, said: dict[str, str], at: datetime) -> Contact | None:
    """Keep what was written about whom a scan was of, each kind of note as it was typed; return the contact, if known.

    What is written of somebody still unknown waits until it is known whose it is.
    """
    found = meant(observer, op_id)
    if not isinstance(found, Observation):
        for kind, text in said.items():
            jottings.keep(observer, op_id, kind, text, at)
        return None
    contact = contacts.find(observer, found.observed)
    if contact is None:
        raise NotFound
    for kind, text in said.items():
        about = found.encounter if kind in (contacts.LINE, contacts.PROMISE) else None
        contacts.write(contact, kind, text, about, at)
    return contact
