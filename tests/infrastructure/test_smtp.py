"""The mail server that tests send to does what it is told, so that a test may believe it."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.infrastructure import smtp as mail_server
from tests.infrastructure.certificate import Certificate
from tests.infrastructure.smtp import Fault, Sink

ADA, BEN = "ada@example.org", "ben@example.org"


def post(sink: Sink, recipient: str = ADA, text: str = "Good morning.\n", timeout: float = 5) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = (
        "Marmalade <m@example.org>",
        recipient,
        "Breakfast – Tuesday",
    )
    letter.set_content(text)
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=timeout) as line:
        line.send_message(letter)


def test_a_letter_is_kept_with_its_envelope_and_its_bytes(smtp: Sink) -> None:
    post(smtp, text="A line.\n.\nA line after a dot.\n")
    (letter,) = smtp.wait_for(1)
    assert letter.recipients == (ADA,)
    assert letter.message["Subject"] == "Breakfast – Tuesday"
    assert letter.body("plain") == "A line.\n.\nA line after a dot.\n"
    assert letter.raw.endswith(b"A line.\r\n.\r\nA line after a dot.\r\n")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.RECIPIENT_LATER, 451),
        (Fault.RECIPIENT_NEVER, 550),
    ],
)
def test_a_recipient_is_refused_as_often_as_told(smtp: Sink, fault: Fault, code: int) -> None:
    smtp.fail(fault, times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        post(smtp)
    assert refused.value.recipients[ADA][0] == code
    post(smtp)
    assert len(smtp.letters) == 1


@pytest.mark.parametrize(("fault", "code"), [(Fault.LETTER_LATER, 451), (Fault.LETTER_NEVER, 554)])
def test_a_letter_is_refused_after_the_dot(smtp: Sink, fault: Fault, code: int) -> None:
    smtp.fail(fault)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        post(smtp)
    assert refused.value.smtp_code == code
    assert smtp.letters == []


def test_a_fault_for_one_address_leaves_the_others_alone(smtp: Sink) -> None:
    smtp.fail(Fault.RECIPIENT_NEVER, only=BEN)
    post(smtp, ADA)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        post(smtp, BEN)
    assert [letter.recipients for letter in smtp.letters] == [(ADA,)]


@pytest.mark.parametrize(("fault", "taken"), [(Fault.CUT_UNSEEN, 0), (Fault.CUT_ACCEPTED, 1)])
def test_a_line_cut_at_the_dot_tells_the_sender_nothing(smtp: Sink, fault: Fault, taken: int) -> None:
    smtp.fail(fault, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(smtp)
    assert len(smtp.letters) == taken


def test_a_line_cut_after_the_answer_leaves_the_letter_sent(smtp: Sink) -> None:
    smtp.fail(Fault.CUT_AFTERWARDS, times=1)
    letter = EmailMessage()
    letter["From"], letter["To"] = "m@example.org", ADA
    line = smtplib.SMTP("127.0.0.1", smtp.port, timeout=5)
    line.send_message(letter)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        line.quit()
    line.close()
    assert len(smtp.letters) == 1


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.SILENT_AT_DOT])
def test_a_silent_server_keeps_the_sender_waiting_and_others_are_served(smtp: Sink, fault: Fault) -> None:
    smtp.fail(fault, times=1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        post(smtp, timeout=0.2)
    post(smtp, BEN)
    assert [letter.recipients for letter in smtp.letters] == [(BEN,)]


def test_waiting_for_a_letter_that_never_comes_says_how_many_came(smtp: Sink) -> None:
    with pytest.raises(AssertionError, match="0 of 1 letters"):
        smtp.wait_for(1, seconds=0.05)


@pytest.fixture
def guarded(tls: Certificate) -> Iterator[Sink]:
    """A mail server that takes letters over STARTTLS only, and from one user only."""
    with mail_server.serve("smtp+starttls", tls, ("marmalade", "p@ss/word")) as sink:
        yield sink


def test_a_server_with_starttls_takes_nothing_in_the_clear(guarded: Sink) -> None:
    with pytest.raises(smtplib.SMTPException, match="STARTTLS"):
        post(guarded)


def test_a_server_with_a_login_takes_letters_from_its_user_only(guarded: Sink, tls: Certificate) -> None:
    assert guarded.url.startswith("smtp+starttls://marmalade:p%40ss%2Fword@localhost:")
    for password, welcome in (("wrong", False), ("p@ss/word", True)):
        with smtplib.SMTP("localhost", guarded.port, timeout=5) as line:
            line.starttls(context=tls.client_context())
            if welcome:
                line.login("marmalade", password)
                line.sendmail("m@example.org", [ADA], b"Subject: Sealed\r\n\r\n")
            else:
                with pytest.raises(smtplib.SMTPAuthenticationError):
                    line.login("marmalade", password)
    assert guarded.wait_for(1)[0].message["Subject"] == "Sealed"


def test_a_server_with_tls_from_the_start_shows_a_certificate_for_localhost(tls: Certificate) -> None:
    with mail_server.serve("smtps", tls) as sink:
        with smtplib.SMTP_SSL("localhost", sink.port, timeout=5, context=tls.client_context()) as line:
            line.sendmail("m@example.org", [ADA], b"Subject: Sealed\r\n\r\n")
        assert sink.connections == 1
        assert len(sink.letters) == 1
