"""The demonstration as anybody would serve it, with the addresses of its pages that matter most."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app import clock, create_app, database, demo, migrations
from app.demo.cast import ORGANISER
from app.domain import sessions
from app.domain.events import Event
from app.domain.people import Person
from tests.infrastructure import houses, networking


class Demonstration(NamedTuple):
    """Where it is served, its pages by name, and the cookie of who organises it."""

    url: str
    pages: dict[str, str]
    cookie: str

    def cookie_for(self, page: str) -> str:
        """Return the cookie that a page is opened with: the landing page is for who is signed out."""
        return "" if page == "landing" else self.cookie


@contextmanager
def opened(folder: Path) -> Iterator[Demonstration]:
    """Tell the demonstration into this folder, and serve it until the block ends."""
    port = networking.free_port()
    pages, cookie = _told(folder / "instance", port)
    with houses.opened(folder / "instance", port):
        yield Demonstration(f"http://localhost:{port}", pages, cookie)


def _told(instance: Path, port: int) -> tuple[dict[str, str], str]:
    app = create_app({"INSTANCE_PATH": str(instance), "DATABASE_URL": "", "PORT": str(port)})
    with app.app_context():
        migrations.upgrade(database.db.engine)
        for instant in demo.tell(clock.now()):
            with clock.fixed(instant):
                database.session.commit()
        organiser = database.session.scalars(select(Person).where(Person.name == ORGANISER)).one()
        event = database.session.scalars(select(Event).order_by(Event.starts_at.desc()).limit(1)).one()
        _row, cookie = sessions.start(organiser, "A phone", clock.now())
        database.session.commit()
        pages = {
            "landing": "/",
            "card": "/card",
            "scan": "/scan",
            "today": "/today",
            "event": f"/e/{event.code}",
            "organiser live": f"/events/{event.id}",
        }
        database.session.remove()
        database.db.engine.dispose()
    return pages, cookie
