"""Routes: no message leaves for a machine that is not the public internet's, whatever a name leads to."""

import socket

import pytest

from app.delivery import routes
from app.domain.endpoints import Endpoint

SERVICE = Endpoint("fcm.googleapis.com", 443, "/x")
PUBLIC = ("142.250.180.10", "17.57.146.20", "2a00:1450:4009:81f::200a")
NOT_PUBLIC = (
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nobody listens there
    "0.1.2.3",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "not an address",
)


def found(*addresses: str) -> list:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_gone_to(address):
    assert routes.to(SERVICE, lambda *_asked: found(address)) == found(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_elsewhere_is_not_followed_even_if_it_leads_to_the_internet_too(address):
    """A78, W1."""
    for addresses in ([address], [PUBLIC[0], address], [address, PUBLIC[2]]):
        with pytest.raises(routes.Barred):
            routes.to(SERVICE, lambda *_asked, many=addresses: found(*many))


def test_a_name_that_leads_nowhere_is_not_followed():
    with pytest.raises(routes.Barred):
        routes.to(SERVICE, lambda *_asked: [])


def test_a_service_whose_address_the_settings_fix_is_gone_to_there_and_no_name_is_looked_up():
    def never(*_asked: object) -> list:
        raise AssertionError

    ((*_kind, address),) = routes.to(Endpoint("push.lan", 8443, "/x", "10.0.0.5"), never)
    assert address == ("10.0.0.5", 8443)
