"""Spreadsheets as people save them: bytes into rows of text. Knows nothing of attendees."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator

from app.domain.refusals import Unfit
from app.words import N_

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 300
CELL_LENGTH = 2_000
SEPARATORS = (",", ";", "\t")

# A limit of the whole process, and the module's default of 128 KiB breaks on one pasted biography.
csv.field_size_limit(MAX_BYTES + 1)


class NothingInIt(Unfit):
    message = N_("There's nothing in this file. Export the list again and bring the new file.")


class TooLarge(Unfit):
    status = 413
    message = N_("This file is larger than 10 MB. Take out the columns you don't need and bring it again.")


class TooManyRows(Unfit):
    message = N_("This list has more than 100,000 rows. Split it, and bring one part after the other.")


class Workbook(Unfit):
    message = N_("This is a workbook, not a plain list. Open it, choose “Save as” and “CSV”, and bring that file.")


class NotAList(Unfit):
    message = N_("We can't read this as a list. Save it as CSV, with one person a row, and bring that file.")


class QuoteLeftOpen(Unfit):
    message = N_(
        "A quotation mark that opens in row %(row)s is never closed, so we can't tell the rows after it "
        "apart. Take it out and bring the file again."
    )


# What a file says of itself in its first bytes: Excel and OpenDocument (a ZIP), old Excel (OLE).
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OTHERS = re.compile(
    rb"\s*(%PDF-|\{\\rtf|<!doctype|<html|<table|<\?xml|\x89PNG|\xff\xd8\xff|GIF8|\{\s*\"|\[\s*\{)",
    re.IGNORECASE,
)
_BOMS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOISE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_END = "\x00end\x00"


def check(data: bytes) -> None:
    """Refuse what is too large, empty, or by its first bytes no plain text."""
    if len(data) > MAX_BYTES:
        raise TooLarge("file")
    if not data.strip(b"\x00 \t\r\n"):
        raise NothingInIt("file")
    if data.startswith(_WORKBOOKS):
        raise Workbook("file")
    if _OTHERS.match(data[:200]):
        raise NotAList("file")


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8, UTF-16, UTF-32, or what Windows calls ANSI (cp1252).

    Bytes that are no UTF-8 are read as cp1252 one by one, so that a list to which an old program added a row
    keeps all its accents. Raise NotAList for what is no text at all.
    """
    text, encoding = _decoded(data)
    noise = len(_NOISE.findall(text[:4096]))
    if noise > 10 and noise * 12 > len(text[:4096]):  # a stray NUL is survived
        raise NotAList("file")
    return text, encoding


def _decoded(data: bytes) -> tuple[str, str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), encoding
    if unmarked := _utf_16_without_a_mark(data[:4096]):
        return data.decode(unmarked, "replace"), unmarked
    text = data.decode("utf-8", "surrogateescape")
    mended = re.sub("[\udc80-\udcff]+", _as_windows_does, text)
    return mended, "utf-8" if mended == text else "cp1252"


def _utf_16_without_a_mark(start: bytes) -> str | None:
    """Return which UTF-16 this is, told by the zero bytes between Latin letters, or None."""
    pairs = len(start) // 2
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > pairs * 0.6 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.6 and odd < pairs * 0.1:
        return "utf-16-be"
    return None


def _as_windows_does(stray: re.Match[str]) -> str:
    return stray.group().encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, cells) of each row that has something in it; the number is the one a spreadsheet shows.

    Quoted line breaks and separators belong to their cell (RFC 4180 §2.6). Raise QuoteLeftOpen, TooManyRows,
    NotAList.
    """
    # The end mark tells whether the last quotation mark was closed: csv takes all that follows as one cell.
    lines = io.StringIO(f"{text}\n{_END}", newline="")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    filled = 0
    for number, cells in enumerate(reader, start=1):
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(f"\n{_END}"):
            raise QuoteLeftOpen("file", row=number)
        if len(cells) > MAX_COLUMNS:
            raise NotAList("file")
        if any(cell and not cell.isspace() for cell in cells):
            filled += 1
            if filled > MAX_ROWS + 1:  # the headings are a row too
                raise TooManyRows("file")
            yield number, cells


_FORMULA = "=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_TO_GUARD = re.compile(f"'*[{_FORMULA}]")
_GUARDED = re.compile(f"'+[{_FORMULA}]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\s]+")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+")


def guarded(cell: str) -> str:
    """Return a cell for our own exports: ' stands before what a spreadsheet takes for a formula (OWASP)."""
    return f"'{cell}" if _TO_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take off again what `guarded` put on, so that +44… comes back as it left."""
    return cell[1:] if _GUARDED.match(cell) else cell


def plain(cell: str) -> str:
    """Return what a cell says in one line: unguarded, composed (NFC), no control or invisible characters."""
    text = unguarded(cell[:CELL_LENGTH])
    if not text.isascii():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _CONTROLS.sub(" ", text).strip()
