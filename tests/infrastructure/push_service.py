"""A real push service over https on this machine: it opens what it is given, and can be told to misbehave."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.infrastructure.certificate import Certificate
from tests.infrastructure.networking import free_port

PATIENCE_S = 20.0


@dataclass
class Browser:
    """The other end of one subscription: what a browser keeps to itself, and what it hands out."""

    endpoint: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    secret: bytes = b"sixteen bytes..."

    @property
    def point(self) -> bytes:
        """Return the public point that messages are sealed with."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, Any]:
        """Return what `PushSubscription.toJSON()` gives."""
        return {"endpoint": self.endpoint, "keys": {"p256dh": text(self.point), "auth": text(self.secret)}}


@dataclass(frozen=True)
class Push:
    """One request as it came in: whose, its headers in small letters, and what was sealed in it."""

    endpoint: str
    headers: dict[str, str]
    claims: dict[str, Any]
    content: bytes

    @property
    def message(self) -> dict[str, Any]:
        """Return the message as JSON."""
        found: dict[str, Any] = json.loads(self.content)
        return found


Answer = Callable[["_Request"], None]


class Service:
    """The push service, seen from a test. `pushes` are those it took, in order; `answers` what it will say instead."""

    def __init__(self, port: int, tls: Certificate) -> None:
        self.port, self.tls = port, tls
        self.setting = f"localhost:{port}=127.0.0.1"  # as PUSH_HOSTS has it
        self.pushes: list[Push] = []
        self.answers: list[Answer] = []
        self.connections = 0
        self.requests = 0
        self.let_go = threading.Event()
        self._browsers: dict[str, Browser] = {}
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"https://localhost:{self.port}"

    def subscribe(self, name: str = "") -> Browser:
        """Let one more browser subscribe."""
        path = f"/push/{name or len(self._browsers)}"
        self._browsers[path] = Browser(self.url + path)
        return self._browsers[path]

    def to(self, browser: Browser) -> list[Push]:
        """Return what came for one browser."""
        return [push for push in self.pushes if push.endpoint == browser.endpoint]

    def wait_for(self, count: int, seconds: float = PATIENCE_S) -> list[Push]:
        """Wait until at least so many messages have come, and return them all; fail after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.pushes) >= count, seconds):
                raise AssertionError(f"{len(self.pushes)} of {count} messages came within {seconds:g} s.")
            return list(self.pushes)

    def answer(self, *answers: int | Answer) -> None:
        """Answer the next requests so, one after the other, instead of taking them: a status, or anything at all."""
        self.answers += [status(each) if isinstance(each, int) else each for each in answers]

    def trust(self) -> ssl.SSLContext:
        """Return the context in which our sender believes this service."""
        from app.delivery import wires

        return wires.trust(str(self.tls.authority))

    def take(self, request: "_Request", body: bytes) -> None:
        """Take a message: whoever signed must be who they say, and it must open."""
        browser = self._browsers[request.path]
        headers = {name.lower(): value for name, value in request.headers.items()}
        push = Push(
            browser.endpoint,
            headers,
            claims(headers["authorization"]),
            http_ece.decrypt(body, private_key=browser.key, auth_secret=browser.secret, version="aes128gcm"),
        )
        with self._changed:
            self.pushes.append(push)
            self._changed.notify_all()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.server.service.connections += 1

    def do_POST(self) -> None:
        service = self.server.service
        service.requests += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if service.answers:
            service.answers.pop(0)(self)
            return
        service.take(self, body)
        self.say(201)

    def say(self, code: int, body: bytes = b"", **headers: str) -> None:
        """Answer whole, with no other headers than these."""
        self.send_response_only(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", service.port), _Request)
        self.service = service

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a sender that hangs up in the middle is what some tests are about


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Answer with this status, body and headers (`Retry_After="120"`)."""
    return lambda request: request.say(code, body, **headers)


def taken_then_lost(request: _Request) -> None:
    """Hang up instead of answering."""
    request.close_connection = True
    request.connection.close()


def hang(request: _Request) -> None:
    """Say nothing until the test lets go."""
    request.server.service.let_go.wait(PATIENCE_S)
    request.close_connection = True


def endless(code: int) -> Answer:
    """Answer with a body of a gigabyte, as fast as it is read."""

    def answer(request: _Request) -> None:
        request.send_response(code)
        request.send_header("Content-Length", str(1 << 30))
        request.end_headers()
        request.close_connection = True
        with suppress(OSError):
            for _piece in range(1 << 14):
                request.wfile.write(b"x" * (1 << 16))

    return answer


def dripping(request: _Request) -> None:
    """Answer a byte at a time, without end."""
    request.send_response(201)
    request.send_header("Content-Length", str(1 << 30))
    request.end_headers()
    request.close_connection = True
    with suppress(OSError):
        while not request.server.service.let_go.is_set():
            request.wfile.write(b"x")
            time.sleep(0.05)


def claims(authorization: str) -> dict[str, Any]:
    """Return the claims of a VAPID header; raise where the signature is not of the key it names (RFC 8292)."""
    scheme, _, parameters = authorization.partition(" ")
    if scheme != "vapid":
        raise ValueError(authorization)
    given = dict(pair.strip().partition("=")[::2] for pair in parameters.split(","))
    signed, _, signature = given["t"].rpartition(".")
    raw = data(signature)
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data(given["k"]))
    try:
        key.verify(
            encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])), signed.encode(), ECDSA(SHA256())
        )
    except InvalidSignature as forged:
        raise ValueError("This is not signed by the key it names.") from forged
    found: dict[str, Any] = json.loads(data(signed.partition(".")[2])) | {"k": given["k"]}
    return found


def text(content: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def data(written: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


@contextmanager
def serve(tls: Certificate) -> Iterator[Service]:
    """Run a push service on a free port of the loopback address until the block ends."""
    service = Service(free_port(), tls)
    server = _Server(service)
    # The handshake is each connection's own: one that is only opened keeps nobody waiting.
    server.socket = tls.server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="push service")
    thread.start()
    try:
        yield service
    finally:
        service.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
