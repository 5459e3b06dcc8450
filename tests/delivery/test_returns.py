"""What comes back is believed when it is signed, counted once, and stops letters until forgiven or a month old."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.delivery import returns
from app.delivery.returns import Returned
from app.domain import bounces, deliveries, planning
from app.domain.bounces import COMPLAINT, HARD, SOFT, Bounce
from app.domain.deliveries import Delivery
from tests.delivery.ways import change, states
from tests.infrastructure.smtp import Fault

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
ADA = "ada@example.org"
KEY = "key-of-mailgun"


def report(status: str, kind: str = "delivery-status") -> bytes:
    return (
        f'Content-Type: multipart/report; report-type={kind}; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nIt came back.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {ADA}\r\nAction: failed\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such mailbox\r\n\r\n--x--\r\n"
    ).encode()


@pytest.fixture
def sent(breakfast, go, session, app) -> Delivery:
    """Ada's follow-up, which went out with a return address of its own."""
    app.config["RETURN_PATH"] = "bounces@mail.example.org"
    go(DUE)
    return session.scalars(select(Delivery).where(Delivery.recipient == ADA)).one()


def back(session, delivery, kind, key, now=DUE):
    change(session, lambda: returns.note(delivery, Returned(kind, "550 No such mailbox"), key, now))


def test_each_letter_has_a_return_address_that_nobody_can_guess(sent, smtp, session):
    """R41."""
    (letter,) = smtp.to(ADA)
    assert letter.sender.startswith("bounces+")
    assert letter.sender.endswith("@mail.example.org")
    mark = returns.mark_of(letter.sender)
    assert bounces.by_mark(mark) is sent
    assert bounces.by_mark(mark.upper()) is sent
    forged = ["", "1", f"{sent.id}-{'a' * 26}", f"{sent.id + 1}-{mark.partition('-')[2]}", "²-a", "9" * 30 + "-a"]
    assert [bounces.by_mark(one) for one in forged] == [None] * len(forged)


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (report("5.1.1"), HARD),
        (report("4.2.2"), SOFT),
        (report("2.0.0"), None),
        (report("5.1.1", "feedback-report"), COMPLAINT),
        (report("5.1.1").replace(b"multipart/report", b"multipart/mixed"), None),
        (b"Subject: I'm on holiday\r\n\r\nBack on Monday.\r\n", None),
        (b"\xff\x00", None),
    ],
)
def test_a_report_says_how_bad_it_is_and_anything_else_is_nothing(mail, kind):
    """R41."""
    found = returns.read(mail)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("kinds", "stops"),
    [([SOFT] * 3, False), ([SOFT] * 4, True), ([HARD, SOFT], False), ([HARD, HARD], True), ([COMPLAINT], True)],
)
def test_at_four_points_letters_stop_for_a_month(sent, session, breakfast, kinds, stops):
    """R41: one for soft, two for hard."""
    for number, kind in enumerate(kinds):
        back(session, sent, kind, f"report {number}")
        back(session, sent, kind, f"report {number}")
    assert bounces.stopped(breakfast.ada, DUE) == stops
    assert not bounces.stopped(breakfast.ada, DUE + timedelta(days=31))


def test_what_stopped_is_not_sent_and_is_again_once_forgiven(sent, session, breakfast, go, smtp):
    """R41."""
    for number in range(2):
        back(session, sent, HARD, str(number))
    later = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    go(later)
    assert len(smtp.to(ADA)) == 1
    assert "came back" in session.scalars(select(Delivery.reason).where(Delivery.state == "suppressed")).all()
    change(session, lambda: bounces.forgive(breakfast.ada))
    assert not bounces.stopped(breakfast.ada, later)


def test_who_calls_it_spam_gets_no_more_of_them(sent, session, breakfast):
    """R41."""
    back(session, sent, COMPLAINT, "spam")
    assert not breakfast.ada.mail_prompts


def test_what_came_back_from_an_old_address_says_nothing_of_a_new_one(sent, session, breakfast):
    change(session, lambda: setattr(breakfast.ada, "email", "new@example.org"))
    back(session, sent, HARD, "1")
    assert session.scalars(select(Bounce)).all() == []


def test_a_server_that_knows_no_such_mailbox_counts_as_one_that_came_back(breakfast, go, smtp, session):
    """R11, R41."""
    smtp.fail(Fault.RECIPIENT_NEVER, only=ADA)
    go(DUE)
    assert bounces.latest(breakfast.ada, DUE).kind == HARD
    assert "550" in deliveries.last_failure(breakfast.ada).reason
    assert states(session)["failed"] == 1


class TestTheHook:
    def tell(self, client, sent, clock, key=KEY, said="failed", severity="permanent", stamp=None):
        stamp = stamp or str(int(clock.now.timestamp()))
        mac = hmac.new(key.encode(), f"{stamp}token".encode(), hashlib.sha256).hexdigest()
        event = {
            "event": said,
            "severity": severity,
            "id": "e1",
            "message": {"headers": {"message-id": sent.message_id}},
        }
        told = {"signature": {"timestamp": stamp, "token": "token", "signature": mac}, "event-data": event}
        return client.post("/api/v1/hooks/mailgun", json=told).status_code

    @pytest.fixture
    def provider(self, new_client, app):
        app.config["MAILGUN_KEY"] = KEY
        client = new_client()
        client.own_forms = False
        return client

    def test_what_mailgun_signs_is_noted_once(self, provider, sent, clock, session, breakfast):
        """R41."""
        assert self.tell(provider, sent, clock) == 200
        assert self.tell(provider, sent, clock) == 200
        session.rollback()
        assert [one.kind for one in session.scalars(select(Bounce))] == [HARD]

    def test_what_is_forged_or_old_or_of_another_kind_changes_nothing(self, provider, sent, clock, session):
        """R41."""
        old = str(int(clock.now.timestamp()) - 3600)
        assert self.tell(provider, sent, clock, key="guessed") == 403
        assert self.tell(provider, sent, clock, stamp=old) == 403
        assert provider.post("/api/v1/hooks/mailgun", json={"signature": "x"}).status_code == 403
        assert self.tell(provider, sent, clock, said="delivered") == 200
        session.rollback()
        assert session.scalars(select(Bounce)).all() == []

    def test_without_a_key_there_is_no_such_door(self, provider, sent, clock, app):
        app.config["MAILGUN_KEY"] = ""
        assert self.tell(provider, sent, clock) == 404


def test_the_person_reads_why_letters_stopped_and_can_have_them_tried_again(sent, session, breakfast, client, clock):
    """R11, R41."""
    for number in range(2):
        back(session, sent, HARD, str(number), clock.now)
    client.sign_in(breakfast.ada)
    page = client.get("/settings").text
    assert "came back, so none are sent until" in page
    assert "550 No such mailbox" in page
    client.post("/settings/returned")
    assert "came back, so none" not in client.get("/settings").text
    assert planning.plan(clock.now) >= 0
