"""Applications for tests: made, lent out and put back as they were."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask

from app import config, create_app, database, keys
from app.web import access

_built: dict[tuple[tuple[str, str], ...], Flask] = {}


@contextmanager
def opened(settings: Mapping[str, str]) -> Iterator[Flask]:
    """Yield a new application with these settings, and close its connections afterwards."""
    app = create_app(settings)
    try:
        yield app
    finally:
        _close(app)


@contextmanager
def lent(settings: Mapping[str, str]) -> Iterator[Flask]:
    """Yield the application with these settings, the same one each time: what it has compiled stays.

    What a test changes in its config is changed back, and nobody has tried any code yet. The folder, the database and
    the keys are as the settings say.
    """
    key = tuple(sorted(settings.items()))
    app = _built.get(key) or _built.setdefault(key, create_app(settings))
    keys.load(config.furnish(config.read(settings)))
    before = dict(app.config)
    try:
        yield app
    finally:
        _close(app)
        app.config.clear()
        app.config.update(before)
        access.walkers.clear()


def _close(app: Flask) -> None:
    with app.app_context():
        database.session.remove()
        database.db.engine.dispose()
