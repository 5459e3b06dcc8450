"""The demonstration: a believable past, for nobody real, that writes to nobody."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import clock, create_app
from app.database import db
from app.database import session as house
from app.delivery import courier
from app.delivery.drawer import Drawer
from app.domain import (
    attendance,
    cards,
    contacts,
    door_helpers,
    endings,
    holders,
    intentions,
    one_to_ones,
    people,
    previews,
    prompts,
    questions,
    series,
)
from app.domain.attendance import Attendance
from app.domain.contacts import Contact
from app.domain.deliveries import Delivery
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person
from app.domain.prompts import FOLLOW_UP, INVITATION, Prompt
from tests import cast
from tests.conftest import BREAKFAST, KEYS

SUBSTITUTED = Attendance.origin == attendance.SUBSTITUTE


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with the demonstration in it; telling it takes a while, so it is told once."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    app = create_app({"INSTANCE_PATH": str(folder), "DATABASE_URL": "", "SMTP_URL": "", "KEYS": KEYS})
    with clock.fixed(BREAKFAST):
        outcome = run(app, "demo")
    assert outcome.exit_code == 0, outcome.output
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture
def settings(request: pytest.FixtureRequest, instance: Path, database_settings: dict[str, str]) -> dict[str, str]:
    """On a copy of the demonstration where a test asks for it by `told`, else on an empty database."""
    if "told" in request.fixturenames:
        shutil.rmtree(instance, ignore_errors=True)
        shutil.copytree(request.getfixturevalue("told"), instance)
    return {"PUBLIC_URL": "", "KEYS": KEYS, "SMTP_URL": "", **database_settings}


def run(app, *words: str):
    return app.test_cli_runner().invoke(args=list(words))


def test_it_has_eight_breakfasts_forty_people_and_follow_ups_in_every_state(told, session) -> None:
    assert session.scalar(select(func.count(Event.id)).where(Event.starts_at < BREAKFAST)) == 8
    assert session.scalar(select(func.count(Person.id))) == 40
    assert session.scalar(select(func.count(Encounter.id))) > 60
    states = set(session.scalars(select(Prompt.state).where(Prompt.kind == FOLLOW_UP)))
    assert states >= {prompts.OPEN, prompts.DONE}
    assert session.scalar(select(func.max(Prompt.round)).where(Prompt.kind == FOLLOW_UP)) > 1


def test_its_newest_breakfast_brings_each_one_who_was_there_one_follow_up_and_nobody_else(told, app, session) -> None:
    """One for each present, none for the absent, none on a second run."""
    newest = session.scalars(select(Event).where(Event.starts_at < BREAKFAST).order_by(Event.day.desc())).first()
    before = {letter.id for letter in session.scalars(select(Delivery))}
    due = session.scalar(select(func.max(Prompt.due_at)).where(Prompt.kind == FOLLOW_UP))
    assert due is None or due > clock.now()
    here = set(
        session.scalars(
            select(Attendance.person_id).where(
                Attendance.event_id == newest.id,
                Attendance.state.in_(attendance.HERE),
                Attendance.person_id.is_not(None),
            )
        )
    )
    session.rollback()
    sent = Counter()
    for _run in range(2):
        outcome = run(app, "deliver", "--at", f"{due:%Y-%m-%dT%H:%M:%SZ}" if due else "2026-12-01T09:00:00Z")
        assert outcome.exit_code == 0, outcome.output
        rows = session.execute(
            select(Prompt.person_id)
            .join(Delivery, Delivery.prompt_id == Prompt.id)
            .where(Prompt.kind == FOLLOW_UP, Prompt.event_id == newest.id, Delivery.id.not_in(before))
        )
        sent = Counter(rows.scalars())
        session.rollback()
    assert set(sent) == here
    assert set(sent.values()) == {1}


def test_whatever_the_weekday_something_waits_for_its_organiser(told, session) -> None:
    """A follow-up, a 1-2-1 to answer and one to come, somebody who asks, and news of who has her card."""
    ada = people.find_by_email("ada.bevan@example.org")
    waiting = {prompt.kind for prompt in prompts.waiting(ada, BREAKFAST)}
    assert waiting >= {FOLLOW_UP, INVITATION}
    meetings = one_to_ones.around(ada, BREAKFAST, BREAKFAST + timedelta(days=20), BREAKFAST)
    assert one_to_ones.AGREED in {meeting.state for meeting in meetings}
    assert len(questions.for_me(ada, BREAKFAST)) == 1
    assert 0 < len(holders.news(ada)) < 10
    assert cards.visible(cards.of(ada), cards.ANYONE)["looking_for"]
    assert cards.of(ada).photo is not None
    stages = set(session.scalars(select(Contact.stage).where(Contact.owner_id == ada.id)))
    assert stages == set(contacts.STAGES)


def test_its_next_breakfast_has_a_list_with_goals_an_excuse_a_substitute_and_a_helper(told, session) -> None:
    ada = people.find_by_email("ada.bevan@example.org")
    coming = session.scalars(select(Event).where(Event.starts_at > BREAKFAST).order_by(Event.day)).first()
    states = Counter(session.scalars(select(Attendance.state).where(Attendance.event_id == coming.id)))
    assert states[attendance.GOING] > 15
    assert (states[attendance.INVITED], states[attendance.EXCUSED]) == (4, 2)
    assert session.scalar(select(Attendance.name).where(Attendance.event_id == coming.id, SUBSTITUTED))
    assert intentions.totals(coming)
    assert [helper.person.name for helper in door_helpers.at(coming)] == ["Rhys Morgan"]
    assert series.of_event(coming) is not None
    before = previews.of(ada, coming.starts_at - timedelta(hours=20))
    assert before is not None
    assert any(one.promises for one in before.coming)


def test_its_past_breakfasts_are_settled_and_told_in_totals(told, session) -> None:
    past = session.scalars(select(Event).where(Event.starts_at < BREAKFAST)).all()
    places = session.scalars(select(Attendance).where(Attendance.event_id.in_([event.id for event in past]))).all()
    assert all(place.is_vouched for place in places if place.is_here)
    assert {place.state for place in places} >= {attendance.EXCUSED, *attendance.HERE}
    told_of = endings.totals(max(past, key=lambda event: event.day))
    assert sum(said.number for said in told_of.answers.values()) > 10
    assert sum(said.number for said in told_of.worth.values()) > 10


def test_it_refuses_an_installation_with_real_people(app, session) -> None:
    cast.person("Ada Bevan", clock.now(), "ada@example.org")
    session.commit()
    refused = run(app, "demo")
    assert (refused.exit_code, "people here already" in refused.output) == (1, True)
    assert session.scalar(select(func.count(Person.id))) == 1


def test_it_writes_to_nobody_and_lets_nobody_real_in(told, app, session, client) -> None:
    app.config["SMTP_URL"] = "smtp://localhost:25"
    assert isinstance(courier.transport(), Drawer)
    app.config["SMTP_URL"] = ""
    answer = client.post("/sign-in", data={"email": "somebody@real.example"})
    assert (answer.status_code, "demonstration" in answer.text) == (403, True)
    assert people.find_by_email("somebody@real.example") is None
    house.rollback()
    assert client.post("/sign-in", data={"email": "ada.bevan@example.org"}).status_code == 303
