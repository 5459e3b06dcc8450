"""Nothing that was acknowledged is ever lost: writers, a migration and the whole house are killed in the middle."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import clock, create_app, database, migrations
from app.domain import cards, events
from app.domain.encounters import Encounter, Observation
from app.domain.events import Plan
from app.domain.sessions import SignInCode
from tests import cast
from tests.infrastructure import houses, networking
from tests.infrastructure.handsets import Handset

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
KILLS, WRITERS, WRITES_EACH = 25, 8, 25
MIGRATIONS_KILLED = 10

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked and found by Linux's means.")


def ran(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def figures(*options: str) -> dict[str, Any]:
    """Run the bench that kills; what it counted is in the figures."""
    done = ran("-m", "bench.kills", "--json", *options)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def test_whatever_was_acknowledged_outlives_a_kill() -> None:
    """S59: and nothing is there by half, and the file is whole."""
    found = figures("--kills", str(KILLS))
    assert found["kills"] == KILLS
    assert found["acknowledged"] >= KILLS
    assert {name: found[name] for name in ("lost", "torn", "refused", "corrupt")} == {
        "lost": 0,
        "torn": 0,
        "refused": 0,
        "corrupt": 0,
    }
    assert found["counted"] == found["there"]


def test_eight_processes_that_write_at_once_are_never_told_that_it_is_locked() -> None:
    """S58; S57, where it is processes that read and write the same row."""
    found = figures("--writers", str(WRITERS), "--writes", str(WRITES_EACH))
    assert found["refused"] == found["lost"] == found["torn"] == found["corrupt"] == 0
    assert found["counted"] == found["there"] == found["acknowledged"] == WRITERS * WRITES_EACH + 1


# A migration

# One process forks a migration of a new house for each step at which it is to die, says after which statement it did,
# and forks another that starts the same house again.
DYING = """
import os, signal, sys
from alembic import command
from sqlalchemy import event, text
from app import create_app, database, migrations

def forked(work, step):
    child = os.fork()
    if child == 0:
        app = create_app({"INSTANCE_PATH": os.path.join(sys.argv[1], str(step)), "DATABASE_URL": ""})
        with app.app_context():
            work(database.db.engine, step)
        os._exit(0)
    os.waitpid(child, 0)

def die(engine, step):
    left = [step]
    def count(_connection, _cursor, statement, *_rest):
        left[0] -= 1
        if left[0] == 0:
            print(step, statement.split("(")[0].strip().replace(chr(10), " "), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(engine, "after_cursor_execute", count)
    event.listen(engine, "commit", lambda connection: count(connection, None, "COMMIT"))
    migrations.upgrade(engine)
    print("done", step - left[0], flush=True)

def complete(engine, step):
    migrations.upgrade(engine)
    with engine.connect() as connection:
        command.check(migrations._config(connection))
        sound = connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        print("whole" if sound and migrations.is_current(connection) else "broken", flush=True)

for step in map(int, sys.argv[2:]):
    forked(die, step)
    forked(complete, step)
"""


def test_a_migration_killed_at_any_step_is_completed_by_the_next(tmp_path: Path) -> None:
    """S65: at ten steps from the first to the last, each in a house of its own."""
    rehearsal = ran("-c", DYING, str(tmp_path / "rehearsal"), "100000")
    steps = int(rehearsal.stdout.split()[1])
    dying = [str(1 + (steps - 1) * number // (MIGRATIONS_KILLED - 1)) for number in range(MIGRATIONS_KILLED)]
    said = ran("-c", DYING, str(tmp_path), *dying)
    lines = [line for line in said.stdout.splitlines() if "upgrade operations" not in line]
    assert [line.split()[0] for line in lines[::2]] == dying, said.stdout + said.stderr
    assert lines[1::2] == ["whole"] * MIGRATIONS_KILLED, said.stdout + said.stderr


# The house


class Morning:
    """A house with Ada and Ben at an event that is on, and Ada's phone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, networking.free_port()
        self.app = create_app({"INSTANCE_PATH": str(folder), "PORT": str(self.port), "DATABASE_URL": ""})
        with self.app.app_context():
            migrations.upgrade(database.db.engine)
            self._set_the_table()
            database.session.remove()
        self.phone = Handset(f"http://127.0.0.1:{self.port}")

    def _set_the_table(self) -> None:
        now = clock.now()
        world = cast.assemble(now)
        began = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
        plan = Plan("Today", "The Grand", "UTC", began.date(), began.time(), began.replace(hour=23, minute=59).time())
        event = events.create(world.group.id, plan, now)
        cast.arrive(event, world.ada, now=now)
        database.session.commit()
        self.code, self.began = event.code, began.isoformat()
        self.card = cards.living(cards.of(world.ben)).token

    def sign_in(self) -> None:
        """Sign Ada in on her phone, with the code that her letter would say."""
        self.phone.get("/sign-in")
        self.phone.post("/sign-in", email="ada@example.org")
        with self.app.app_context():
            digits = database.session.scalars(select(SignInCode)).one().digits
            database.session.remove()
        self.phone.post("/sign-in/code", code=digits)
        assert self.phone.get("/card").status == 200

    def met(self, op_id: str, way: str = "page") -> int:
        """Say that Ada met Ben, from the page or from what was kept; return the status, or 0 if the line was cut."""
        scan = {"id": op_id, "kind": "scan", "token": self.card, "event": None, "at": self.began}
        try:
            if way == "kept":
                return self.phone.sync(scan).status
            return self.phone.post("/encounters", card=self.card, id=op_id).status
        except (HTTPException, OSError):
            return 0

    def rows(self, table: type[Any]) -> int:
        """Count what is there now."""
        with self.app.app_context():
            found = database.session.scalar(select(func.count()).select_from(table)) or 0
            database.session.remove()
        return found

    def end(self) -> None:
        """Close its connections."""
        with self.app.app_context():
            database.db.engine.dispose()


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    """A morning with nobody in yet."""
    made = Morning(tmp_path / "instance")
    yield made
    made.end()


# Read by every Python process of a house: it dies when the statement that the order names has been carried out.
DIES_TO_ORDER = """
import os, signal
from pathlib import Path
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

ORDER = Path(os.environ["DIE_AFTER"])
seen = []

def obey(what):
    if ORDER.exists() and ORDER.read_text() == what:
        ORDER.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(Engine, "after_cursor_execute")
def executed(_connection, _cursor, statement, *_rest):
    if ORDER.exists() and statement.startswith("INSERT INTO observations"):
        seen.append(statement)
        obey("INSERT")

@event.listens_for(Session, "after_transaction_end")
def committed(_session, transaction):
    if seen and transaction.parent is None:
        obey("COMMIT")
"""


@pytest.mark.parametrize("way", ["page", "kept"])
def test_a_request_killed_in_the_middle_is_done_once_when_it_is_sent_again(
    morning: Morning, tmp_path: Path, way: str
) -> None:
    """O45, R2: killed before the commit, or between it and the answer; sent again, neither lost nor a conflict."""
    (tmp_path / "sitecustomize.py").write_text(DIES_TO_ORDER)
    order, first, second = tmp_path / "order", str(uuid4()), str(uuid4())

    def killed(house: houses.House, moment: str, op_id: str) -> None:
        order.write_text(moment)
        assert morning.met(op_id, way) == 0, "the line is cut, and the phone knows nothing"
        assert not order.exists(), "it died where it was told to"
        assert house.process.wait(houses.PATIENCE_S) == 1

    to_order = {"PYTHONPATH": str(tmp_path), "DIE_AFTER": str(order)}
    with houses.opened(morning.folder, morning.port, **to_order) as house:
        morning.sign_in()
        killed(house, "INSERT", first)
    assert (morning.rows(Encounter), morning.rows(Observation)) == (0, 0)
    with houses.opened(morning.folder, morning.port, **to_order) as house:
        assert [morning.met(first, way), morning.met(first, way)] == [200, 200]
        assert (morning.rows(Encounter), morning.rows(Observation)) == (1, 1)
        killed(house, "COMMIT", second)
    assert (morning.rows(Encounter), morning.rows(Observation)) == (1, 2)
    with houses.opened(morning.folder, morning.port):
        assert [morning.met(second, way), morning.met(first, way)] == [200, 200]
    assert (morning.rows(Encounter), morning.rows(Observation)) == (1, 2)


# The disk

STRACE = shutil.which("strace")
TRACED = "trace=fsync,fdatasync,recvfrom,recvmsg,write,writev,sendto,sendmsg"
TOLD = ("strace", "-f", "-y", "-s", "80", "--seccomp-bpf", "-e", TRACED, "-o")
# The server looks at the first 24 bytes of a request before it takes it in. A call that another thread interrupts
# has two lines, and only the first names the file.
ASKED, ANSWERED = re.compile(r'"POST /e/\w+/att'), re.compile(r'"HTTP/1.1 (\d+)')
SYNCING = re.compile(r"(?:fsync|fdatasync)\(\d+<.*sqlite3-wal>")
SYNCED = re.compile(r"(?:fsync|fdatasync)(?:\(| resumed).*\) += 0$")


def may_trace() -> bool:
    """Say whether this machine has strace, and lets us use it."""
    tried = [STRACE, "-f", "--seccomp-bpf", "-o", "/dev/null", "true"] if STRACE else ["false"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def web_threads(house: houses.House) -> set[str]:
    """Return the ids of all threads of the web processes: the worker writes to the disk as well."""
    web = [pid for pid, command in house.processes().items() if "granian" in command and "strace" not in command]
    return {thread.name for pid in web for thread in Path(f"/proc/{pid}/task").iterdir()}


def synced_before_answers(trace: str, threads: set[str]) -> list[tuple[str, int]]:
    """Return for each check-in how it was answered, and how often the log was synced between asking and answering."""
    found: list[tuple[str, int]] = []
    asked, synced, syncing = False, 0, ""
    for thread, call in (line.split(maxsplit=1) for line in trace.splitlines()):
        if ASKED.search(call):
            asked, synced, syncing = True, 0, ""
        if thread in threads and SYNCING.search(call):
            syncing = thread
        if thread == syncing and SYNCED.search(call):
            synced, syncing = synced + 1, ""
        if asked and (answer := ANSWERED.search(call)):
            found.append((answer[1], synced))
            asked = False
    return found


@pytest.mark.skipif(not may_trace(), reason="There is no strace here, or it may not be used: apt-get install strace.")
def test_a_check_in_is_on_the_disk_before_its_answer_is_on_the_line(morning: Morning, tmp_path: Path) -> None:
    """S60: the process that answers has synced the log itself, between the request and the 303."""
    trace = tmp_path / "trace"
    with houses.opened(morning.folder, morning.port, (*TOLD, str(trace), *houses.FLASK)) as house:
        morning.sign_in()
        for _time in range(3):
            morning.phone.post(f"/e/{morning.code}/attendance/undo")
            morning.phone.post(f"/e/{morning.code}/attendance")
        threads = web_threads(house)
    answers = synced_before_answers(trace.read_text(errors="replace"), threads)
    assert [status for status, _synced in answers] == ["303"] * 6
    assert all(synced >= 1 for _status, synced in answers), answers
