"""The ground under everything: how each connection is furnished, and what writers do to one another."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier, Lock
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, g, request
from sqlalchemy import create_engine, event, func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import NullPool

from app import database
from app.database import UtcDateTime
from app.domain import attendance, cards, people
from app.domain.attendance import Attendance, AttendanceChange
from app.domain.contacts import Contact
from app.domain.encounters import Encounter, Observation
from app.domain.groups import Membership
from app.domain.people import Person
from app.web import access, forms
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock
from tests.infrastructure import applications
from tests.infrastructure.threads import at_once
from tests.infrastructure.visitors import Visitor

on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


# What is read is let go of

ROWS_IN_CIRCLES = """
import gc
from app import database
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase): ...
class Jar(Base):
    __tablename__ = "jars"
    id: Mapped[int] = mapped_column(primary_key=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.execute(insert(Jar), [{"id": number} for number in range(500)])
    session.commit()
    read = session.scalars(select(Jar)).all()
    session.expire_all()
for later in range(1, 60):
    gc.disable()
    gc.collect()
    with Session(engine) as session:
        for jar in session.scalars(select(Jar)):
            jar.itself = jar
        del jar
        gc.set_threshold(gc.get_count()[0] + later)
        gc.enable()
        session.expunge_all()
print("alive")
"""


def test_rows_that_go_while_their_session_ends_take_no_process_with_them() -> None:
    """Python 3.11 alone dies of it; `database.lay_out_notes` says why."""
    ended = subprocess.run([sys.executable, "-c", ROWS_IN_CIRCLES], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "alive\n"), ended.stderr


# The words of queries


@pytest.mark.parametrize("many", [1, 2, 300])
def test_however_many_numbers_are_told_they_are_one_parameter_and_found_by_the_index(app: Flask, many: int) -> None:
    statement = select(Person.name).where(database.among(Person.id, "people"))
    asked: list[str] = []
    with app.app_context():
        engine = database.db.engine
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        rows = [people.join(f"Person {number}", "UTC", datetime.now(UTC)) for number in range(many + 1)]
        database.session.flush()
        asked.clear()
        found = database.session.scalars(statement, {"people": [row.id for row in rows[1:]]}).all()
        assert sorted(found) == sorted(row.name for row in rows[1:])
        (sent,) = asked
        assert sent == str(statement.compile(dialect=engine.dialect))
        if engine.dialect.name == "sqlite":
            plan = database.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sent}", ("[1]",)).all()
            assert any("SEARCH people USING INTEGER PRIMARY KEY" in row[3] for row in plan)


@pytest.mark.parametrize("many", [1, 3])
def test_what_is_done_for_each_of_several_is_done_for_those_alone(app: Flask, many: int) -> None:
    told = {"number": Person.id.type, "new_name": Person.name.type, "until": UtcDateTime()}
    rename = database.ForEach(
        told,
        lambda one: (
            update(Person).where(Person.id == one["number"]).values(name=one["new_name"], quiet_until=one["until"])
        ),
    )
    now = datetime.now(UTC)
    with app.app_context():
        rows = [people.join(f"Person {number}", "UTC", now) for number in range(many + 1)]
        database.session.flush()
        given = [{"number": row.id, "new_name": f"'{row.id}', {{é}}", "until": now} for row in rows[1:]]
        assert rename(given).rowcount == many
        found = database.session.execute(select(Person.id, Person.name, Person.quiet_until)).all()
    assert {tuple(row) for row in found} == {
        (rows[0].id, "Person 0", None),
        *((one["number"], one["new_name"], now) for one in given),
    }


# Writers beside one another


@pytest.fixture
def world(session: scoped_session[Session], clock: Clock) -> Cast:
    """Ada and Ben have arrived; Dev has not."""
    world = cast.assemble(clock.now)
    cast.arrive(world.event, world.ada, world.ben)
    session.commit()
    return world


@pytest.mark.both_databases
def test_nothing_is_lost_where_four_read_and_write_the_same_row(app: Flask, world: Cast) -> None:
    """S57: 200 of 200."""
    ben = world.ben.id

    def count() -> None:
        for _time in range(50):
            counted = database.session.get(Person, ben, with_for_update=True, populate_existing=True)
            assert counted is not None
            counted.name = str(int(counted.name) + 1)
            database.session.commit()
            database.begin_write()

    world.ben.name = "0"
    database.session.commit()
    at_once(app, [count] * 4)
    assert name_of(ben) == "200"


def name_of(person_id: int) -> str | None:
    """Return the name as the database has it now."""
    database.session.rollback()
    return database.session.scalar(select(Person.name).where(Person.id == person_id))


def test_a_write_that_begins_after_a_read_is_refused(app: Flask, world: Cast) -> None:
    """S57: what was read before the lock might be stale."""
    people.find_by_email("ada@example.org")
    with pytest.raises(RuntimeError, match="before anything is read"):
        database.begin_write()


def rows(table: type[Any]) -> int:
    database.session.rollback()
    return database.session.scalar(select(func.count()).select_from(table)) or 0


def posted_at_once(visitors: list[Visitor], path: str, forms: list[dict[str, str]]) -> list[int]:
    """Let visitors send their forms at the same moment; return what they were answered."""
    ready = Barrier(len(visitors))

    def post(visitor: Visitor, form: dict[str, str]) -> int:
        ready.wait(10)
        return visitor.post(path, data=form).status_code

    with ThreadPoolExecutor(len(visitors)) as threads:
        return list(threads.map(post, visitors, forms))


@pytest.fixture
def four_of(new_client: Callable[[], Visitor]) -> Callable[[Person], list[Visitor]]:
    """Four browsers that one person is signed in on."""
    return lambda person: [new_client().sign_in(person) for _number in range(4)]


@pytest.mark.both_databases
@pytest.mark.parametrize("same", [True, False], ids=["sent four times", "said four times"])
def test_four_scans_of_one_card_at_once_are_one_encounter(
    world: Cast, four_of: Callable[[Person], list[Visitor]], same: bool
) -> None:
    """O45, O51: all four are told so, and none of them an untruth."""
    token = cards.living(cards.of(world.ben)).token
    once = str(uuid4())
    sent = [{"card": token, "id": once if same else str(uuid4())} for _number in range(4)]
    assert posted_at_once(four_of(world.ada), "/encounters", sent) == [303] * 4
    assert rows(Encounter) == 1
    assert rows(Observation) == len({form["id"] for form in sent})
    assert rows(Contact) == 2, "hers of him, and his of her"


@pytest.mark.both_databases
@pytest.mark.parametrize("listed", [True, False], ids=["expected", "walking in"])
def test_four_check_ins_of_one_person_at_once_are_one_arrival(
    world: Cast, four_of: Callable[[Person], list[Visitor]], clock: Clock, listed: bool
) -> None:
    """O45, O51."""
    if listed:
        attendance.hold(attendance.expect(world.event, "Dev Singh", attendance.GOING, clock.now), world.dev, clock.now)
        database.session.commit()
    phones, path = four_of(world.dev), f"/e/{world.event.code}/attendance"
    for _time in range(5):
        before = rows(AttendanceChange)
        assert posted_at_once(phones, path, [{}] * 4) == [303] * 4
        assert rows(AttendanceChange) == before + 1
        assert posted_at_once(phones, f"{path}/undo", [{}] * 4) == [303] * 4
        assert rows(AttendanceChange) == before + 2
    assert phones[0].post(path).status_code == 303
    assert rows(Membership) == len({world.ada, world.ben, world.cleo, world.dev})
    states = database.session.scalars(select(Attendance.state).where(Attendance.person_id == world.dev.id)).all()
    assert states == [attendance.LATE]


# What PostgreSQL refuses


@dataclass
class Refused(Exception):
    """What psycopg raises, as far as anybody looks."""

    sqlstate: str | None


def refusing(times: int, sqlstate: str | None) -> Callable[[], int]:
    """Make work that the database refuses so many times; it returns which attempt came through."""
    attempts = iter(range(1, 100))

    def work() -> int:
        attempt = next(attempts)
        if attempt <= times:
            raise OperationalError("UPDATE jars", {}, Refused(sqlstate))
        return attempt

    return work


@on_postgresql
def test_what_was_prepared_before_a_migration_is_asked_again(app: Flask, session: Any) -> None:
    """Old and new run together while there is an upgrade."""

    def label() -> str | None:
        found: str | None = session.scalar(text("SELECT label FROM jars"))
        session.rollback()
        return found

    migration = create_engine(database.db.engine.url, poolclass=NullPool)
    try:
        with migration.begin() as line:
            line.execute(text("CREATE TABLE jars AS SELECT CAST('Seville' AS varchar(7)) AS label"))
        for _time in range(7):  # the driver prepares what it is asked for the sixth time
            assert label() == "Seville"
        with migration.begin() as line:
            line.execute(text("ALTER TABLE jars ALTER COLUMN label TYPE varchar(80)"))
        assert database.retried(label) == "Seville"
    finally:
        with migration.begin() as line:
            line.execute(text("DROP TABLE IF EXISTS jars"))


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_refused_work_is_done_again_up_to_three_times(app: Flask, session: Any, sqlstate: str) -> None:
    """S67."""
    assert database.retried(refusing(2, sqlstate)) == 3
    with pytest.raises(OperationalError):
        database.retried(refusing(3, sqlstate))


@pytest.mark.parametrize("sqlstate", ["55P03", "57014", None])
def test_work_that_failed_otherwise_is_not_done_again(app: Flask, session: Any, sqlstate: str | None) -> None:
    """S67: a lock that was not had in time is not had by asking at once."""
    with pytest.raises(OperationalError):
        database.retried(refusing(1, sqlstate))


@dataclass
class Crossing:
    """A page that holds two people's rows, in the order asked for: two of them at once cross each other's way."""

    app: Flask
    attempts: list[str]
    clean: list[bool]

    @classmethod
    def built(cls, app: Flask) -> "Crossing":
        made = cls(app, [], [])
        both_hold_one, noting = Barrier(2), Lock()

        @access.allows(access.PERSON)
        @forms.takes("first", "second", "line")
        def cross() -> str:
            with noting:
                made.attempts.append(request.form["line"])
                made.clean.append("left_behind" not in g)
                first_time = made.attempts.count(request.form["line"]) == 1
            g.left_behind = True
            hold(int(request.form["first"]))
            if first_time:
                both_hold_one.wait(10)
            person = hold(int(request.form["second"]))
            person.name += request.form["line"]
            database.session.commit()
            return f"{access.me().name}: {person.name}"

        app.add_url_rule("/crossing", view_func=cross, methods=["POST"])
        return made


def hold(person_id: int) -> Person:
    return database.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)


@on_postgresql
def test_two_requests_that_cross_each_others_way_both_end_well(settings: dict[str, str], clock: Clock) -> None:
    """S67: the one that the database refuses is done again from the start, with its body as it was sent."""
    with applications.opened(settings) as app:
        app.test_client_class = Visitor
        crossing = Crossing.built(app)
        with app.app_context():
            world = cast.assemble(clock.now)
            database.session.commit()
            ada, ben = str(world.ada.id), str(world.ben.id)
            visitors = [app.test_client().sign_in(person) for person in (world.cleo, world.dev)]
            sent = [{"first": ada, "second": ben, "line": " one"}, {"first": ben, "second": ada, "line": " two"}]
            assert posted_at_once(visitors, "/crossing", sent) == [200, 200]
            names = [name_of(int(number)) for number in (ada, ben)]
    assert names == ["Ada Bevan two", "Ben Okafor one"]
    assert len(crossing.attempts) == 3
    assert all(crossing.clean), "nothing of a refused attempt is found by the next"


def test_a_deadlock_that_does_not_end_is_told_in_a_page(settings: dict[str, str], clock: Clock) -> None:
    """S67: after three attempts a person is asked to wait, not left with a crash."""
    attempts = []

    @access.allows(access.ANYONE)
    def stuck() -> str:
        attempts.append(request.path)
        raise OperationalError("UPDATE jars", {}, Refused("40P01"))

    with applications.opened(settings) as app:
        app.add_url_rule("/stuck", view_func=stuck)
        answer = app.test_client().get("/stuck")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert len(attempts) == 3


@pytest.mark.both_databases
def test_a_database_that_answers_says_so(app: Flask, session: scoped_session[Session]) -> None:
    assert database.answers()


def test_a_database_that_is_away_does_not_answer(
    app: Flask, session: scoped_session[Session], monkeypatch: Any
) -> None:
    def away(*_given: Any, **_more: Any) -> None:
        raise DBAPIError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(database.session(), "execute", away)
    assert not database.answers()
