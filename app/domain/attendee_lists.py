"""Attendee lists: a file as it was handed in, which list it is, where its headings stand, and who is in it.

Knows nothing of any event's roster: what becomes of the rows is decided in `rosters`.
"""

import re
import sys
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from app.domain import headings, layouts, listings, spreadsheets, twins
from app.domain.headings import Delicate, Field
from app.domain.layouts import AddressBook, Layout
from app.domain.listings import Row
from app.domain.spreadsheets import NothingInIt

LOOKED_AT = 200  # rows that are enough to tell what kind of list this is
HEADINGS_WITHIN = 30
STARTS_WITHIN = 6
EVERY_ROW = range(sys.maxsize)

_ADDRESS = re.compile(r"\S@\S+\.\S")
_NUMBER = re.compile(r"[+(\d][\d ()+./-]{6,}")


@dataclass(frozen=True)
class AttendeeList:
    """A list as read: its rows with the numbers that a spreadsheet shows, the headings apart.

    `start` are its first rows, as they read, one of which may be the headings if our guess is wrong.
    """

    filename: str
    layout: Layout
    headers: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]
    encoding: str
    separator: str
    header_row: int | None
    blank_rows: int
    start: tuple[tuple[int, str], ...]

    def proposed(self) -> dict[Field, int]:
        """Return our guess which column tells what; the organiser has the last word."""
        if self.header_row is None:
            return _by_content(self)
        return layouts.columns(self.layout, [headings.heading(header) for header in self.headers])

    def offered(self) -> list[int]:
        """Return the columns that may be looked at: not empty, and not what opens a door on another platform."""
        return [
            place
            for place, header in enumerate(self.headers)
            if headings.delicate(headings.heading(header)) is not Delicate.CREDENTIAL and self.examples(place, 1)
        ]

    def spare(self, columns: Mapping[Field, int]) -> list[tuple[int, str, Delicate | None]]:
        """Return the columns that tell nothing we know and may be kept: place, heading, and why better not."""
        return [
            (place, self.headers[place], headings.delicate(headings.heading(self.headers[place])))
            for place in self.offered()
            if place not in columns.values() and self.headers[place]
        ]

    def examples(self, place: int, most: int = 3) -> list[str]:
        """Return the first few different things that stand in a column."""
        cells = (spreadsheets.plain(cells[place]) for _, cells in self.rows[:LOOKED_AT] if place < len(cells))
        return list(islice(dict.fromkeys(cell for cell in cells if cell), most))

    def entries(
        self,
        columns: Mapping[Field, int],
        region: str = "GB",
        keep: Container[int] = (),
        turn: Container[int] = (),
    ) -> list[Row]:
        """Read every row, in order, as the columns say.

        `region` is where a telephone number without a country is at home (ISO 3166), `keep` are the spare
        columns ticked, `turn` the numbers of the rows whose "Stewart, Owen" is to be "Owen Stewart".
        """
        kept = {place: header for place, header, _ in self.spare(columns) if place in keep}
        reader = listings.Reader(self.layout, columns, self.headers, region, kept, turn)
        return twins.folded([reader.row(number, cells) for number, cells in self.rows])


def read(data: bytes, filename: str, headings_in: int | None = None) -> AttendeeList:
    """Read a file as an attendee list; raise a Refusal that says what to bring instead.

    Of the separators that people's programs write, the one under which most headings are known is theirs.
    `headings_in` is the row in which the organiser says the headings stand, 0 for nowhere, None for our guess.
    """
    spreadsheets.check(data)
    text, encoding = spreadsheets.decode(data)
    if text.lstrip().upper().startswith("BEGIN:VCARD"):
        raise AddressBook("file")
    separator = max(spreadsheets.SEPARATORS, key=lambda candidate: _fit(text, candidate))
    found = list(spreadsheets.rows(text, separator))
    if not found:
        raise NothingInIt("file")
    at = _headings_at([cells for _, cells in found[:HEADINGS_WITHIN]])
    if headings_in is not None:
        at = next((place for place, (number, _) in enumerate(found) if number == headings_in), None)
    if at is None:
        headers, body, layout = ("",) * max(len(cells) for _, cells in found), found, layouts.PLAIN
    else:
        headers, body = tuple(spreadsheets.plain(cell)[:120] for cell in found[at][1]), found[at + 1 :]
        layout = layouts.recognise([headings.heading(header) for header in headers])
    return AttendeeList(
        filename=filename,
        layout=layout,
        headers=headers,
        rows=tuple(body),
        encoding=encoding,
        separator=separator,
        header_row=None if at is None else found[at][0],
        blank_rows=_gaps(body),
        start=tuple((number, _in_short(cells)) for number, cells in found[:STARTS_WITHIN]),
    )


def _in_short(cells: Sequence[str]) -> str:
    return ", ".join(filter(None, map(spreadsheets.plain, cells)))[:60]


def _gaps(body: Sequence[tuple[int, list[str]]]) -> int:
    return body[-1][0] - body[0][0] + 1 - len(body) if body else 0


def _fit(text: str, separator: str) -> tuple[int, int, int]:
    """Return how well a separator fits: headings known, then rows of one shape, then columns."""
    start: list[list[str]] = []
    with suppress(spreadsheets.NotAList, spreadsheets.QuoteLeftOpen):  # what comes before tells enough
        start.extend(cells for _, cells in islice(spreadsheets.rows(text, separator), LOOKED_AT))
    at = _headings_at(start[:HEADINGS_WITHIN])
    known = 0 if at is None else _known(start[at])
    width = len(start[at]) if at is not None else _usual_width(start)
    odd = sum(len(cells) != width for cells in start[at or 0 :])
    return (known, -odd, width)


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    return Counter(len(cells) for cells in rows).most_common(1)[0][0] if rows else 0


def _known(cells: Sequence[str]) -> int:
    """Count the headings known in a row; one in which an address or a telephone number stands has none."""
    plain = [spreadsheets.plain(cell) for cell in cells]
    if any(_ADDRESS.search(cell) or _NUMBER.fullmatch(cell) for cell in plain):
        return 0
    return layouts.familiar(headings.heading(cell) for cell in plain)


def _headings_at(rows: Sequence[Sequence[str]]) -> int | None:
    """Return which row has the most headings that we know, the first of them if several, or None."""
    best = max(range(len(rows)), key=lambda place: _known(rows[place]), default=None)
    return best if best is not None and _known(rows[best]) else None


def _by_content(listed: AttendeeList) -> dict[Field, int]:
    """Guess the columns of a list without headings from what stands in them."""
    found: dict[Field, int] = {}
    for place in range(len(listed.headers)):
        cells = listed.examples(place, LOOKED_AT)
        field = _told_by(cells)
        if field is not None:
            found.setdefault(field, place)
    return found


def _told_by(cells: Sequence[str]) -> Field | None:
    def mostly(fits: Iterator[object]) -> bool:
        return sum(map(bool, fits)) * 2 > len(cells)

    if mostly(_ADDRESS.search(cell) for cell in cells):
        return Field.EMAIL
    if mostly(_NUMBER.fullmatch(cell) for cell in cells):
        return Field.PHONE
    if mostly(re.fullmatch(r"[^\W\d_][^\d@]+", cell) for cell in cells):
        return Field.NAME
    return None
