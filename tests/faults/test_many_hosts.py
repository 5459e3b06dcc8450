"""Three hosts, each with a folder of its own, share one database: whatever goes down, everybody gets one letter."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from app.database import db, session
from app.domain import claims
from app.domain.deliveries import FINAL, SENT, Delivery
from bench import letters, mailrooms
from bench.mailrooms import Habits
from tests.infrastructure import brokers, databases, postgres
from tests.infrastructure.crews import Time
from tests.infrastructure.offices import WORKER, Host, beat
from tests.infrastructure.runs import Run

PEOPLE, SPEED, PATIENCE_S = 300, 30.0, 120.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Processes are killed by Linux's means.")


@pytest.fixture
def own_run() -> Iterator[Run]:
    """A database server that this test may tear down."""
    run = Run.begin()
    yield run
    run.end()


@pytest.mark.usefixtures("_loopback_only")
def test_with_a_host_killed_the_broker_flushed_and_the_database_restarted_everybody_gets_their_letter(
    tmp_path: Path, own_run: Run
) -> None:
    """R4, R17, R20, R21: two beats, two hosts of workers, and none of it is needed for ever."""
    url = databases.postgresql(own_run, "hosts")
    with ExitStack() as opened:
        room = opened.enter_context(mailrooms.opened(Habits(later=2.0, unanswered=1.0), 5))
        broker = opened.enter_context(brokers.serve())
        settings = {
            "DATABASE_URL": url,
            "BROKER_URL": broker.url,
            "SMTP_URL": f"smtp://localhost:{room.port}",
            "KEYS": "hosts:" + "bWFybWFsYWRl" * 4,
            "PUBLIC_URL": "https://marmalade.example",
        }
        letters.breakfast({**settings, "INSTANCE_PATH": str(tmp_path / "first")}, PEOPLE)
        hour = Time.from_now(letters.THURSDAY, SPEED)
        beats = [beat(tmp_path / f"beat{n}") for n in range(2)]
        programs = {"one": WORKER, "two": WORKER, "three": beats[0], "four": beats[1]}
        up = {
            name: opened.enter_context(Host(tmp_path / name, command, settings, hour))
            for name, command in programs.items()
        }
        log = up["one"].log
        assert room.wait_for(PEOPLE // 5, PATIENCE_S), log.read_text()
        up["one"].kill()
        assert room.wait_for(PEOPLE * 2 // 5, PATIENCE_S), log.read_text()
        broker.flush()
        assert room.wait_for(PEOPLE * 3 // 5, PATIENCE_S), log.read_text()
        postgres.restart(url)
        assert room.wait_for(PEOPLE, PATIENCE_S), up["two"].log.read_text()
        states = settled({**settings, "INSTANCE_PATH": str(tmp_path / "first")})
    assert states == {SENT: PEOPLE}
    assert all(len(set(copies)) == 1 for copies in room.copies.values())
    again = sum(len(copies) - 1 for copies in room.copies.values())
    assert again <= room.unanswered + 3 * 2  # two processes of the killed host, two that the database left, and two


def settled(settings: dict[str, str]) -> dict[str, int]:
    """Wait until the journal says so too; return how many came to what."""
    app = create_app(settings)
    counted = select(Delivery.state, func.count()).group_by(Delivery.state)
    patience = 40 * claims.LEASE.total_seconds() / SPEED
    with app.app_context():
        for _look in range(int(patience)):
            found = dict(session.execute(counted).all())
            session.remove()
            if set(found) <= set(FINAL):
                break
            time.sleep(0.5)  # other processes write it, and the database tells nobody
        db.engine.dispose()
    return found
