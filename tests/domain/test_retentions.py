"""What is kept fades in its time, and the numbers stay. P173."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.delivery import housekeeping
from app.domain import belongings, contacts, encounters, events, occasions, retentions, rollcall, sessions
from app.domain.attendance import Attendance
from app.domain.deliveries import Delivery
from app.domain.people import Person
from tests import cast, scenes


@pytest.fixture
def scene(session, clock):
    """Ada and Dev, a visitor, were there; Ada met Dev, and Cleo met nobody."""
    people = cast.assemble(clock.now)
    cast.arrive(people.event, people.ada, people.dev, people.cleo, people.ben)
    contacts.meet(people.ada, people.dev, uuid4(), encounters.CARD, people.event, clock.now, clock.now)
    session.commit()
    return people


def tidy(session, now) -> None:
    session.rollback()
    housekeeping.tidy(now)
    session.expire_all()


def test_a_visitor_nobody_saw_for_a_year_is_erased_and_nobody_else(session, clock, scene) -> None:
    """P173: visitor never seen again 12 months."""
    sessions.start(scene.dev, "Dev's phone", clock.move(days=3))
    session.commit()
    tidy(session, clock.move(days=364))
    assert session.get(Person, scene.dev.id).name == "Dev Singh"
    tidy(session, clock.move(days=2))
    assert session.get(Person, scene.dev.id).name == belongings.SOMEBODY
    assert session.get(Person, scene.ada.id).name == "Ada Bevan"


def test_after_two_years_a_morning_keeps_its_numbers_and_loses_its_names(session, clock, scene) -> None:
    """P173: event attendance 24 months → counts only."""
    before, turnouts = rollcall.figures(scene.event, clock.now), rollcall.turnouts(scene.group.id)
    assert before.first_timers == 4
    settled = scene.event.ends_at + timedelta(days=700)
    settled_before = rollcall.figures(scene.event, settled)
    tidy(session, clock.set(scene.event.ends_at + retentions.NAMES_LAST - timedelta(hours=1)))
    assert scene.event.faded_at is None
    tidy(session, clock.move(hours=2))
    assert scene.event.faded_at == clock.now
    places = session.scalars(select(Attendance)).all()
    assert {(place.name, place.person_id) for place in places} == {(belongings.SOMEBODY, None)}
    assert rollcall.figures(scene.event, clock.now) == settled_before
    assert rollcall.turnouts(scene.group.id) == turnouts
    assert occasions.of(scene.ada)[0].meetings, "whom somebody met is theirs, not the morning's"


def test_whoever_came_to_a_faded_morning_is_no_first_timer_at_the_next(session, clock, scene) -> None:
    plan = replace(cast.TUESDAY, day=cast.TUESDAY.day + timedelta(days=7))
    later = events.create(scene.group.id, plan, clock.now)
    cast.arrive(later, scene.ada, now=later.starts_at)
    session.commit()
    assert rollcall.figures(later, later.starts_at).first_timers == 0
    tidy(session, clock.set(scene.event.ends_at + retentions.NAMES_LAST))
    assert (scene.event.faded_at is None, later.faded_at) == (False, None)
    assert rollcall.figures(later, clock.now).first_timers == 0
    tidy(session, clock.move(days=8))
    assert later.faded_at
    assert rollcall.figures(later, clock.now).first_timers == 0


def test_what_a_letter_said_and_where_it_went_is_forgotten_after_30_days(app, session, clock, scene) -> None:
    """P173: outbox bodies 30 days."""
    prompt = scenes.follow_up(scene)
    session.add(
        Delivery(
            prompt_id=prompt.id,
            state="sent",
            due_at=clock.now,
            next_try_at=clock.now,
            created_at=clock.now,
            recipient="ada@example.org",
        )
    )
    session.commit()
    folder = Path(app.config["INSTANCE_PATH"]) / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "old.eml").write_text("To: ada@example.org\n\nHello\n")
    tidy(session, clock.move(days=29))
    assert session.scalars(select(Delivery.recipient)).one() == "ada@example.org"
    tidy(session, clock.move(days=2))
    assert session.scalars(select(Delivery.recipient)).one() == ""


def test_letters_in_the_drawer_are_thrown_away_by_their_age(app, clock) -> None:
    """P173."""
    import os

    from app.delivery.drawer import Drawer

    folder = Path(app.config["INSTANCE_PATH"]) / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    for name, age in (("old", 31), ("new", 29)):
        (folder / f"{name}.eml").write_text("Subject: x\n\n")
        instant = (clock.now - timedelta(days=age)).timestamp()
        os.utime(folder / f"{name}.eml", (instant, instant))
    assert Drawer(folder).forget_older(clock.now - timedelta(days=30)) == 1
    assert [file.stem for file in folder.glob("*.eml")] == ["new"]
