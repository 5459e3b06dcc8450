"""Deeds: what comes of what a phone did while it was away from us. Each kind is asked of the noun that it is about.

What happened is taken as it happened, long after too; only what could never have been done is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.database import session
from app.domain import (
    attendance,
    badges,
    cards,
    contacts,
    dispatches,
    door_helpers,
    encounters,
    endings,
    events,
    fits,
    follow_ups,
    presences,
    prompts,
    receipts,
    rosters,
    scans,
    walk_ins,
)
from app.domain.attendance import HELPER, ORGANISER, Attendance, NotVouchedFor
from app.domain.dispatches import Item, Malformed
from app.domain.door_helpers import Door
from app.domain.events import Event, EventNotOver
from app.domain.next_steps import NoSuchAnswer
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, FOLLOW_UP, OPEN
from app.domain.refusals import NotFound, Unfit
from app.domain.scans import SKEWED, WAITS, Desk, Taken
from app.words import N_

STORED, DUPLICATE, REFUSED = "stored", "duplicate", "refused"
DONE, LATER, WIDE_CIRCLE = "done", "later", "wide_circle"
CODE_LENGTH: Final = 8


class UnknownCode(Unfit):
    status = 404
    message = N_("We don't know that code. It's the eight characters under the code on their screen or badge.")


@dataclass(frozen=True)
class Outcome:
    """What came of a deed: whom or whose place it is about, where to read on, and what to think of it."""

    result: str = STORED
    about: Person | Attendance | None = None
    name: str | None = None
    contact: int | None = None
    sheet: UUID | None = None
    flags: tuple[str, ...] = ()


@dataclass
class Batch:
    """What one person's phone sent at once, with everything that was looked up for it beforehand."""

    sender: Person
    desk: Desk
    now: datetime
    skewed: bool
    late_after: timedelta
    places: dict[UUID, Attendance] = field(default_factory=dict)  # what walk-ins of this batch made
    doors: dict[str, Door] = field(default_factory=dict)

    def flags(self, *more: str) -> tuple[str, ...]:
        """Return these flags, and that the phone's clock was wrong if it was."""
        return (*more, SKEWED) if self.skewed and SKEWED not in more else more


def do(item: Item, batch: Batch) -> Outcome:
    """Do what was done. Raises the refusal of the noun that it is about."""
    return _DONE[item.kind](item, batch)


def _scan(item: Item, batch: Batch) -> Outcome:
    scan = dispatches.scan(item)
    if "code" in item.said and (len(scan.code) != CODE_LENGTH or scan.code not in batch.desk.issues):
        raise UnknownCode
    return _taken(scans.take(scan, batch.desk), item.id, batch)


def _taken(taken: Taken, op_id: UUID, batch: Batch) -> Outcome:
    flags = batch.flags(*taken.flags)
    if taken.observation is None:
        if taken.sighting is None:
            return Outcome(flags=flags)
        return Outcome(STORED, taken.sighting.place, taken.sighting.name or None, sheet=op_id, flags=flags)
    other, contact = taken.observation.observed, taken.contact
    result = DUPLICATE if taken.known else STORED
    return Outcome(result, other, other.name, contact.id if contact else None, op_id, flags)


def _void(item: Item, batch: Batch) -> Outcome:
    scans.void(item.said["of"], batch.desk)
    return Outcome()


def _line(item: Item, batch: Batch) -> Outcome:
    return _write(item, batch, {contacts.LINE: item.said["text"]})


def _fit(item: Item, batch: Batch) -> Outcome:
    said = {kind: item.said[kind] for kind in (contacts.FIT, contacts.STEP, contacts.PROMISE) if kind in item.said}
    fits.must_be_known(said.get(contacts.FIT, ""), said.get(contacts.STEP, ""))
    return _write(item, batch, said)


def _write(item: Item, batch: Batch, said: dict[str, str]) -> Outcome:
    contact = scans.write(batch.sender, item.said["of"], said, min(item.at, batch.now))
    if contact is None:
        return Outcome(flags=batch.flags(WAITS))
    return Outcome(STORED, contact.other, contact.other.name, contact.id, flags=batch.flags())


def _answer(item: Item, batch: Batch) -> Outcome:
    prompt, said = prompts.of(batch.sender, item.said["prompt"]), item.said["answer"]
    kinds = {DONE: ABOUT_EVENTS, LATER: ABOUT_EVENTS, WIDE_CIRCLE: (FOLLOW_UP,)}
    if prompt.kind not in kinds.get(said, ()):
        raise NoSuchAnswer
    chosen_elsewhere = said == WIDE_CIRCLE and follow_ups.picks(prompt)
    if prompt.state != OPEN or chosen_elsewhere:
        return Outcome(DUPLICATE, flags=batch.flags())
    if said == DONE:
        prompts.answer(prompt, batch.now)
    elif said == WIDE_CIRCLE:
        follow_ups.choose(prompt, [], batch.now)
    else:
        until = item.said.get("until")
        day = prompts.day_of(until) if until else prompts.later_choices(prompt, batch.now)[0].moment.local_date
        prompts.snooze(prompt, day, batch.now)
    return Outcome(flags=batch.flags())


def _end(item: Item, batch: Batch) -> Outcome:
    event = _event(item)
    place = attendance.of(event, batch.sender)
    if place is None or not place.is_here:
        raise NotFound
    if not place.is_vouched:
        raise NotVouchedFor
    if batch.now < event.ends_at:
        raise EventNotOver
    endings.settle(
        batch.sender, event, min(item.at, batch.now), item.said.get("worth", ""), item.said.get("answer", "")
    )
    return Outcome(flags=batch.flags())


def _arrive(item: Item, batch: Batch) -> Outcome:
    event, sender = _event(item), batch.sender
    at = _in_the_morning(item, event, batch)
    own = attendance.of(event, sender)
    if own is None and (listed := rosters.claimable(event, sender.name)):
        own = listed[0]
        rosters.claim(own, sender, batch.now)
    was_here = own is not None and own.is_here
    place = presences.turn_up(event, sender, own, at, batch.late_after)
    _settle_meetings(place, batch)
    return Outcome(DUPLICATE if was_here else STORED, flags=_flags_of(item, at, batch))


def _check_in(item: Item, batch: Batch) -> Outcome:
    door = _door(item, batch)
    at, how = _in_the_morning(item, door.event, batch), _how(door)
    events.must_have_opened(door.event, at)
    place = _shown(item, door, at) if "token" in item.said else _place(item, door, batch)
    changed = presences.tell(place, item.said["here"], at, batch.late_after, batch.sender, how)
    _settle_meetings(place, batch)
    return Outcome(STORED if changed else DUPLICATE, place, place.name, flags=_flags_of(item, at, batch))


def _shown(item: Item, door: Door, at: datetime) -> Attendance:
    """Return the place of whoever showed a card or badge at the door: their own, that of their name, or a new one."""
    token = item.said["token"]
    dispatches.hashed(token)
    if issue := cards.find(token):
        person = cards.shown(issue).person
        encounters.hold([person.id])  # their own phone may say this moment that they are here
        return walk_ins.place_of(door.event, person, at)
    badge = badges.worn(badges.find(token))
    if badge.place.event_id != door.event.id:
        raise cards.UnknownCard
    return badge.place


def _walk_in(item: Item, batch: Batch) -> Outcome:
    door = _door(item, batch)
    at, how, name = _in_the_morning(item, door.event, batch), _how(door), item.said["name"]
    events.must_have_opened(door.event, at)
    place = walk_ins.named(door.event, name)
    known = place is not None
    if place is None:
        place = walk_ins.let_in(
            door.event, name, item.said.get("what_i_do", ""), at, batch.late_after, batch.sender, how
        )
    else:
        presences.tell(place, True, at, batch.late_after, batch.sender, how)
    _settle_meetings(place, batch)
    batch.places[item.id] = place
    return Outcome(DUPLICATE if known else STORED, place, place.name, flags=_flags_of(item, at, batch))


def _vouch(item: Item, batch: Batch) -> Outcome:
    door = _door(item, batch)
    place = _place(item, door, batch)
    walk_ins.vouch(place, _in_the_morning(item, door.event, batch))
    return Outcome(STORED, place, place.name, flags=batch.flags())


def _event(item: Item) -> Event:
    named = item.said["event"]
    if not named.startswith(dispatches.NUMBERED):
        return events.by_code(named)
    event = session.get(Event, int(named.removeprefix(dispatches.NUMBERED)))
    if event is None:
        raise NotFound
    return event


def _door(item: Item, batch: Batch) -> Door:
    """Return the door that the sender kept at that time; whoever keeps it no more may still tell what they did."""
    event = _event(item)
    at = _in_the_morning(item, event, batch)
    return door_helpers.door(batch.sender, event.id, at)


def _how(door: Door) -> str:
    return ORGANISER if door.is_organiser else HELPER


def _in_the_morning(item: Item, event: Event, batch: Batch) -> datetime:
    """Return when something at the door was, as far as that can be: not before it opened, nor in the future."""
    return min(max(item.at, event.opens_at), batch.now)


def _flags_of(item: Item, at: datetime, batch: Batch) -> tuple[str, ...]:
    return batch.flags(*([SKEWED] if at != item.at else []))


def _place(item: Item, door: Door, batch: Batch) -> Attendance:
    """Return the place at this door that is meant: by its number, or by the walk-in, sent before, that made it."""
    if "place" in item.said:
        return attendance.at(door.event, item.said["place"])
    place = batch.places.get(item.said["of"]) if "of" in item.said else None
    if place is None and "of" in item.said:
        receipt = receipts.of(batch.sender, [item.said["of"]]).get(item.said["of"])
        place = receipt.place if receipt else None
    if "of" not in item.said:
        raise Malformed
    if place is None or place.event_id != door.event.id:
        raise NotFound
    return place


def _settle_meetings(place: Attendance, batch: Batch) -> None:
    """Let whoever is known to be here, or not to be, have met people here, or elsewhere."""
    person = session.get(Person, place.person_id) if place.person_id else None
    if person is None:
        return
    if place.is_here:
        scans.take_in(place.event, person, batch.now)
    if person is batch.sender:
        (batch.desk.arrived if place.is_here else batch.desk.left)(place.event)


_DONE: Final[Mapping[str, Callable[[Item, Batch], Outcome]]] = MappingProxyType(
    {
        dispatches.SCAN: _scan,
        dispatches.VOID: _void,
        dispatches.LINE: _line,
        dispatches.FIT: _fit,
        dispatches.ANSWER: _answer,
        dispatches.END: _end,
        dispatches.ARRIVE: _arrive,
        dispatches.CHECK_IN: _check_in,
        dispatches.WALK_IN: _walk_in,
        dispatches.VOUCH: _vouch,
    }
)
