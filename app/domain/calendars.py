"""A 1-2-1 as calendars read it: iCalendar over mail (iMIP), or a file to add by hand. Writes what it is handed."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

MEDIA_TYPE = "text/calendar"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


@dataclass(frozen=True)
class Party:
    """Someone in a calendar entry, by name and e-mail address."""

    name: str
    address: str


@dataclass(frozen=True)
class Meeting:
    """What a calendar entry says. `sequence` grows with every change of it; `url` leads to its page."""

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    summary: str
    place: str = ""
    description: str = ""
    url: str = ""


def uid(one_to_one_id: int, host: str) -> str:
    """Return the name under which calendars know this 1-2-1, the same for ever (RFC 7986 §5.3)."""
    return f"one-to-one-{one_to_one_id}@{host}"


def request(meeting: Meeting, organizer: Party, attendees: Iterable[Party], stamp: datetime) -> bytes:
    """Return the invitation that a calendar accepts or updates (RFC 5546 §3.2.2), folded at 75 octets, CRLF."""
    return _written(REQUEST, meeting, organizer, attendees, stamp, "CONFIRMED")


def cancellation(meeting: Meeting, organizer: Party, attendees: Iterable[Party], stamp: datetime) -> bytes:
    """Return what takes the entry out again (RFC 5546 §3.2.5): the same UID, a higher SEQUENCE."""
    return _written(CANCEL, meeting, organizer, attendees, stamp, "CANCELLED")


def published(meeting: Meeting, organizer: Party, stamp: datetime, *, cancelled: bool = False) -> bytes:
    """Return a file to add by hand (RFC 5546 §3.2.1), which names no attendee."""
    return _written(PUBLISH, meeting, organizer, (), stamp, "CANCELLED" if cancelled else "CONFIRMED")


def _written(
    method: str, meeting: Meeting, organizer: Party, attendees: Iterable[Party], stamp: datetime, status: str
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Marmalade//1-2-1//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    entry = _entry(meeting, stamp)
    entry.add("status", status)
    entry.add("organizer", _address(organizer), encode=False)
    for attendee in attendees:
        entry.add("attendee", _invited(attendee, method), encode=False)
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _entry(meeting: Meeting, stamp: datetime) -> Event:
    entry = Event()
    entry.add("uid", meeting.uid)
    entry.add("sequence", meeting.sequence)
    entry.add("dtstamp", stamp)
    starts_at = meeting.starts_at.astimezone(UTC)  # in UTC no calendar needs to know the zone's rules
    entry.add("dtstart", starts_at)
    entry.add("dtend", starts_at + timedelta(minutes=meeting.minutes))
    entry.add("summary", _plain(meeting.summary))
    for name, text in (("location", meeting.place), ("description", meeting.description)):
        if text:
            entry.add(name, _plain(text))
    if meeting.url:
        entry.add("url", meeting.url)
    return entry


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{_plain(party.address)}")
    # A quoted name cannot hold a quotation mark, and few calendars know how else to write one (RFC 6868).
    address.params["CN"] = vText(" ".join(_plain(party.name).replace('"', "'").split()))
    return address


def _invited(attendee: Party, method: str) -> vCalAddress:
    address = _address(attendee)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    if method == REQUEST:
        address.params["PARTSTAT"] = vText("NEEDS-ACTION")
        address.params["RSVP"] = vText("TRUE")
    return address


def _plain(text: str) -> str:
    """Return the text without what no calendar may hold (RFC 5545 §3.1): controls, but for line ends and tabs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
