"""The organiser hears that somebody can't come, or sends somebody else: one tap, one name, and the way back."""

import csv
import io

import pytest

from app.domain import absences, attendance
from app.domain.attendance import EXCUSED, GOING, ORGANISER
from tests import cast
from tests.infrastructure.visitors import Visitor


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


@pytest.fixture
def gareth(session, company, clock):
    place = attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
    session.commit()
    return place


def seat(company, place) -> str:
    return f"/events/{company.event.id}/attendance/{place.id}"


def test_one_tap_excuses_and_one_takes_it_back(session, company, cleo, gareth):
    page = cleo.post(f"{seat(company, gareth)}/absence", data={"coming": "no"}, follow_redirects=True)
    assert "They come after all" in page.text
    assert '<dd id="figure-excused">1</dd>' in cleo.get(f"/events/{company.event.id}").text
    cleo.post(f"{seat(company, gareth)}/absence", data={"coming": "yes"})
    session.expire_all()
    assert gareth.state == GOING


def test_a_name_comes_instead(session, company, cleo, gareth):
    page = cleo.post(f"{seat(company, gareth)}/substitute", data={"name": "Nia Ahmed"}, follow_redirects=True)
    assert "Nia Ahmed" in page.text
    assert "Comes in the place of" in page.text
    session.expire_all()
    assert gareth.state == EXCUSED
    assert "comes instead." in cleo.get(seat(company, gareth)).text
    assert "for Gareth Bevan" in cleo.get(f"/events/{company.event.id}").text


def test_without_a_name_nobody_comes_instead(session, company, cleo, gareth):
    assert cleo.post(f"{seat(company, gareth)}/substitute", data={"name": " "}).status_code == 422
    session.expire_all()
    assert gareth.state == GOING


def test_nothing_else_is_an_answer(company, cleo, gareth):
    assert cleo.post(f"{seat(company, gareth)}/absence", data={"coming": "perhaps"}).status_code == 400


def test_an_event_that_was_called_off_has_no_absences(session, company, cleo, gareth, clock):
    company.event.cancelled_at = clock.now
    session.commit()
    assert cleo.post(f"{seat(company, gareth)}/absence", data={"coming": "no"}).status_code == 410


def test_the_list_that_is_taken_away_says_who_came_for_whom(session, company, cleo, gareth, clock):
    clock.set(company.event.starts_at)
    nia = absences.send_instead(gareth, "Nia Ahmed", clock.now, company.cleo, ORGANISER)
    attendance.check_in(nia, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    session.commit()
    text = cleo.get(f"/events/{company.event.id}/attendance.csv").data.decode("utf-8-sig")
    told = {row["Name"]: (row["State"], row["Origin"], row["In place of"]) for row in csv.DictReader(io.StringIO(text))}
    assert told == {
        "Gareth Bevan": ("Can't come", "List", ""),
        "Nia Ahmed": ("Present", "Substitute", "Gareth Bevan"),
    }


def test_the_page_of_a_place_costs_the_same_queries(session, company, cleo, gareth, clock, queries):
    absences.send_instead(gareth, "Nia Ahmed", clock.now, company.cleo, ORGANISER)
    session.commit()
    with queries() as asked:
        assert cleo.get(seat(company, gareth)).status_code == 200
    assert asked.count <= 6, asked
