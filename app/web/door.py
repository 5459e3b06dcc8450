"""The door, one hand on the phone: who comes, by name, by code or by card, and a yes for whoever is on no list."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from app import clock, serving
from app.database import session
from app.domain import attendance, attendees, badges, cards, events, qr, walk_ins
from app.domain.attendance import Attendance
from app.domain.attendees import STILL_EXPECTED
from app.domain.badges import Badge
from app.domain.cards import CardToken, UnknownCard
from app.domain.people import Person
from app.domain.refusals import Refusal, Unfit
from app.web import access, forms, headers, pages, rolls
from app.words import N_

blueprint = Blueprint("door", __name__)

Page = str | Response | tuple[str, int]
TOLD = ("present", "expected", "absent", "walk_ins")  # of who met whom the door knows nothing
CODE_LENGTH = 8


class UnknownCode(UnknownCard):
    message = N_("We don't know that code. It's the eight characters under the code on their screen.")


class OtherMorning(Refusal):
    status = 409
    message = N_("That badge is of another morning. Find them by their name.")


@blueprint.get("/events/<int:event_id>/door")
@access.allows(access.DOOR)
@headers.scans
def index(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show everyone by name, to be found and checked in with one tap."""
    return _show(request.args.get("q", ""))


def _show(typed: str, refusal: Unfit | None = None, same: Attendance | None = None) -> str:
    event, now = access.event(), clock.now()
    everyone, show = attendees.of(event, now), request.args.get("show", STILL_EXPECTED)
    found = attendees.meant(everyone, typed)
    place, unlisted = (None, None) if found or not typed.strip() else _by_code(typed)
    found = [place.id] if place else found
    likeliest = {place: rank for rank, place in enumerate(found)}
    everyone.sort(key=lambda attendee: likeliest.get(attendee.id, len(everyone)))
    phase, address = event.phase(now), url_for("organisers.event", event_id=event.id) + "/attendance/"
    is_open = phase in rolls.CHECKS_IN
    shown = set(found) if typed.strip() else attendees.matching(everyone, "", show)
    return render_template(
        "door/index.html",
        event=event,
        is_organiser=access.is_organiser(),
        phase=phase,
        is_open=is_open,
        address=address,
        host=urlsplit(serving.address_of(current_app.config)).netloc,
        rows=[
            rolls.drawn(rolls.row(one, event), address, phase in rolls.CHECKS_IN, one.id in shown) for one in everyone
        ],
        asking=[rolls.row(one, event) for one in everyone if one.is_asking],
        shown=shown,
        typed=typed,
        show=show,
        unlisted=unlisted,
        same=same,
        refusal=refusal,
        written=request.form,
        done=_done(),
        as_of=f"{pages.hour(now, event.time_zone)}:{now.second:02d}",
        tag=rolls.tag(event, now),
        figures=rolls.numbers(event, now, everyone, TOLD)["figures"],
    )


def _done() -> Attendance | None:
    """Return the place of whoever was just checked in, so that a slip can be undone."""
    named = request.args.get("done", type=forms.number)
    place = session.get(Attendance, named) if named is not None else None
    return place if place and place.event_id == access.event().id and place.is_here else None


def _by_code(typed: str) -> tuple[Attendance | None, Person | None]:
    """Return the place that a typed code names, a badge's or a card's, or whose card it is who has no place yet."""
    event, short = access.event(), "".join(filter(str.isalnum, typed))
    if len(short) != CODE_LENGTH:
        return None, None
    if (badge := badges.by_short_code(short)) and badge.place.event_id == event.id and not badge.withdrawn_at:
        return badge.place, None
    issue = cards.by_short_code(short)
    person = cards.shown(issue).person if issue else None
    place = attendance.of(event, person) if person else None
    return place, None if place else person


def _shown(issue: CardToken | None) -> Person:
    if issue is None:
        access.walked()
        raise UnknownCode
    return cards.shown(issue).person


@blueprint.get("/events/<int:event_id>/door/live")
@access.allows(access.DOOR)
def live(event_id: int) -> Response:  # noqa: ARG001 - access finds the event by it
    """Tell the page what changed since the version it shows."""
    return rolls.news(access.event(), clock.now(), TOLD)


@blueprint.get("/events/<int:event_id>/door/found")
@access.allows(access.DOOR)
def found(event_id: int) -> Response:  # noqa: ARG001 - access finds the event by it
    """Tell the page who may be meant by what was typed, slips forgiven."""
    everyone = attendees.of(access.event(), clock.now())
    return jsonify(ids=attendees.meant(everyone, request.args.get("q", "")))


@blueprint.post("/events/<int:event_id>/arrivals")
@access.allows(access.DOOR)
@headers.scans
@forms.takes("name", "what_i_do", "another", "card", "code")
def let_in(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Let somebody in: by the card, badge or code they show, else by name; never a meeting, whoever scans."""
    now = clock.now()
    try:
        by_card = {"card", "code"} & {*request.form}
        same = None if by_card or request.form.get("another") else _same()
        if same:
            return _show("", same=same)
        place = _admit(now) if by_card else _walk_in(now)
    except Unfit as refusal:
        session.rollback()
        return _show("", refusal), refusal.status
    session.commit()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        since = pages.hour(place.arrived_at or now, place.event.time_zone)
        return jsonify(id=place.id, name=place.name, since=since, again=place.arrived_at != now)
    return redirect(url_for(".index", event_id=place.event_id, done=place.id), 303)


def _same() -> Attendance | None:
    return walk_ins.named(access.event(), request.form.get("name", ""))


def _admit(now: datetime) -> Attendance:
    card, code = request.form.get("card", ""), request.form.get("code", "")
    if badge := badges.find(card) if card else None:
        return _wearer(badge, now)
    person = _shown(cards.find(card) if card else cards.by_short_code(code))
    return walk_ins.admit(access.event(), person, now, access.late_after(), access.me(), access.at_the_door())


def _wearer(badge: Badge, now: datetime) -> Attendance:
    event, place = access.event(), badges.worn(badge).place
    if place.event_id != event.id:
        raise OtherMorning
    events.must_have_opened(event, now)
    attendance.check_in(place, now, access.late_after(), access.me(), access.at_the_door())
    return place


def _walk_in(now: datetime) -> Attendance:
    name, does = (request.form.get(field, "") for field in ("name", "what_i_do"))
    return walk_ins.let_in(access.event(), name, does, now, access.late_after(), access.me(), access.at_the_door())


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>/vouch")
@access.allows(access.DOOR)
@forms.takes("q", "show", "at")
def vouch(event_id: int, attendance_id: int) -> Response:
    """Say that it is them: who checked in off the list may see from now on what everyone sees who is here."""
    walk_ins.vouch(attendance.at(access.event(), attendance_id), clock.now())
    session.commit()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return Response(status=204)
    return redirect(url_for(".index", event_id=event_id), 303)


@blueprint.get("/events/<int:event_id>/door/code")
@access.allows(access.DOOR)
def code(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the code of the morning, for whoever wants a card of their own: they scan it and type their name."""
    event = access.event()
    address = serving.address_of(current_app.config) + url_for("events.show", code=event.code)
    picture = qr.svg(address, _("QR code of this breakfast"))
    return render_template("door/code.html", event=event, picture=Markup(picture))  # noqa: S704 - our own drawing
