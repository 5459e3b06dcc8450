"""What every test may ask for. How the fixtures come about stands in tests/infrastructure/."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from tests.infrastructure import applications, certificate, chromium, databases, networking, sites, statements
from tests.infrastructure import smtp as mail_server
from tests.infrastructure.runs import Run
from tests.infrastructure.sites import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.infrastructure.visitors import Visitor

HERE = Path(__file__).parent
BREAKFAST = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
PUBLIC_URL = "https://marmalade.example"
KEYS = "test:" + "bWFybWFsYWRl" * 4
BOTH = ("sqlite", "postgresql")
ON_BOTH_DATABASES = ("domain", "delivery")
# Tests in these rooms share something that costs much to start, or that two at once would fight over.
TOGETHER = ("browser", "faults")
RUN = pytest.StashKey[Run]()

# A slow machine is not a failure; the same examples each time in CI, new ones at every developer's.
hypothesis.settings.register_profile("calm", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("calm")


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    config.stash[RUN] = Run(Path(given["run"])) if given else Run.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def] # xdist's own type is not public
    node.workerinput["run"] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[RUN].end()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" not in metafunc.fixturenames:
        return
    asked = metafunc.definition.get_closest_marker("both_databases") is not None
    if asked or _room(metafunc.definition) in ON_BOTH_DATABASES:
        metafunc.parametrize("dialect", BOTH, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _room(item) in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(_room(item)))


def _room(item: pytest.Item) -> str:
    inside = item.path.relative_to(HERE)
    return inside.parts[0] if len(inside.parts) > 1 else ""


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run this process belongs to, with its shared folder."""
    return request.config.stash[RUN]


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[list[str]]:
    """No test reaches another machine, and one whose code swallowed the refusal fails all the same."""
    with networking.loopback_only() as attempts:
        yield attempts
    if attempts:
        pytest.fail("This test tried to reach another machine:\n" + "\n".join(attempts), pytrace=False)


# The database


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on, "sqlite" or "postgresql": see `both_databases` in pyproject.toml."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def instance(run: Run, worker_id: str) -> Path:
    """The instance folder: not there yet, and of this test alone."""
    folder = run.folder / worker_id / "instance"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.fixture
def postgres_url(run: Run, worker_id: str) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database; emptied again after the test."""
    address = databases.postgresql(run, worker_id)
    yield address
    databases.empty(address)


@pytest.fixture
def database_settings(dialect: str, instance: Path, run: Run, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that lead to this test's migrated, empty database."""
    if dialect == "postgresql":
        return {"INSTANCE_PATH": str(instance), "DATABASE_URL": request.getfixturevalue("postgres_url")}
    databases.sqlite(run, instance)
    return {"INSTANCE_PATH": str(instance), "DATABASE_URL": ""}


# The application


@dataclass
class Clock:
    """The application's clock, held still; a test moves it."""

    now: datetime
    _held: ExitStack

    def set(self, instant: datetime) -> datetime:
        """Hold the clock at this aware instant, and return it."""
        from app import clock

        self._held.close()
        self._held.enter_context(clock.fixed(instant))
        self.now = instant
        return instant

    def move(self, **by: float) -> datetime:
        """Move it: `clock.move(days=2, hours=-1)`. Returns the new instant."""
        return self.set(self.now + timedelta(**by))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The application's clock, held at half past seven on the morning of Tuesday 24 November 2026, in UTC."""
    with ExitStack() as held:
        hands = Clock(BREAKFAST, held)
        hands.set(BREAKFAST)
        yield hands


@pytest.fixture
def settings(database_settings: dict[str, str]) -> dict[str, str]:
    """The settings of `app`; a module that needs others overrides this fixture and adds its own."""
    return {"PUBLIC_URL": PUBLIC_URL, "KEYS": KEYS, "SMTP_URL": "", **database_settings}


@pytest.fixture
def app(settings: dict[str, str], clock: Clock) -> Iterator[Flask]:
    """The whole application on an empty database, over https, with its clock held still."""
    with applications.lent(settings) as application:
        application.testing = True
        yield application


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Session]]:
    """The application's database session, inside an app context. Commit before a client asks for a page."""
    from app import database

    with app.app_context():
        yield database.session
        database.session.rollback()


@pytest.fixture
def new_client(app: Flask) -> Callable[[], "Visitor"]:
    """Makes visitors, each with cookies of their own."""
    from tests.infrastructure.visitors import Visitor

    app.test_client_class = Visitor
    return app.test_client


@pytest.fixture
def client(new_client: Callable[[], "Visitor"]) -> "Visitor":
    """A visitor who is signed out; `client.sign_in(person)` signs somebody in, without a letter."""
    return new_client()


@pytest.fixture
def queries(app: Flask) -> Callable[[], AbstractContextManager[statements.Statements]]:
    """Counts statements: `with queries() as asked: …` and then `assert asked.count <= 4, asked`."""
    from app import database

    with app.app_context():
        engine = database.db.engine
    return lambda: statements.counted(engine)


# The world outside


@pytest.fixture
def smtp() -> Iterator[mail_server.Sink]:
    """A real mail server: `smtp.url`, `smtp.letters`, `smtp.wait_for(2)`, `smtp.fail(Fault.…)`."""
    with mail_server.serve() as sink:
        yield sink


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> certificate.Certificate:
    """A certificate for localhost, and the authority that signed it."""
    return certificate.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def site(
    database_settings: dict[str, str], clock: Clock, smtp: mail_server.Sink, tls: certificate.Certificate
) -> Iterator[Site]:
    """The whole application over https on localhost, sending to `smtp`, its clock held by `clock`."""
    port = networking.free_port()
    url = f"https://{sites.HOST}:{port}"
    settings = {"PUBLIC_URL": url, "PORT": str(port), "KEYS": KEYS, "SMTP_URL": smtp.url, **database_settings}
    with applications.opened(settings) as application, sites.serve(application, port, tls.server_context()):
        sites.be_patient(application)
        yield Site(url, application)


@pytest.fixture(scope="session")
def browser(tls: certificate.Certificate) -> Iterator["Browser"]:
    """Chromium, started once, trusting this run's certificate."""
    with chromium.launch(tls.fingerprint()) as started:
        yield started


@pytest.fixture
def new_phone(browser: "Browser", site: Site) -> Iterator[Callable[..., "Page"]]:
    """Makes phones on `site`: pages at 390×844, each with its own cookies. A script error fails the test."""
    with chromium.phones(browser, site.url) as new:
        yield new


@pytest.fixture
def phone(new_phone: Callable[..., "Page"]) -> "Page":
    """One phone on `site`."""
    return new_phone()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder for pictures that people will look at; kept after the run."""
    folder = HERE.parent / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder
