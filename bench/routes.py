"""Every path that is measured, with its floor and what it is to reach."""

from collections.abc import Iterator, Sequence
from itertools import count, cycle

from app.web import forms
from bench import floors, loads
from bench.rounds import ALL, EIGHT, Aim, Cell, Path, always
from bench.servers import Server
from bench.towns import Town

# What is asked of a scan and a check-in: SQLite first, then PostgreSQL.
WRITES = (Aim(cpu_ms=3.5), Aim(clients=1, p95_ms=10), Aim(clients=32, rate=450, p95_ms=100))
PG_WRITES = (Aim(cpu_ms=6), Aim(clients=32, rate=300, p95_ms=150))
CARD = (Aim(of_floor=1), Aim(clients=8, rate=1_000, p95_ms=12))


def all_of(house: Server, pg_house: Server, bare: Server, town: Town, pg_town: Town) -> list[Path]:
    """Return the paths, every floor before what stands on it."""
    return [*_floors(bare), *_pages(house, town), *_writes(house, town, pg_house, pg_town), *_codes(house, town)]


def _floors(bare: Server) -> Iterator[Path]:
    yield Path("hello", bare, always(loads.get(bare.host, "/hello")))
    pages = (loads.get(bare.host, f"/page/{floors.token(person)}") for person in cycle(range(floors.PEOPLE)))
    yield Path("page (SQLAlchemy, Jinja)", bare, pages, clients=ALL)
    yield Path("roll of 500 (SQLite, Jinja)", bare, always(loads.get(bare.host, "/roll")))
    yield Path("scan, SQLite", bare, _scans(bare, "/scan"), clients=ALL)
    yield Path("scan, PostgreSQL", bare, _scans(bare, "/pgscan"), clients=ALL)
    yield Path("QR squares", bare, (loads.get(bare.host, f"/qr/{number:026x}") for number in count()))


def _scans(bare: Server, path: str) -> Iterator[bytes]:
    for number in count():
        me, card = number % floors.PLACES, (number // floors.PLACES + number + 1) % floors.PEOPLE
        fields = {"me": floors.token(me), "card": floors.token(card), forms.FIELD: "0" * 50, "id": "0" * 36}
        yield loads.post(bare.host, path, fields)


def _pages(house: Server, town: Town) -> Iterator[Path]:
    cards = (loads.get(house.host, f"/c/{person.card}") for person in cycle(town.people))
    yield Path("card page, signed out", house, cards, clients=ALL, floor="page (SQLAlchemy, Jinja)", aims=CARD)
    organiser, room = town.people[0].cookie, f"/events/{town.room}"
    page = loads.get(house.host, room, organiser)
    roll = "roll of 500 (SQLite, Jinja)"
    yield Path("organiser's page, 500 people", house, always(page), floor=roll, aims=(Aim(8, 8, 200),))
    plain = loads.get(house.host, room, organiser, {"User-Agent": "wrk"})
    yield Path("the same, not compressed", house, always(plain), floor=roll, aims=(Aim(8, 8, 200),))
    search = loads.get(house.host, f"{room}?q=gareth+bev", organiser)
    yield Path("name search in 500", house, always(search), floor=roll, aims=(Aim(4),))
    yield Path("unchanged poll", house, _polls(house, room, organiser), 304, floor="hello", aims=(Aim(1.5),))


def _polls(house: Server, room: str, organiser: str) -> Iterator[bytes]:
    tag = loads.header(house.port, loads.get(house.host, f"{room}/live", organiser), "ETag")
    known = {"If-None-Match": tag, "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    return always(loads.get(house.host, f"{room}/live", organiser, known))


def _writes(house: Server, town: Town, pg_house: Server, pg_town: Town) -> Iterator[Path]:
    for where, there, its, aims in (("SQLite", house, town, WRITES), ("PostgreSQL", pg_house, pg_town, PG_WRITES)):
        floor = f"scan, {where}"
        yield Path(f"scan POST, {where}", there, its.scans(there.host), 303, ALL, floor, aims)
        yield Path(f"check-in POST, {where}", there, its.check_ins(there.host), 303, ALL, floor, aims)


def _codes(house: Server, town: Town) -> Iterator[Path]:
    asked = [loads.get(house.host, "/card/code.svg", person.cookie) for person in town.people]
    yield Path("QR code, first time", house, iter(asked[1:]), clients=EIGHT, floor="QR squares", aims=(Aim(12),))
    yield Path("QR code, again", house, always(asked[0]), floor="page (SQLAlchemy, Jinja)", aims=(Aim(of_floor=1),))


Reached = tuple[float, float, str, bool]  # the figure, the aim, its unit, whether more is better


def verdict(cell: Cell, floor: Cell | None) -> str:
    """Say what a cell was to reach, and whether it did."""
    told: list[Reached] = []
    for aim in cell.path.aims:
        if aim.clients in (0, cell.clients):
            told += [(cell.rate, aim.rate, "per s", True)] if aim.rate else []
            told += [(cell.percentile(95), aim.p95_ms, "ms p95", False)] if aim.p95_ms else []
            told += [(cell.cpu_ms, aim.cpu_ms, "ms CPU", False)] if aim.cpu_ms else []
            told += [(cell.ratio(floor), aim.of_floor, "× floor", False)] if aim.of_floor and floor else []
    return said(told)


def said(told: Sequence[Reached]) -> str:
    """Write aims as ≤ 3.5 ms CPU, each with whether it was met."""
    return ", ".join(
        f"{'≥' if more else '≤'} {aim:g} {unit} {'✓' if (figure >= aim if more else figure <= aim) else '✗'}"
        for figure, aim, unit, more in told
    )
