"""What would make a morning worth it: sealed, told in totals; and who is new there."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.domain import attendance, events, groups, intentions, newcomers
from app.domain.intentions import NotAGoal
from tests import cast


@pytest.fixture
def scene(session, clock):
    return cast.assemble(clock.now)


def place(scene, name, now):
    return attendance.expect(scene.event, name, attendance.GOING, now)


def test_the_goal_is_one_of_five_and_the_latest_word_counts(scene, session, clock):
    """D10."""
    mine = place(scene, "Gareth", clock.now)
    session.flush()
    intentions.aim(mine, "learn", clock.now)
    intentions.aim(mine, "customer", clock.now)
    assert intentions.of(mine).goal == "customer"
    with pytest.raises(NotAGoal):
        intentions.aim(mine, "pitch", clock.now)


def test_the_goal_is_sealed(scene, session, clock):
    """D13."""
    mine = place(scene, "Gareth", clock.now)
    session.flush()
    intentions.aim(mine, "customer", clock.now)
    (row,) = session.execute(text("SELECT sealed FROM intentions")).all()
    assert b"customer" not in bytes(row.sealed)


def test_who_named_no_goal_is_asked_within_the_week_before(scene, session, clock):
    cast.arrive(scene.event, scene.ada)
    mine = place(scene, "Ben Okafor", clock.now)
    attendance.hold(mine, scene.ben, clock.now)
    week_before, night_before = (scene.event.starts_at - timedelta(days=days) for days in (8, 1))
    assert intentions.open_question(scene.ben, week_before) is None
    assert intentions.open_question(scene.ben, night_before) is scene.event
    assert intentions.open_question(scene.ada, night_before) is None
    intentions.aim(mine, "learn", clock.now)
    assert intentions.open_question(scene.ben, night_before) is None


def test_totals_tell_of_nobody(scene, session, clock):
    """D15."""
    for number in range(6):
        mine = place(scene, f"Guest {number}", clock.now)
        session.flush()
        intentions.aim(mine, "learn" if number < 5 else "company", clock.now)
    told = intentions.totals(scene.event)
    assert [
        (goal, number.how.value, number.number) for goal, number in told.items() if goal in ("learn", "company")
    ] == [
        ("learn", "exact", 5),
        ("company", "fewer", 5),
    ]


def test_a_badge_is_marked_only_where_its_owner_said_yes(scene, session, clock):
    """D15."""
    mine, other = place(scene, "Gareth", clock.now), place(scene, "Owen", clock.now)
    session.flush()
    assert intentions.marked(scene.event) == set()
    intentions.ask(mine, introduction=True, mark=False, now=clock.now)
    assert intentions.marked(scene.event) == set()
    before = scene.event.version
    intentions.ask(mine, introduction=True, mark=True, now=clock.now)
    assert intentions.marked(scene.event) == {mine.id}
    assert scene.event.version > before
    intentions.aim(other, "learn", clock.now)


def test_who_was_here_before_is_no_newcomer(scene, session, clock):
    from dataclasses import replace

    last_week = events.create(scene.group.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)
    cast.arrive(last_week, scene.ada, now=last_week.starts_at)
    (ada, ben) = cast.arrive(scene.event, scene.ada, scene.ben)
    assert not newcomers.is_first(ada)
    assert newcomers.is_first(ben)


def test_hosts_are_those_who_said_so_and_are_here(scene, session, clock):
    """D1."""
    cast.arrive(scene.event, scene.ada, scene.ben)
    for person in (scene.ada, scene.cleo):
        ((_group, membership),) = groups.of(person)
        groups.host(membership, True)
    gareth = place(scene, "Gareth Bevan", clock.now)
    session.flush()
    intentions.ask(gareth, introduction=True, mark=False, now=clock.now)
    found = newcomers.introductions(scene.event)
    assert (found.newcomers, found.hosts) == (["Gareth Bevan"], ["Ada Bevan"])
