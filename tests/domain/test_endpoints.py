"""Endpoints and subscriptions: only what a browser of today hands out, and only at services that we know."""

import base64

import pytest

from app import config
from app.domain import devices, endpoints
from app.domain.endpoints import Endpoint, NotAnEndpoint, Service

GOOD = (
    "https://fcm.googleapis.com/fcm/send/abc:APA91_-x",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://eu.push.services.mozilla.com/wpush/v2/gAAA",
    "https://wns2-db5p.notify.windows.com/w/?token=BQYAAA%2b%3d",
    "https://web.push.apple.com/QOIn",
)
# A78: whatever a stranger may write there. With those of tests/delivery/test_routes.py it makes the table of forty.
BAD = (
    "",
    "http://fcm.googleapis.com/fcm/send/abc",
    "ftp://fcm.googleapis.com/fcm",
    "HTTPS://fcm.googleapis.com/fcm/send/abc",
    "https:fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://localhost/x",
    "https://metadata.google.internal/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:443/x",
    "https://fcm.googleapis.com:0/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://me@fcm.googleapis.com/x",
    "https://me:secret@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\@127.0.0.1/x",
    "https://127.0.0.1#fcm.googleapis.com/x",
    "https://127.0.0.1?fcm.googleapis.com/x",
    "https://fcm.googleapis.com./x",
    "https://fcm.googleapis.com.example.org/x",
    "https://evilfcm.googleapis.com/x",
    "https://push.apple.com/x",
    "https://push.apple.com.evil.example/x",
    "https://evilpush.apple.com/x",
    "https://\N{FULLWIDTH LATIN SMALL LETTER F}cm.googleapis.com/x",
    "https://fcm\N{IDEOGRAPHIC FULL STOP}googleapis.com/x",
    "https://xn--fcm-0ra.googleapis.com/x",
    "https://fcm%2egoogleapis.com/x",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\r\nHost: 127.0.0.1",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com/" + "x" * 1000,
    " https://fcm.googleapis.com/x",
)


def services(written: str) -> list[Service]:
    """Read the setting as the application does."""
    return [Service(*each) for each in config.read({"PUSH_HOSTS": written})["PUSH_HOSTS"]]


@pytest.mark.parametrize("url", GOOD)
def test_what_browsers_hand_out_is_taken(url):
    assert endpoints.read(url).target == url.removeprefix(f"https://{endpoints.read(url).host}")


@pytest.mark.parametrize("url", BAD)
def test_any_other_address_is_refused_before_anybody_is_asked_about_it(url):
    """A78, W1."""
    with pytest.raises(NotAnEndpoint):
        endpoints.read(url)
    with pytest.raises(NotAnEndpoint):
        endpoints.read(url, services("push.example.org, lan.example:8443=10.0.0.5"))


class TestServicesThatTheSettingsAdd:
    def test_a_host_is_added_by_its_name_and_those_below_it_by_a_star(self):
        more = services("push.example.org, *.push.example.net")
        assert endpoints.read("https://push.example.org/a", more).host == "push.example.org"
        assert endpoints.read("https://eu.push.example.net/a", more).address == ""
        for other in ("https://a.push.example.org/a", "https://push.example.net/a", "https://push.example.org:8443/a"):
            with pytest.raises(NotAnEndpoint):
                endpoints.read(other, more)

    def test_a_service_in_ones_own_network_is_exactly_one_host_and_port_at_one_address(self):
        more = services("push.lan:8443=10.0.0.5")
        found = endpoints.read("https://push.lan:8443/a", more)
        assert found == Endpoint("push.lan", 8443, "/a", "10.0.0.5")
        assert found.origin == "https://push.lan:8443"
        for other in ("https://push.lan/a", "https://push.lan:8444/a", "https://a.push.lan:8443/a"):
            with pytest.raises(NotAnEndpoint):
                endpoints.read(other, more)

    def test_as_text_the_setting_is_what_it_was_read_from(self):
        """A backup keeps it, and the processes of one start hand it on."""
        for text in ("", "push.example.org, *.push.example.net, push.lan:8443=10.0.0.5"):
            assert config.written(config.read({"PUSH_HOSTS": text})["PUSH_HOSTS"]) == text

    @pytest.mark.parametrize(
        "written", ["https://push.lan", "push.lan:8443", "push.lan=10.0.0.5", "a:1=elsewhere", "a b", "*"]
    )
    def test_what_cannot_be_read_as_a_service_stops_the_start(self, written):
        with pytest.raises(config.BadSetting, match="PUSH_HOSTS"):
            config.read({"PUSH_HOSTS": written})


POINT = bytes.fromhex(  # the base point of P-256, SEC 2 §2.4.2
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_a_whole_subscription_is_read():
    given = devices.read(GOOD[0], b64(POINT), b64(bytes(16)) + "==")
    assert given == devices.Subscription(GOOD[0], POINT, bytes(16))


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        (b64(POINT[:64]), b64(bytes(16))),
        (b64(POINT + b"\0"), b64(bytes(16))),
        (b64(b"\2" + POINT[1:33]), b64(bytes(16))),
        (b64(b"\4" + bytes(64)), b64(bytes(16))),
        (b64(b"\4" + b"\xff" * 64), b64(bytes(16))),
        (b64(POINT), b64(bytes(15))),
        (b64(POINT), b64(bytes(17))),
        (b64(POINT), ""),
        ("", b64(bytes(16))),
        ("!" + b64(POINT)[1:], b64(bytes(16))),
        (b64(POINT), "not base64 at all"),
        (b64(POINT), "ünïcödé"),
    ],
)
def test_keys_that_nothing_could_be_sealed_with_are_refused(p256dh, auth):
    """W2."""
    with pytest.raises(devices.NotASubscription):
        devices.read(GOOD[0], p256dh, auth)
