"""The load: so many clients, each on a connection kept open, each asking again as soon as it was answered.

One loop and bare sockets, so that the asking costs a small part of the answering. Knows no server and no page.
"""

import io
import re
import selectors
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

SILENCE_S = 30.0
CHUNK = 1 << 18
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_WITHOUT_BODY = {204, 304}
_OF_THE_BODY = {"CONTENT_TYPE", "CONTENT_LENGTH"}
PHONE = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.9",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


class Silent(RuntimeError):
    """A server did not answer within half a minute."""


def get(host: str, path: str, cookie: str = "", headers: Mapping[str, str] = PHONE) -> bytes:
    """Return a GET as a phone's browser sends it."""
    return _request("GET", host, path, cookie, headers, b"")


def post(host: str, path: str, fields: Mapping[str, str], cookie: str = "") -> bytes:
    """Return the POST of a form as a phone's browser sends it."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{host}"}
    return _request("POST", host, path, cookie, {**PHONE, **form}, urlencode(fields).encode())


def _request(method: str, host: str, path: str, cookie: str, headers: Mapping[str, str], body: bytes) -> bytes:
    told = {"Host": host, **headers}
    if cookie:
        told["Cookie"] = cookie
    if body:
        told["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def ask(application: Any, request: bytes) -> str:
    """Hand a request to a WSGI application in this process (PEP 3333); return the answer's status line."""
    head, _blank, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _version = first.split()
    path, _mark, query = target.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {"wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http"}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
    for name, _colon, value in (line.partition(": ") for line in lines):
        key = name.upper().replace("-", "_")
        environ[key if key in _OF_THE_BODY else f"HTTP_{key}"] = value
    said: list[str] = []
    answer = application(environ, lambda status, _headers, _error=None: said.append(status))
    b"".join(answer)
    answer.close()
    return said[0]


@dataclass
class Load:
    """What came of pressing: how long each answer took, how many had which status, for how long it went on."""

    seconds: float = 0.0
    waits_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    octets: int = 0

    @property
    def answers(self) -> int:
        """Return how many requests were answered."""
        return len(self.waits_ms)

    @property
    def rate(self) -> float:
        """Return answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: int) -> float:
        """Return within how many milliseconds this share of the answers came, in hundredths."""
        return statistics.quantiles(self.waits_ms, n=100, method="inclusive")[share - 1]


class _Client:
    """One connection: what it asked last, and as much of the answer as has come."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard, self.asked_at, self.whole = b"", 0.0, 0

    def ask(self, request: bytes) -> None:
        self.heard, self.whole, self.asked_at = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def listen(self) -> int:
        """Take in what has come; return the status of the answer once all of it is there, else 0."""
        came = self.socket.recv(CHUNK)
        if not came:
            raise ConnectionError("The server hung up.")
        self.heard += came
        if not self.whole:
            self.whole = _whole(self.heard)
        complete = self.heard.endswith(b"0\r\n\r\n") if self.whole < 0 else 0 < self.whole <= len(self.heard)
        return int(self.heard[9:12]) if complete else 0


def _whole(heard: bytes) -> int:
    """Return how long the answer will be: 0 while nobody knows, -1 if it comes in chunks."""
    head, found, _body = heard.partition(b"\r\n\r\n")
    if not found:
        return 0
    length = _LENGTH.search(head)
    if length is None and _CHUNKED.search(head):
        return -1
    if int(heard[9:12]) in _WITHOUT_BODY or length is None:
        return len(head) + 4
    return len(head) + 4 + int(length[1])


def press(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    """Let so many clients ask for so long, or until there is nothing left to ask. Raises Silent."""
    load = Load()
    with selectors.DefaultSelector() as selector:
        everyone = [_Client(port) for _number in range(clients)]
        begun = time.perf_counter()
        asking = 0
        for client in everyone:
            selector.register(client.socket, selectors.EVENT_READ, client)
            asking += _ask(client, requests)
        while asking:
            ready = selector.select(SILENCE_S)
            if not ready:
                raise Silent(f"Nothing came for {SILENCE_S:.0f} s.")
            for key, _mask in ready:
                asking -= not _answered(key.data, load, requests, begun + seconds)
        load.seconds = time.perf_counter() - begun
        for client in everyone:
            client.socket.close()
    return load


def header(port: int, request: bytes, name: str) -> str:
    """Ask once, and return one header of the answer; raise LookupError if it has none."""
    client = _Client(port)
    client.ask(request)
    while not client.listen():
        pass
    client.socket.close()
    head = client.heard.partition(b"\r\n\r\n")[0].decode("latin-1")
    found = re.search(rf"(?im)^{name}: *(.*?)\r?$", head)
    if found is None:
        raise LookupError(head)
    return found[1]


def _ask(client: _Client, requests: Iterator[bytes]) -> bool:
    request = next(requests, b"")
    if request:
        client.ask(request)
    return bool(request)


def _answered(client: _Client, load: Load, requests: Iterator[bytes], deadline: float) -> bool:
    """Note an answer once it is whole, and ask again; say whether this client still waits for something."""
    status = client.listen()
    if not status:
        return True
    now = time.perf_counter()
    load.waits_ms.append((now - client.asked_at) * 1000)
    load.statuses[status] += 1
    load.octets += len(client.heard)
    return now < deadline and _ask(client, requests)
