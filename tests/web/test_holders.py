"""Who has my card, and who asks for it: under Today, on a page of its own, and beside the person."""

from uuid import uuid4

import pytest

from app.domain import cards, contacts, holders, questions
from app.domain.encounters import BY_HAND, CARD
from tests import cast
from tests.web.holders import fill, token


@pytest.fixture
def scan(world, session, clock):
    """Lets one scan the other's card, or add them by hand; returns how they have each other from then on."""

    def let(one, other, how=CARD):
        contacts.meet(one, other, uuid4(), how, world.event, clock.now, clock.now)
        session.commit()
        return contacts.find(one, other)

    return let


def cost(visitor, path, queries):
    visitor.get(path)
    with queries() as asked:
        assert visitor.get(path).status_code == 200
    return asked


class TestBeingTold:
    def test_today_says_who_has_my_card_since_when_and_what_they_see(self, hers, ada, world, session, scan):
        """D4, Q15: by whatever picture of her code they came to it."""
        fill(session, ada, phone="nobody")
        scan(world.ben, ada)
        page = hers.get("/today").text
        assert "Ben Okafor has your card" in page
        assert "7:30: name, role, firm, what you do, who for" in page
        assert "e-mail, link." in page
        assert "Fine" in page
        assert "Take it back" in page
        assert "Always ask me" in page
        assert "What Ben saved in their own phone stays there." in page

    def test_fine_puts_it_to_rest(self, hers, ada, world, scan):
        """D4."""
        contact = scan(world.ben, ada)
        answer = hers.post(f"/card/holders/{contact.id}/rest", data={"back": "today"}, follow_redirects=True)
        assert "has your card" not in answer.text
        assert "Nothing waits" in answer.text

    def test_taken_back_the_other_sees_what_anyone_sees_wherever_they_look(self, hers, bens, ada, world, session, scan):
        """D4, A131."""
        fill(session, ada)
        contact = scan(world.ben, ada)
        address = token(ada)
        session.rollback()
        assert "ada@example.org" in bens.get(f"/people/{contact.id}").text
        hers.post(f"/card/holders/{contact.id}/take-back")
        for path in (f"/people/{contact.id}", f"/people/{contact.id}.vcf", f"/c/{address}", f"/c/{address}.vcf"):
            seen = bens.get(path).text
            assert "ada@example.org" not in seen
            assert "900123" not in seen
        bens.post("/encounters", data={"id": uuid4(), "card": address})
        assert "ada@example.org" not in bens.get(f"/people/{contact.id}").text
        assert "Ben Okafor asks for your e-mail and phone" in hers.get("/today").text

    def test_always_ask_me_holds_for_whoever_scans_from_then_on(self, hers, bens, ada, world, session):
        """D4."""
        fill(session, ada)
        address = token(ada)
        session.rollback()
        hers.post("/card/ask-first", data={"always": "on"})
        assert "ada@example.org" not in bens.get(f"/c/{address}").text
        sheet = bens.post("/encounters", data={"id": uuid4(), "card": address}, follow_redirects=True).text
        assert "Waiting for Ada's yes" in sheet
        assert "asks for your e-mail" in hers.get("/today").text
        assert "a scan is enough again" in hers.post("/card/ask-first", follow_redirects=True).text

    def test_several_are_one_line_that_leads_to_the_list(self, hers, ada, world, scan):
        """D4."""
        for someone in (world.ben, world.cleo, world.dev):
            scan(someone, ada)
        page = hers.get("/today").text
        assert "3 people have your card" in page
        assert "Ben Okafor has your card" not in page
        assert "/card/holders" in page
        assert "Fine, all of them" in hers.get("/card/holders").text
        hers.post("/card/holders/rest")
        assert "have your card" not in hers.get("/today").text

    def test_nothing_of_it_goes_by_letter(self, ada, world, scan, session):
        """D4. In the app, no push and no mail."""
        from sqlalchemy import func, select

        from app.domain.deliveries import Delivery

        scan(world.ben, ada)
        scan(world.cleo, ada, BY_HAND)
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0


class TestBeingAsked:
    def test_a_yes_opens_what_it_said_it_opens(self, hers, bens, ada, world, session, scan, clock):
        """D3."""
        fill(session, ada, "reserved")
        contact = scan(world.ben, ada, BY_HAND)
        page = hers.get("/today").text
        assert "Ben Okafor asks for your e-mail and phone" in page
        assert "A yes opens to Ben: name, role, firm" in page
        assert "Waiting for Ada's yes." in bens.get(f"/people/{contact.id}").text
        (question,) = questions.for_me(ada, clock.now)
        session.rollback()
        hers.post(f"/questions/{question.id}/answer", data={"answer": "yes", "back": "today"})
        assert "ada@example.org" in bens.get(f"/people/{contact.id}").text

    def test_a_no_leaves_the_other_waiting_as_if_unanswered(self, hers, bens, ada, world, session, scan, clock):
        """D4, D12."""
        contact = scan(world.ben, ada, BY_HAND)
        before = bens.get(f"/people/{contact.id}").text
        (question,) = questions.for_me(ada, clock.now)
        session.rollback()
        answer = hers.post(f"/questions/{question.id}/answer", data={"answer": "no"}, follow_redirects=True)
        assert "They are not told." in answer.text
        after = bens.get(f"/people/{contact.id}").text
        assert "Waiting for Ada's yes." in before
        assert "Waiting for Ada's yes." in after
        assert "ada@example.org" not in after

    def test_the_one_who_said_no_reopens_it_beside_the_person(self, hers, ada, world, session, scan, clock):
        """D12."""
        scan(world.ben, ada, BY_HAND)
        mine = contacts.find(ada, world.ben).id
        (question,) = questions.for_me(ada, clock.now)
        session.rollback()
        hers.post(f"/questions/{question.id}/answer", data={"answer": "no"})
        assert "Let Ben ask me again" in hers.get(f"/people/{mine}/between-us").text
        answer = hers.post(f"/people/{mine}/questions/reopen", follow_redirects=True)
        assert "Ben may ask again." in answer.text
        assert "Let Ben ask me again" not in answer.text

    def test_a_card_without_an_address_takes_one_with_the_yes(self, hers, bens, ada, world, session, scan, clock):
        """D6."""
        contact = scan(world.ben, ada, BY_HAND)
        (question,) = questions.for_me(ada, clock.now)
        session.rollback()
        page = hers.get("/card/holders").text
        assert 'value="ada@example.org"' in page
        said = {"answer": "yes", "email": "not an address"}
        refused = hers.post(f"/questions/{question.id}/answer", data=said)
        assert refused.status_code == 422
        assert "not an address" in refused.text
        assert "look like an e-mail address" in refused.text
        hers.post(f"/questions/{question.id}/answer", data=said | {"email": "books@example.org"})
        assert "books@example.org" in bens.get(f"/people/{contact.id}").text

    def test_i_ask_somebody_whose_card_shows_me_no_address(self, hers, bens, ada, world, scan, session, clock):
        """D6."""
        contact = scan(ada, world.ben)
        assert "Ask Ben for e-mail and phone" in hers.get(f"/people/{contact.id}").text
        hers.post(f"/people/{contact.id}/questions", data={"kind": "access"})
        assert "Waiting for Ben's yes." in hers.get(f"/people/{contact.id}").text
        assert "Ada Bevan asks for your e-mail and phone" in bens.get("/today").text
        assert hers.post(f"/people/{contact.id}/questions", data={"kind": "more"}).status_code == 404

    def test_a_sixth_question_waits_its_turn_and_says_so(self, hers, ada, world, scan, session, clock):
        """D3."""
        for n in range(5):
            scan(ada, cast.person(f"Friend {n}", clock.now), BY_HAND)
        contact = scan(ada, world.ben)
        answer = hers.post(f"/people/{contact.id}/questions", data={"kind": "access"})
        assert answer.status_code == 409
        assert "Five of your questions still wait" in answer.text


class TestWhoHasMyCard:
    def test_my_card_and_the_settings_lead_to_it(self, hers):
        """D4."""
        assert "/card/holders" in hers.get("/card").text
        assert "/card/holders" in hers.get("/settings").text
        assert "Nobody yet" in hers.get("/card/holders").text

    def test_it_says_who_how_since_when_and_what_they_see(self, hers, ada, world, session, scan):
        """D4."""
        fill(session, ada, "reserved")
        scan(world.ben, ada)
        scan(ada, world.cleo)
        page = hers.get("/card/holders").text
        assert "Tue 24 Nov, scanned your card. Sees: name, role, firm" in page
        assert "Tue 24 Nov, you added them. Sees: name, what you do" in page

    def test_one_is_taken_back_and_given_again_and_then_all(self, hers, ada, world, session, scan):
        """D4."""
        fill(session, ada)
        contact = scan(world.ben, ada)
        page = hers.post(f"/card/holders/{contact.id}/take-back", follow_redirects=True).text
        assert "Taken back" in page
        assert "Give it again" in page
        assert "They have it now" in hers.post(f"/card/holders/{contact.id}/give", follow_redirects=True).text
        assert "Taken back from everybody" in hers.post("/card/holders/take-back", follow_redirects=True).text
        session.rollback()
        session.expire_all()
        assert contacts.level(contact) == cards.ANYONE

    def test_it_costs_the_same_however_many_there_are_and_comes_in_pages(self, hers, ada, scan, clock, queries):
        scan(cast.person("First Friend", clock.now), ada)
        few = cost(hers, "/card/holders", queries)
        for n in range(holders.A_PAGE):
            scan(cast.person(f"Friend {n}", clock.now), ada)
        many = cost(hers, "/card/holders", queries)
        assert few.count == many.count <= 10, many
        assert "/card/holders?page=2" in hers.get("/card/holders").text
        assert "First Friend" in hers.get("/card/holders?page=2").text


class TestBetweenUs:
    def test_a_meeting_is_removed_from_both_lists(self, hers, bens, ada, world, scan):
        """D4."""
        scan(world.ben, ada)
        mine = contacts.find(ada, world.ben).id
        page = hers.get(f"/people/{mine}/between-us").text
        assert "Remove this meeting: Tue 24 Nov, Tuesday Breakfast" in page
        assert "what they saved in their own phone stays there" in page
        number = page.split("/meetings/")[1].split("/")[0]
        hers.post(f"/people/{mine}/meetings/{number}/remove")
        assert "Ben Okafor" not in hers.get("/people").text
        assert "Ada Bevan" not in bens.get("/people").text

    def test_only_a_meeting_of_ours_is_removed(self, hers, ada, world, scan, session):
        """A128."""
        contact = scan(ada, world.ben)
        theirs = scan(world.ben, world.cleo)
        number = contacts.find(world.ben, world.cleo) and theirs.id + 1000
        session.rollback()
        assert hers.post(f"/people/{contact.id}/meetings/{number}/remove").status_code == 404

    def test_a_stranger_answers_takes_back_and_gives_nothing(self, bens, ada, world, scan, session, clock):
        """A128."""
        contact = scan(world.cleo, ada, BY_HAND)
        (question,) = questions.for_me(ada, clock.now)
        session.rollback()
        assert bens.post(f"/questions/{question.id}/answer", data={"answer": "yes"}).status_code == 404
        for did in ("rest", "take-back", "give"):
            assert bens.post(f"/card/holders/{contact.id}/{did}").status_code == 404
