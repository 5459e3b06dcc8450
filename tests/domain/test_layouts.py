"""Layouts: each real list is known by its headings and reads as its platform means it."""

from collections import Counter
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest

from app.domain import attendee_lists, headings, layouts, listings, replies
from app.domain.headings import Delicate, Field
from app.domain.layouts import Layout
from app.domain.listings import Row
from app.domain.replies import Flag, Reason, Standing

DATA = Path(__file__).parent.parent / "data"


def told(name: str) -> tuple[Layout, dict[str, str], list[Row]]:
    """Return the layout, which heading tells what, and the rows."""
    listed = attendee_lists.read((DATA / name).read_bytes(), name)
    columns = listed.proposed()
    by_heading = {field.value: listed.headers[place] for field, place in columns.items()}
    return listed.layout, by_heading, listed.entries(columns)


def tally(rows: list[Row]) -> Counter[str]:
    return Counter(row.reason or row.standing for row in rows)


def test_eventbrite() -> None:
    layout, columns, rows = told("eventbrite-attendees.csv")
    assert layout is layouts.EVENTBRITE
    assert columns == {
        "id": "Attendee #",
        "first": "First Name",
        "last": "Last Name",
        "email": "Email",
        "company": "Company",
        "what_i_do": "Job Title",
        "ticket": "Ticket Type",
        "status": "Attendee Status",
        "quantity": "Quantity",
    }
    assert tally(rows) == {"going": 38, "cancelled": 4, "duplicate": 1}
    assert (rows[-1].name, rows[-1].about) == ("Tom Okafor", 4)
    assert rows[1].name == "Andrzej van der Berg"
    assert sum(row.guests for row in rows) == 0


def test_luma() -> None:
    layout, columns, rows = told("luma-guests.csv")
    assert layout is layouts.LUMA
    assert columns["id"] == "api_id"
    assert columns["what_i_do"] == "What do you do?"
    assert tally(rows) == {"going": 15, "invited": 5, "declined": 5, "waitlist": 5}
    assert {tuple(row.flags) for row in rows if row.standing is Standing.INVITED} == {(Flag.PENDING,)}
    assert Counter(bool(row.phone) for row in rows) == {True: 20, False: 10}


def test_meetup_attendees() -> None:
    layout, columns, rows = told("meetup-attendees.csv")
    assert layout is layouts.MEETUP_ATTENDEES
    assert columns == {"id": "User ID", "name": "Name", "status": "RSVP", "guests": "Guests"}
    assert tally(rows) == {"going": 15, "not_attending": 5, "waitlist": 5}


def test_meetup_members_are_invited_whatever_the_file_calls_itself() -> None:
    layout, columns, rows = told("meetup-members.xls")
    assert layout is layouts.MEETUP_MEMBERS
    assert columns == {"id": "Member ID", "name": "Name"}
    assert tally(rows) == {"invited": 25}
    assert layout.ids == layouts.MEETUP_ATTENDEES.ids


def test_pretix() -> None:
    layout, columns, rows = told("pretix-checkin-list.csv")
    assert layout is layouts.PRETIX
    assert columns["id"] == "Order code"
    assert columns["paid"] == "Paid"
    assert tally(rows) == {"going": 31, "invited": 4}
    assert {tuple(row.flags) for row in rows if row.standing is Standing.INVITED} == {(Flag.UNPAID,)}


def test_hi_events_and_last_weeks_check_ins_count_for_nothing() -> None:
    layout, columns, rows = told("hi-events-attendees.csv")
    assert layout is layouts.HI_EVENTS
    assert columns["id"] == "Public ID"
    assert tally(rows) == {"going": 18, "invited": 6, "cancelled": 6}
    assert {tuple(row.flags) for row in rows if row.standing is Standing.INVITED} == {(Flag.UNPAID,)}
    assert not any(row.came for row in rows)


def test_bni_palms_is_a_list_of_members_and_its_letters_mean_nothing_here() -> None:
    layout, columns, rows = told("bni-palms-summary.csv")
    assert layout is layouts.BNI_PALMS
    assert columns == {"first": "First Name", "last": "Last Name"}
    assert tally(rows) == {"invited": 30}
    assert not any(row.external_id for row in rows)


def test_the_rows_below_a_bni_summary_are_no_people() -> None:
    summary = (DATA / "bni-palms-summary.csv").read_bytes()
    counted = b"Visitors,,4,0,0,0,0,0,0,0,0,0,0,0,0,0\r\nBNI,,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\nTotal,,460,37\r\n"
    listed = attendee_lists.read(summary + counted, "palms.csv")
    rows = listed.entries(listed.proposed())
    assert [row.reason for row in rows[-3:]] == [Reason.TOTALS] * 3
    assert tally(rows) == {"invited": 30, "totals": 3}


def test_a_list_of_ones_own_is_guessed_by_how_people_head_their_columns() -> None:
    layout, columns, rows = told("hand-kept-list.csv")
    assert layout is layouts.HAND_KEPT
    assert columns == {"name": "Full name", "email": "E-mail address", "phone": "Mobile", "company": "Business"}
    assert tally(rows) == {"invited": 18}
    assert all(row.email == row.email.lower() and row.phone.startswith("+44") for row in rows)


@pytest.mark.parametrize(
    "headers",
    [
        ["Forename", "Surname", "E-Mail"],
        ["Name", "Surname", "Email Address"],
        ["FIRST_NAME", "LAST_NAME", "E mail"],
        ["First name*", "Last name*", "Email (required):"],
    ],
)
def test_headings_are_known_however_they_are_typed(headers: list[str]) -> None:
    said = [headings.heading(header) for header in headers]
    assert layouts.columns(layouts.recognise(said), said) == {Field.FIRST: 0, Field.LAST: 1, Field.EMAIL: 2}


def test_check_in_columns_are_never_guessed() -> None:
    said = ["name", "checked in", "check ins", "checked in at", "attendance"]
    assert layouts.columns(layouts.HAND_KEPT, said) == {Field.NAME: 0}


@pytest.mark.parametrize(
    ("typed", "standing", "told"),
    [
        ("Checked In", Standing.GOING, None),
        ("Not Attending", Standing.OUT, Reason.NOT_ATTENDING),
        ("Refunded", Standing.OUT, Reason.REFUNDED),
        ("CANCELED", Standing.OUT, Reason.CANCELLED),
        ("pending_approval", Standing.INVITED, Flag.PENDING),
        ("AWAITING_PAYMENT", Standing.INVITED, Flag.UNPAID),
        (" Can’t  make it", Standing.OUT, Reason.DECLINED),
        ("Yes", Standing.GOING, None),
        ("perhaps if it rains", Standing.INVITED, Flag.STATUS_UNKNOWN),
    ],
)
def test_a_status_reads_as_it_was_meant(typed: str, standing: Standing, told: str | None) -> None:
    reading = replies.read(typed, Standing.GOING)
    assert (reading.standing, reading.flag or reading.reason) == (standing, told)


def test_a_blank_status_is_a_booking_on_a_ticket_site_and_an_invitation_elsewhere() -> None:
    assert replies.read("", layouts.EVENTBRITE.unsaid).standing is Standing.GOING
    assert replies.read("", layouts.MEETUP_ATTENDEES.unsaid).standing is Standing.INVITED


@pytest.mark.parametrize("phrase", ["Short ID", "Secret", "qr_code_url", "eth_address", "Ticket token"])
def test_what_opens_a_door_elsewhere_is_known(phrase: str) -> None:
    assert headings.delicate(headings.heading(phrase)) is Delicate.CREDENTIAL


def test_a_check_in_of_another_morning_is_none_of_this_one() -> None:
    day = date(2026, 11, 24)
    assert not replies.came("Door (2026-11-17 07:02:11)", day)
    assert replies.came("Door (2026-11-17 07:02:11), Door (2026-11-24 07:00:00)", day)
    assert replies.came("Yes", day)
    assert not replies.came("", day)
    assert not replies.came("No", day)


def test_every_pattern_is_quick_with_a_hostile_cell() -> None:
    """A74. Each pattern of ours meets 50 kB made to slow it down."""
    for bait in ("guest of " * 6000, "a@" * 25_000, "1" * 50_000, "'" * 50_000, "e-mail" * 9000, "(" * 50_000):
        before = perf_counter()
        headings.delicate(headings.heading(bait))
        listings.addresses(bait)
        listings.telephone(bait, "GB")
        listings.turned(bait)
        replies.came(bait, date(2026, 11, 24))
        replies.guests(bait)
        listed = attendee_lists.read(f"Name,Email\n{bait},{bait}\n".encode(), "bait.csv")
        listed.entries(listed.proposed())
        assert perf_counter() - before < 1.0
