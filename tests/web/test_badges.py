"""Badges that were scanned: what each kind of visitor sees, and what is noted."""

import re
from uuid import uuid4

import pytest

from app.domain import attendance, badges, cards, contacts, encounters, rosters, sightings
from tests import cast
from tests.web import holders


@pytest.fixture
def worn(session, world, clock):
    """Gives someone a place and its badge; returns the badge's token."""

    def wear(person_or_name):
        if isinstance(person_or_name, str):
            place = attendance.expect(world.event, person_or_name, attendance.GOING, clock.now)
            session.flush()
        else:
            [place] = cast.arrive(world.event, person_or_name)
        token = badges.issue(place, clock.now).token
        session.commit()
        return token

    return wear


@pytest.fixture
def here(session, world):
    """Ada has arrived."""
    cast.arrive(world.event, world.ada)
    session.commit()


def met(visitor, token, **more):
    op_id = uuid4()
    return op_id, visitor.post(f"/b/{token}", data={"id": str(op_id), **more})


class TestABadgeThatIsHeld:
    def test_a_stranger_sees_what_anyone_may_and_can_save_it(self, session, world, stranger, worn):
        """D3."""
        holders.fill(session, world.ben)
        token = worn(world.ben)
        page = stranger.get(f"/b/{token}")
        assert page.status_code == 200
        assert "Ben Okafor" in page.text
        assert "07700" not in page.text
        assert holders.token(world.ben) not in page.text
        assert page.headers["X-Robots-Tag"] == "noindex"
        card = stranger.get(f"/b/{token}.vcf")
        assert "FN:Ben Okafor" in card.text
        assert "TEL" not in card.text

    def test_someone_signed_in_sees_no_more_than_a_stranger_until_both_have_scanned(
        self, session, world, hers, bens, worn, here
    ):
        """D3, A131, Q15: a badge that was photographed opens no more either."""
        holders.fill(session, world.ben)
        bens_badge, adas_badge = (
            worn(world.ben),
            badges.issue(attendance.of(world.event, world.ada), world.event.starts_at),
        )
        session.commit()
        met(hers, bens_badge)
        for address in (f"/b/{bens_badge}", f"/b/{bens_badge}.vcf"):
            assert "7700" not in hers.get(address).text
        met(bens, adas_badge.token)
        assert "7700" in hers.get(f"/b/{bens_badge}").text
        assert "TEL:+447700900123" in hers.get(f"/b/{bens_badge}.vcf").text

    def test_we_met_is_noted_once_and_nothing_but_what_anyone_sees_opens(self, session, world, hers, worn, here):
        """D3."""
        holders.fill(session, world.ben)
        op_id, answer = met(hers, token := worn(world.ben))
        assert (answer.status_code, answer.location) == (303, f"/encounters/{op_id}")
        assert hers.post(f"/b/{token}", data={"id": str(op_id)}).location == answer.location
        [encounter] = encounters.between(world.ada, world.ben)
        assert encounter.event_id == world.event.id
        assert contacts.level(contacts.find(world.ada, world.ben)) == cards.ANYONE
        assert "Ben can see that you added them" in hers.get(answer.location).text

    def test_it_posts_by_itself_only_if_a_camera_opened_it_at_an_event(self, world, hers, worn, session):
        token = worn(world.ben)
        outside, inside = {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}
        assert 'data-behaviour="met"' not in hers.get(f"/b/{token}", headers=outside).text
        cast.arrive(world.event, world.ada)
        session.commit()
        assert 'data-behaviour="met"' in hers.get(f"/b/{token}", headers=outside).text
        assert 'data-behaviour="met"' not in hers.get(f"/b/{token}", headers=inside).text

    def test_ones_own_badge_says_so_and_notes_nothing(self, world, bens, worn):
        token = worn(world.ben)
        assert "You scanned yourself" in bens.get(f"/b/{token}").text
        assert met(bens, token)[1].status_code == 409

    def test_a_code_in_capitals_leads_to_the_same_badge(self, world, stranger, worn):
        assert "Ben Okafor" in stranger.get(f"/B/{worn(world.ben).upper()}", follow_redirects=True).text

    def test_the_page_asks_the_database_little(self, world, hers, worn, here, queries):
        token = worn(world.ben)
        with queries() as asked:
            hers.get(f"/b/{token}")
        assert asked.count <= 9, asked


class TestABadgeThatNobodyHas:
    def test_it_shows_a_name_and_nothing_else_of_the_list(self, session, world, stranger, worn, clock):
        """D3, P179."""
        place = attendance.expect(world.event, "Gareth Bevan", attendance.GOING, clock.now)
        entry = rosters.RosterEntry(
            event=world.event,
            attendance=place,
            layout="hand",
            name="Gareth Bevan",
            comparable_name="gareth bevan",
            company="Secret Ltd",
            email="gareth@example.org",
            phone="+447700900456",
            created_at=clock.now,
        )
        session.add(entry)
        session.flush()
        token = badges.issue(place, clock.now).token
        session.commit()
        page = stranger.get(f"/b/{token}").text
        assert "Gareth Bevan" in page
        assert not re.search("Secret|gareth@|7700", page)
        assert stranger.get(f"/b/{token}.vcf").status_code == 404

    def test_a_group_may_keep_the_name_to_itself(self, session, world, stranger, hers, worn, here):
        """D3, P179."""
        token = worn("Gareth Bevan")
        world.group.badge_names = False
        session.commit()
        assert "Gareth" not in stranger.get(f"/b/{token}").text
        _op_id, answer = met(hers, token)
        assert "Gareth" not in hers.get(answer.location).text + hers.get("/people").text

    def test_who_is_here_too_can_note_it_and_take_it_back(self, session, world, hers, worn, here):
        op_id, answer = met(hers, worn("Gareth Bevan"))
        assert answer.location == f"/encounters/{op_id}"
        assert "hasn't made a card yet" in hers.get(answer.location).text
        assert len(sightings.of(world.ada)) == 1
        assert hers.post(f"/encounters/{op_id}/void").status_code == 303
        assert "Taken back" in hers.get(f"/encounters/{op_id}").text
        session.rollback()
        assert sightings.of(world.ada) == []

    def test_who_is_not_here_is_told_so_and_gets_no_button(self, world, hers, worn):
        token = worn("Gareth Bevan")
        assert "We met" not in hers.get(f"/b/{token}").text
        assert met(hers, token)[1].status_code == 409

    def test_a_sighting_is_nobody_elses(self, world, hers, bens, worn, here):
        op_id, _answer = met(hers, worn("Gareth Bevan"))
        assert bens.get(f"/encounters/{op_id}").status_code == 404
        assert bens.post(f"/encounters/{op_id}/void").status_code == 404


class TestABadgeThatIsNone:
    def test_a_withdrawn_badge_is_gone_alike_for_all_and_names_nobody(self, session, world, stranger, worn, clock):
        """D9."""
        tokens = [worn(world.ben), worn("Gareth Bevan")]
        for token in tokens:
            badges.renew(badges.find(token).place, clock.now)
        session.commit()
        pages = [stranger.get(f"/b/{token}") for token in tokens]
        assert [page.status_code for page in pages] == [410, 410]
        assert not re.search("Ben|Gareth", pages[0].text + pages[1].text)

    def test_an_unknown_one_is_not_found_and_counts_as_walking(self, world, stranger):
        for _try in range(60):
            assert stranger.get("/b/" + "a" * 26).status_code == 404
        assert stranger.get("/b/" + "a" * 26).status_code == 429


class TestACodeThatIsTyped:
    def send(self, visitor, code):
        return visitor.post("/scan/code", data={"id": str(uuid4()), "code": code}, follow_redirects=True)

    def test_a_badges_code_works_as_a_cards_does(self, session, world, hers, worn, here):
        """D9."""
        code = badges.find(worn(world.ben)).short_code
        assert "You added Ben" in self.send(hers, f"{code[:4].lower()} {code[4:]}").text
        session.rollback()
        code = badges.find(worn("Gareth Bevan")).short_code
        session.rollback()
        assert "Gareth Bevan" in self.send(hers, code).text

    def test_the_code_of_a_breakfast_is_told_from_a_persons(self, world, hers):
        answer = self.send(hers, world.event.code)
        assert answer.status_code == 404
        assert "code of a breakfast" in answer.text

    def test_a_lost_badges_code_is_refused_and_stays_on_the_page(self, session, world, hers, worn, clock):
        badge = badges.find(worn(world.ben))
        badges.renew(badge.place, clock.now)
        session.commit()
        answer = self.send(hers, badge.short_code)
        assert answer.status_code == 410
        assert badge.short_code in answer.text
