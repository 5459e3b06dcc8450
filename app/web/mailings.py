"""Mailings: the organiser says by name who is written to the afternoon before."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import events, mailings
from app.domain.refusals import Unfit
from app.web import access, forms

blueprint = Blueprint("mailings", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/events/<int:event_id>/letter")
@access.allows(access.ORGANISER)
def show(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show by name who would be written to, who is already, and how many can't be."""
    return _show()


def _show(refusal: Unfit | None = None) -> Page:
    event, now = access.event(), clock.now()
    addressees, asked = mailings.of(event), mailings.asked(event)
    page = render_template(
        "mailings/show.html",
        event=event,
        new=[one for one in addressees.reachable if one.place.id not in asked],
        already=[one for one in addressees.reachable if one.place.id in asked],
        without=addressees.without,
        unwilling=addressees.unwilling,
        due=mailings.afternoon_before(event),
        now=now,
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/events/<int:event_id>/letter")
@access.allows(access.ORGANISER)
@forms.takes("place")
def confirm(event_id: int) -> Page:
    """Write to the places that are ticked, once each."""
    event, now = access.event(), clock.now()
    if event.cancelled_at:
        raise events.EventCancelled
    if now >= event.starts_at:
        raise mailings.TooLate
    try:
        mailings.confirm(event, request.form.getlist("place", forms.number), access.me(), now)
    except Unfit as refusal:
        session.rollback()
        return _show(refusal)
    session.commit()
    return redirect(url_for(".show", event_id=event_id), 303)
