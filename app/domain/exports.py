"""Exports: everything about one person in one file that they can read and take elsewhere. Writes nothing down."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.database import session
from app.domain import address_books, belongings
from app.domain.cards import Card, Photo
from app.domain.events import Event
from app.domain.people import Person

MEDIA_TYPE: Final = "application/zip"
_PLAIN: Final = (str, int, float, bool, type(None), list, dict)


@dataclass(frozen=True)
class Packed:
    """How far it is: so many of so many tables; at the end with the whole file."""

    done: int
    of: int
    content: bytes = b""


def taken() -> list[str]:
    """Return the tables that a person takes along."""
    return [name for name, rule in belongings.RULES.items() if rule.whose and rule.export == belongings.TAKEN]


def pack(person: Person, now: datetime) -> Iterator[Packed]:
    """Pack everything about this person, table by table; the last word carries the ZIP.

    JSON: every row of theirs; CSV: the people they met; vCards: those people as they may see them; and their photo.
    """
    names, everything = taken(), {}
    for done, name in enumerate(names, start=1):
        everything[belongings.RULES[name].title] = rows(name, person)
        yield Packed(done - 1, len(names))
    _name_others(everything, person)
    parts = {
        "README.txt": readme(person, now).encode(),
        "everything.json": json.dumps(everything, indent=2, ensure_ascii=False).encode(),
        "people-i-met.csv": address_books.table(person).encode(),
        "people-i-met.vcf": address_books.vcf(person).encode(),
    }
    if photo := _photo(person):
        parts["photo.jpg"] = photo
    yield Packed(len(names), len(names), _zipped(parts, now))


def rows(name: str, person: Person) -> list[dict[str, Any]]:
    """Return this person's rows of a table, in the order of its key, as JSON can hold them; what is sealed is open."""
    table, rule = belongings.table(name), belongings.RULES[name]
    found = session.execute(select(table).where(belongings.of(name, person.id)).order_by(*table.primary_key))
    return [_told(row, rule) for row in found.mappings()]


def _told(row: Mapping[Any, Any], rule: belongings.Rule) -> dict[str, Any]:
    told = {str(name): _plain(value) for name, value in row.items() if str(name) not in rule.secret}
    return told | {name: reads({str(k): v for k, v in row.items()}) for name, reads in rule.reads.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, bytes)) or not isinstance(value, _PLAIN) else value


def _columns_to(table_name: str) -> dict[str, set[str]]:
    """Return by title which columns of what is taken along point at this table."""
    return {
        belongings.RULES[name].title: {
            key.parent.name for key in belongings.table(name).foreign_keys if key.column.table.name == table_name
        }
        for name in taken()
    }


def _name_others(everything: dict[str, list[dict[str, Any]]], person: Person) -> None:
    """Put beside the number of a person "me" or the name on their card; beside a morning's, its name and day."""
    people = {person.id: "me"}
    _name(everything, "people", lambda asked: people | _names_of(asked - {person.id}))
    _name(everything, "events", _mornings_of)


def _name(
    everything: dict[str, list[dict[str, Any]]], table_name: str, found: Callable[[set[int]], Mapping[int, str]]
) -> None:
    columns = _columns_to(table_name)
    places = [(row, column) for title, told in everything.items() for row in told for column in columns[title]]
    names = found({row[column] for row, column in places if row[column] is not None})
    for row, column in places:
        row[column.removesuffix("_id")] = names.get(row[column], "")


def _names_of(numbers: set[int]) -> dict[int, str]:
    people = session.scalars(select(Person).where(Person.id.in_(numbers)))
    return {person.id: person.name for person in people}


def _mornings_of(numbers: set[int]) -> dict[int, str]:
    return {
        event.id: f"{event.name}, {event.day.isoformat()}"
        for event in session.scalars(select(Event).where(Event.id.in_(numbers)))
    }


def _photo(person: Person) -> bytes | None:
    mine = select(Photo).join(Card, Card.id == Photo.card_id).where(Card.person_id == person.id)
    photo = session.scalar(mine.options(undefer(Photo.jpeg)))
    return photo.jpeg if photo else None


def readme(person: Person, now: datetime) -> str:
    """Say what is in the file, and what is not, with the reason for each."""
    inside = "\n".join(f"- {belongings.RULES[name].title}" for name in sorted(taken()))
    kept = {n: r for n, r in belongings.RULES.items() if n not in taken()}
    outside = "\n".join(f"- {rule.title}: {rule.export}" for _name, rule in sorted(kept.items()))
    return README.format(name=person.name, day=f"{now:%d %B %Y}", inside=inside, outside=outside)


README: Final = """Everything Marmalade has about {name}, {day}

everything.json    every row about you, under these headings; for programs
people-i-met.csv   the people you met; opens in any spreadsheet
people-i-met.vcf   their cards, as far as they are open to you; for your address book
photo.jpg          your photo, if you put one on your card

In everything.json:
{inside}

Not in it, and why:
- What other people noted about you: it is their private memory, written for nobody else. Whoever runs this
  Marmalade answers a question about it; they cannot read these notes on any page either.
- Who reported you, if anybody did: they were promised that you are not told.
- Keys and hashes: they are locks, and say nothing about you.
{outside}
"""


def _zipped(parts: Mapping[str, bytes], now: datetime) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(entry, content)
    return file.getvalue()
