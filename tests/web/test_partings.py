"""Between me and somebody I met: blocking, and whom I blocked."""

from uuid import uuid4

import pytest

from app.domain import cards, contacts, partings
from app.domain.encounters import CARD
from tests import cast
from tests.web.holders import token


@pytest.fixture
def met(world, ada, session, clock):
    """Ada and Ben, who are both here and have met; what Ada has of Ben."""
    cast.arrive(world.event, ada, world.ben)
    contacts.meet(ada, world.ben, uuid4(), CARD, world.event, clock.now, clock.now)
    session.commit()
    return contacts.find(ada, world.ben)


def test_i_block_and_unblock_without_a_word_to_them(hers, bens, world, met):
    """P166, D12."""
    page = hers.get(f"/people/{met.id}").text
    assert f"/people/{met.id}/between-us" in page
    assert "Block Ben" in hers.get(f"/people/{met.id}/between-us").text
    answer = hers.post(f"/people/{met.id}/block", follow_redirects=True)
    assert "Ben Okafor" in answer.text
    assert hers.get(f"/people/{met.id}").status_code == 404
    assert "Ben Okafor" not in hers.get("/people").text
    for page in ("/people", "/today", "/scan", "/settings", f"/e/{world.event.code}/people"):
        seen = bens.get(page).text
        assert "Ada" not in seen
        assert "blocked you" not in seen.lower()
    answer = hers.post(f"/settings/blocked/{world.ben.id}/remove", follow_redirects=True)
    assert "Nobody" in answer.text
    assert "Ben Okafor" in hers.get("/people").text
    assert "Ada Bevan" in bens.get("/people").text


def test_the_blocked_find_the_same_page_as_for_any_card_that_was_replaced(
    hers, bens, new_client, world, ada, met, session
):
    """P166."""
    cleos, old = new_client().sign_in(world.cleo), (token(ada), _code(ada))
    hers.post(f"/people/{met.id}/block")
    hers.post("/card/token")
    now = (token(ada), _code(ada))
    session.rollback()
    for visitor, (card, typed) in ((cleos, old), (bens, now)):
        shown = visitor.get(f"/c/{card}")
        assert shown.status_code == 410
        assert "This card has been replaced" in shown.text
        assert "Ada" not in shown.text
        assert visitor.get(f"/c/{card}.vcf").status_code == 410
        assert visitor.post("/encounters", data={"id": uuid4(), "card": card}).status_code == 410
        answer = visitor.post("/scan/code", data={"id": uuid4(), "code": typed})
        assert answer.status_code == 410
        assert "This card has been replaced" in answer.text
    assert bens.post(f"/e/{world.event.code}/people/{ada.id}", data={"id": uuid4()}).status_code == 404


def test_the_one_who_blocked_is_told_why_a_card_does_not_open(hers, world, met):
    hers.post(f"/people/{met.id}/block")
    answer = hers.get(f"/c/{token(world.ben)}")
    assert answer.status_code == 409
    assert "blocked Ben" in answer.text
    answer = hers.post("/scan/code", data={"id": uuid4(), "code": _code(world.ben)})
    assert "blocked Ben" in answer.text


def test_a_block_is_taken_away_by_nobody_else(bens, world, ada, met, session, clock):
    """A128."""
    partings.block(ada, world.ben, clock.now)
    session.commit()
    assert bens.post(f"/settings/blocked/{ada.id}/remove").status_code == 404
    assert bens.post(f"/people/{met.id}/block").status_code == 404


def test_the_list_costs_the_same_for_ten_times_as_many(hers, ada, session, clock, queries):
    def cost():
        with queries() as asked:
            assert hers.get("/settings/blocked").status_code == 200
        return asked

    def block(number):
        for n in range(number):
            partings.block(ada, cast.person(f"Friend {n}", clock.now), clock.now)
        session.commit()

    block(2)
    cost()
    few = cost()
    block(18)
    many = cost()
    assert few.count == many.count <= 3, many


def _code(person):
    return cards.living(cards.of(person)).short_code
