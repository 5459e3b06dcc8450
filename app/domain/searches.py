"""Searches: whom of one's own people some words are about. Reads what is open and what one wrote; keeps nothing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from app.domain import contacts
from app.domain.contacts import Contact, Words
from app.domain.occasions import Meeting, Occasion
from app.domain.people import comparable

MOST_WORDS, LONGEST = 8, 100
NAME, EVENT = "name", "event"
CLOSE = 0.75  # "Garath" is 0.83 like "Gareth", "Gary" is 0.6
AROUND = 8  # words on either side of the first that was found


class Place(NamedTuple):
    """Where the words stand: a field of the card, the event's name, or a note by its kind, which is private."""

    what: str
    text: str
    private: bool = False


@dataclass(frozen=True)
class Found:
    """Someone the words are about: the newest meeting with them, and where the words stand but for the name."""

    meeting: Meeting
    places: list[Place] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return their name as they write it."""
        return self.meeting.contact.other.name


def words(typed: str) -> list[str]:
    """Return the words of a search as they are compared, accents and case aside; each is meant literally."""
    asked = typed[:LONGEST].strip()
    return (comparable(asked).split() or asked.split())[:MOST_WORDS]


def everyone(occasions: Iterable[Occasion], stage: str = "") -> list[Found]:
    """Return everyone who was met on these occasions, perhaps only of one stage: each once, the newest first."""
    newest: dict[int, Found] = {}
    for occasion in occasions:
        for meeting in occasion.meetings:
            if not stage or meeting.contact.stage == stage:
                newest.setdefault(meeting.contact.id, Found(meeting))
    return list(newest.values())


def about(asked: Sequence[str], occasions: Sequence[Occasion], stage: str = "") -> list[Found]:
    """Return those for whom every word stands somewhere: name, card as far as it is open, notes, events. One query."""
    candidates = everyone(occasions, stage)
    notes = contacts.notes_of([found.meeting.contact for found in candidates])
    events = _events(occasions)
    found = []
    for one in candidates:
        contact = one.meeting.contact
        places = [(place, comparable(place.text)) for place in _places(contact, notes[contact.id], events[contact.id])]
        if all(any(word in folded for _place, folded in places) for word in asked):
            holding = [place for place, folded in places if any(word in folded for word in asked)]
            found.append(Found(one.meeting, [place for place in holding if place.what != NAME]))
    return found


def _events(occasions: Iterable[Occasion]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for occasion in occasions:
        for meeting in occasion.meetings:
            names.setdefault(meeting.contact.id, []).extend([occasion.event.name] if occasion.event else [])
    return names


def _places(contact: Contact, notes: Iterable[Words], events: Iterable[str]) -> Iterator[Place]:
    yield Place(NAME, contact.other.name)
    yield from (Place(name, text) for name, text in contacts.shown(contact).items())
    yield from (Place(note.kind, note.text, private=True) for note in notes)
    yield from (Place(EVENT, name) for name in dict.fromkeys(events))


def nearly(asked: Sequence[str], occasions: Iterable[Occasion], stage: str = "") -> list[Found]:
    """Return those whose names are nearly what was typed, a letter or two apart: every word like one of the name's."""
    candidates = [(one, comparable(one.name).split()) for one in everyone(occasions, stage)]
    known = {word for _one, name in candidates for word in name}
    like = [set(get_close_matches(word, known, n=20, cutoff=CLOSE)) for word in asked]
    return [one for one, name in candidates if all(not close.isdisjoint(name) for close in like)]


def excerpt(text: str, asked: Sequence[str]) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether a word of the search stands in it; of a long one, the part around it.

    The pieces are as they were written.
    """
    pieces = [(piece, _holds(piece, asked)) for piece in re.split(r"(\s+)", text.strip())]
    first = next((number for number, (_piece, holds) in enumerate(pieces) if holds), 0)
    begin, end = max(first - 2 * AROUND, 0), first + 2 * AROUND + 1
    kept = [("… ", False)] * (begin > 0) + pieces[begin:end] + [(" …", False)] * (end < len(pieces))
    return [(piece[:LONGEST], holds) for piece, holds in kept]


def _holds(piece: str, asked: Sequence[str]) -> bool:
    folded = comparable(piece)
    return any(word in folded for word in asked)
