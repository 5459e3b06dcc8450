"""The door on the phone: found and checked in with one tap, let in by name or card, a yes for who is on no list."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.domain import attendance, badges, cards, door_helpers, encounters, events
from app.domain.attendance import GOING, HELPER, Attendance
from app.domain.encounters import Encounter
from tests import cast
from tests.infrastructure.visitors import Visitor


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


@pytest.fixture
def ben(session, company, clock, new_client: Callable[[], Visitor]) -> Visitor:
    """Ben helps at the door."""
    door_helpers.join(company.event, company.ben, company.event.ends_at, clock.now)
    session.commit()
    return new_client().sign_in(company.ben)


@pytest.fixture
def gareth(session, company, clock):
    return cast.expect(company.event, "Gareth Bevan", clock.now, company="Bevan & Sons", email="gareth@example.org")


def door(company) -> str:
    return f"/events/{company.event.id}/door"


def arrivals(company) -> str:
    return f"/events/{company.event.id}/arrivals"


def seat(company, place) -> str:
    return f"/events/{company.event.id}/attendance/{place.id}"


def places(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Attendance))


def shown(page: str) -> list[str]:
    """Return the names of the rows that are not hidden, in their order."""
    rows = re.findall(r'<li id="place-\d+"[^>]*?( hidden)?><div.*?data-says="name">(.*?)</a>', page, re.DOTALL)
    return [name for is_hidden, name in rows if not is_hidden]


def meetings(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Encounter))


class TestTheDoor:
    def test_shows_who_is_still_expected_and_no_address(self, session, company, ben, gareth):
        """D14."""
        cast.arrive(company.event, company.ada)
        session.commit()
        page = ben.get(door(company)).text
        assert shown(page) == ["Gareth Bevan"]
        assert shown(ben.get(f"{door(company)}?show=here").text) == ["Ada Bevan"]
        assert "example.org" not in page
        assert "scanned" not in page

    @pytest.mark.parametrize("typed", ["gareht", "bevan gareth", "GÁRETH", "sons", "gb"])
    def test_finds_whom_one_means(self, session, company, ben, gareth, clock, typed):
        cast.expect(company.event, "Nia Ahmed", clock.now)
        assert shown(ben.get(f"{door(company)}?q={typed}").text) == ["Gareth Bevan"]
        assert ben.get(f"{door(company)}/found?q={typed}").json == {"ids": [gareth.id]}

    def test_finds_who_is_here_already_too(self, session, company, ben, gareth, clock):
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, attendance.ORGANISER)
        session.commit()
        assert shown(ben.get(f"{door(company)}?q=gareth").text) == ["Gareth Bevan"]

    def test_one_tap_checks_in_and_one_takes_it_back(self, session, company, ben, gareth):
        page = ben.post(seat(company, gareth), data={"arrived": "yes", "at": "door"}, follow_redirects=True)
        assert "Gareth Bevan is in since 7:00." in page.text
        [_listed, arrived] = attendance.changes(gareth)
        assert (arrived.how, arrived.by) == (HELPER, company.ben)
        ben.post(seat(company, gareth), data={"arrived": "no", "at": "door"})
        session.rollback()
        assert gareth.state == GOING

    def test_hears_what_changed_and_nothing_of_meetings(self, session, company, ben, gareth, clock):
        cast.arrive(company.event, company.ada, company.dev)
        encounters.record(company.ada, company.dev, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
        session.commit()
        answer = ben.get(f"{door(company)}/live")
        assert set(answer.json["figures"]) == {"present", "expected", "absent", "walk_ins"}
        assert [row["name"] for row in answer.json["rows"] if row["asks"]] == ["Ada Bevan", "Dev Singh"]
        again = ben.get(f"{door(company)}/live", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304

    def test_costs_the_same_for_ten_times_as_many_people(self, session, company, ben, clock, queries):
        counts = []
        for size in (10, 100):
            for n in range(size):
                attendance.expect(company.event, f"Listed {size}-{n}", GOING, clock.now)
            session.commit()
            with queries() as asked:
                assert ben.get(f"{door(company)}?q=zzzz").status_code == 200
            counts.append(asked.count)
        assert counts == [5, 5], counts


class TestWalkIns:
    def test_a_name_is_enough(self, session, company, ben, gareth):
        page = ben.post(arrivals(company), data={"name": "Nia Ahmed", "what_i_do": ""}, follow_redirects=True)
        assert "Nia Ahmed is in since 7:00." in page.text
        assert "Show them the code." in page.text
        assert ben.get(f"{door(company)}/code").status_code == 200

    def test_somebody_on_the_list_is_offered_first(self, session, company, ben, gareth):
        page = ben.post(arrivals(company), data={"name": "gareth bevan"}).text
        assert "There is a Gareth Bevan already" in page
        assert places(session) == 1
        ben.post(arrivals(company), data={"name": "Gareth Bevan", "another": "yes"})
        assert places(session) == 2

    def test_tapping_twice_lets_nobody_in_twice(self, session, company, ben, gareth):
        for _tap in range(2):
            page = ben.post(arrivals(company), data={"name": "Nia Ahmed"}, follow_redirects=True).text
        assert "Here since 7:00." in page
        assert places(session) == 2

    def test_without_a_name_the_page_says_so_and_keeps_the_rest(self, company, ben, gareth):
        answer = ben.post(arrivals(company), data={"name": " ", "what_i_do": "Sells honey"})
        assert answer.status_code == 422
        assert "Please type your name" in answer.text
        assert "Sells honey" in answer.text

    def test_they_claim_it_at_the_poster(self, session, company, ben, gareth, new_client):
        ben.post(arrivals(company), data={"name": "Nia Ahmed"})
        phone = new_client()
        assert "Nia Ahmed" in phone.post(f"/e/{company.event.code}/name", data={"name": "nia ahmed"}).text
        page = phone.post(f"/e/{company.event.code}/claim", data={"name": "nia ahmed"}, follow_redirects=True).text
        assert "Who is here" in page
        assert places(session) == 2


class TestCodesAndCards:
    def code(self, person) -> str:
        return cards.living(cards.of(person)).short_code

    def test_a_code_finds_its_persons_place(self, session, company, ben, gareth):
        cast.arrive(company.event, company.ada)
        session.commit()
        assert shown(ben.get(f"{door(company)}?q={self.code(company.ada)}").text) == ["Ada Bevan"]

    def test_a_code_of_somebody_without_a_place_checks_them_in_and_is_no_meeting(self, session, company, ben, gareth):
        """D14."""
        code = self.code(company.dev)
        page = ben.get(f"{door(company)}?q={code[:4]}+{code[4:].lower()}").text
        assert "Check in Dev" in page
        page = ben.post(arrivals(company), data={"code": code}, follow_redirects=True).text
        assert "Dev Singh is in since 7:00." in page
        assert meetings(session) == 0
        assert attendance.of(company.event, company.dev).is_vouched

    def test_a_card_opened_at_the_door_checks_in_and_logs_nothing(self, session, company, ben, gareth):
        """D14. Not by itself, not even for a helper who is checked in."""
        cast.arrive(company.event, company.ben)
        session.commit()
        token = cards.living(cards.of(company.dev)).token
        page = ben.get(f"/c/{token}", headers={"Sec-Fetch-Site": "none"}).text
        assert f'action="{arrivals(company)}"' in page
        assert 'data-behaviour="met"' not in page
        ben.post(arrivals(company), data={"card": token})
        assert meetings(session) == 0
        assert attendance.of(company.event, company.dev).is_here
        page = ben.get(f"/c/{token}", headers={"Sec-Fetch-Site": "none"}).text
        assert f'action="{arrivals(company)}"' not in page
        assert 'data-behaviour="met"' not in page

    def test_the_doors_camera_checks_a_card_and_a_badge_in_and_is_no_meeting(
        self, session, company, ben, gareth, clock
    ):
        """D14, Q8: a badge of another morning says so."""
        later = events.create(company.group.id, replace(cast.TUESDAY, day=cast.TUESDAY.day + timedelta(7)), clock.now)
        elsewhere = badges.issue(cast.expect(later, "Nia Ahmed", clock.now), clock.now).token
        token, badge = cards.living(cards.of(company.dev)).token, badges.issue(gareth, clock.now).token
        session.commit()

        def scanned(token):
            return ben.post(arrivals(company), data={"card": token}, headers={"Accept": "application/json"})

        said = scanned(token.upper()).json
        assert (said["name"], said["since"], said["again"]) == ("Dev Singh", "7:00", False)
        clock.move(minutes=5)
        assert scanned(token).json["again"]
        assert scanned(badge).json["name"] == "Gareth Bevan"
        session.refresh(gareth)
        assert gareth.is_here
        assert scanned(elsewhere).status_code == 409
        assert "another morning" in scanned(elsewhere).json["detail"]
        assert meetings(session) == 0

    def test_a_badge_that_was_replaced_lets_nobody_in(self, session, company, ben, gareth, clock):
        """Q6, Q7."""
        token = badges.issue(gareth, clock.now).token
        badges.renew(gareth, clock.now)
        session.commit()
        refused = ben.post(arrivals(company), data={"card": token}, headers={"Accept": "application/json"})
        assert refused.status_code == 410
        session.refresh(gareth)
        assert not gareth.is_here

    def test_an_organiser_who_is_here_still_meets_whoever_is_in(self, session, company, cleo, gareth):
        cast.arrive(company.event, company.cleo, company.dev)
        session.commit()
        token = cards.living(cards.of(company.dev)).token
        assert 'data-behaviour="met"' in cleo.get(f"/c/{token}", headers={"Sec-Fetch-Site": "none"}).text

    @pytest.mark.parametrize("field", ["card", "code"])
    def test_an_unknown_one_is_refused(self, company, ben, field):
        assert ben.post(arrivals(company), data={field: "0" * 8}).status_code == 404


class TestOffTheList:
    def test_who_checks_in_off_the_list_sees_nobody_until_the_door_says_yes(
        self, session, company, ben, gareth, new_client
    ):
        """D3."""
        dev = new_client().sign_in(company.dev)
        cast.arrive(company.event, company.ada)
        session.commit()
        dev.post(f"/e/{company.event.code}/attendance")
        people = f"/e/{company.event.code}/people"
        assert dev.get(people).status_code == 403
        assert dev.post(f"{people}/{company.ada.id}", data={"id": str(uuid4())}).status_code == 403
        assert "Have a word at the door" in dev.get(f"/e/{company.event.code}").text
        place = attendance.of(company.event, company.dev)
        assert (
            "Yes, they&#39;re here" in ben.get(door(company)).text or "Yes, they're here" in ben.get(door(company)).text
        )
        ben.post(f"{seat(company, place)}/vouch", data={"at": "door"})
        assert "Ada Bevan" in dev.get(people).text

    def test_scanning_a_card_works_all_the_same(self, session, company, gareth, new_client):
        dev = new_client().sign_in(company.dev)
        dev.post(f"/e/{company.event.code}/attendance")
        token = cards.living(cards.of(company.ada)).token
        assert dev.post("/encounters", data={"card": token, "id": str(uuid4())}).status_code == 303
        assert meetings(session) == 1

    def test_not_here_takes_them_out(self, session, company, ben, gareth, new_client):
        new_client().sign_in(company.dev).post(f"/e/{company.event.code}/attendance")
        session.rollback()
        place = attendance.of(company.event, company.dev)
        ben.post(seat(company, place), data={"arrived": "no", "at": "door"})
        session.rollback()
        assert (place.is_here, place.is_vouched) == (False, False)


class TestHelpers:
    def test_join_by_the_code_on_the_organisers_screen(self, session, company, cleo, new_client):
        """D14."""
        page = cleo.get(f"/events/{company.event.id}/helpers").text
        assert "Help at the door until 9:00" in page
        path = re.search(r'data-url="https?://[^/"]+(/h/[^"]+)"', page)[1]
        dev = new_client().sign_in(company.dev)
        assert "Until 9:00 you can check people in" in dev.get(path).text
        assert dev.post(path).location.endswith(door(company))
        assert dev.get(door(company)).status_code == 200
        assert "Dev Singh" in cleo.get(f"/events/{company.event.id}/helpers").text
        assert "You help at the door" in dev.get("/event").text

    def test_until_the_hour_that_the_organiser_says(self, company, cleo):
        assert "Help at the door until 8:30" in cleo.get(f"/events/{company.event.id}/helpers?until=08:30").text
        for wrong in ("06:00", "nonsense", "23:59"):
            assert cleo.get(f"/events/{company.event.id}/helpers?until={wrong}").status_code == 422

    def test_are_sent_away_and_let_back(self, session, company, cleo, ben):
        helper = door_helpers.of(company.event, company.ben)
        path = f"/events/{company.event.id}/helpers/{helper.id}"
        cleo.post(path, data={"helps": "no"})
        assert ben.get(door(company)).status_code == 404
        cleo.post(path, data={"helps": "yes"})
        assert ben.get(door(company)).status_code == 200
        assert cleo.post(path, data={"helps": "perhaps"}).status_code == 400
        assert cleo.post(f"{path}9", data={"helps": "no"}).status_code == 404

    def test_whoever_is_signed_out_is_told_how(self, company, new_client):
        token = door_helpers.invite(company.event, company.event.ends_at)
        page = new_client().get(f"/h/{token}").text
        assert "Sign in" in page
        assert new_client().get("/h/nothing").status_code == 404

    def test_of_a_morning_that_is_over_are_none(self, company, cleo, clock):
        clock.set(company.event.closes_at)
        assert cleo.get(f"/events/{company.event.id}/helpers").status_code == 409
