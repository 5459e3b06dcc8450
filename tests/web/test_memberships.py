"""Leaving a group, handing it over, and the question at the end of a breakfast."""

import pytest

from app.domain import attendance, groups
from tests import cast


@pytest.fixture
def cleos(client, session, world):
    """Cleo's phone; Ada belongs to the group as well."""
    cast.arrive(world.event, world.ada)
    session.commit()
    return client.sign_in(world.cleo)


def role(session, world, person) -> str | None:
    session.rollback()
    session.expire_all()
    membership = session.get(groups.Membership, (world.group.id, person.id))
    return membership and membership.role


def test_a_member_leaves_with_two_taps(cleos, bens, session, world, new_client) -> None:
    adas, path = new_client().sign_in(world.ada), f"/groups/{world.group.id}/leave"
    assert path in adas.get("/settings").text
    assert "Leave the group" in adas.get(path).text
    assert adas.post(path).location == "/settings?done=left"
    assert role(session, world, world.ada) is None
    assert adas.get(path).status_code == bens.get(path).status_code == bens.post(path).status_code == 404


def test_the_last_organiser_is_asked_whom_to_hand_it_to(cleos, session, world, new_client) -> None:
    path = f"/groups/{world.group.id}/leave"
    assert "Hand the group to" in cleos.get(path).text
    refused = cleos.post(path)
    assert (refused.status_code, "Hand it to someone first" in refused.text) == (409, True)
    ada = world.ada.id
    session.rollback()
    assert cleos.post(path, data={"to": ada}).status_code == 303
    assert (role(session, world, world.ada), role(session, world, world.cleo)) == (groups.ORGANISER, None)
    adas = new_client().sign_in(world.ada)
    assert "Cleo made you an organiser of Bread &amp; Butter" in adas.get("/today").text
    adas.post(f"/groups/{world.group.id}/heard")
    assert "made you an organiser" not in adas.get("/today").text


def test_a_member_makes_nobody_an_organiser(cleos, session, world, new_client) -> None:
    adas, me = new_client().sign_in(world.ada), world.ada.id
    session.rollback()
    adas.post(f"/groups/{world.group.id}/leave", data={"to": me})
    assert role(session, world, world.ada) is None


def test_organisers_are_made_and_unmade_on_the_groups_page(cleos, session, world, new_client) -> None:
    """A129. Whose role is taken away is refused with the next request."""
    path, ada, cleo = f"/groups/{world.group.id}/organisers", world.ada.id, world.cleo.id
    session.rollback()
    assert path in cleos.get(f"/groups/{world.group.id}").text
    assert "Ada Bevan" in cleos.get(path).text
    assert cleos.post(path, data={"person": ada}).status_code == 303
    adas = new_client().sign_in(world.ada)
    session.rollback()
    assert adas.get(path).status_code == 200
    adas.post(f"{path}/{cleo}/dismiss")
    assert cleos.get(path).status_code == 404
    assert adas.post(f"{path}/{ada}/dismiss").status_code == 409
    assert role(session, world, world.ada) == groups.ORGANISER


def test_the_pages_take_the_same_few_queries_however_many_belong(cleos, session, world, queries) -> None:
    paths = [f"/groups/{world.group.id}/{page}" for page in ("organisers", "leave")]
    session.rollback()
    with queries() as few:
        for path in paths:
            cleos.get(path)
    cast.arrive(world.event, *(cast.person(f"Guest {number}", world.event.starts_at) for number in range(6)))
    session.commit()
    with queries() as many:
        for path in paths:
            cleos.get(path)
    assert many.count == few.count <= 12, many


def test_a_guest_is_asked_for_an_address_when_the_breakfast_is_over(client, session, world, clock) -> None:
    """D11."""
    clock.set(world.event.starts_at)
    cast.arrive(world.event, world.dev)
    session.commit()
    client.sign_in(world.dev)
    pages = ("/today", f"/e/{world.event.code}")
    session.rollback()
    asked = "Where shall Thursday's note go?"
    assert not [page for page in pages if asked in client.get(page).text]
    clock.set(world.event.ends_at)
    session.rollback()
    assert [asked in client.get(page).text for page in pages] == [True, True]
    assert client.post(f"/e/{world.event.code}/no-note").location == "/today"
    assert not [page for page in pages if asked in client.get(page).text]
    session.rollback()
    assert attendance.of(world.event, world.dev).no_note_at


def test_who_was_not_there_declines_nothing(client, session, world) -> None:
    client.sign_in(world.ben)
    assert client.post(f"/e/{world.event.code}/no-note").status_code == 404
