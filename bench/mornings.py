"""A morning on which very much is due at nine, while a room full of people scans: how long both take."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app import clock, create_app
from app.database import db
from bench import letters, loads, servers, towns
from bench.letters import Post
from bench.loads import Load
from bench.towns import Town, Visitor

PEOPLE, PHONES, EVERY_S = 600, 4, 0.25


@dataclass(frozen=True)
class Morning:
    """What it took to hand all letters over, and what the phones waited for meanwhile."""

    post: Post
    waits: Load


def measure(folder: Path, number: int, database_url: str = "", workers: int = 1) -> Morning:
    """Deliver so many letters while phones ask the web for sixteen pages and scans a second."""
    settings = letters.place(folder, database_url)
    letters.breakfast(settings, number)
    app = create_app(settings)
    town = towns.settle(app, clock.now(), PEOPLE, after=number)
    with app.app_context():
        db.engine.dispose()
    with servers.web(folder, database_url) as server, ThreadPoolExecutor(PHONES) as phones:
        over = Event()
        asking = [phones.submit(_ask, server.port, _asked(town, server.host, phone), over) for phone in range(PHONES)]
        try:
            post, _one = letters.delivered(settings, number, workers)
        finally:
            over.set()
    return Morning(post, _together([one.result() for one in asking]))


def _ask(port: int, requests: Iterator[bytes], over: Event) -> Load:
    return loads.press(port, itertools.takewhile(lambda _one: not over.wait(EVERY_S), requests), 1, float("inf"))


def _asked(town: Town, host: str, phone: int) -> Iterator[bytes]:
    """Yield what one phone of several asks for: a scan, somebody's card, what waits today, and again."""
    scans = itertools.islice(town.scans(host), phone, None, PHONES)
    for scan, visitor in zip(scans, itertools.cycle(town.people), strict=False):
        yield scan
        yield from _pages(host, visitor)


def _pages(host: str, visitor: Visitor) -> Iterator[bytes]:
    yield loads.get(host, f"/c/{visitor.card}", visitor.cookie)
    yield loads.get(host, "/today", visitor.cookie)


def _together(parts: list[Load]) -> Load:
    whole = Load(seconds=max(part.seconds for part in parts))
    for part in parts:
        whole.waits_ms += part.waits_ms
        whole.statuses += part.statuses
    return whole
