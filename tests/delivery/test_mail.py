"""Letters leave the house over SMTP, or stay in a drawer where there is no mail server."""

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.delivery import mail, wires
from app.delivery.drawer import Drawer
from tests.infrastructure import smtp as sinks
from tests.infrastructure.certificate import Certificate
from tests.infrastructure.networking import free_port
from tests.infrastructure.smtp import Fault, Sink

US, ADA, BEN = "us@example.org", "ada@example.org", "ben@example.org"
LETTER = b"Subject: Tuesday\r\nMessage-ID: <7.1@example.org>\r\n\r\nGood morning.\r\n"


def yes() -> bool:
    return True


@contextmanager
def relay(url: str, **patience: float) -> Iterator[mail.Relay]:
    way = mail.Relay(mail.Server.at(url), deadline=wires.Deadline(**patience))
    try:
        yield way
    finally:
        way.close()


@pytest.fixture
def post(smtp: Sink) -> Iterator[mail.Relay]:
    smtp.clear()
    with relay(smtp.url) as way:
        yield way


@contextmanager
def scripted(script: list[bytes]) -> Iterator[str]:
    """A server that says these lines, one an answer, whatever it hears, and drips the last for ever."""
    listener = socket.create_server(("127.0.0.1", free_port()))
    over = threading.Event()

    def talk() -> None:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            for said in script[:-1]:
                line.sendall(said)
                line.recv(4096)
            try:
                while not over.wait(0.02):
                    line.sendall(script[-1])
            except OSError:
                return

    speaker = threading.Thread(target=talk)
    speaker.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()
        speaker.join()


class TestHandingOver:
    def test_a_letter_arrives_byte_for_byte_with_its_envelope(self, smtp: Sink, post: mail.Relay) -> None:
        assert post.send(US, ADA, LETTER, yes)
        (letter,) = smtp.wait_for(1)
        assert (letter.sender, letter.recipients, letter.raw) == (US, (ADA,), LETTER)

    def test_lines_that_begin_with_a_dot_arrive_as_they_were_written(self, smtp: Sink, post: mail.Relay) -> None:
        post.send(US, ADA, b".first\n\n.\n..two\rQUIT\r\n.", yes)
        assert smtp.wait_for(1)[0].raw == b".first\r\n\r\n.\r\n..two\r\nQUIT\r\n.\r\n"

    def test_many_letters_share_one_connection(self, smtp: Sink, post: mail.Relay) -> None:
        for _ in range(5):
            post.send(US, ADA, LETTER, yes)
        assert (len(smtp.letters), smtp.connections) == (5, 1)

    def test_a_connection_that_was_hung_up_meanwhile_is_opened_again(self, smtp: Sink, post: mail.Relay) -> None:
        smtp.fail(Fault.CUT_AFTERWARDS, times=1)
        post.send(US, ADA, LETTER, yes)
        post.send(US, BEN, LETTER, yes)
        assert (len(smtp.letters), smtp.connections) == (2, 2)

    def test_small_packets_go_at_once(self, smtp: Sink) -> None:
        deadline = wires.Deadline()
        deadline.start()
        with wires.dial("127.0.0.1", smtp.port, deadline) as wire:
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


class TestTheLastWordBeforeTheDot:
    def test_the_body_has_gone_and_the_dot_has_not_when_it_is_asked(self, smtp: Sink, post: mail.Relay) -> None:
        seen: list[int] = []

        def look() -> bool:
            seen.append(len(smtp.letters))
            return True

        post.send(US, ADA, LETTER, look)
        assert seen == [0]
        assert len(smtp.letters) == 1

    def test_a_no_sends_nothing_and_the_next_letter_still_goes(self, smtp: Sink, post: mail.Relay) -> None:
        """R28."""
        assert not post.send(US, ADA, LETTER, lambda: False)
        assert post.send(US, BEN, LETTER, yes)
        assert [letter.recipients for letter in smtp.wait_for(1)] == [(BEN,)]

    def test_an_error_there_sends_nothing_and_is_told(self, smtp: Sink, post: mail.Relay) -> None:
        def broken() -> bool:
            raise RuntimeError("the database is away")

        with pytest.raises(RuntimeError):
            post.send(US, ADA, LETTER, broken)
        post.send(US, BEN, LETTER, yes)
        assert [letter.recipients for letter in smtp.letters] == [(BEN,)]

    def test_it_is_not_asked_for_a_recipient_the_server_refused(self, smtp: Sink, post: mail.Relay) -> None:
        smtp.fail(Fault.RECIPIENT_NEVER)
        with pytest.raises(mail.Undeliverable):
            post.send(US, ADA, LETTER, lambda: pytest.fail("asked"))


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "permanent", "code"),
        [
            (Fault.RECIPIENT_LATER, False, 451),
            (Fault.RECIPIENT_NEVER, True, 550),
            (Fault.LETTER_LATER, False, 451),
            (Fault.LETTER_NEVER, True, 554),
        ],
    )
    def test_a_refusal_says_whether_a_later_try_can_help(
        self, smtp: Sink, post: mail.Relay, fault: Fault, permanent: bool, code: int
    ) -> None:
        """R10, R11."""
        smtp.fail(fault, only=ADA)
        with pytest.raises(mail.Undeliverable) as no:
            post.send(US, ADA, LETTER, yes)
        assert (no.value.permanent, no.value.code, no.value.down) == (permanent, code, False)
        post.send(US, BEN, LETTER, yes)
        assert (len(smtp.letters), smtp.connections) == (1, 1)

    @pytest.mark.parametrize(
        "address",
        [
            "a@b.c\r\nRCPT TO:<x@y.z>",
            "a@b.c, x@y.z",
            "<a@b.c>",
            "a b@c.d",
            "a@b.c\x00",
            "a",
            "",
            "é@b.c",
            "a@b.c\u2028",
        ],
    )
    def test_what_is_not_one_plain_address_never_reaches_the_server(
        self, smtp: Sink, post: mail.Relay, address: str
    ) -> None:
        """A77 is the doors' part of this."""
        with pytest.raises(mail.Undeliverable) as no:
            post.send(US, address, LETTER, yes)
        assert no.value.permanent
        assert smtp.connections == 0


class TestAServerInTrouble:
    def test_a_refused_connection_is_worth_another_try(self) -> None:
        """R10."""
        with relay(f"smtp://127.0.0.1:{free_port()}") as way, pytest.raises(mail.Undeliverable) as no:
            way.send(US, ADA, LETTER, yes)
        assert (no.value.permanent, no.value.down) == (False, True)

    def test_a_name_that_leads_nowhere_is_worth_another_try(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """R10."""

        def unknown(*_: object, **__: object) -> list[object]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with relay("smtp://localhost:25") as way, pytest.raises(mail.Undeliverable) as no:
            way.send(US, ADA, LETTER, yes)
        assert (no.value.permanent, no.value.down) == (False, True)

    def test_a_silent_server_loses_its_turn(self, smtp: Sink) -> None:
        """R12."""
        smtp.fail(Fault.SILENT, times=1)
        with relay(smtp.url, silence=0.2) as impatient, pytest.raises(mail.Undeliverable) as no:
            impatient.send(US, ADA, LETTER, yes)
        assert no.value.down
        with relay(smtp.url) as post:
            assert post.send(US, BEN, LETTER, yes)

    def test_nobody_is_waited_for_longer_than_was_promised(self) -> None:
        """R12, R13: 30 s of silence, 60 s in all."""
        assert (wires.SILENCE, wires.TOTAL) == (30, 60)
        deadline = wires.Deadline()
        deadline.start()
        assert 29 < deadline.left() <= 30

    @pytest.mark.parametrize(
        "script", [[b"2"], [b"220 hello\r\n", b"2"], [b"220-hello\r\n"]], ids=["greeting", "ehlo", "for ever"]
    )
    def test_a_server_that_drips_cannot_outlast_the_deadline(self, script: list[bytes]) -> None:
        """R13."""
        with scripted(script) as url, relay(url, total=0.4) as way, pytest.raises(mail.Undeliverable) as no:
            way.send(US, ADA, LETTER, yes)
        assert no.value.down

    @pytest.mark.parametrize(("fault", "taken"), [(Fault.CUT_UNSEEN, 0), (Fault.CUT_ACCEPTED, 1)])
    def test_after_the_dot_an_answer_that_never_came_leaves_it_uncertain(
        self, smtp: Sink, post: mail.Relay, fault: Fault, taken: int
    ) -> None:
        smtp.fail(fault, times=1)
        with pytest.raises(mail.Uncertain):
            post.send(US, ADA, LETTER, yes)
        assert len(smtp.letters) == taken

    def test_silence_after_the_dot_leaves_it_uncertain(self, smtp: Sink) -> None:
        smtp.fail(Fault.SILENT_AT_DOT, times=1)
        with relay(smtp.url, silence=1.0) as way, pytest.raises(mail.Uncertain):
            way.send(US, ADA, LETTER, yes)


class TestEncryption:
    @pytest.fixture(params=["smtps", "smtp+starttls"])
    def encrypted(self, request: pytest.FixtureRequest, tls: Certificate) -> Iterator[Sink]:
        with sinks.serve(request.param, tls, ("marmalade", "p@ss/word")) as sink:
            yield sink

    def test_letters_go_encrypted_and_signed_in_to_a_server_whose_certificate_is_right(self, encrypted: Sink) -> None:
        with relay(encrypted.url) as way:
            assert way.send(US, ADA, LETTER, yes)
            assert way.send(US, BEN, LETTER, yes)
        assert [letter.raw for letter in encrypted.wait_for(2)] == [LETTER, LETTER]

    def test_a_wrong_password_is_the_way_s_fault_and_no_letter_s(self, encrypted: Sink) -> None:
        with relay(encrypted.url.replace("p%40ss", "wrong")) as way, pytest.raises(mail.Undeliverable) as no:
            way.send(US, ADA, LETTER, yes)
        assert (no.value.permanent, no.value.down) == (False, True)

    def test_a_certificate_that_nobody_vouches_for_stops_the_letter(self, encrypted: Sink) -> None:
        """A135."""
        url, _query, _ca = encrypted.url.partition("?")
        with relay(url) as way, pytest.raises(mail.Undeliverable, match="CERTIFICATE_VERIFY_FAILED") as no:
            way.send(US, ADA, LETTER, yes)
        assert no.value.down
        assert encrypted.letters == []

    def test_a_server_from_whose_greeting_starttls_was_stripped_gets_nothing(self, smtp: Sink) -> None:
        """A135."""
        url = f"smtp+starttls://localhost:{smtp.port}"
        with relay(url) as way, pytest.raises(mail.Undeliverable, match="STARTTLS") as no:
            way.send(US, ADA, LETTER, yes)
        assert no.value.down
        assert smtp.letters == []

    @pytest.mark.parametrize(
        ("url", "encrypted"),
        [
            ("smtp://localhost", False),
            ("smtp://127.0.0.1:2525", False),
            ("smtp://[::1]:25", False),
            ("smtp://mail.example.org", True),
            ("smtp+starttls://localhost", True),
        ],
    )
    def test_plain_smtp_is_for_this_machine_only(self, url: str, encrypted: bool) -> None:
        """A135."""
        assert mail.Server.at(url).needs_starttls is encrypted


class TestTheServersAddress:
    def test_user_password_and_ports_are_read_from_it(self) -> None:
        server = mail.Server.at("smtps://post%40example.org:p%3Aw@mail.example.org?ca=/etc/ca.pem")
        assert (server.user, server.password) == ("post@example.org", "p:w")
        assert (server.host, server.port, server.ca_file) == ("mail.example.org", 465, "/etc/ca.pem")
        assert mail.Server.at("smtp+starttls://mail.example.org").port == 587

    @pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port"])
    def test_any_other_address_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"smtp|[Pp]ort"):
            mail.Server.at(url)


class TestTheDrawer:
    def test_a_letter_is_kept_where_only_this_account_can_read_it(self, tmp_path: Path) -> None:
        drawer = Drawer(tmp_path / "letters")
        assert drawer.send(US, ADA, b"To: ada@example.org\r\n" + LETTER, yes)
        (file,) = drawer.folder.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        (kept,) = drawer.letters()
        assert (kept.recipient, kept.subject, kept.text.strip()) == (ADA, "Tuesday", "Good morning.")

    def test_the_same_letter_is_kept_once(self, tmp_path: Path) -> None:
        drawer = Drawer(tmp_path)
        drawer.send(US, ADA, LETTER, yes)
        drawer.send(US, ADA, LETTER, yes)
        assert len(drawer.letters()) == 1

    def test_a_no_keeps_nothing(self, tmp_path: Path) -> None:
        assert not Drawer(tmp_path).send(US, ADA, LETTER, lambda: False)
        assert Drawer(tmp_path).letters() == []
