"""Matches: whether a row of a list is somebody whom the event's roster knows, and what to ask where that is unsure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.database import session
from app.domain import attendance, layouts, listings, people, rosters
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.layouts import Layout
from app.domain.listings import Row
from app.domain.replies import Standing
from app.domain.rosters import RosterEntry


class Why(StrEnum):
    """Why it is unsure whether two are one person."""

    SAME_NUMBER = "same_number"  # one id, another name
    SAME_ADDRESS = "same_address"  # one e-mail address, another name
    SAME_NAME = "same_name"  # one name, two addresses
    WALKED_IN = "walked_in"  # one name, and somebody came who was not on the list


@dataclass(frozen=True)
class Question:
    """Who this row may be: an entry of the roster, an earlier row of the file, or somebody who walked in."""

    why: Why
    name: str
    entry: RosterEntry | None = None
    row: Row | None = None
    place: Attendance | None = None


class Known:
    """Everyone on the event's roster and in the file, looked up by what a row says."""

    def __init__(self, event: Event, layout: Layout, rows: Sequence[Row]) -> None:
        self._layout = layout
        self._rows = {row.number: row for row in rows}
        self._by_number: dict[tuple[str, str], list[RosterEntry]] = defaultdict(list)
        self._by_email: dict[str, list[RosterEntry]] = defaultdict(list)
        self._by_name: dict[str, list[RosterEntry]] = defaultdict(list)
        for entry in rosters.of(event):
            self._by_number[_numbering(entry), entry.external_id].append(entry)
            self._by_email[entry.email].append(entry)
            for name in entry.names:
                self._by_name[name].append(entry)
        walked_in = select(Attendance).where(Attendance.event_id == event.id, Attendance.origin != attendance.LIST)
        self._walked_in = {people.comparable(place.name): place for place in session.scalars(walked_in)}

    def entry(self, row: Row) -> RosterEntry | None:
        """Return the entry that this row speaks of beyond doubt: same number and name, else same name.

        Of several with the name, it is the one with the address. A row that has a namesake in the file is
        only the one with the address.
        """
        name = row.comparable_name
        numbered = [entry for entry in self._same_number(row) if name in entry.names]
        if numbered:
            return numbered[0]
        named = [entry for entry in self._by_name.get(name, ()) if not self._another_number(entry, row)]
        addressed = [entry for entry in named if row.email and entry.email == row.email]
        if addressed or self._has_namesake(row):
            return addressed[0] if addressed else None
        return named[0] if named else None

    def _has_namesake(self, row: Row) -> bool:
        return row.about is not None and self._rows[row.about].comparable_name == row.comparable_name

    def question(self, row: Row) -> Question | None:
        """Return what has to be asked before this row can be taken, or None."""
        for why, others in (
            (Why.SAME_NUMBER, self._same_number(row)),
            (Why.SAME_ADDRESS, self._by_email.get(row.email, []) if row.email else []),
        ):
            if others:
                return Question(why, others[0].name, entry=others[0])
        if row.about is not None:
            earlier = self._rows[row.about]
            return Question(_difference(row, earlier), earlier.name, row=earlier)
        place = self._walked_in.get(row.comparable_name)
        return Question(Why.WALKED_IN, place.name, place=place) if place else None

    def fills(self, row: Row, entry: RosterEntry) -> dict[str, Any]:
        """Return what this row says that the entry does not: a blank never wipes, what stands there stays."""
        fills: dict[str, Any] = {}
        for name in ("email", "company", "what_i_do", "ticket", "guests"):
            if getattr(row, name) and not getattr(entry, name):
                fills[name] = getattr(row, name)
        if row.phone_typed and not (entry.phone or entry.phone_typed):
            fills |= {"phone": row.phone, "phone_typed": row.phone_typed}
        if row.external_id and not entry.external_id and not self._same_number(row):
            fills |= {"layout": self._layout.key, "external_id": row.external_id}
        if row.kept.keys() - entry.kept.keys():
            fills["kept"] = {**row.kept, **entry.kept}
        if entry.layout == self._layout.key and set(row.flags) != set(entry.flags):
            fills["flags"] = [flag.value for flag in row.flags]
        if row.standing is Standing.GOING and entry.attendance.state == attendance.INVITED:
            fills["coming"] = True
        return fills | _names_filled(row, entry)

    def _same_number(self, row: Row) -> list[RosterEntry]:
        if not row.external_id:
            return []
        return self._by_number.get((self._layout.ids or self._layout.key, row.external_id), [])

    def _another_number(self, entry: RosterEntry, row: Row) -> bool:
        """Say whether one platform knows the two under two numbers: then they are two people of one name."""
        numbers = entry.external_id and row.external_id and entry.external_id != row.external_id
        return bool(numbers) and _numbering(entry) == (self._layout.ids or self._layout.key)


def _numbering(entry: RosterEntry) -> str:
    layout = layouts.BY_KEY.get(entry.layout)
    return (layout and layout.ids) or entry.layout


def _difference(row: Row, earlier: Row) -> Why:
    if row.comparable_name == earlier.comparable_name:
        return Why.SAME_NAME
    return Why.SAME_NUMBER if row.external_id and row.external_id == earlier.external_id else Why.SAME_ADDRESS


def _names_filled(row: Row, entry: RosterEntry) -> dict[str, Any]:
    """Return the name where the row has the whole of it, or has "Stewart, Owen" turned, and what else they go by."""
    fills: dict[str, Any] = {}
    whole = row.comparable_name.startswith(f"{entry.comparable_name} ")
    if whole or row.name == listings.turned(entry.name):
        fills |= {"name": row.name, "comparable_name": row.comparable_name}
    names = {row.comparable_name, *row.also} | entry.names
    if names != entry.names:
        fills["known_as"] = sorted(names)
    return fills
