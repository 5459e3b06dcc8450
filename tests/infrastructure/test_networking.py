"""No test reaches another machine, not even by accident."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.infrastructure import networking
from tests.infrastructure.networking import WorldReached


@pytest.fixture
def attempts(_loopback_only: list[str]) -> Iterator[list[str]]:
    """What the guard has refused in this test; emptied at the end, for here it was meant."""
    yield _loopback_only
    _loopback_only.clear()


def test_a_look_up_of_another_machine_is_refused(attempts: list[str]) -> None:
    with pytest.raises(WorldReached, match=r"not example\.org"):
        socket.getaddrinfo("example.org", 443)
    assert len(attempts) == 1


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7"])
def test_a_connection_to_another_machine_is_refused(attempts: list[str], address: str) -> None:
    with socket.socket() as line, pytest.raises(WorldReached, match=address):
        line.connect((address, 80))
    assert "test_a_connection_to_another_machine_is_refused" in attempts[0]


def test_a_datagram_to_another_machine_is_refused(attempts: list[str]) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as line, pytest.raises(WorldReached, match="2001:db8::1"):
        line.sendto(b"?", ("2001:db8::1", 53))


def test_swallowing_the_refusal_does_not_hide_it(attempts: list[str]) -> None:
    with pytest.raises(WorldReached), contextlib.suppress(Exception):
        socket.create_connection(("example.org", 25), timeout=1)
    assert attempts


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_can_be_reached(attempts: list[str], host: str) -> None:
    with socket.create_server(("127.0.0.1", networking.free_port())) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
    assert attempts == []


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    assert 20_000 <= networking.free_port() < 32_768
