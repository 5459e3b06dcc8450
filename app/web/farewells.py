"""Farewells: "No, thank you" to where the note after a breakfast shall go. The address itself is proved in Settings."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import attendance, events, farewells
from app.domain.refusals import NotFound
from app.web import access, forms

blueprint = Blueprint("farewells", __name__)


@blueprint.post("/e/<code>/no-note")
@access.allows(access.PERSON)
@forms.takes()
def decline(code: str) -> Response:
    """Want no note after this breakfast, and be asked no more about it."""
    place = attendance.of(events.by_code(code), access.me())
    if place is None:
        raise NotFound
    farewells.decline(place, clock.now())
    session.commit()
    return redirect(url_for("prompts.today"), 303)
