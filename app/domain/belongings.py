"""Belongings: of every table, whose its rows are, what their person takes along, and what goes when they go.

A table without a rule here fails the build (tests/test_house.py). Knows columns; asks no noun but for what is sealed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, or_, select

from app.database import Base
from app.domain import complaints, contacts, intentions, jottings, reports, strays
from app.domain.cadence import QUIET

SOMEBODY: Final = "Somebody"
TAKEN: Final = ""
DELETED: Final = "deleted"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """What becomes of the rows of one table.

    `whose`: the ways from a row to its person, as columns, "contact_id.owner_id" over another table. `export`: TAKEN,
    or in a sentence why not; `secret` columns are left out of it, `reads` opens what is sealed. `erase`: DELETED, the
    values that stand there instead, or in a sentence why nothing changes. `about`: columns that name somebody whose
    row it is not, with what changes when that person goes.
    """

    title: str
    whose: tuple[str, ...] = ()
    export: str = TAKEN
    erase: str | Mapping[str, Any] = DELETED
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    secret: frozenset[str] = frozenset()
    reads: Mapping[str, Callable[[Row], Any]] = field(default_factory=lambda: NOTHING)


def _secret(*columns: str) -> frozenset[str]:
    return frozenset(columns)


NOBODYS: Final = "It says nothing about a person."
THEIRS_TOO: Final = "It is the other one's memory as well, and holds no words of either."

RULES: Final[Mapping[str, Rule]] = {
    "address_changes": Rule("When my address changed", ("person_id",)),
    "attendance": Rule("The mornings I was expected at or came to", ("person_id",), erase={"name": SOMEBODY}),
    "attendance_changes": Rule(
        "Every change of those places",
        ("attendance_id.person_id",),
        erase="Times and states alone: the morning's figures stay what they were.",
        about={"by_id": NOTHING},
    ),
    "badges": Rule("My name badges", ("attendance_id.person_id",), secret=_secret("token_hash", "key_id")),
    "blocks": Rule("Whom I blocked", ("blocker_id",), about={"blocked_id": NOTHING}),
    "bounces": Rule("Letters to me that came back", ("person_id",), secret=_secret("key")),
    "buckets": Rule("How many letters may leave in a minute", export=NOBODYS, erase=NOBODYS),
    "card_fields": Rule("What my card says", ("card_id.person_id",)),
    "card_tokens": Rule("My card's codes", ("card_id.person_id",), secret=_secret("token_hash", "key_id")),
    "cards": Rule("My card", ("person_id",)),
    "complaints": Rule(
        "What I complained or asked about",
        ("person_id",),
        secret=_secret("sealed", "key_id"),
        reads={"text": complaints.unsealed_row},
        erase={"person_id": None, "email": "", "sealed": b"", "outcome": ""},
    ),
    "consents": Rule("What I agreed to, and took back", ("person_id",)),
    "contacts": Rule(
        "How I have the people I met",
        ("owner_id",),
        about={"other_id": {"opened_at": None, "granted_at": None}},
        secret=_secret("withheld_at", "rested_at"),
    ),
    "counters": Rule("What came of letters, in numbers", export=NOBODYS, erase=NOBODYS),
    "deliveries": Rule(
        "Letters and messages to me",
        ("prompt_id.person_id", "notice_id.person_id", "notice_id.attendance_id.person_id", "code_id.person_id"),
        secret=_secret("frozen", "frozen_key"),
    ),
    "devices": Rule(
        "The browsers that are sent my reminders",
        ("person_id",),
        secret=_secret("endpoint", "p256dh", "auth", "key_id"),
    ),
    "door_helpers": Rule("The doors I helped at", ("person_id",)),
    "encounters": Rule("Whom I met, and when", ("low_id", "high_id"), erase=THEIRS_TOO),
    "endings": Rule("How mornings ended for me", ("person_id",)),
    "erasures": Rule(
        "Who asked to be forgotten",
        export="It holds nobody who is still here.",
        erase="Numbers and keyed hashes, so that a restored backup forgets them again.",
    ),
    "events": Rule(
        "Mornings", export="A morning is its group's; yours are listed with your place at them.", erase=NOBODYS
    ),
    "groups": Rule("Groups", export="A group is its organisers' together.", erase=NOBODYS),
    "heartbeats": Rule("When the worker was last at work", export=NOBODYS, erase=NOBODYS),
    "holds": Rule("When letters were held", export=NOBODYS, erase=NOBODYS),
    "holidays": Rule("A group's holidays", export=NOBODYS, erase=NOBODYS),
    "intentions": Rule(
        "What would make a morning worth it",
        ("attendance_id.person_id",),
        secret=_secret("sealed", "key_id"),
        reads={"goal": intentions.unsealed_row},
    ),
    "jottings": Rule(
        "What I wrote about scans that are nobody's yet",
        ("person_id",),
        secret=_secret("sealed", "key_id"),
        reads={"text": jottings.unsealed_row},
    ),
    "limits": Rule("How often something was tried", export="Counts by number, dropped after a week.", erase=NOBODYS),
    "memberships": Rule("The groups I belong to", ("person_id",), about={"made_by_id": NOTHING}),
    "mutes": Rule("What I want no word of", ("person_id",)),
    "notes": Rule(
        "My notes and promises",
        ("contact_id.owner_id",),
        secret=_secret("sealed", "key_id"),
        reads={"text": contacts.unsealed_row},
    ),
    "notices": Rule(
        "Letters about my places, my address and my complaints",
        ("person_id", "attendance_id.person_id"),
        secret=_secret("sealed", "key_id"),
    ),
    "observations": Rule("Which of us scanned whom", ("observer_id", "observed_id"), erase=THEIRS_TOO),
    "offered_times": Rule(
        "Times offered for 1-2-1s",
        ("one_to_one_id.proposer_id", "one_to_one_id.other_id"),
        erase="Times alone.",
    ),
    "one_to_ones": Rule(
        "My 1-2-1s", ("proposer_id", "other_id"), erase={"place": "", "why": ""}, about={"cancelled_by_id": NOTHING}
    ),
    "parcels": Rule("Copies of my data that I asked for", ("person_id",), secret=_secret("sealed", "key_id")),
    "passed_over": Rule("Whom a follow-up moved to the wide circle", ("prompt_id.person_id",)),
    "people": Rule(
        "Me",
        ("id",),
        erase={
            "name": SOMEBODY,
            "email": None,
            "email_confirmed_at": None,
            "email_typed": None,
            "mail_prompts": False,
            "larger_text": False,
            "may_start_groups": False,
            "quiet_since": None,
            "quiet_until": None,
            "quiet_from": QUIET.begin,
            "quiet_to": QUIET.end,
            "asks_first": False,
            "time_zone": "UTC",
            "erased_at": LONG_AGO,
        },
    ),
    "photos": Rule("My photo", ("card_id.person_id",), secret=_secret("jpeg", "address")),
    "picks": Rule("Whom I picked in follow-ups", ("prompt_id.person_id",)),
    "polls": Rule("What was asked at the end", export="The question is the organiser's.", erase=NOBODYS),
    "prompts": Rule("Questions to me", ("person_id",)),
    "receipts": Rule(
        "What my phone sent, and what was answered",
        ("person_id",),
        about={"about_id": {"name": None}},
        secret=_secret("fingerprint", "key_id"),
    ),
    "rations": Rule("Days on which prompts were told of", ("person_id",)),
    "removed_addresses": Rule(
        "Addresses that want no letters",
        export="Keyed hashes alone: nobody can read whose they are.",
        erase="It is what keeps letters away from an address that asked for none, for ever.",
    ),
    # A no is nobody's to read but by the one who said it, and both of the two own the row.
    "questions": Rule(
        "What people I met and I asked each other", ("asker_id", "asked_id"), secret=_secret("state", "answered_at")
    ),
    "reports": Rule(
        "Whom I reported to organisers",
        ("reporter_id",),
        about={"reported_id": {"sealed": b"", "key_id": "", "seen_at": LONG_AGO}},
        secret=_secret("sealed", "key_id", "seen_at"),
        reads={"words": reports.unsealed_row},
    ),
    "roster_drafts": Rule(
        "Lists I handed in",
        ("by_id",),
        export="A list of other people, dropped when it is taken in, or after a day.",
    ),
    "roster_entries": Rule(
        "What attendee lists say of me",
        ("attendance_id.person_id",),
        erase={
            "name": SOMEBODY,
            "comparable_name": "",
            "external_id": "",
            "known_as": [],
            "email": "",
            "phone": "",
            "phone_typed": "",
            "company": "",
            "what_i_do": "",
            "ticket": "",
            "flags": [],
            "kept": {},
        },
    ),
    "series": Rule("Breakfasts that repeat", export=NOBODYS, erase=NOBODYS),
    "series_mornings": Rule("The days of breakfasts that repeat", export=NOBODYS, erase=NOBODYS),
    "sessions": Rule("Where I am signed in", ("person_id",), secret=_secret("token_hash")),
    "sightings": Rule("Badges I scanned before anybody had a card behind them", ("observer_id",)),
    "sign_in_codes": Rule(
        "Sign-in codes sent to me", ("person_id",), secret=_secret("salt", "key_id", "nonce_hash", "by_operator")
    ),
    "strays": Rule(
        "What I scanned and nobody knows yet whose it is",
        ("observer_id",),
        about={"owner_id": {"why": strays.SETTLED, "owner_id": None}},
        secret=_secret("token_hash", "owner_id"),
    ),
    "welcomes": Rule("What my card welcomes", ("person_id",)),
}


def table(name: str) -> Table:
    """Return the table of this name."""
    return Base.metadata.tables[name]


def of(name: str, person_id: int) -> ColumnElement[bool]:
    """Return the condition of a query for this person's rows of a table that has any."""
    return or_(*(_leads(table(name), way.split("."), person_id) for way in RULES[name].whose))


def _leads(here: Table, way: list[str], person_id: int) -> ColumnElement[bool]:
    column: Column[Any] = here.c[way[0]]
    if len(way) == 1:
        return column == person_id
    (key,) = column.foreign_keys
    there = key.column
    return column.in_(select(there).where(_leads(there.table, way[1:], person_id)))


def blank(name: str) -> dict[str, Any]:
    """Return what stands in the columns of a blanked row of this table."""
    erase = RULES[name].erase
    return {} if isinstance(erase, str) else dict(erase)
