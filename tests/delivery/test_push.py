"""The way out for messages: a real push service opens what it is given, and misbehaves as services do."""

import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from app import keys
from app.delivery import push, routes, vapid
from app.delivery.outcomes import Uncertain, Undeliverable
from app.delivery.push import Gone, Message, Post, Receiver, Refused, TooLarge
from app.domain import endpoints
from app.domain.endpoints import Service
from tests.infrastructure import push_service
from tests.infrastructure.push_service import status

NOW = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
MASTERS = {"old": b"o" * 32, "new": b"n" * 32}
HELLO = Message('{"web_push": 8030, "notification": {"title": "Siân"}}'.encode(), "t" * 22, timedelta(days=2))


@pytest.fixture(autouse=True)
def _keys():
    keys.load(dict(MASTERS))


@pytest.fixture
def post(service):
    out = Post("mailto:cleo@example.org", service.trust())
    yield out
    out.close()


def receiver(service, browser, key_id="new"):
    endpoint = endpoints.read(browser.endpoint, [Service("localhost", service.port, "127.0.0.1")])
    return Receiver(endpoint, browser.point, browser.secret, key_id)


def send(post, service, browser, message=HELLO, now=NOW, before=lambda: True, key_id="new"):
    return post.send(receiver(service, browser, key_id), message, now, before)


class TestWhatIsSent:
    def test_the_browser_opens_what_was_said_and_the_service_knows_who_sent_it(self, post, service):
        """W7: that the service took it says nothing of whether anybody saw it."""
        browser = service.subscribe()
        assert send(post, service, browser)
        (came,) = service.to(browser)
        assert came.content == HELLO.content
        assert came.headers["content-encoding"] == "aes128gcm"
        assert came.headers["content-type"] == "application/notification+json"
        assert (came.headers["ttl"], came.headers["urgency"]) == (str(2 * 24 * 3600), "normal")
        assert came.headers["topic"] == "t" * 22
        assert came.headers["host"] == f"localhost:{service.port}"
        assert came.claims["aud"] == service.url
        assert came.claims["sub"] == "mailto:cleo@example.org"
        assert came.claims["k"] == vapid.public_key("new")

    def test_nothing_is_sent_where_the_last_word_is_no(self, post, service):
        assert not send(post, service, service.subscribe(), before=lambda: False)
        assert service.requests == 0

    def test_each_message_is_sealed_with_keys_of_its_own(self, post, service):
        from app.delivery import capsules

        browser = service.subscribe()
        sealed = [capsules.seal(b"same", browser.point, browser.secret) for _each in range(2)]
        assert sealed[0][:16] != sealed[1][:16]
        assert sealed[0][21:86] != sealed[1][21:86]

    def test_what_was_sealed_ahead_goes_once_and_only_as_the_very_next(self, post, service):
        browser, other = service.subscribe("a"), service.subscribe("b")
        mine, theirs = receiver(service, browser), receiver(service, other)
        bodies, take = [], service.take
        service.take = lambda request, body: bodies.append(body) or take(request, body)
        post.send(mine, HELLO, NOW, lambda: True, (theirs, HELLO))
        for to in (theirs, theirs, mine):
            post.send(to, HELLO, NOW, lambda: True)
        assert [len(service.to(one)) for one in (browser, other)] == [2, 2]
        assert len({body[:16] for body in bodies}) == 4

    def test_what_cannot_be_sealed_ahead_stops_nothing_before_it(self, post, service):
        """W9."""
        from app.delivery import capsules

        mine = receiver(service, service.subscribe())
        too_long = HELLO._replace(content=b"x" * (capsules.LARGEST + 1))
        assert post.send(mine, HELLO, NOW, lambda: True, (mine, too_long))
        with pytest.raises(TooLarge):
            post.send(mine, too_long, NOW, lambda: True)

    def test_many_messages_share_a_connection(self, post, service):
        for name in "abcde":
            send(post, service, service.subscribe(name))
        assert (len(service.pushes), service.connections) == (5, 1)

    def test_a_connection_that_the_service_has_closed_meanwhile_is_opened_anew(self, post, service):
        browser = service.subscribe()
        service.answer(status(201, Connection="close"))
        send(post, service, browser)
        assert send(post, service, browser)
        assert service.connections == 2

    def test_a_message_that_fits_no_record_is_not_sent(self, post, service):
        """W9."""
        from app.delivery import capsules

        browser = service.subscribe()
        longest = HELLO._replace(content=b"x" * capsules.LARGEST)
        assert send(post, service, browser, longest)
        assert int(service.pushes[0].headers["content-length"]) == 4096
        with pytest.raises(TooLarge):
            send(post, service, browser, HELLO._replace(content=b"x" * (capsules.LARGEST + 1)))
        assert len(service.pushes) == 1


class TestWhoSends:
    def test_claims_are_fresh_for_each_service_and_last_half_a_day(self):
        """T11."""
        badge = vapid.Badge("mailto:cleo@example.org")
        one, other = (
            push_service.claims(badge.header(f"https://{host}", "new", NOW))
            for host in ("fcm.googleapis.com", "web.push.apple.com")
        )
        assert (one["aud"], other["aud"]) == ("https://fcm.googleapis.com", "https://web.push.apple.com")
        assert one["exp"] == int((NOW + timedelta(hours=12)).timestamp())

    def test_a_header_is_used_for_an_hour_and_never_once_the_clock_has_gone_back(self):
        badge = vapid.Badge("mailto:cleo@example.org")
        first = badge.header("https://a", "new", NOW)
        assert badge.header("https://a", "new", NOW + timedelta(minutes=59)) == first
        assert badge.header("https://a", "new", NOW + timedelta(hours=1)) != first
        assert badge.header("https://a", "new", NOW - timedelta(days=1)) != first

    @pytest.mark.parametrize("wrong_by", [timedelta(hours=-10), timedelta(hours=11)])
    def test_a_clock_that_is_hours_wrong_still_signs_what_services_take(self, wrong_by):
        """W6: `exp` lies ahead, and by a day at most (RFC 8292 §2)."""
        badge = vapid.Badge("mailto:cleo@example.org")
        badge.header("https://a", "new", NOW + wrong_by)
        expires = push_service.claims(badge.header("https://a", "new", NOW + wrong_by + timedelta(minutes=59)))["exp"]
        assert NOW.timestamp() + 3600 < expires + 0 <= (NOW + timedelta(hours=24)).timestamp()

    def test_each_device_is_sent_what_the_key_signed_that_it_subscribed_with(self, post, service):
        """W4."""
        before, after = service.subscribe(), service.subscribe()
        send(post, service, before, key_id="old")
        send(post, service, after, key_id="new")
        assert [push.claims["k"] for push in service.pushes] == [vapid.public_key("old"), vapid.public_key("new")]
        assert vapid.public_key("old") != vapid.public_key("new")

    def test_the_key_is_the_same_after_a_start_from_the_same_masters(self):
        before = vapid.public_key("new")
        keys.load({"new": MASTERS["new"]})
        assert vapid.public_key("new") == before

    @pytest.mark.parametrize(
        ("email", "sub"),
        [
            ("cleo@example.org", "mailto:cleo@example.org"),
            ("", "https://marmalade.example"),
            ("cleo@localhost", "https://marmalade.example"),
            ("Cleo <cleo@example.org>", "https://marmalade.example"),
            ("a@example.org, b@example.org", "https://marmalade.example"),
            ("siân@example.org", "https://marmalade.example"),
        ],
    )
    def test_whoever_answers_for_it_is_named_as_services_take_it(self, email, sub):
        """W5."""
        assert vapid.contact(email, "https://marmalade.example") == sub


class TestWhatServicesAnswer:
    @pytest.mark.parametrize("code", [200, 201, 202])
    def test_taken(self, post, service, code):
        """R24, W8."""
        service.answer(code)
        assert send(post, service, service.subscribe())

    @pytest.mark.parametrize("code", [404, 410])
    def test_gone(self, post, service, code):
        """R24, W8."""
        service.answer(code)
        with pytest.raises(Gone):
            send(post, service, service.subscribe())

    @pytest.mark.parametrize("code", [400, 401, 403])
    def test_refused_for_good_with_its_reason_and_without_addresses(self, post, service, code):
        """R24, W8, A153."""
        browser = service.subscribe()
        service.answer(status(code, f'{{"reason": "BadJwtToken", "at": "{browser.endpoint}"}}'.encode()))
        with pytest.raises(Refused) as no:
            send(post, service, browser)
        assert no.value.permanent
        assert "BadJwtToken" in no.value.reason
        assert "localhost" not in no.value.reason

    def test_refused_because_of_the_clock(self, post, service):
        """W6."""
        service.answer(status(403, b"expired", Date="Fri, 27 Nov 2026 21:30:00 GMT"))
        with pytest.raises(Refused, match=r"clock is \+2220 min from ours"):
            send(post, service, service.subscribe())

    def test_too_large(self, post, service):
        """W8."""
        service.answer(413)
        with pytest.raises(TooLarge) as no:
            send(post, service, service.subscribe())
        assert not no.value.permanent

    @pytest.mark.parametrize(
        ("written", "wait"),
        [
            ("120", timedelta(seconds=120)),
            ("Thu, 26 Nov 2026 08:40:00 GMT", timedelta(minutes=10)),
            ("Thu, 26 Nov 2026 08:20:00 GMT", timedelta(0)),
            ("99999999999999999999", timedelta(days=1)),
            ("-5", None),
            ("soon", None),
        ],
    )
    @pytest.mark.parametrize("code", [429, 406, 503])
    def test_not_now(self, post, service, code, written, wait):
        """R24, W8."""
        service.answer(status(code, Retry_After=written))
        with pytest.raises(Undeliverable) as no:
            send(post, service, service.subscribe())
        assert not no.value.permanent
        assert no.value.wait == wait

    @pytest.mark.parametrize("code", [500, 502, 599])
    def test_broken(self, post, service, code):
        """R24, W8."""
        service.answer(code)
        with pytest.raises(Undeliverable) as no:
            send(post, service, service.subscribe())
        assert (no.value.permanent, no.value.down) == (False, True)

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_a_redirect_is_followed_nowhere(self, post, service, code):
        """A78, W8."""
        service.answer(status(code, Location=f"{service.url}/push/elsewhere"))
        with pytest.raises(Refused):
            send(post, service, service.subscribe())
        assert service.requests == 1

    def test_an_answer_that_is_lost_leaves_it_uncertain(self, post, service):
        service.answer(push_service.taken_then_lost)
        with pytest.raises(Uncertain):
            send(post, service, service.subscribe())
        assert send(post, service, service.subscribe())


class TestServicesThatHoldUsUp:
    @pytest.fixture(autouse=True)
    def _hurry(self, monkeypatch):
        monkeypatch.setattr(push, "TOTAL", 0.5)

    def test_one_that_says_nothing_is_left_when_the_time_is_over(self, post, service):
        """A79, W8, T11."""
        service.answer(push_service.hang)
        started = time.monotonic()
        with pytest.raises(Uncertain):
            send(post, service, service.subscribe())
        assert time.monotonic() - started < 5
        assert post._open == {}

    def test_one_that_drips_is_left_when_the_time_is_over_and_its_status_counts(self, post, service):
        """A79."""
        service.answer(push_service.dripping)
        started = time.monotonic()
        assert send(post, service, service.subscribe())
        assert time.monotonic() - started < 5
        assert post._open == {}

    @pytest.mark.parametrize(("code", "outcome"), [(201, None), (410, Gone), (403, Refused)])
    def test_of_a_gigabyte_no_more_than_64_kb_are_read(self, post, service, code, outcome):
        """A79."""
        heard = []
        service.answer(push_service.endless(code))
        from app.delivery import wires

        count = wires.Deadline.heard
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(wires.Deadline, "heard", lambda self, n: heard.append(n) or count(self, n))
            if outcome:
                with pytest.raises(outcome):
                    send(post, service, service.subscribe())
            else:
                assert send(post, service, service.subscribe())
        assert 0 < sum(heard) <= push.MOST_BYTES
        assert post._open == {}

    def test_headers_without_end_are_not_read_to_the_end(self, post, service):
        """A79."""

        def headers(request):
            request.wfile.write(b"HTTP/1.1 201 Created\r\n")
            for _each in range(90):
                request.wfile.write(b"X: " + b"x" * 60_000 + b"\r\n")

        service.answer(headers)
        with pytest.raises(Uncertain):
            send(post, service, service.subscribe())
        assert post._open == {}


class TestWhereMessagesAreNotTaken:
    """A78: nobody is connected to who is not on the public internet; the test's own rule would fail if one were."""

    def barred(self, addresses, post=None):
        asked = []

        def resolve(host, port):
            asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses[len(asked) - 1]
            ]

        out = Post("mailto:cleo@example.org", resolve=resolve)
        browser = push_service.Browser("https://fcm.googleapis.com/x")
        to = Receiver(endpoints.read(browser.endpoint), browser.point, browser.secret, "new")
        with pytest.raises(Refused) as no:
            out.send(to, HELLO, NOW, lambda: True)
        return asked, no.value

    @pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "64:ff9b::7f00:1", "::1"])
    def test_a_known_name_that_leads_inside_is_refused_for_good(self, address):
        """A78, W1."""
        asked, no = self.barred([[address]])
        assert (asked, no.permanent, no.code) == (["fcm.googleapis.com"], True, None)

    def test_a_name_is_looked_up_once_so_that_no_second_answer_can_lead_inside(self, monkeypatch):
        """A78."""
        went = []

        def reach(addresses, _deadline):
            went.extend(address[0] for *_kind, address in addresses)
            raise ConnectionRefusedError

        monkeypatch.setattr(push.wires, "reach", reach)
        answers = [["142.250.180.10"], ["127.0.0.1"]]
        asked = []

        def resolve(host, port):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answers[len(asked) - 1]]

        browser = push_service.Browser("https://fcm.googleapis.com/x")
        to = Receiver(endpoints.read(browser.endpoint), browser.point, browser.secret, "new")
        with pytest.raises(Undeliverable):
            Post("mailto:cleo@example.org", resolve=resolve).send(to, HELLO, NOW, lambda: True)
        assert (asked, went) == (["fcm.googleapis.com"], ["142.250.180.10"])

    def test_a_service_must_prove_the_name_that_was_asked_for(self, service):
        """The address is the one that was looked at, the certificate that of the name."""

        def resolve(_host, _port):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", service.port))]

        browser = push_service.Browser("https://fcm.googleapis.com/x")
        to = Receiver(endpoints.read(browser.endpoint), browser.point, browser.secret, "new")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(routes, "is_public", lambda _address: True)
            with pytest.raises(Undeliverable, match="CERTIFICATE_VERIFY_FAILED"):
                Post("mailto:cleo@example.org", service.trust(), resolve).send(to, HELLO, NOW, lambda: True)
        assert service.requests == 0
