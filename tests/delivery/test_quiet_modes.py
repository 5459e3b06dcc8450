"""Quiet: nothing is sent for a while, nothing is lost, and one letter tells of all of it at the end."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.domain import attendance, cadence, events, prompts, quiet_hours, quiet_modes
from tests import cast
from tests.delivery.ways import Way, change

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def five_weeks(breakfast, session, clock):
    """Ada was at five more breakfasts, a week apart."""
    for week in range(1, 6):
        day = date(2026, 11, 24) + timedelta(weeks=week)
        plan = replace(cast.TUESDAY, name=f"Breakfast {week}", day=day)
        event = events.create(breakfast.group.id, plan, clock.now)
        attendance.arrive(event, breakfast.ada, event.starts_at, cast.LATE_AFTER)
    session.commit()
    return breakfast


def test_two_weeks_of_quiet_end_in_one_letter_that_tells_of_all(five_weeks, go, smtp, session):
    """R34, R35: what came due meanwhile, however long ago, waits under Today and is told once."""
    change(session, lambda: quiet_modes.begin(five_weeks.ada, DUE - timedelta(hours=1)))
    at, ends = DUE, five_weeks.ada.quiet_until
    while at < ends:
        go(at)
        at += timedelta(hours=12)
    assert smtp.to(ADA) == []
    assert len([one for one in prompts.waiting(five_weeks.ada, ends) if one.kind == prompts.FOLLOW_UP]) >= 2
    morning = ends.replace(hour=9)
    for _round in range(3):
        go(morning)
        morning += timedelta(minutes=4)
    (letter,) = smtp.to(ADA)
    assert "under Today" in letter.body("plain")
    assert len(smtp.to("ben@example.org")) >= 1
    go(ends + timedelta(days=1))
    assert len(smtp.to(ADA)) == 1


def test_quiet_that_begins_while_a_letter_is_on_its_way_stops_it_at_the_dot_and_it_comes_later(
    breakfast, go, smtp, session
):
    """R28."""
    way = Way(lambda: change(session, lambda: quiet_modes.begin(breakfast.ada, DUE)))
    go(DUE, way)
    assert ADA not in [recipient for recipient, _content in way.sent]
    go(breakfast.ada.quiet_until + timedelta(minutes=30))
    assert len(smtp.to(ADA)) == 1


def test_ending_it_early_lets_letters_come_again(breakfast, go, smtp, session):
    change(session, lambda: quiet_modes.begin(breakfast.ada, DUE))
    go(DUE)
    change(session, lambda: quiet_modes.end(breakfast.ada, DUE + timedelta(hours=1)))
    go(DUE + timedelta(hours=1))
    assert len(smtp.to(ADA)) == 1


@pytest.mark.parametrize("day", [date(2026, 11, 26), date(2026, 11, 1), date(2028, 1, 1)])
def test_a_day_that_is_not_ahead_or_too_far_is_refused(breakfast, day):
    with pytest.raises(quiet_modes.NotADay):
        quiet_modes.begin(breakfast.ada, DUE, day)
    assert not quiet_modes.is_on(breakfast.ada, DUE)


def test_the_settings_have_a_switch_for_it(session, clock, client):
    """R36: two weeks, a day, or letters again; what was typed wrongly is said and kept."""
    from tests.infrastructure.visitors import Visitor

    assert isinstance(client, Visitor)
    scene = cast.assemble(clock.now)
    session.commit()
    client.sign_in(scene.ada)
    client.post("/settings/quiet", data={"quiet": "on", "until": ""})
    assert "Quiet until Tue 8 Dec" in client.get("/settings").text
    client.post("/settings/quiet", data={"quiet": "off"})
    assert "Quiet, please" in client.get("/settings").text
    client.post("/settings/quiet", data={"quiet": "on", "until": "2026-11-30"})
    assert "Quiet until Mon 30 Nov" in client.get("/settings").text
    client.post("/settings/quiet", data={"quiet": "off"})
    answer = client.post("/settings/quiet", data={"quiet": "on", "until": "2026-11-01"})
    assert answer.status_code == 422
    assert "within the next year" in answer.text


def test_a_letter_due_in_somebodys_own_quiet_hours_comes_when_they_are_over(session, breakfast, go, smtp):
    """R36: Ada's day begins at ten, Ben's as everybody's."""
    change(session, lambda: quiet_hours.put(breakfast.ada, "18:00", "10:00"))
    go(DUE)
    assert (len(smtp.to(ADA)), len(smtp.to(BEN))) == (0, 1)
    ten = cadence.at(cadence.local(DUE, cast.ZONE).date(), time(10), cast.ZONE).utc
    go(ten - timedelta(seconds=1))
    assert not smtp.to(ADA)
    go(ten + timedelta(hours=1))
    assert len(smtp.to(ADA)) == 1


def test_the_settings_have_the_hours_and_say_what_is_wrong_with_them(session, clock, client):
    """R36: what was typed is still there."""
    scene = cast.assemble(clock.now)
    session.commit()
    client.sign_in(scene.ada)
    assert 'value="20:00"' in client.get("/settings").text
    client.post("/settings/quiet-hours", data={"quiet_from": "21:30", "quiet_to": "07:15"})
    page = client.get("/settings").text
    assert 'value="21:30"' in page
    assert 'value="07:15"' in page
    answer = client.post("/settings/quiet-hours", data={"quiet_from": "06:00", "quiet_to": "05:00"})
    assert answer.status_code == 422
    assert "at least four hours" in answer.text
    assert 'value="05:00"' in answer.text
