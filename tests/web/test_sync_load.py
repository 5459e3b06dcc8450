"""What a batch costs: a morning's scans at once, and five hundred of a phone that was away for long."""

from sqlalchemy import func, select

from app import clock
from app.domain.encounters import Encounter
from tests import cast
from tests.cast import Cast
from tests.web.phones import Phone

A_BATCH, MOST = 50, 500
FIXED, EACH = 20, 10  # statements: once a batch, and for each of its scans, however many there are


def met(session, world: Cast, phone: Phone, number: int):
    """Return a batch in which so many people, all here, are scanned."""
    session.rollback()
    crowd = [cast.person(f"Guest {n}", clock.now()) for n in range(number)]
    session.commit()
    return phone.body(*(phone.scan(one) for one in crowd))


def test_a_batch_asks_as_much_for_each_scan_however_many_there_are(session, world, adas: Phone, queries) -> None:
    """A whole morning's scans: what can be asked for all of them is asked once."""
    counts = []
    for number in (1, A_BATCH):
        batch = met(session, world, adas, number)
        with queries() as asked:
            answer = adas.visitor.post("/api/v1/sync", json=batch)
        assert {one["contact"] is None for one in answer.json["answers"]} == {False}
        counts.append(asked.count)
    assert counts[1] - counts[0] <= EACH * (A_BATCH - 1), (counts, asked)
    assert counts[1] <= FIXED + EACH * A_BATCH, (counts, asked)


def test_what_was_sent_before_costs_next_to_nothing(session, world, adas: Phone, queries) -> None:
    batch = met(session, world, adas, A_BATCH)
    adas.visitor.post("/api/v1/sync", json=batch)
    with queries() as asked:
        adas.visitor.post("/api/v1/sync", json=batch)
    assert asked.count <= FIXED, asked


def test_five_hundred_scans_of_a_phone_that_was_away_for_long_are_taken_at_once(session, world, adas, queries) -> None:
    """B24. At the same cost for each as in a small batch."""
    batch = met(session, world, adas, MOST)
    with queries() as asked:
        answer = adas.visitor.post("/api/v1/sync", json=batch)
    assert [one["result"] for one in answer.json["answers"]] == ["stored"] * MOST
    assert asked.count <= FIXED + EACH * MOST
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Encounter)) == MOST
