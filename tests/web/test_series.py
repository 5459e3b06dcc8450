"""Series: an organiser says how a breakfast repeats, sees what comes of it, changes one or all, and ends it."""

import re

import pytest

from app.domain import attendance, plans, series
from app.domain.notices import CANCELLED, Notice
from tests import cast

TYPED = {
    **plans.typed(cast.TUESDAY),
    "day": "2026-12-01",
    "repeats": "weekly",
    "rule": "",
    "until": "",
    "times": "",
    "skips_holidays": "yes",
}


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client):
    return client.sign_in(company.cleo)


@pytest.fixture
def address(company):
    return f"/groups/{company.group.id}/series"


def only(session, company):
    session.rollback()
    [found] = series.of_group(company.group)
    return found


def start(cleo, address, **typed):
    return cleo.post(f"{address}/new", data={**TYPED, **typed})


def test_a_series_is_started_and_shows_its_mornings(session, company, cleo, address):
    answer = start(cleo, address)
    assert (answer.status_code, answer.location) == (303, f"{address}/{only(session, company).id}")
    page = cleo.get(answer.location).text
    assert "Every Tuesday, 7:00–9:00" in page
    assert page.count('class="list-row"') == 12
    assert "Tue 1 Dec, 7:00" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"repeats": "fortnightly", "day": "2026-12-03"}, "Every second Thursday"),
        ({"repeats": "monthly"}, "The first Tuesday of the month"),
        ({"repeats": "last", "day": "2026-11-24"}, "The last Tuesday of the month"),
        ({"repeats": "own", "rule": "FREQ=MONTHLY;BYDAY=1TU,3TU"}, "By its own rule: FREQ=MONTHLY;BYDAY=1TU,3TU"),
    ],
)
def test_how_it_repeats_is_said_in_words(cleo, address, typed, says):
    assert says in cleo.get(start(cleo, address, **typed).location).text


def test_a_look_shows_the_mornings_and_keeps_nothing(session, company, cleo, address):
    page = start(cleo, address, look="yes", times="3").text
    assert "The next mornings: Tue 1 Dec, Tue 8 Dec, Tue 15 Dec." in page
    assert 'value="Tuesday Breakfast"' in page
    session.rollback()
    assert series.of_group(company.group) == []


def test_the_sentence_follows_what_is_typed(cleo, address):
    asked = cleo.get(f"{address}/days", query_string={**TYPED, "repeats": "monthly", "times": "2", "name": ""})
    assert asked.json["sentence"] == "The next mornings: Tue 1 Dec, Tue 5 Jan."
    assert "Pick the first day" in cleo.get(f"{address}/days", query_string={"day": ""}).json["sentence"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"day": ""}, "Please pick a day"),
        ({"name": " "}, "Please give the event a name"),
        ({"repeats": "own", "rule": "every Tuesday"}, "read this rule"),
        ({"repeats": ""}, "read this rule"),
        ({"until": "2026-11-01"}, "The last day has to come after the first"),
        ({"until": "soon"}, "Please pick a day"),
        ({"times": "0"}, "between 1 and 500"),
        ({"times": "many"}, "between 1 and 500"),
        ({"end_time": "06:00"}, "The end has to come after the start"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_nothing_typed_is_lost(
    session, company, cleo, address, typed, says
):
    answer = start(cleo, address, place="The Lamb", **typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="The Lamb"' in answer.text
    session.rollback()
    assert series.of_group(company.group) == []


def change(cleo, event, reach, **typed):
    data = {**plans.typed(series.events.plan_of(event)), "reach": reach, **typed}
    return cleo.post(f"/events/{event.id}/edit", data=data)


@pytest.mark.parametrize(("reach", "places"), [("this", ["The Grand, Bristol"]), ("following", ["The Lamb"])])
def test_a_change_is_of_one_morning_or_of_all_that_follow(session, company, cleo, address, reach, places):
    start(cleo, address)
    first, second, third, *_more = series.mornings(only(session, company))
    assert "This one and all that follow" in cleo.get(f"/events/{second.id}/edit").text
    session.rollback()
    assert change(cleo, second, reach, place="The Lamb").status_code == 303
    session.rollback()
    assert (first.place, second.place, [third.place]) == ("The Grand, Bristol", "The Lamb", places)


def test_an_event_of_no_series_asks_nothing_about_one(company, cleo):
    assert "all that follow" not in cleo.get(f"/events/{company.event.id}/edit").text


@pytest.mark.parametrize(("calls_off", "left"), [("no", 12), ("yes", 0)])
def test_an_end_keeps_what_is_planned_or_calls_it_off(session, company, cleo, address, calls_off, left):
    start(cleo, address)
    series_id = only(session, company).id
    assert cleo.post(f"{address}/{series_id}/end", data={"calls_off": calls_off}).status_code == 303
    session.rollback()
    ended = series.of(company.group, series_id)
    assert sum(event.cancelled_at is None for event in series.mornings(ended)) == left
    assert "This series has ended" in cleo.get(f"{address}/{series_id}").text
    assert cleo.post(f"{address}/{series_id}/end", data={"calls_off": "no"}).status_code == 409


@pytest.mark.parametrize(("calls_off", "told"), [("no", 0), ("yes", 1)])
def test_whoever_has_a_place_at_what_is_called_off_is_told(session, company, clock, cleo, address, calls_off, told):
    start(cleo, address)
    weekly = only(session, company)
    place = attendance.expect(series.mornings(weekly)[2], "Ada Bevan", attendance.GOING, clock.now)
    attendance.hold(place, company.ada, clock.now)
    session.commit()
    cleo.post(f"{address}/{weekly.id}/end", data={"calls_off": calls_off})
    session.rollback()
    assert session.query(Notice).where(Notice.kind == CANCELLED).count() == told


def test_the_group_shows_the_next_four_and_folds_the_rest(company, cleo, address):
    start(cleo, address)
    page = cleo.get(f"/groups/{company.group.id}").text
    soon, _folded, further = page.partition("Further ahead")
    shown = [re.findall(r"Tue \d+ \w+, 7:00", part) for part in (soon, further)]
    assert shown[0] == ["Tue 24 Nov, 7:00", "Tue 1 Dec, 7:00", "Tue 8 Dec, 7:00", "Tue 15 Dec, 7:00"]
    assert (len(shown[1]), shown[1][0]) == (9, "Tue 22 Dec, 7:00")


def test_the_pages_cost_the_same_for_many_mornings_as_for_few(session, company, cleo, address, queries):
    counts = []
    for times in ("1", "12"):
        location = start(cleo, address, times=times, start_time="06:30" if times == "1" else "07:00").location
        with queries() as asked:
            assert cleo.get(location).status_code == 200
        counts.append(asked.count)
    assert counts == [5, 5]
