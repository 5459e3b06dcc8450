"""Answers: what the letter of the afternoon before asks, taken without sign-in; and the goal, signed in as well."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import absences, attendance, events, intentions, links, newcomers, next_steps, wordings
from app.domain.attendance import SELF, Attendance
from app.domain.refusals import NotFound, Unfit
from app.web import access, forms, headers

blueprint = Blueprint("answers", __name__)
headers.keep_unlisted(blueprint)

Page = str | Response | tuple[str, int]


@blueprint.get("/i/<token>")
@access.allows(access.ANYONE)
def show(token: str) -> Page:
    """Show the event and what was said so far; whoever only looks changes nothing."""
    return _show(links.by_place(token, clock.now()), token)


def _show(place: Attendance, token: str, refusal: Unfit | None = None) -> Page:
    said = intentions.of(place)
    page = render_template(
        "answers/show.html",
        place_held=place,
        event=place.event,
        token=token,
        now=clock.now(),
        asks=request.args.get("say", ""),
        instead=absences.substitute(place),
        said=said,
        goal=request.args.get("goal") or (said.goal if said else ""),
        goals=[(goal, _(words)) for goal, words in wordings.GOALS.items()],
        first=newcomers.is_first(place),
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/i/<token>")
@access.allows(access.ANYONE)
@forms.takes("say", "name")
def answer(token: str) -> Page:
    """Take coming, can't or sending someone; the same again changes nothing."""
    place, now, said = _open(token), clock.now(), request.form.get("say", "")
    try:
        if said == "instead":
            absences.send_instead(place, request.form.get("name", ""), now, place.person, SELF)
        elif said == "no":
            absences.excuse(place, now, place.person, SELF)
        elif said == "yes":
            absences.come_after_all(place, now, place.person, SELF)
            attendance.accept(place, now, place.person)
        else:
            raise next_steps.NoSuchAnswer
    except Unfit as refusal:
        session.rollback()
        return _show(links.by_place(token, now), token, refusal)
    session.commit()
    return redirect(url_for(".show", token=token), 303)


@blueprint.post("/i/<token>/goal")
@access.allows(access.ANYONE)
@forms.takes("goal", "new", "introduction", "mark")
def aim(token: str) -> Page:
    """Take what would make it worth it, and what somebody new would like."""
    place, now = _open(token), clock.now()
    try:
        _take(place)
    except Unfit as refusal:
        session.rollback()
        return _show(links.by_place(token, now), token, refusal)
    session.commit()
    return redirect(url_for(".show", token=token), 303)


def _open(token: str) -> Attendance:
    """Return the place of the link, if there is still something to say about it."""
    now = clock.now()
    place = links.by_place(token, now)
    if place.event.cancelled_at:
        raise events.EventCancelled
    if place.event.is_closed(now):
        raise events.EventOver
    return place


@blueprint.post("/e/<code>/goal")
@access.allows(access.PERSON)
@forms.takes("goal", "new", "introduction", "mark")
def aim_here(code: str) -> Page:
    """Take the same from who is signed in and has a place."""
    event = events.by_code(code)
    place = attendance.of(event, access.me())
    if place is None:
        raise NotFound
    if event.is_closed(clock.now()):
        raise events.EventOver
    _take(place)
    session.commit()
    return redirect(url_for("events.show", code=code), 303)


def _take(place: Attendance) -> None:
    form, now = request.form, clock.now()
    if form.get("goal"):
        intentions.aim(place, form["goal"], now)
    if form.get("new"):
        intentions.ask(place, form.get("introduction") == "yes", form.get("mark") == "yes", now)
