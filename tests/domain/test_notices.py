"""What is kept of a letter to an address, and of an address that wants none."""

import pytest
from sqlalchemy import select, text

from app import keys
from app.domain import attendance, notices, removals
from app.domain.removals import RemovedAddress
from app.domain.rosters import RosterEntry
from tests import cast

GARETH = "gareth@example.org"


@pytest.fixture
def scene(session, clock):
    return cast.assemble(clock.now)


@pytest.mark.parametrize("kind", [kind for kind, needs in notices.NEEDS.items() if needs])
def test_a_notice_is_told_all_that_its_letter_needs(scene, clock, kind):
    with pytest.raises(ValueError, match="needs"):
        notices.post(kind, "x", clock.now, email=GARETH)


def test_what_only_the_letter_may_say_is_sealed(scene, session, clock):
    """A138."""
    data = {"new": "b…@example.org", "undo": "/undo/SECRET"}
    notice = notices.post(notices.ADDRESS_CHANGED, "ada:1", clock.now, email=GARETH, data=data)
    assert notice.data == data
    session.expire_all()
    (row,) = session.execute(text("SELECT sealed FROM notices")).all()
    assert b"SECRET" not in bytes(row.sealed)


def test_posting_again_changes_nothing(scene, session, clock):
    first = notices.post(notices.COMPLAINT, "c:1", clock.now, email=GARETH, data={"reference": "K7Q2"})
    again = notices.post(notices.COMPLAINT, "c:1", clock.now, email="eve@example.org", data={"reference": "ZZZZ"})
    assert again is first
    assert (again.email, again.data["reference"]) == (GARETH, "K7Q2")


def test_a_removed_address_is_forgotten_but_for_its_keyed_hash(scene, session, clock):
    """P163. The block list is honoured for ever, and names nobody."""
    place = attendance.expect(scene.event, "Gareth Bevan", attendance.GOING, clock.now)
    entry = RosterEntry(
        event=scene.event, attendance=place, layout="", name=place.name, comparable_name="gareth bevan", email=GARETH
    )
    entry.created_at = clock.now
    session.add(entry)
    notice = notices.post(
        notices.CANCELLED, "p:1", clock.now, email=GARETH, event=scene.event, place=place, data={"by": "Cleo"}
    )
    notices.remove(notice, clock.now)
    notices.remove(notice, clock.now)
    session.expire_all()
    assert (notice.email, entry.email) == ("", "")
    assert removals.is_removed(GARETH)
    assert not removals.is_removed("eve@example.org")
    kept = session.scalars(select(RemovedAddress)).one()
    assert "gareth" not in kept.digest


def test_a_removed_address_stays_removed_under_a_new_key(scene, session, clock):
    held = dict(keys._masters)
    removals.remove(GARETH, clock.now)
    keys.load({**held, "new": b"n" * 32})
    try:
        assert removals.is_removed(GARETH)
        removals.remove(GARETH, clock.now)
        assert session.query(RemovedAddress).count() == 1
    finally:
        keys.load(held)
