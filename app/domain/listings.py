"""Listings: what one row of an attendee list says of one person. Pure."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers

from app.domain import people, replies, spreadsheets
from app.domain.headings import Field
from app.domain.layouts import Layout
from app.domain.people import EMAIL_LENGTH, LINE_LENGTH, NAME_LENGTH, NotAnAddress
from app.domain.replies import Flag, Reason, Standing

MOST_GUESTS = 20
KEPT_LENGTH = 500


class Verdict(StrEnum):
    TAKE = "take"
    SKIP = "skip"
    ASK = "ask"


@dataclass(slots=True)
class Row:
    """One row as it reads. A skipped row has a reason, a row that asks has none yet.

    `about` is the number of the earlier row that a duplicate or a question speaks of, `also` are the names of later
    rows that are the same person. `proposed_name` is "Owen Stewart" where "Stewart, Owen" stands; `phone` is E.164,
    or "" if it could not be read; `came` is what another door wrote.
    """

    number: int
    name: str
    name_typed: str
    proposed_name: str = ""
    email: str = ""
    email_typed: str = ""
    phone: str = ""
    phone_typed: str = ""
    company: str = ""
    what_i_do: str = ""
    ticket: str = ""
    external_id: str = ""
    status: str = ""
    came: str = ""
    guests: int = 0
    standing: Standing = Standing.INVITED
    flags: list[Flag] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    verdict: Verdict = Verdict.TAKE
    reason: Reason | None = None
    about: int | None = None
    also: list[str] = field(default_factory=list)

    @property
    def comparable_name(self) -> str:
        """Return the name as names are compared, first name first."""
        return people.comparable(self.proposed_name or self.name)

    def skip(self, reason: Reason, about: int | None = None) -> None:
        """Leave this row out, for a reason that is told."""
        self.verdict, self.reason, self.about = Verdict.SKIP, reason, about

    def ask(self, about: int) -> None:
        """Let the organiser say whether this is the person of that earlier row."""
        self.verdict, self.about = Verdict.ASK, about


# What stands behind a comma without being a first name.
_TITLES = re.compile(
    r"(mbe|obe|cbe|kbe|dbe|jp|dl|qc|kc|frsa|ph\.? ?d|mba|b\.?sc|m\.?sc|b\.?a|m\.?a|ll\.?b|ll\.?m|aca|acca|"
    r"fca|fcca|cima|mrics|frics|riba|esq|jr|sr|ii|iii|ltd|limited|llp|plc|inc)\.?",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"n/?a|none|unknown|anonymous|no name|tbc|tba|tbd|t\.b\.[acd]\.|guest( ?\d+)?|guest of .*"
    r"|.*['’]s guest|plus ?(one|1)|\+ ?\d|(info requested ?)+",  # Eventbrite's, until they told
    re.IGNORECASE,
)
_TOTALS = re.compile(r"(grand |sub[ -]?)?totals?\b.{0,20}|sum|count|average", re.IGNORECASE)
_ADDRESSES = re.compile(r"[^\s<>;,:\"()\[\]]+@[^\s<>;,:\"()\[\]]+")
_BETWEEN_NUMBERS = re.compile(r":::|[;/|,]|\bor\b|\band\b")


def turned(name: str) -> str:
    """Return "Owen Stewart" for "Stewart, Owen", and "" for a name that is not written so."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if not (last and comma and first) or "," in first or _TITLES.fullmatch(first):
        return ""
    return f"{first} {last}"


def telephone(typed: str, region: str) -> str:
    """Return the first telephone number of a cell in E.164, or "" if there is none that could be rung."""
    for part in _BETWEEN_NUMBERS.split(typed[:200]):
        try:
            number = phonenumbers.parse(part, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""


def addresses(typed: str) -> list[str]:
    """Return the e-mail addresses of a cell, each normalised, in the order in which they stand there."""
    found: dict[str, None] = {}
    for candidate in _ADDRESSES.findall(typed[: EMAIL_LENGTH * 4]):
        try:
            found[people.normalised_email(candidate.removeprefix("mailto:").strip(".'"))] = None
        except NotAnAddress:
            continue
    return list(found)


@dataclass(frozen=True)
class Reader:
    """Reads rows, one at a time, by what the organiser says the columns mean."""

    layout: Layout
    columns: Mapping[Field, int]
    headers: Sequence[str]
    region: str
    kept: Mapping[int, str]
    turn: Container[int]

    def row(self, number: int, cells: Sequence[str]) -> Row:
        """Read one row; a row that is no person, or does not come, is skipped with its reason."""

        def says(wanted: Field) -> str:
            place = self.columns.get(wanted)
            return spreadsheets.plain(cells[place]) if place is not None and place < len(cells) else ""

        name = says(Field.NAME) or f"{says(Field.FIRST)} {says(Field.LAST)}".strip()
        row = Row(
            number=number,
            name=name,
            name_typed=name,
            email_typed=says(Field.EMAIL),
            phone_typed=says(Field.PHONE)[:64],
            company=says(Field.COMPANY)[:LINE_LENGTH],
            what_i_do=says(Field.WHAT_I_DO)[:LINE_LENGTH],
            ticket=says(Field.TICKET)[:LINE_LENGTH],
            external_id=says(Field.ID)[:120],
            status=says(Field.STATUS),
            came=says(Field.CAME),
            kept=self._kept(cells),
        )
        if reason := self._no_person(row, cells):
            row.skip(reason)
            return row
        self._name(row)
        self._contact(row)
        self._reply(row, says(Field.PAID), says(Field.GUESTS), says(Field.QUANTITY))
        return row

    def _kept(self, cells: Sequence[str]) -> dict[str, str]:
        said = {title: spreadsheets.plain(cells[place]) for place, title in self.kept.items() if place < len(cells)}
        return {title: text[:KEPT_LENGTH] for title, text in said.items() if text}

    def _no_person(self, row: Row, cells: Sequence[str]) -> Reason | None:
        """Return why this row is nobody: headings again, totals, a remark, no name, or cells out of place."""
        filled = [cell for cell in cells if cell and not cell.isspace()]
        first = row.name or spreadsheets.plain(filled[0])
        if self._are_headings(filled):
            return Reason.HEADINGS_AGAIN
        if _TOTALS.fullmatch(first) or people.comparable(row.name) in self.layout.not_people:
            return Reason.TOTALS
        if _NOBODY.fullmatch(row.name) or "@" in row.name or not any(map(str.isalpha, row.name)):
            return Reason.NO_NAME
        if any(cell and not cell.isspace() for cell in cells[len(self.headers) :]):
            return Reason.TOO_MANY_CELLS
        if len(row.name) > NAME_LENGTH:
            return Reason.NAME_TOO_LONG
        if not self.layout.ids and len(filled) == 1 and re.search(r"\d", row.name):
            return Reason.REMARK
        return None

    def _are_headings(self, filled: Sequence[str]) -> bool:
        said = [header for header in self.headers if header]
        return len(filled) == len(said) and [spreadsheets.plain(cell) for cell in filled] == said

    def _name(self, row: Row) -> None:
        row.proposed_name = turned(row.name)
        if row.proposed_name and row.number in self.turn:
            row.name, row.proposed_name = row.proposed_name, ""

    def _contact(self, row: Row) -> None:
        if row.email_typed:
            found = addresses(row.email_typed)
            row.email = found[0] if found else ""
            if len(found) != 1:
                row.flags.append(Flag.EMAIL_ONE_OF_SEVERAL if found else Flag.EMAIL_UNREAD)
        if row.phone_typed:
            row.phone = telephone(row.phone_typed, self.region)
            if not row.phone:
                row.flags.append(Flag.PHONE_UNREAD)

    def _reply(self, row: Row, paid: str, guests: str, quantity: str) -> None:
        reading = replies.read(row.status, self.layout.unsaid)
        row.standing = reading.standing
        if reading.reason:
            row.skip(reading.reason)
            return
        if reading.flag:
            row.flags.append(reading.flag)
        if paid and replies.unpaid(paid) and Flag.UNPAID not in row.flags:
            row.standing = Standing.INVITED
            row.flags.append(Flag.UNPAID)
        brought, places = replies.guests(guests), replies.guests(quantity)
        if brought is None or places is None:
            row.flags.append(Flag.GUESTS_UNREAD)
        row.guests = min(max(brought or 0, (places or 1) - 1), MOST_GUESTS)
