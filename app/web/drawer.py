"""Letters that never left a machine without a mail server: one page, for whoever started it."""

from pathlib import Path

from flask import Blueprint, current_app, render_template

from app import config, tokens
from app.delivery.drawer import Drawer
from app.domain.refusals import NotFound
from app.web import access

blueprint = Blueprint("drawer", __name__)
FOLDER = "letters"


@blueprint.get("/letters/<key>")
@access.allows(access.ANYONE)
def index(key: str) -> str:
    """Show the letters kept here, at the address that the terminal printed when the house was opened.

    Not there at all once letters are sent, or where a proxy or a public address lets strangers come.
    """
    settings = current_app.config
    shut = settings["SMTP_URL"] or settings["PROXIES"] or config.ready_for_breakfast(settings)
    if shut or not settings["LETTERS_KEY"] or not tokens.same(key, settings["LETTERS_KEY"]):
        raise NotFound
    return render_template("drawer/index.html", letters=Drawer(Path(settings["INSTANCE_PATH"]) / FOLDER).letters())
