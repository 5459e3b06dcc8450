"""A letter as bytes: what a mail program reads is what was written, and nothing that was typed becomes a header."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery import envelopes
from app.delivery.envelopes import Letter, Mailbox

US, ADA = Mailbox("Marmalade", "us@example.org"), Mailbox("Ada Bevan", "ada@example.org")
THURSDAY = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def pack(subject="Tuesday", text="Hello.\n", html="<p>Hello.</p>\n", to=ADA, headers=None, calendar=None):
    letter = Letter(subject, text, html, headers or {}, calendar)
    return envelopes.pack(letter, US, to, "prompt-1.1@example.org", THURSDAY)


def read(content):
    letter = message_from_bytes(content, policy=SMTP)
    for part in letter.walk():
        assert part.defects == []
    return letter


def test_both_bodies_are_there_the_plain_one_first():
    letter = read(pack())
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


def test_a_calendar_comes_as_a_part_that_mail_programs_act_on_and_as_a_file():
    letter = read(pack(calendar=CALENDAR))
    assert letter.get_content_type() == "multipart/mixed"
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("invite.ics", CALENDAR)
    inside = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in inside] == ["REQUEST"]
    assert inside[0].get_payload(decode=True) == CALENDAR


def test_the_same_words_give_the_same_bytes():
    """R6."""
    assert pack() == pack()


def test_its_name_and_date_are_those_it_was_given_and_it_says_that_no_person_wrote_it():
    """R40."""
    letter = read(pack())
    assert letter["Message-ID"] == "<prompt-1.1@example.org>"
    assert letter["Date"].datetime == THURSDAY
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "\u2029", "\x0b"])
@pytest.mark.parametrize("where", ["subject", "name", "header"])
def test_what_was_typed_never_begins_a_header(where, break_):
    """A77's last line of defence; the doors refuse such names."""
    typed = f"Ada{break_}Bcc: eve@example.org"
    letters = {
        "subject": lambda: pack(subject=typed),
        "name": lambda: pack(to=Mailbox(typed, ADA.address)),
        "header": lambda: pack(headers={"Reply-To": typed}),
    }
    letter = read(letters[where]())
    assert letter["Bcc"] is None
    assert [str(one.addr_spec) for one in letter["To"].addresses] == [ADA.address]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_is_written_is_read_back(subject, text):
    letter = read(pack(subject=subject, text=text))
    content = pack(subject=subject, text=text)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert b"\n" not in content.replace(b"\r\n", b"")
    body = letter.get_body(("plain",)).get_payload(decode=True).decode()
    assert body.splitlines() == (text.rstrip().splitlines() or [""])
    assert str(letter["Subject"] or "") == " ".join(
        "".join(c if c.isprintable() else " " for c in subject).split()
    ) or (not subject.isprintable())


@pytest.mark.parametrize(
    "name", ["Siân Bevan", 'Gareth "Gaz" Bevan, Jr', "李小龍", "O'Neill; Ltd", "A" * 120, "é" * 120]
)
def test_a_name_is_read_as_it_was_written(name):
    header = message_from_bytes(pack(to=Mailbox(name, ADA.address)))["To"]
    assert parseaddr(str(make_header(decode_header(header))))[1] == ADA.address
    quoted, _space, _address = header.rpartition(" ")
    shown = str(make_header(decode_header(quoted)))
    assert shown in {name, f'"{name}"', '"' + name.replace('"', '\\"') + '"'}
