"""Marmalade: the part of breakfast that sticks."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config, connections, database, keys
from app.web.attempts import Patient

HERE = Path(__file__).parent.parent
LARGEST_BODY = 12 * 1024 * 1024


def create_app(overrides: Mapping[str, str] | None = None) -> Flask:
    """Build the application from its settings: a table of contents, in the order in which a request meets it.

    `overrides` are settings as text that win over the environment. Raises config.BadSetting.
    """
    settings = config.read(overrides)
    keys.load(config.furnish(settings))
    app = Patient("app", static_folder=None, template_folder=str(HERE / "templates"))
    app.config.from_mapping(
        settings,
        SQLALCHEMY_DATABASE_URI=config.database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=connections.engine_options(config.database_url(settings)),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        LATE_AFTER=timedelta(minutes=settings["LATE_AFTER_MINUTES"]),
        BABEL_DEFAULT_LOCALE="en_GB",
        **_address(settings),
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, *([settings["PROXIES"]] * 3))  # type: ignore[method-assign]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    database.db.init_app(app)
    with app.app_context():
        connections.furnish(database.db.engine)
    Babel(app)

    from app import commands, web

    web.open_doors(app, HERE / "static")
    commands.register(app)
    return app


def _address(settings: Mapping[str, object]) -> dict[str, object]:
    """Return Flask's own settings for links: with a public address, no other host name is believed."""
    public = urlsplit(str(settings["PUBLIC_URL"]))
    if not public.hostname:
        return {"SERVER_NAME": f"localhost:{settings['PORT']}", "PREFERRED_URL_SCHEME": "http"}
    return {
        "SERVER_NAME": public.netloc,
        "PREFERRED_URL_SCHEME": public.scheme,
        "TRUSTED_HOSTS": [public.hostname, "localhost", "127.0.0.1"],
    }
