"""Attendee lists: what people's files are, however they were saved."""

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import attendee_lists, layouts, people, spreadsheets
from app.domain.attendee_lists import AttendeeList
from app.domain.headings import Field
from app.domain.layouts import AddressBook
from app.domain.listings import Row, Verdict
from app.domain.refusals import Refusal
from app.domain.replies import Flag, Reason

DATA = Path(__file__).parent.parent / "data"
LISTS = sorted(path.name for path in DATA.iterdir() if path.name.partition("-")[0] not in ("google", "linkedin"))


def opened(name: str) -> AttendeeList:
    return attendee_lists.read((DATA / name).read_bytes(), name)


def typed(text: str, encoding: str = "utf-8") -> AttendeeList:
    return attendee_lists.read(text.encode(encoding), "list.csv")


def rows(listed: AttendeeList, **choices: object) -> list[Row]:
    return listed.entries(listed.proposed(), **choices)  # type: ignore[arg-type]


def names(listed: AttendeeList) -> list[str]:
    return [row.name for row in rows(listed) if row.verdict is Verdict.TAKE]


def reasons(listed: AttendeeList) -> dict[int, Reason | None]:
    return {row.number: row.reason for row in rows(listed) if row.verdict is not Verdict.TAKE}


# How a file was saved


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_reads_alike_however_it_was_saved(name: str, encoding: str, separator: str) -> None:
    """A108. UTF-16, BOM, semicolon, tab."""
    asked = opened(name)
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=separator)
    writer.writerow(asked.headers)
    writer.writerows(cells for _, cells in asked.rows)
    again = attendee_lists.read(table.getvalue().encode(encoding), name)
    assert (again.layout, again.headers, again.separator) == (asked.layout, asked.headers, separator)
    assert [cells for _, cells in again.rows] == [cells for _, cells in asked.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
def test_accents_survive_old_programs(encoding: str) -> None:
    """A108. Latin-1."""
    assert names(typed("Name\nZoë Patel\nChloé Müller\n", encoding)) == ["Zoë Patel", "Chloé Müller"]


def test_a_file_of_two_encodings_keeps_the_accents_of_both() -> None:
    mixed = "Name\nŁucja Jones\n".encode() + "Chloé Fraser\n".encode("cp1252")
    assert names(attendee_lists.read(mixed, "mixed.csv")) == ["Łucja Jones", "Chloé Fraser"]


def test_decomposed_accents_become_composed_ones() -> None:
    assert names(typed("Name\nZoe\u0308 Patel\n")) == ["Zoë Patel"]


def test_the_header_row_is_found_below_a_title_and_numbers_are_those_of_a_spreadsheet() -> None:
    hand_kept = opened("hand-kept-list.csv")
    assert (hand_kept.encoding, hand_kept.separator, hand_kept.header_row) == ("cp1252", ";", 2)
    assert rows(hand_kept)[0].number == 3


def test_the_first_line_that_tells_excel_its_separator_is_no_person() -> None:
    listed = typed("sep=;\nName;Email\nOwen Stewart;owen@example.net\n")
    assert names(listed) == ["Owen Stewart"]


def test_a_separator_inside_names_does_not_win() -> None:
    assert names(typed("Name\nStewart, Owen\nTanaka, Fatima\n")) == ["Stewart, Owen", "Tanaka, Fatima"]


def test_line_breaks_inside_a_cell_do_not_break_its_row() -> None:
    eventbrite = opened("eventbrite-attendees.csv")
    assert len(eventbrite.rows) == 43
    hoping = eventbrite.headers.index("What are you hoping for this morning?")
    assert rows(eventbrite, keep={hoping})[0].kept == {
        "What are you hoping for this morning?": "First time, bit nervous"
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_line(ending: str) -> None:
    assert names(typed(f"Name,Email{ending}Gareth,g@example.org{ending}Nia,n@example.org")) == ["Gareth", "Nia"]


def test_a_cell_of_200_kb_is_survived_and_cut() -> None:
    """A108. A cell larger than the csv module's own limit."""
    listed = typed(f"Name,Company,What it is\nOwen Stewart,Stewart & Co,{'x' * 200_000}\n")
    [owen] = rows(listed, keep={2})
    assert owen.name == "Owen Stewart"
    assert owen.kept == {"What it is": "x" * 500}


def test_nul_and_other_control_characters_are_survived() -> None:
    """A108. NUL."""
    [owen] = rows(typed("Name,Company\nOwen\x00 Stew\u200bart\u2028,\x07Stewart\r\n"))
    assert (owen.name, owen.company) == ("Owen Stewart", "Stewart")


def test_blank_rows_are_counted_and_do_not_shift_the_numbers() -> None:
    listed = typed("Name,Email\n\nGareth,\n,\n\nNia,\n,,\n\n")
    assert [(row.number, row.name) for row in rows(listed)] == [(3, "Gareth"), (6, "Nia")]
    assert listed.blank_rows == 2


def test_a_list_without_headings_is_read_by_what_stands_in_it() -> None:
    """A108. Header missing."""
    listed = typed("Owen Stewart;owen@example.net;07700 900712\nGareth;gareth@example.org;07700 900822\n")
    assert listed.layout is layouts.PLAIN
    assert listed.proposed() == {Field.NAME: 0, Field.EMAIL: 1, Field.PHONE: 2}
    assert names(listed) == ["Owen Stewart", "Gareth"]


def test_a_word_that_also_heads_columns_does_not_make_its_row_the_headings() -> None:
    listed = typed("Owen Stewart,Member\nGareth Bevan,Member\nNia Ahmed,Guest\n")
    assert names(listed) == ["Owen Stewart", "Gareth Bevan", "Nia Ahmed"]


# What is refused, and in what words


@pytest.mark.parametrize("data", [b"", b" \r\n\t ", b"\x00\x00"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(spreadsheets.NothingInIt):
        attendee_lists.read(data, "empty.csv")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_workbook_is_refused_with_the_way_to_save_it(start: bytes) -> None:
    with pytest.raises(spreadsheets.Workbook, match="CSV"):
        attendee_lists.read(start + bytes(range(256)), "people.xlsx")


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n", b"<!DOCTYPE html><p>", b' {"name": "Owen"}', bytes(range(256)) * 8, b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(spreadsheets.NotAList):
        attendee_lists.read(data, "people.csv")


def test_more_than_10_mb_is_refused() -> None:
    """A108. 10 MB."""
    with pytest.raises(spreadsheets.TooLarge, match="10 MB"):
        attendee_lists.read(b"Name\n" + b"x" * spreadsheets.MAX_BYTES, "large.csv")


def test_more_than_100_000_rows_are_refused_and_that_many_are_not() -> None:
    """A108. 100k rows."""
    most = b"Name\n" + b"Owen\n" * spreadsheets.MAX_ROWS
    assert len(attendee_lists.read(most, "most.csv").rows) == spreadsheets.MAX_ROWS
    with pytest.raises(spreadsheets.TooManyRows):
        attendee_lists.read(most + b"Owen\n", "more.csv")


def test_a_quotation_mark_left_open_is_refused_with_its_row() -> None:
    with pytest.raises(spreadsheets.QuoteLeftOpen, match="row 3 "):
        typed('Name,Company\nOwen Stewart,Stewart\nGareth,"Bevan Services\nNia,Ahmed\nWei,Hussain\n')


@pytest.mark.parametrize("name", ["linkedin-connections.csv", "google-contacts.csv"])
def test_an_address_book_is_refused_by_name_with_what_to_bring_instead(name: str) -> None:
    with pytest.raises(AddressBook, match=r"(?i)address book.*attendee list") as refused:
        opened(name)
    assert name.partition("-")[0] in str(refused.value).lower()


def test_a_file_of_contact_cards_is_refused_too() -> None:
    with pytest.raises(AddressBook):
        typed("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Owen Stewart\r\nEND:VCARD\r\n")


# Who is in it


def test_the_same_person_in_two_rows_is_one_and_the_other_row_says_so() -> None:
    """A108. Duplicate e-mails by case."""
    listed = typed("Name,Email,Mobile\nOwen Stewart,OWEN@example.net,\nowen STEWART,owen@Example.net,07700 900712\n")
    first, second = rows(listed)
    assert (second.verdict, second.reason, second.about) == (Verdict.SKIP, Reason.DUPLICATE, 2)
    assert (first.verdict, first.email, first.phone) == (Verdict.TAKE, "owen@example.net", "+447700900712")


def test_an_address_with_another_name_is_a_question() -> None:
    listed = typed(
        "Name,Email\nOwen Stewart,owen@example.net\nNia Ahmed,owen@example.net\nNia Ahmed,OWEN@example.net\n"
    )
    owen, nia, again = rows(listed)
    assert (owen.verdict, nia.verdict, nia.about) == (Verdict.TAKE, Verdict.ASK, 2)
    assert (again.reason, again.about) == (Reason.DUPLICATE, 3)


def test_an_id_with_another_name_is_a_question() -> None:
    listed = typed("Name,User ID,RSVP\nGareth,7,Yes\nSiân,7,Yes\n")
    assert [(row.verdict, row.about) for row in rows(listed)] == [(Verdict.TAKE, None), (Verdict.ASK, 2)]


def test_one_name_at_two_addresses_is_a_question_where_no_id_tells() -> None:
    listed = typed("Name,Email\nGrace Singh,grace@example.org\nGrace Singh,gs@example.com\nGrace Singh,\n")
    assert [row.verdict for row in rows(listed)] == [Verdict.TAKE, Verdict.ASK, Verdict.SKIP]


def test_one_name_under_two_ids_is_two_people() -> None:
    graces = [row for row in rows(opened("meetup-attendees.csv")) if row.name == "Grace"]
    assert [(row.external_id, row.verdict) for row in graces] == [
        ("88000016", Verdict.TAKE),
        ("88000024", Verdict.SKIP),  # waiting
    ]
    listed = typed("Name,User ID,RSVP\nGrace,16,Yes\nGrace,24,Yes\n")
    assert names(listed) == ["Grace", "Grace"]


def test_a_second_ticket_of_the_same_person_is_a_guest_and_nobody_is_made_up() -> None:
    listed = typed(
        "Order #,Attendee #,First Name,Last Name,Email,Attendee Status\n"
        "1,11,Nia,Ahmed,nia@example.com,Attending\n1,12,Nia,Ahmed,NIA@example.com,Attending\n"
    )
    nia, ticket = rows(listed)
    assert (nia.guests, ticket.reason, ticket.about) == (1, Reason.SECOND_TICKET, 2)


def test_a_cancelled_booking_does_not_take_the_new_one_with_it() -> None:
    listed = typed(
        "Order #,Attendee #,First Name,Last Name,Email,Attendee Status\n"
        "1,11,Nia,Ahmed,nia@example.com,Cancelled\n2,12,Nia,Ahmed,nia@example.com,Attending\n"
    )
    assert [row.verdict for row in rows(listed)] == [Verdict.SKIP, Verdict.TAKE]


def test_a_later_yes_settles_what_an_earlier_row_left_open() -> None:
    listed = typed("Name,RSVP\nNia Ahmed,maybe\nNia Ahmed,yes\n")
    [nia, _] = rows(listed)
    assert (nia.standing, nia.flags) == ("going", [])


# What is in a row


def test_last_name_first_is_turned_only_with_a_yes() -> None:
    hand_kept = opened("hand-kept-list.csv")
    asked = rows(hand_kept)
    assert (asked[0].name, asked[0].proposed_name) == ("Stewart, Owen", "Owen Stewart")
    assert (asked[7].name, asked[7].proposed_name) == ("ap-Rhys, Dafydd", "Dafydd ap-Rhys")
    assert asked[14].proposed_name == "Chloé Fraser"
    answered = rows(hand_kept, turn={asked[0].number})
    assert (answered[0].name, answered[0].proposed_name) == ("Owen Stewart", "")
    assert answered[1].name == "Tanaka, Fatima"


@pytest.mark.parametrize("name", ["Owen Stewart", "Owen Stewart, MBE", "Stewart, Cole, Owen", ", Owen", "Stewart,"])
def test_a_comma_alone_does_not_turn_a_name(name: str) -> None:
    [row] = rows(typed(f'Name,Company\n"{name}",Stewart & Co\n'))
    assert (row.name, row.proposed_name) == (name, "")


def test_one_name_is_a_name() -> None:
    assert "Gareth" in [row.name for row in rows(opened("meetup-attendees.csv"))]


@pytest.mark.parametrize(
    ("typed_number", "e164"),
    [
        ("07700 900712", "+447700900712"),
        ("7700900712", "+447700900712"),  # a spreadsheet took the zero away
        ("+44 (0)7700 900712", "+447700900712"),
        ("0044 7700 900712", "+447700900712"),
        ("+1 650 253 0000", "+16502530000"),
        ("07700 900106 ::: 029 2018 0000", "+447700900106"),
        ("home: none / 029 2018 0000", "+442920180000"),
    ],
)
def test_a_telephone_number_is_kept_as_typed_and_as_e164(typed_number: str, e164: str) -> None:
    [row] = rows(typed(f"Name,Mobile\nOwen Stewart,{typed_number}\n"))
    assert (row.phone, row.phone_typed, row.flags) == (e164, typed_number, [])


def test_a_number_without_a_country_is_at_home_where_the_event_is() -> None:
    [row] = rows(typed("Name,Mobile\nOwen Stewart,030 901820\n"), region="DE")
    assert row.phone == "+4930901820"


@pytest.mark.parametrize("typed_number", ["4.47701E+11", "ring me", "12"])
def test_a_number_that_cannot_be_read_is_kept_as_typed_and_flagged(typed_number: str) -> None:
    [row] = rows(typed(f"Name,Mobile\nOwen Stewart,{typed_number}\n"))
    assert (row.verdict, row.phone, row.phone_typed) == (Verdict.TAKE, "", typed_number)
    assert row.flags == [Flag.PHONE_UNREAD]


@pytest.mark.parametrize(
    ("cell", "address", "flags"),
    [
        ("OWEN@EXAMPLE.NET", "owen@example.net", []),
        ("mailto:owen@example.net", "owen@example.net", []),
        ("Owen Stewart <owen@example.net>", "owen@example.net", []),
        ("owen@example.net; os@example.org", "owen@example.net", [Flag.EMAIL_ONE_OF_SEVERAL]),
        ("owen@example", "", [Flag.EMAIL_UNREAD]),
        ("ask him", "", [Flag.EMAIL_UNREAD]),
        ("", "", []),
    ],
)
def test_an_address_is_read_where_it_can_be_and_its_lack_skips_nobody(
    cell: str, address: str, flags: list[Flag]
) -> None:
    [row] = rows(typed(f"Name,Email\nOwen Stewart,{cell}\n"))
    assert (row.verdict, row.email, row.email_typed, row.flags) == (Verdict.TAKE, address, cell, flags)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",nobody@example.org,", Reason.NO_NAME),
        ("nia@example.com,,", Reason.NO_NAME),
        ("Guest of Owen Stewart,,", Reason.NO_NAME),
        ("TBC,,", Reason.NO_NAME),
        ("Total,,18", Reason.TOTALS),
        (",,Total: 18", Reason.TOTALS),
        ("Name,Email,Company", Reason.HEADINGS_AGAIN),
        ("Printed 24/11/2026,,", Reason.REMARK),
        ("Stewart, Owen,owen@example.net,Stewart & Co", Reason.TOO_MANY_CELLS),
        (f"{'Owen ' * 30},,", Reason.NAME_TOO_LONG),
    ],
)
def test_a_row_that_is_no_person_is_skipped_with_its_reason(line: str, reason: Reason) -> None:
    """A108. Per-row reasons."""
    listed = typed(f"Name,Email,Company\nGareth Bevan,gareth@example.org,Bevan\n{line}\nNia Ahmed,,\n")
    assert reasons(listed) == {3: reason}
    assert names(listed) == ["Gareth Bevan", "Nia Ahmed"]


def test_a_count_of_guests_is_a_count() -> None:
    meetup = rows(opened("meetup-attendees.csv"))
    assert len(meetup) == 25
    assert {row.name: row.guests for row in meetup}["Grace Lewis"] == 1
    listed = typed("Name,Guests,Quantity\nOwen,+2,1\nNia,,3\nWei,his wife,1\nIdris,99,\n")
    assert [(row.guests, row.flags) for row in rows(listed)] == [
        (2, []),
        (2, []),
        (0, [Flag.GUESTS_UNREAD]),
        (20, []),
    ]


def test_what_our_own_export_guarded_comes_back_as_it_left() -> None:
    """A75. The quotation mark before + is taken off again, so that a telephone number makes the round trip."""
    [row] = rows(typed("Name,Mobile,Company\nOwen O'Neill,'+447700900712,'=Stewart & Co\n"))
    assert (row.name, row.phone, row.company) == ("Owen O'Neill", "+447700900712", "=Stewart & Co")


@given(st.text())
def test_guarding_a_cell_and_taking_the_guard_off_is_the_same_cell(cell: str) -> None:
    """A75."""
    guarded = spreadsheets.guarded(cell)
    assert spreadsheets.unguarded(guarded) == cell
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d"))


# What is kept


def test_nothing_that_we_do_not_know_is_kept_unasked() -> None:
    for name in LISTS:
        assert all(row.kept == {} for row in rows(opened(name)))


@pytest.mark.parametrize("name", LISTS)
def test_secrets_of_another_platform_are_not_even_offered(name: str) -> None:
    listed = opened(name)
    everything = set(range(len(listed.headers)))
    kept = {header for row in rows(listed, keep=everything) for header in row.kept}
    assert not kept & {"Secret", "qr_code_url", "Short ID", "eth_address", "solana_address"}


def test_a_ticked_column_is_kept_with_its_heading_and_a_mapped_one_is_not_kept_twice() -> None:
    luma = opened("luma-guests.csv")
    place = luma.headers.index("Who would you like to meet?")
    kept = rows(luma, keep={place, luma.headers.index("email")})
    assert kept[1].kept == {"Who would you like to meet?": "Anyone in property"}
    assert kept[0].kept == {}


def test_diet_address_and_payment_are_offered_as_what_is_better_not_kept() -> None:
    offered = {header: why for name in LISTS for _, header, why in opened(name).spare(opened(name).proposed())}
    assert offered["Comment"] == offered["Requires special attention"] == "health"
    assert offered["Home City"] == offered["Home Zip"] == "address"
    assert offered["Total Paid"] == offered["amount"] == "payment"
    assert offered["Who would you like to meet?"] is None


# Whatever else comes in


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_no_bytes_do_anything_but_read_or_be_refused(data: bytes) -> None:
    """A108."""
    with suppress(Refusal):
        rows(attendee_lists.read(data, "noise"))


cells = st.text(st.characters(codec="utf-8") | st.sampled_from("'\"=,;\t\r\n\x00 @+"), max_size=20)


@given(
    st.lists(st.lists(cells, min_size=1, max_size=6), min_size=1, max_size=8),
    st.sampled_from(["Name,Email,Mobile,Status\n", "First name;Last name;Guests;Paid\n", ""]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
@settings(max_examples=300)
def test_no_table_does_anything_but_read_or_be_refused(table: list[list[str]], headings: str, encoding: str) -> None:
    """A108."""
    text = headings + "\n".join(",".join(line) for line in table)
    with suppress(Refusal):
        read = rows(attendee_lists.read(text.encode(encoding), "noise"), keep=range(9), turn=range(99))
        assert all(people.line(row.name, "name", people.NAME_LENGTH) for row in read if row.verdict is Verdict.TAKE)
