"""Backed up while people write, restored into an empty folder, and nobody hears anything twice."""

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import clock, create_app, database, migrations
from app.database import begin_write
from app.delivery import courier
from app.delivery.outcomes import Undeliverable
from app.domain import attendance, badges, cards, contacts, encounters, forgotten, holds, people, planning
from app.domain.contacts import Contact
from app.domain.deliveries import Delivery
from app.domain.people import Person
from tests import cast, scenes
from tests.delivery.ways import Way
from tests.infrastructure import databases, houses
from tests.infrastructure.runs import Run


@pytest.fixture
def morning(app, session):
    world = cast.assemble(clock.now())
    cast.arrive(world.event, world.ada, world.ben)
    scenes.everything(world, app)
    session.commit()
    return world


@pytest.fixture
def elsewhere(run: Run, tmp_path: Path, dialect: str, worker_id: str) -> dict[str, str]:
    """The settings of another machine: an empty folder, and an empty database of the same kind."""
    other = {
        "INSTANCE_PATH": str(tmp_path / "other"),
        "DATABASE_URL": "",
        "KEYS": "",
        "PUBLIC_URL": "https://new.example",
    }
    if dialect == "postgresql":
        from tests.infrastructure import postgres

        server = postgres.ensure(run)
        databases._create(server, f"elsewhere_{worker_id}", "template0")
        other["DATABASE_URL"] = databases._beside(server, f"elsewhere_{worker_id}")
    return other


def run_flask(app, *args: str):
    """Run a command as a shell would: in a context of its own, not in the test's."""
    return Context().run(app.test_cli_runner().invoke, args=list(args))


@pytest.fixture
def restored(elsewhere) -> Iterator:
    """Restores an archive on the other machine, and returns its application, inside its context."""
    from app import config, keys
    from tests.conftest import KEYS

    made = []

    def restore(file: Path, *options: str):
        app = create_app(elsewhere)
        made.append(app)
        answer = run_flask(app, "restore", str(file), *options)
        return app, answer

    yield restore
    for app in made:
        with app.app_context():
            database.session.remove()
            database.db.engine.dispose()
    keys.load(config._parse_keys(dict([KEYS.split(":")]), "KEYS"))


@pytest.mark.both_databases
def test_a_restored_house_opens_the_same_cards_and_notes(app, session, morning, restored, tmp_path) -> None:
    """S61, V11: same card and badge tokens; notes open with the keys in the archive."""
    token, number, other = cards.living(cards.of(morning.ada)).token, morning.ada.id, morning.ben.id
    place = attendance.of(morning.event, morning.ben)
    badge, worn = badges.issue(place, clock.now()).token, place.id
    session.commit()
    answer = run_flask(app, "backup", str(tmp_path / "house.tar"))
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "house.tar").stat().st_mode & 0o777 == 0o600
    session.remove()
    there, answer = restored(tmp_path / "house.tar")
    assert answer.exit_code == 0, answer.output
    with there.app_context():
        assert cards.shown(cards.find(token)).person.id == number
        assert badges.find(badge).attendance_id == worn
        both = (Contact.owner_id == number, Contact.other_id == other)
        contact = database.session.scalars(select(Contact).where(*both)).one()
        assert [words.text for words in contacts.notes(contact)] == ["Cycles in from Keynsham"]
        assert migrations.is_current(database.session.connection())
        database.session.rollback()


def test_the_keys_lie_in_a_part_of_their_own(app, session, morning, tmp_path) -> None:
    """A138, D13."""
    session.rollback()
    run_flask(app, "backup", str(tmp_path / "house.tar"))
    with tarfile.open(tmp_path / "house.tar") as tar:
        assert set(tar.getnames()) == {"manifest.json", "database", "keys.json", "settings.env"}
        key = next(iter(json.load(tar.extractfile("keys.json")).values()))
        dump = tar.extractfile("database").read()
        settings = tar.extractfile("settings.env").read().decode()
    assert key.encode() not in dump
    assert b"Cycles in from Keynsham" not in dump
    assert "KEYS" not in settings
    assert "DATABASE_URL" not in settings
    assert "PUBLIC_URL" in settings


def test_neither_backup_nor_restore_overwrites_anything(app, session, morning, restored, tmp_path) -> None:
    session.rollback()
    file = tmp_path / "house.tar"
    assert run_flask(app, "backup", str(file)).exit_code == 0
    again = run_flask(app, "backup", str(file))
    assert (again.exit_code, "overwrites nothing" in again.output) == (1, True)
    session.remove()
    assert restored(file)[1].exit_code == 0
    twice = restored(file)[1]
    assert (twice.exit_code, "There is a database already" in twice.output) == (1, True)


def test_a_broken_archive_is_refused_before_anything_is_there(
    app, session, morning, restored, elsewhere, tmp_path
) -> None:
    session.rollback()
    file = tmp_path / "house.tar"
    run_flask(app, "backup", str(file))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    session.remove()
    answer = restored(file)[1]
    assert answer.exit_code == 1
    assert "broken" in answer.output
    assert not (Path(elsewhere["INSTANCE_PATH"]) / "marmalade.sqlite3").exists()
    (tmp_path / "no.tar").write_bytes(b"nothing of ours")
    assert "no backup of Marmalade's" in restored(tmp_path / "no.tar")[1].output


@pytest.mark.both_databases
def test_what_was_due_is_held_until_somebody_says_so(app, session, morning, restored, tmp_path, clock) -> None:
    """R38, D20: the restored worker sends nothing; codes go, so that somebody can sign in."""
    due = clock.move(days=2, hours=3)
    session.rollback()
    begin_write()
    planning.plan(due)
    session.commit()
    waiting = session.scalar(select(func.count()).where(Delivery.state == "waiting"))
    session.rollback()
    run_flask(app, "backup", str(tmp_path / "house.tar"))
    session.remove()
    there, answer = restored(tmp_path / "house.tar")
    assert answer.exit_code == 0, answer.output
    with there.app_context():
        way = Way()
        assert courier.round(clock.move(minutes=5), way).held == 0
        assert way.sent == []
        assert waiting > 0
        assert holds.waiting(holds.current()).letters == waiting
        database.session.rollback()
    asked = run_flask(there, "release")
    assert (asked.exit_code, "--leave" in asked.output) == (1, True)
    assert run_flask(there, "release", "--leave").exit_code == 0
    with there.app_context():
        way = Way()
        while courier.round(clock.move(minutes=5), way).held:
            pass
        assert way.sent == [], "what was due before is left unsent"
        assert holds.current() is None
        database.session.rollback()


@pytest.mark.both_databases
@pytest.mark.parametrize("planned_before", [True, False])
def test_what_has_gone_by_the_log_beside_the_old_database_goes_no_second_time(
    app, session, morning, restored, tmp_path, clock, planned_before
) -> None:
    """R38: also where the backup knew nothing of it yet; all that had not gone goes."""
    file, old = str(tmp_path / "house.tar"), Path(app.config["INSTANCE_PATH"])
    session.rollback()
    if not planned_before:
        run_flask(app, "backup", file)
    begin_write()
    planning.plan(clock.move(days=2, hours=3))
    session.commit()
    if planned_before:
        run_flask(app, "backup", file)
    way = Way(Undeliverable("busy", code=451))
    assert courier.round(clock.now, way).held > 1
    gone = {recipient for recipient, _content in way.sent}
    assert gone, "one is refused, the others have gone"
    session.remove()
    there, answer = restored(Path(file), "--sent", str(old))
    assert answer.exit_code == 0, answer.output
    answer = run_flask(there, "release", "--send")
    assert answer.exit_code == 0, answer.output
    with there.app_context():
        again = Way()
        while courier.round(clock.move(minutes=5), again).held:
            pass
        recipients = [recipient for recipient, _content in again.sent]
        assert len(recipients) == 1, "the one that had been refused"
        assert not gone & set(recipients)
        database.session.rollback()


@pytest.mark.both_databases
def test_a_backup_forgets_whom_the_house_forgot_after_it(app, session, morning, restored, tmp_path, clock) -> None:
    """P170: re-applied on restore, from the log that lies beside the archive."""
    number = morning.ada.id
    session.rollback()
    run_flask(app, "backup", str(tmp_path / "monday.tar"))
    erased = run_flask(app, "erase-person", "ada@example.org", "--yes")
    assert erased.exit_code == 0, erased.output
    run_flask(app, "backup", str(tmp_path / "tuesday.tar"))
    session.remove()
    there, answer = restored(tmp_path / "monday.tar")
    assert answer.exit_code == 0, answer.output
    assert "forgotten again" in answer.output
    with there.app_context():
        assert database.session.get(Person, number).erased_at
        assert people.find_by_email("ada@example.org") is None
        assert database.session.get(Person, morning.ben.id).name == "Ben Okafor"
        database.session.rollback()
        folder = Path(there.config["INSTANCE_PATH"])
        assert len(list(forgotten.lines(folder / forgotten.LOG))) == 1
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"ada@example.org" not in file.read_bytes(), file


WRITER = """
import sys
from uuid import uuid4
from app import clock, create_app, database
from app.domain import contacts, encounters
from app.domain.people import Person

app = create_app()
with app.app_context():
    while True:
        database.begin_write()
        one, other = (database.session.get(Person, int(n)) for n in sys.argv[1:3])
        op_id = uuid4()
        now = clock.now()
        contacts.meet(one, other, op_id, encounters.CARD, now.date(), now, now)
        database.session.commit()
        print(op_id, flush=True)
"""


def test_a_backup_under_load_has_everything_acknowledged_before_it(app, session, morning, restored, tmp_path) -> None:
    """S61: three processes write on; the copy is whole, and holds each row that was acknowledged before it began."""
    ids = (morning.ada.id, morning.cleo.id, morning.dev.id, morning.ben.id)
    session.remove()
    own = {"INSTANCE_PATH": app.config["INSTANCE_PATH"], "DATABASE_URL": "", "KEYS": app.config["KEYS"]}
    environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
    given = {"env": environment, "stdout": subprocess.PIPE, "text": True, "cwd": houses.ROOT}
    command = [str(houses.BIN / "python"), "-c", WRITER]
    writers = [subprocess.Popen([*command, str(one), str(ids[3])], **given) for one in ids[:3]]
    try:
        before = [writer.stdout.readline().strip() for writer in writers for _line in range(5)]
        answer = run_flask(app, "backup", str(tmp_path / "house.tar"))
        after = [writer.stdout.readline().strip() for writer in writers]
        assert answer.exit_code == 0, answer.output
        assert all(after), "they wrote on meanwhile"
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    there, answer = restored(tmp_path / "house.tar")
    assert "whole" in answer.output, answer.output
    with there.app_context():
        known = {str(op_id) for op_id in database.session.scalars(select(encounters.Observation.op_id))}
        database.session.rollback()
    assert set(before) <= known
