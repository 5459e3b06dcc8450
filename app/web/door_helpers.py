"""Door helpers: the organiser's code that lets somebody help, who does, and sending them away again."""

from datetime import datetime, time

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app import clock, serving
from app.database import session
from app.domain import door_helpers, events, qr
from app.domain.door_helpers import HourOutOfReach
from app.domain.refusals import NotFound, Unfit
from app.web import access, forms

blueprint = Blueprint("door_helpers", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/events/<int:event_id>/helpers")
@access.allows(access.ORGANISER)
def index(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the code that lets somebody help at the door until an hour, and who helps."""
    event, now = access.event(), clock.now()
    if event.cancelled_at:
        raise events.EventCancelled
    if event.is_closed(now):
        raise events.EventOver
    typed, refusal = request.args.get("until", ""), None
    try:
        hour = door_helpers.until(event, _hour(typed), now)
    except Unfit as unfit:
        hour, refusal = door_helpers.until(event, None, now), unfit
    address = serving.address_of(current_app.config) + url_for(".show", token=door_helpers.invite(event, hour))
    page = render_template(
        "door/helpers.html",
        event=event,
        until=hour,
        typed=typed or f"{hour.astimezone(event.zone):%H:%M}",
        refusal=refusal,
        address=address,
        picture=Markup(qr.svg(address, _("QR code for helping at the door"))),  # noqa: S704 - our own drawing
        helpers=door_helpers.at(event),
        now=now,
    )
    return (page, refusal.status) if refusal else page


def _hour(typed: str) -> time | None:
    try:
        return time.fromisoformat(typed) if typed else None
    except ValueError as wrong:
        raise HourOutOfReach("until") from wrong


@blueprint.post("/events/<int:event_id>/helpers/<int:helper_id>")
@access.allows(access.ORGANISER)
@forms.takes("helps")
def mark(event_id: int, helper_id: int) -> Page:
    """Send a helper away from the door, or let them back."""
    helper = next((one for one in door_helpers.at(access.event()) if one.id == helper_id), None)
    if helper is None:
        raise NotFound
    if request.form.get("helps") not in {"yes", "no"}:
        raise BadRequest
    if request.form["helps"] == "yes":
        door_helpers.let_back(helper)
    else:
        door_helpers.end(helper, clock.now())
    session.commit()
    return redirect(url_for(".index", event_id=event_id), 303)


@blueprint.get("/h/<token>")
@access.allows(access.ANYONE)
def show(token: str) -> Page:
    """Say what helping at this door means, and until when."""
    event, until = _invited(token, clock.now())
    return render_template("door/invited.html", event=event, until=until, token=token)


@blueprint.post("/h/<token>")
@access.allows(access.PERSON)
@forms.takes()
def join(token: str) -> Page:
    """Help at this door from now on."""
    now = clock.now()
    event, until = _invited(token, now)
    door_helpers.join(event, access.me(), until, now)
    session.commit()
    return redirect(url_for("door.index", event_id=event.id), 303)


def _invited(token: str, now: datetime) -> tuple[events.Event, datetime]:
    try:
        return door_helpers.invited_to(token, now)
    except NotFound:
        access.walked()
        raise
