"""The many hosts' Celery application by a clock that a test has wound: --app tests.infrastructure.wound:office.

A worker opens the application before its pool forks, with every statement and every template compiled, so that a
process which comes for one that was killed is at work in no time.
"""

import os
import signal
import sys
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from tests.infrastructure.crews import Time

Time.told(os.environ).wound()

from app import clock, create_app, tethers  # noqa: E402 - the clock comes first
from app.database import db, session  # noqa: E402
from app.delivery import courier, hosts  # noqa: E402
from app.delivery.hosts import office  # noqa: E402, F401


def warm_up() -> None:
    """Open the application for all who will be forked; they find no connection in it."""
    app = create_app()
    with app.app_context():
        with suppress(DBAPIError):  # a database that is away just now makes them slower, and no worse
            courier.preview(clock.now(), 1)
        session.remove()
        db.engine.dispose()
    hosts.create_app = lambda: app  # type: ignore[assignment]


tethers.tie(signal.SIGKILL)  # a run that is killed leaves nobody at work
if "worker" in sys.argv:
    warm_up()
