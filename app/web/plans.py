"""Plans: an organiser adds an event, copies last week's, changes one, or calls one off."""

from collections.abc import Mapping

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import attendees, events, mailings, plans, rollcall, series
from app.domain.events import Event
from app.domain.refusals import Unfit
from app.web import access, forms, pages

blueprint = Blueprint("plans", __name__)

Page = str | Response | tuple[str, int]
THIS_ONE, FOLLOWING = "this", "following"


@blueprint.get("/groups/<int:group_id>/events/new")
@access.allows(access.ORGANISER)
def new(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Ask for a new event, blank or as last week's was."""
    copied = request.args.get("copy")
    if not copied:
        return _form(plans.blank(access.group()))
    event = events.of(access.group(), copied)
    return _form(plans.typed(events.again(event, clock.now())))


@blueprint.post("/groups/<int:group_id>/events/new")
@access.allows(access.ORGANISER)
@forms.takes(*plans.FIELDS)
def add(group_id: int) -> Page:
    """Add an event to the group."""
    try:
        event = events.create(group_id, plans.read(request.form), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _form(request.form, refusal=refusal), refusal.status
    session.commit()
    return redirect(url_for("organisers.event", event_id=event.id), 303)


def _form(typed: Mapping[str, str], event: Event | None = None, refusal: Unfit | None = None) -> str:
    return render_template(
        "plans/form.html",
        group=access.group(),
        event=event,
        typed=typed,
        zones=plans.zones(typed.get("time_zone", "")),
        mornings=_mornings(typed, event),
        series=series.of_event(event) if event else None,
        reach=typed.get("reach") or request.args.get("reach", "") or THIS_ONE,
        refusal=refusal,
    )


@blueprint.get("/groups/<int:group_id>/mornings")
@access.allows(access.ORGANISER)
def mornings(group_id: int) -> Page:
    """Say in one sentence on which mornings the prompts of the event that is being typed would come."""
    changed = request.args.get("event")
    event = events.of(access.group(), changed) if changed else None
    return jsonify(sentence=_mornings(request.args, event), group=group_id)


def _mornings(typed: Mapping[str, str], event: Event | None) -> str:
    try:
        plan = plans.read(typed)
        follow_up, one_to_one = plans.mornings(plan, access.group(), event)
    except Unfit:
        return str(_("Pick a day, and this line says on which mornings the two questions come."))
    zone = plan.time_zone
    sentence = _(
        "The follow-up comes on %(first)s. The 1-2-1 question comes on %(second)s.",
        first=f"{pages.day(follow_up, zone)}, {pages.hour(follow_up, zone)}",
        second=f"{pages.day(one_to_one, zone)}, {pages.hour(one_to_one, zone)}",
    )
    return str(sentence)


@blueprint.get("/events/<int:event_id>/edit")
@access.allows(access.ORGANISER)
def edit(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Offer an event for changing."""
    event = access.event()
    return _form(plans.typed(events.plan_of(event)), event)


@blueprint.post("/events/<int:event_id>/edit")
@access.allows(access.ORGANISER)
@forms.takes(*plans.FIELDS, "reach")
def change(event_id: int) -> Page:
    """Change an event, or it and all that follow in its series; letters that were not sent yet follow its new days."""
    event, now = access.event(), clock.now()
    try:
        changed = series.change(event, plans.read(request.form), now, request.form.get("reach") == FOLLOWING)
        for one, was in changed:
            mailings.move(one, was, access.me(), now)
    except Unfit as refusal:
        session.rollback()
        return _form(request.form, event, refusal), refusal.status
    session.commit()
    return redirect(url_for("organisers.event", event_id=event_id), 303)


@blueprint.get("/events/<int:event_id>/cancel")
@access.allows(access.ORGANISER)
def ask_to_cancel(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Say who is affected before an event is called off."""
    event, now = access.event(), clock.now()
    return render_template(
        "plans/cancel.html",
        event=event,
        figures=rollcall.figures(event, now),
        attendees=attendees.of(event, now),
        told=len(mailings.of(event).reachable) if now < event.starts_at else 0,
    )


@blueprint.post("/events/<int:event_id>/cancel")
@access.allows(access.ORGANISER)
@forms.takes()
def cancel(event_id: int) -> Page:
    """Call an event off; what was logged stays."""
    event, now = access.event(), clock.now()
    if not event.cancelled_at:
        events.cancel(event, now)
        mailings.call_off(event, access.me(), now)
    session.commit()
    return redirect(url_for("organisers.event", event_id=event_id), 303)
