"""Absences: who can't come, and who comes instead, as the door hears of it."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import absences, attendance, events
from app.domain.attendance import Attendance
from app.web import access, forms

blueprint = Blueprint("absences", __name__)


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>/absence")
@access.allows(access.DOOR)
@forms.takes("coming")
def mark(event_id: int, attendance_id: int) -> Response:  # noqa: ARG001 - access finds the event by it
    """Note that somebody can't come, or that they come after all."""
    place, now, coming = _place(attendance_id), clock.now(), request.form.get("coming")
    if coming not in {"yes", "no"}:
        raise BadRequest
    verb = absences.come_after_all if coming == "yes" else absences.excuse
    verb(place, now, access.me(), access.at_the_door())
    return _shown(place)


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>/substitute")
@access.allows(access.DOOR)
@forms.takes("name")
def send_instead(event_id: int, attendance_id: int) -> Response:  # noqa: ARG001 - access finds the event by it
    """Let somebody else come in this place."""
    place, now = _place(attendance_id), clock.now()
    return _shown(absences.send_instead(place, request.form.get("name", ""), now, access.me(), access.at_the_door()))


def _place(attendance_id: int) -> Attendance:
    event = access.event()
    if event.cancelled_at:
        raise events.EventCancelled
    return attendance.at(event, attendance_id)


def _shown(place: Attendance) -> Response:
    session.commit()
    return redirect(url_for("attendance.place", event_id=place.event_id, attendance_id=place.id), 303)
