"""Growth: no page that people ask for again and again, and no round of the worker, reads a table from end to end."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from app import database
from app.delivery import courier
from app.domain import cards, claims, deliveries
from tests.web.doors import Scene

GROW = ("encounters", "attendance", "contacts", "prompts", "deliveries", "observations", "people", "cards", "sessions")
FROM_END_TO_END = re.compile(rf"SCAN ({'|'.join(GROW)})(_\d+)?:")


@contextmanager
def plans(engine: Any) -> Iterator[list[str]]:
    """Collect how SQLite goes about each statement: `SEARCH … USING INDEX …`, or `SCAN …` from end to end."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            line = connection.connection.dbapi_connection
            found.extend(
                f"{row[3]}: {statement}" for row in line.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def scans(found: list[str]) -> list[str]:
    """Return those of growing tables that are read from end to end, and not in the order of an index."""
    return [plan for plan in found if FROM_END_TO_END.match(plan)]


@pytest.fixture
def asked(session, scene: Scene) -> Callable[..., list[str]]:
    """Does something, and says how SQLite went about it."""

    def run(work: Callable[[], object]) -> list[str]:
        engine = database.db.engine
        with plans(engine) as found:
            work()
        assert found
        return scans(found)

    return run


@pytest.mark.parametrize("page", ["/today", "/people", "/event", "/scan", "/card"])
def test_no_page_of_ones_own_reads_a_table_from_end_to_end(client, scene, asked, page):
    client.sign_in(scene.people.ada)
    assert asked(lambda: client.get(page)) == []


def test_no_card_does(client, scene, asked):
    card = f"/c/{cards.living(cards.of(scene.people.ben)).token}"
    assert asked(lambda: client.get(card)) == []
    client.sign_in(scene.people.ada)
    assert asked(lambda: client.get(card)) == []


def test_no_contact_does(client, scene, asked):
    client.sign_in(scene.people.ada)
    assert asked(lambda: client.get(f"/people/{scene.values['contact_id']}")) == []


def test_no_scan_does(client, scene, asked):
    card = cards.living(cards.of(scene.people.dev)).token
    client.sign_in(scene.people.ada)
    assert asked(lambda: client.post("/encounters", data={"id": str(uuid4()), "card": card})) == []


@pytest.mark.parametrize("page", ["", "/live"])
def test_no_organisers_page_does(client, scene, asked, page):
    client.sign_in(scene.people.cleo)
    assert asked(lambda: client.get(f"/events/{scene.values['event_id']}{page}")) == []


def test_no_look_of_the_worker_does(session, clock, asked):
    assert asked(lambda: deliveries.are_lacking(clock.now)) == []
    assert asked(lambda: courier.pulse(clock.now)) == []
    assert asked(lambda: claims.take(clock.now, 20)) == []


def test_a_table_that_is_read_from_end_to_end_is_found_out(session, asked):
    assert asked(lambda: session.execute(database.text("SELECT * FROM encounters WHERE met_at > '2026'")))
