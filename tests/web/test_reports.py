"""Telling the organisers about somebody, and what they read of it."""

from contextvars import Context
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domain import contacts, reports
from app.domain.encounters import CARD
from app.domain.reports import Report
from tests import cast


@pytest.fixture
def met(world, ada, session, clock):
    """Ada and Ben, who are both here and have met; what Ada has of Ben."""
    cast.arrive(world.event, ada, world.ben)
    contacts.meet(ada, world.ben, uuid4(), CARD, world.event, clock.now, clock.now)
    session.commit()
    return contacts.find(ada, world.ben)


@pytest.fixture
def cleos(new_client, world):
    """Cleo's phone."""
    return new_client().sign_in(world.cleo)


def report(phone, met, **more):
    return phone.post(f"/people/{met.id}/report", data={"reason": "pushy"} | more, follow_redirects=True)


def test_i_report_and_am_thanked_and_the_organiser_reads_it_without_my_name(hers, bens, cleos, world, ada, met):
    """P167."""
    assert "Report Ben" in hers.get(f"/people/{met.id}/between-us").text
    assert "Thank you for telling us" in report(hers, met, words="Sold me a <fridge>").text
    where = f"/groups/{world.group.id}"
    assert f"{where}/reports" in cleos.get(where).text
    read = cleos.get(f"{where}/reports").text
    assert "A member told us about Ben Okafor: pushy selling." in read
    assert "Sold me a &lt;fridge&gt;" in read
    for page in ("", "/reports", "/attendance"):
        assert "Ada" not in cleos.get(where + page).text
    for page in ("/people", "/today", "/settings", "/card/holders", "/me"):
        assert "fridge" not in bens.get(page).text
        assert "told us" not in bens.get(page).text


def test_an_organiser_marks_it_as_seen(hers, cleos, world, met, session, clock):
    """P167."""
    report(hers, met)
    where = f"/groups/{world.group.id}/reports"
    session.rollback()
    number = session.scalars(select(Report.id)).one()
    session.rollback()
    assert hers.post(f"{where}/{number}/seen").status_code == 404
    answer = cleos.post(f"{where}/{number}/seen", follow_redirects=True).text
    assert "I&#39;ve seen this" not in answer
    session.rollback()
    assert session.get_one(Report, number).seen_at == clock.now
    assert "Somebody told us" not in cleos.get(f"/groups/{world.group.id}").text


def test_reporting_and_blocking_are_one_tap(hers, world, met, session):
    """P167."""
    answer = report(hers, met, block="on").text
    assert "Thank you for telling us" in answer
    assert "Ben Okafor" in answer
    assert hers.get(f"/people/{met.id}").status_code == 404
    session.rollback()
    assert session.scalars(select(Report.reported_id)).one() == world.ben.id


def test_what_cannot_be_taken_comes_back_as_typed(hers, met):
    answer = hers.post(f"/people/{met.id}/report", data={"words": "He sold me a fridge", "block": "on"})
    assert answer.status_code == 422
    assert "Pick what it is about" in answer.text
    assert "He sold me a fridge" in answer.text


def test_nobody_reports_from_somebody_elses_page(bens, met):
    """P167."""
    assert bens.post(f"/people/{met.id}/report", data={"reason": "pushy"}).status_code == 404


def test_the_operator_reads_what_no_organiser_can(app, world, ada, met, session, clock):
    """P167."""
    number = reports.tell(world.cleo, world.ben, reports.REMARKS, "At the station", clock.now).reference
    session.commit()
    session.remove()

    def shell(*args):
        return Context().run(app.test_cli_runner().invoke, args=args, env={"COLUMNS": "160"})

    listed = shell("reports").output
    assert "At the station" in listed
    assert "Cleo" not in listed
    assert shell("see-report", "nothing").exit_code == 1
    assert "is seen" in shell("see-report", number).output
    assert "At the station" not in shell("reports").output
    assert "At the station" in shell("reports", "--all").output


def test_it_costs_the_same_for_ten_times_as_many(cleos, world, met, session, clock, queries):
    def cost():
        with queries() as asked:
            assert cleos.get(f"/groups/{world.group.id}/reports").status_code == 200
        return asked

    def tell(number):
        for n in range(number):
            teller = cast.person(f"Guest {n}", clock.now)
            cast.arrive(world.event, teller)
            reports.tell(teller, world.ben, reports.PUSHY, "A fridge", clock.now)
        session.commit()

    tell(2)
    cost()
    few = cost()
    tell(18)
    many = cost()
    assert few.count == many.count <= 4, many
