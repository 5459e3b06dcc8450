"""A card's address: what it opens for whom, what it never tells, and how often it may be guessed at."""

import logging
import re
from uuid import uuid4

import pytest
import vobject
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain import cards, contacts, encounters, erasures, fields, occasions
from app.domain.cards import MET, NOBODY
from app.domain.people import Person
from app.domain.sessions import SignInCode
from tests import cast
from tests.cast import Cast
from tests.infrastructure import codes
from tests.infrastructure.visitors import Visitor
from tests.web.holders import fill, token


class TestAnAddress:
    def test_a_stranger_sees_what_is_open_to_anyone(self, session, ada: Person, stranger: Visitor) -> None:
        page = stranger.get(f"/c/{token(ada)}")
        assert page.status_code == 200
        assert "Ada Bevan" in page.text
        assert "Save to contacts" in page.text
        assert f'href="/sign-in?next=/c/{token(ada)}"' in page.text
        assert "We met" not in page.text

    def test_a_stranger_can_give_a_card_back(self, session, ada: Person, stranger: Visitor) -> None:
        back = f"/c/{token(ada)}"
        stranger.post("/sign-in", data={"email": "eve@example.org", "next": back})
        session.rollback()
        digits = session.scalars(select(SignInCode)).one().digits
        asked = stranger.post("/sign-in/code", data={"code": digits, "next": back})
        assert asked.location == f"/new?next={back}"
        assert stranger.post("/new", data={"name": "Eve Moss", "next": back}).location == back
        page = stranger.get(back).text
        said = re.findall(r'name="(card|id)" value="([^"]+)"', page)
        assert stranger.post("/encounters", data=dict(said)).status_code == 303
        session.rollback()
        assert [occasion.meetings[0].contact.other.name for occasion in occasions.of(ada)] == ["Eve Moss"]

    def test_its_owner_is_told_so(self, hers: Visitor, ada: Person) -> None:
        page = hers.get(f"/c/{token(ada)}").text
        assert "This is your card" in page
        assert "We met" not in page

    def test_someone_signed_in_sees_what_is_open_to_people_met_and_can_say_so(
        self, session, ada: Person, bens: Visitor
    ) -> None:
        fill(session, ada)
        page = bens.get(f"/c/{token(ada)}").text
        assert "ada@example.org" in page
        assert '<a href="tel:+447700900123" rel="noopener nofollow ugc">+44 7700 900123</a>' in page
        assert "We met" in page
        assert f'name="card" value="{token(ada)}"' in page
        assert re.search(r'name="id" value="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', page)

    def test_every_opening_of_a_page_is_a_meeting_of_its_own_to_be_said(self, ada: Person, bens: Visitor) -> None:
        said = [re.findall(r'name="id" value="([^"]+)"', bens.get(f"/c/{token(ada)}").text) for _time in "ab"]
        assert said[0] != said[1]

    def test_who_has_the_card_already_finds_the_way_to_their_notes(self, session, world: Cast, bens: Visitor) -> None:
        now = clock.now()
        said = uuid4()
        contacts.meet(world.ben, world.ada, said, encounters.CARD, world.event, now, now)
        session.commit()
        contact = contacts.find(world.ben, world.ada)
        assert f'href="/people/{contact.id}"' in bens.get(f"/c/{token(world.ada)}").text
        contacts.take_back(world.ben, said, now)
        session.commit()
        assert f'href="/people/{contact.id}"' not in bens.get(f"/c/{token(world.ada)}").text

    @pytest.mark.parametrize(
        ("arrived", "came_from", "says"),
        [
            (True, "none", True),
            (True, "same-origin", False),
            (True, "cross-site", False),
            (True, "", False),
            (False, "none", False),
        ],
    )
    def test_a_camera_at_an_event_says_we_met_by_itself_and_nothing_else_does(
        self, session, world: Cast, bens: Visitor, arrived: bool, came_from: str, says: bool
    ) -> None:
        if arrived:
            cast.arrive(world.event, world.ben)
            session.commit()
        page = bens.get(f"/c/{token(world.ada)}", headers={"Sec-Fetch-Site": came_from} if came_from else {}).text
        assert ('data-behaviour="met"' in page) is says

    def test_opening_it_writes_nothing(self, session, world: Cast, bens: Visitor, stranger: Visitor, queries) -> None:
        """A95."""
        cast.arrive(world.event, world.ben)
        session.commit()
        with queries() as asked:
            bens.get(f"/c/{token(world.ada)}", headers={"Sec-Fetch-Site": "none"})
            stranger.get(f"/c/{token(world.ada)}")
            stranger.get(f"/c/{token(world.ada)}.vcf")
            stranger.get("/c/unknown")
        assert not [said for said in asked if not said.lstrip().upper().startswith("SELECT")], asked

    def test_a_code_in_capitals_leads_to_the_same_card(self, ada: Person, stranger: Visitor) -> None:
        """Q5, H19."""
        answer = stranger.get(f"/C/{token(ada).upper()}", follow_redirects=True)
        assert answer.status_code == 200
        assert "Ada Bevan" in answer.text

    def test_tracking_parameters_do_no_harm(self, ada: Person, stranger: Visitor) -> None:
        """Q4, H20."""
        assert stranger.get(f"/c/{token(ada)}?utm_source=x&fbclid=y").status_code == 200

    @pytest.mark.parametrize("path", ["", ".vcf"])
    def test_no_machine_lists_it_and_no_other_site_hears_of_it(self, ada: Person, stranger: Visitor, path: str) -> None:
        """P179, A139."""
        for name in (token(ada), "unknown"):
            headers = stranger.get(f"/c/{name}{path}").headers
            assert headers["X-Robots-Tag"] == "noindex"
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["Cache-Control"] == "no-store"

    def test_no_log_holds_a_token(self, ada: Person, hers: Visitor, stranger: Visitor, caplog) -> None:
        """A153."""
        caplog.set_level(logging.DEBUG)
        old = token(ada)
        stranger.get(f"/c/{old}")
        hers.post("/card/token")
        stranger.get(f"/c/{old}")
        stranger.get(f"/c/{old[::-1]}")
        assert old not in caplog.text
        assert old[::-1] not in caplog.text

    def test_it_asks_the_database_little_however_full_the_card_is(
        self, session, ada: Person, stranger: Visitor, bens: Visitor, queries
    ) -> None:
        fill(session, ada)
        address = f"/c/{token(ada)}"
        session.rollback()
        with queries() as asked:
            stranger.get(address)
        assert asked.count <= 2, asked
        with queries() as asked:
            bens.get(address)
        assert asked.count <= 7, asked

    def test_the_page_is_light(self, session, ada: Person, stranger: Visitor) -> None:
        fill(session, ada)
        answer = stranger.get(f"/c/{token(ada)}", headers={"Accept-Encoding": "gzip"})
        assert len(answer.data) <= 4_000


class TestWalking:
    def test_an_unknown_address_says_what_to_do(self, stranger: Visitor) -> None:
        answer = stranger.get("/c/" + "a" * 26)
        assert answer.status_code == 404
        assert "Ask them to show theirs again." in answer.text

    def test_the_sixty_first_unknown_card_in_a_minute_is_one_too_many(self, stranger: Visitor) -> None:
        """A86, Q16."""
        tried = [stranger.get(f"/c/{number:026}").status_code for number in range(61)]
        assert tried == [404] * 60 + [429]

    def test_a_room_full_of_known_cards_is_no_walk(self, ada: Person, stranger: Visitor) -> None:
        assert {stranger.get(f"/c/{token(ada)}").status_code for _time in range(100)} == {200}


class TestSomebodyWhoIsErased:
    def test_their_code_is_one_that_nobody_has_in_whatever_way_it_comes(
        self, session, ada: Person, bens: Visitor, stranger: Visitor, tmp_path
    ) -> None:
        """Q9, H14: opened, saved, scanned and typed it is answered as one that never was."""
        row, unknown = cards.living(cards.of(ada)), "a" * 26
        gone, short = row.token, row.short_code
        erasures.erase(ada, clock.now(), tmp_path / "erased.log")
        session.commit()
        for path in ("/c/{}", "/c/{}.vcf"):
            answer, never = stranger.get(path.format(gone)), stranger.get(path.format(unknown))
            assert (answer.status_code, answer.text) == (never.status_code, never.text) == (404, never.text)
        assert bens.post("/encounters", data={"card": gone, "id": uuid4()}).status_code == 404
        typed = bens.post("/scan/code", data={"code": short, "id": uuid4()})
        assert (typed.status_code, "We don&#39;t know that code." in typed.text) == (404, True)


class TestWhatIsHidden:
    """A131: a field that is not open to someone is nowhere in what they get."""

    CANARIES = {
        "role": "Canary-role",
        "company": "Canary-company",
        "what_i_do": "Canary-what",
        "who_for": "Canary-who",
        "looking_for": "Canary-looking",
        "can_offer": "Canary-offer",
        "email": "canary@example.org",
        "phone": "+44 7700 900987",
        "link": "https://canary.example/x",
    }
    MARKS = ("canary", "900987", "7700900987")

    @pytest.mark.parametrize("level", [MET, NOBODY])
    def test_it_is_in_no_answer(
        self, session, ada: Person, stranger: Visitor, bens: Visitor, hers: Visitor, level: str
    ) -> None:
        everything = dict.fromkeys((*cards.FIELDS, fields.PHOTO), level)
        cards.change(cards.of(ada), "Ada Bevan", self.CANARIES, fields.OPEN, everything, "GB")
        session.commit()
        address = f"/c/{token(ada)}"
        answers = [stranger.get(address).text, stranger.get(f"{address}.vcf").text, hers.get("/card/as/anyone").text]
        answers += [codes.on_page(hers.get("/card").text), hers.get("/card/code.svg").text]
        if level == NOBODY:
            answers += [bens.get(address).text, bens.get(f"{address}.vcf").text, hers.get("/card/as/met").text]
        for answer in answers:
            assert not [mark for mark in self.MARKS if mark in answer.lower()], answer

    def test_the_canary_sings_where_it_may(self, session, ada: Person, stranger: Visitor) -> None:
        cards.change(cards.of(ada), "Ada Bevan", self.CANARIES, fields.OPEN, {}, "GB")
        session.commit()
        for path in ("", ".vcf"):
            answer = stranger.get(f"/c/{token(ada)}{path}").text
            assert answer.lower().count("canary") >= 5
            assert "7700900987" in answer


class TestTheVcard:
    def test_a_phone_takes_it_as_a_contact(self, session, ada: Person, stranger: Visitor) -> None:
        fill(session, ada, fields.OPEN)
        answer = stranger.get(f"/c/{token(ada)}.vcf")
        assert answer.content_type == "text/vcard; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="Ada Bevan.vcf"'
        parsed = vobject.readOne(answer.text)
        assert (parsed.fn.value, parsed.tel.value) == ("Ada Bevan", "+447700900123")

    def test_who_is_signed_in_keeps_more_than_a_stranger(
        self, session, ada: Person, stranger: Visitor, bens: Visitor
    ) -> None:
        fill(session, ada)
        assert "EMAIL" not in stranger.get(f"/c/{token(ada)}.vcf").text
        assert "EMAIL;TYPE=INTERNET:ada@example.org" in bens.get(f"/c/{token(ada)}.vcf").text

    def test_an_unknown_one_is_not_there(self, stranger: Visitor, app: Flask) -> None:
        assert stranger.get("/c/unknown.vcf").status_code == 404
