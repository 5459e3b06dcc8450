"""A town to measure in: people with cards and sessions, one breakfast that is on, and doors still to be opened.

Rows go in by the tables' own defaults, many at once; what a visitor could not tell from the real thing, no page can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert

from app import keys, tokens
from app.database import session
from app.domain import events, groups, people
from app.domain.attendance import GOING, LIST, PRESENT, Attendance, AttendanceChange
from app.domain.cards import Card, CardField, CardToken
from app.domain.events import Event, Plan
from app.domain.groups import Membership
from app.domain.people import Person
from app.domain.rosters import RosterEntry
from app.domain.sessions import Session
from app.web import forms
from bench import loads

FIRST = ("Gareth", "Siân", "Owen", "Huw", "Ada", "Ben", "Cleo", "Dev", "Priya", "Tomasz", "Zoë", "Megan", "Rhys")
LAST = ("Bevan", "Stewart", "Llewellyn", "Osei", "Nowak", "Hughes", "Okafor", "Price", "Fraser", "Iqbal", "Ward")
TRADES = (
    "conveyancing for small firms",
    "bookkeeping",
    "garden design",
    "web sites for schools",
    "joinery",
    "insurance",
)
ROOM, DOORS = 500, 60
EARLIER, BREAKFAST = time(7), time(7, 30)  # people who are at both scan at the later one
FACTS = {
    "what_i_do": "Conveyancing for small firms, from lease to keys",
    "who_for": "Shops and cafés on their first lease",
    "looking_for": "Accountants who see leases before they are signed",
    "can_offer": "Half an hour on any lease, free",
    "company": "Bevan & Stewart",
    "role": "Partner",
    "email": "gareth@example.org",
    "phone": "+441174960000",
}


@dataclass(frozen=True)
class Visitor:
    """One person's browser: their cookies, the token their forms carry, and their card's."""

    id: int
    cookie: str
    csrf: str
    card: str


@dataclass(frozen=True)
class Town:
    """What there is to ask for. The first of the people organises; the first `ROOM` of them are at the breakfast."""

    people: Sequence[Visitor]
    room: int  # an event with 500 people, to be looked at
    doors: Sequence[tuple[int, Sequence[int]]]  # an event each, with its places, none of them here yet

    def scans(self, host: str) -> Iterator[bytes]:
        """Yield scans, each of two who have not met: the one's session, the other's card."""
        chance = Random(1)
        here = self.people[:ROOM]
        pairs = [(one, other) for one in here for other in here if one.id < other.id]
        chance.shuffle(pairs)
        for me, them in pairs:
            fields = {"id": str(UUID(int=chance.getrandbits(128), version=4)), "card": them.card}
            yield loads.post(host, "/encounters", {**fields, forms.FIELD: me.csrf}, me.cookie)

    def check_ins(self, host: str) -> Iterator[bytes]:
        """Yield the organiser's taps at the door, each for somebody who was not here yet; then they are taken back."""
        organiser = self.people[0]
        for arrived in ("yes", "no"):
            for event, places in self.doors:
                for place in places:
                    fields = {"arrived": arrived, forms.FIELD: organiser.csrf}
                    yield loads.post(host, f"/events/{event}/attendance/{place}", fields, organiser.cookie)


def settle(app: Flask, now: datetime, number: int = 2_000, after: int = 0) -> Town:
    """Let the people of a town move in, and open this morning's breakfast, wherever on earth it is morning now.

    Where others live already, they come `after` so many.
    """
    with app.app_context():
        found = move_in(app, number, now, after)
        ids = [visitor.id for visitor in found]
        group = form(ids[:ROOM], now)
        room = open_one(group, now, EARLIER)
        for event in (room, open_one(group, now)):
            seat(event, ids[:ROOM], PRESENT, now)
        doors = [
            (event.id, seat(event, [None] * ROOM, GOING, now)) for event in (open_one(group, now) for _ in range(DOORS))
        ]
        session.commit()
        return Town(found, room.id, doors)


def move_in(app: Flask, number: int, now: datetime, after: int = 0) -> list[Visitor]:
    """Let so many people come, each with a card and signed in."""
    ids = add(Person, [person(after + one, now) for one in range(number)])
    return [*_sessions(app, ids, _cards(ids, now), now)]


def name(number: int) -> str:
    """Return the name of one of the town's people; with the numbers they come round again."""
    return f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"


def morning(now: datetime) -> tuple[str, datetime]:
    """Return a zone where it is between eight and nine in the morning now, and its wall clock."""
    ahead = (8 - now.astimezone(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}", now.astimezone(UTC) + timedelta(hours=ahead)


def add(table: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Put many rows into a table; return their numbers, in the rows' order."""
    return list(session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))


def person(number: int, now: datetime) -> dict[str, Any]:
    """Return the row of one of the town's people, with an address of their own."""
    confirmed = {"email": f"person{number}@example.org", "email_confirmed_at": now}
    return {"name": name(number), "time_zone": "Europe/London", "created_at": now, **confirmed}


def _cards(ids: Sequence[int], now: datetime) -> list[str]:
    """Give everyone a card with eight fields; return the tokens of their addresses."""
    cards = add(Card, [{"person_id": one, "created_at": now} for one in ids])
    session.execute(
        insert(CardField),
        [
            {"card_id": card, "name": name, "text": text, "typed": text, "level": "anyone"}
            for card in cards
            for name, text in FACTS.items()
        ],
    )
    key_id, serial = keys.current_id(), count()
    found = [tokens.derived("card", key_id, f"{card}|1") for card in cards]
    session.execute(
        insert(CardToken),
        [
            {
                "card_id": card,
                "generation": 1,
                "key_id": key_id,
                "token_hash": tokens.digest(token),
                "short_code": f"{next(serial):08d}",
                "issued_at": now,
            }
            for card, token in zip(cards, found, strict=True)
        ],
    )
    return found


def _sessions(app: Flask, ids: Sequence[int], cards: Sequence[str], now: datetime) -> Iterator[Visitor]:
    """Sign everyone in, and make the token that their pages would give their forms."""
    cookies = [tokens.secret() for _id in ids]
    seen = {"device": "Android, Chrome", "created_at": now, "last_seen_at": now}
    session.execute(
        insert(Session),
        [
            {"person_id": one, "token_hash": tokens.digest(cookie), **seen}
            for one, cookie in zip(ids, cookies, strict=True)
        ],
    )
    for one, cookie, card in zip(ids, cookies, cards, strict=True):
        sent = f"session={cookie}"
        with app.test_request_context(headers={"Cookie": sent}):
            yield Visitor(one, sent, forms.token(), card)


def form(ids: Sequence[int], now: datetime) -> int:
    """Let the first of these start a group, and the others be its members; return its number."""
    organiser = session.get_one(Person, ids[0])
    group = groups.start(organiser, "Severn Breakfast", "Europe/London", now, open_to_all=True)
    members = [{"group_id": group.id, "person_id": one, "role": groups.MEMBER, "joined_at": now} for one in ids[1:]]
    session.execute(insert(Membership), members)
    return group.id


def open_one(group: int, now: datetime, begins: time = BREAKFAST) -> Event:
    """Plan a morning of the group that is on now."""
    zone, clock = morning(now)
    plan = Plan("Tuesday Breakfast", "The Severn Hotel", zone, clock.date(), begins, time(10))
    return events.create(group, plan, now)


def seat(event: Event, ids: Sequence[int | None], state: str, now: datetime) -> list[int]:
    """Give the event its list, and let those who are here have come one after the other."""
    here = state == PRESENT
    came = [event.starts_at + timedelta(seconds=3 * number) if here else None for number in range(len(ids))]
    rows: list[dict[str, Any]] = [
        {"event_id": event.id, "person_id": one, "name": name(number), "state": state, "origin": LIST}
        | {"arrived_at": came[number], "version": event.version, "created_at": now}
        for number, one in enumerate(ids)
    ]
    places = add(Attendance, rows)
    session.execute(insert(RosterEntry), [_listed(event, place, number, now) for number, place in enumerate(places)])
    changes = [
        {"attendance_id": place, "from_state": None, "to_state": state, "at": now, "how": "import"} for place in places
    ]
    session.execute(insert(AttendanceChange), changes)
    return places


def _listed(event: Event, place: int, number: int, now: datetime) -> dict[str, Any]:
    named = {"name": name(number), "comparable_name": people.comparable(name(number)), "ticket": "Breakfast"}
    known = {"company": f"{LAST[number % len(LAST)]} & Co", "what_i_do": TRADES[number % len(TRADES)]}
    return {"event_id": event.id, "attendance_id": place, "layout": "hand_kept", "created_at": now, **named, **known}
