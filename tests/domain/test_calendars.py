"""Calendar entries, read back by icalendar and by a small reader that knows only the RFC."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import calendars
from app.domain.calendars import Meeting, Party

STARTS = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
STAMP = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
HOUSE = Party("Marmalade", "marmalade@example.org")
ADA, BEN = Party("Ada Price", "ada@example.org"), Party("Ben Okri", "ben@example.org")
MEETING = Meeting(
    "one-to-one-7@example.org",
    0,
    STARTS,
    30,
    "1-2-1: Ada Price and Ben Okri",
    "Café Zoë; upstairs, by the window",
    "A \\ B\nSecond line",
    "https://marmalade.example/one-to-ones/7",
)
HOSTILE = [
    'Bobby"; <b>,:x',
    "Ann\r\nEND:VEVENT\r\nEND:VCALENDAR",
    "END:VCARD",
    "END:VEVENT",
    "a\\nb\\;c\\,d",
    "tab\there",
    "nul\0bell\x07",
    "Ångström " * 30,
    "🥞" * 60,
    "\u2028line\u2029paragraph\x85next",
]


def read(written: bytes) -> dict[str, list[tuple[str, str]]]:
    """Return the entry's properties by name, each with its parameters and value (RFC 5545 §3.1), unfolded by hand."""
    assert written.endswith(b"\r\n")
    lines = written.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert len(line) <= 75, line
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
        line.decode()  # no character is cut in two
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode().split("\r\n")
    assert [line for line in unfolded if line.startswith(("BEGIN:", "END:"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    found: dict[str, list[tuple[str, str]]] = {}
    for line in unfolded:
        parts = re.fullmatch(r'([A-Z-]+)((?:;[A-Z]+=(?:"[^"]*"|[^";:,]*))*):(.*)', line)
        assert parts, line
        found.setdefault(parts[1], []).append((parts[2], parts[3]))
    return found


def unescaped(value: str) -> str:
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)


def entry(written: bytes) -> icalendar.Event:
    (found,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    return found


def test_an_invitation_says_when_where_who_and_asks_for_an_answer():
    written = calendars.request(MEETING, HOUSE, [ADA, BEN], STAMP)
    found = read(written)
    assert found["METHOD"] == [("", "REQUEST")]
    assert found["UID"] == [("", "one-to-one-7@example.org")]
    assert found["SEQUENCE"] == [("", "0")]
    assert found["STATUS"] == [("", "CONFIRMED")]
    assert found["DTSTAMP"] == [("", "20261130T090000Z")]
    assert found["DTSTART"] == [("", "20261203T123000Z")]
    assert found["DTEND"] == [("", "20261203T130000Z")]
    assert unescaped(found["LOCATION"][0][1]) == MEETING.place
    assert unescaped(found["DESCRIPTION"][0][1]) == MEETING.description
    assert found["URL"] == [("", MEETING.url)]
    assert found["ORGANIZER"][0][1] == "mailto:marmalade@example.org"
    assert [value for _, value in found["ATTENDEE"]] == ["mailto:ada@example.org", "mailto:ben@example.org"]
    assert all("RSVP=TRUE" in parameters for parameters, _ in found["ATTENDEE"])


def test_icalendar_reads_the_same():
    found = entry(calendars.request(MEETING, HOUSE, [ADA, BEN], STAMP))
    assert (found["SUMMARY"], found["LOCATION"], found["DESCRIPTION"]) == (
        MEETING.summary,
        MEETING.place,
        MEETING.description,
    )
    assert (found.decoded("DTSTART"), found.decoded("DTEND")) == (STARTS, STARTS + timedelta(minutes=30))
    assert [attendee.params["CN"] for attendee in found["ATTENDEE"]] == ["Ada Price", "Ben Okri"]


def test_a_cancellation_takes_out_the_same_entry_with_a_higher_number():
    invited = entry(calendars.request(MEETING, HOUSE, [ADA, BEN], STAMP))
    cancelled = calendars.cancellation(Meeting(MEETING.uid, 1, STARTS, 30, "x"), HOUSE, [ADA, BEN], STAMP)
    found = entry(cancelled)
    assert read(cancelled)["METHOD"] == [("", "CANCEL")]
    assert found["STATUS"] == "CANCELLED"
    assert found["UID"] == invited["UID"]
    assert found["SEQUENCE"] > invited["SEQUENCE"]
    assert len(found["ATTENDEE"]) == 2


def test_a_file_to_add_by_hand_names_no_attendee():
    found = read(calendars.published(MEETING, HOUSE, STAMP))
    assert found["METHOD"] == [("", "PUBLISH")]
    assert "ATTENDEE" not in found
    assert found["ORGANIZER"][0][1] == "mailto:marmalade@example.org"
    assert read(calendars.published(MEETING, HOUSE, STAMP, cancelled=True))["STATUS"] == [("", "CANCELLED")]


def test_an_instant_is_written_in_utc_whatever_its_zone():
    there = STARTS.astimezone(ZoneInfo("America/New_York"))
    assert read(calendars.published(Meeting("u@x", 0, there, 30, "x"), HOUSE, STAMP))["DTSTART"] == [
        ("", "20261203T123000Z")
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_and_no_place_breaks_out_of_its_line(text: str):
    """A76."""
    meeting = Meeting("one-to-one-1@example.org", 0, STARTS, 30, text, text, text)
    written = calendars.request(meeting, HOUSE, [Party(text, "x@example.org")], STAMP)
    found = read(written)
    expected = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))
    for name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
        assert len(found[name]) == 1
        assert unescaped(found[name][0][1]) == expected
    assert len(found["ATTENDEE"]) == 1
    assert found["ATTENDEE"][0][1] == "mailto:x@example.org"
    assert str(entry(written)["SUMMARY"]) == expected


def test_a_quotation_mark_in_a_name_needs_nothing_that_few_calendars_know():
    """A76. RFC 6868 would write it as ^'."""
    written = calendars.request(MEETING, HOUSE, [Party('Bobby "Bob"; Price', "bob@example.org")], STAMP)
    assert """;CN="Bobby 'Bob'; Price";""" in read(written)["ATTENDEE"][0][0]


@given(st.text())
def test_any_text_gives_one_entry(text: str):
    """A76."""
    meeting = Meeting("one-to-one-1@example.org", 0, STARTS, 30, text, text, text)
    written = calendars.request(meeting, HOUSE, [Party(text, "x@example.org")], STAMP)
    read(written)
    assert entry(written)["UID"] == meeting.uid
