"""The demonstration: a believable past, for nobody real, that writes to nobody."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import clock, create_app
from app.database import db
from app.database import session as house
from app.delivery import courier
from app.delivery.drawer import Drawer
from app.domain import attendance, people, prompts
from app.domain.attendance import Attendance
from app.domain.deliveries import Delivery
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.people import Person
from app.domain.prompts import FOLLOW_UP, Prompt
from tests import cast
from tests.conftest import BREAKFAST, KEYS


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
    assert session.scalar(select(func.count(Event.id))) == 8
    assert session.scalar(select(func.count(Person.id))) == 40
    assert session.scalar(select(func.count(Encounter.id))) > 60
    states = set(session.scalars(select(Prompt.state).where(Prompt.kind == FOLLOW_UP)))
    assert states >= {prompts.OPEN, prompts.DONE}
    assert session.scalar(select(func.max(Prompt.round)).where(Prompt.kind == FOLLOW_UP)) > 1


def test_its_newest_breakfast_brings_each_one_who_was_there_one_follow_up_and_nobody_else(told, app, session) -> None:
    """One for each present, none for the absent, none on a second run."""
    newest = session.scalars(select(Event).order_by(Event.day.desc())).first()
    before = {letter.id for letter in session.scalars(select(Delivery))}
    due = session.scalar(select(func.max(Prompt.due_at)).where(Prompt.kind == FOLLOW_UP))
    assert due is None or due > clock.now()
    here = set(
        session.scalars(
            select(Attendance.person_id).where(Attendance.event_id == newest.id, Attendance.state.in_(attendance.HERE))
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
