"""Attendance: the door as an organiser keeps it. Check-ins and their undoing, their history, the list, the poster."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app import clock, config, serving
from app.database import session
from app.domain import absences, attendance, attendees, corrections, events, qr, spreadsheets
from app.domain.attendance import ORGANISER, Attendance
from app.domain.attendees import Arrival, Attendee
from app.domain.events import Event
from app.domain.refusals import Refusal
from app.web import access, downloads, forms
from app.words import N_

blueprint = Blueprint("attendance", __name__)

Page = str | Response | tuple[str, int]
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Siân as SiÃ¢n
HEADINGS = (
    N_("Name"),
    N_("Company"),
    N_("What they do"),
    N_("Ticket"),
    N_("State"),
    N_("Origin"),
    N_("In place of"),
    N_("Arrived at"),
    N_("Checked in by"),
    N_("How"),
)
STANDINGS = {
    attendance.PRESENT: N_("Present"),
    attendance.LATE: N_("Late"),
    attendance.GOING: N_("Expected"),
    attendance.INVITED: N_("Invited"),
    attendance.EXCUSED: N_("Can't come"),
    attendees.ABSENT: N_("Absent"),
    attendees.NOT_HERE: N_("Taken back"),
}
ORIGINS = {
    attendance.LIST: N_("List"),
    attendance.WALK_IN: N_("Walk-in"),
    attendance.SUBSTITUTE: N_("Substitute"),
}
HOWS = {
    attendance.SELF: N_("By themselves"),
    ORGANISER: N_("At the door"),
    attendance.HELPER: N_("By a helper at the door"),
    attendance.IMPORT: N_("From a list"),
}


class NoPosterYet(Refusal):
    message = N_(
        "A poster hangs where every phone can read it. It waits until Marmalade has its https address: "
        "whoever runs it sets PUBLIC_URL."
    )


@blueprint.get("/events/<int:event_id>/attendance/<int:attendance_id>")
@access.allows(access.DOOR)
def place(event_id: int, attendance_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show one place: who has it, and every change of it with who, when and how."""
    event = access.event()
    found = attendance.at(event, attendance_id)
    return render_template(
        "attendance/place.html",
        event=event,
        spot=found,
        changes=attendance.changes(found),
        standings=STANDINGS,
        hows=HOWS,
        may_check_in=event.phase(clock.now()) in {"on", "closed"},
        names=_names(found),
        is_organiser=access.is_organiser(),
        instead=absences.substitute(found) if found.state == attendance.EXCUSED else None,
    )


def _names(place: Attendance) -> list[tuple[int, str]]:
    """Return the names that nobody has taken, where whoever walked in could be one of them."""
    if place.origin != attendance.WALK_IN:
        return []
    return [(free.id, free.name) for free in corrections.untaken(place.event) if free is not place]


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>")
@access.allows(access.DOOR)
@forms.takes("arrived", "q", "show", "at")
def mark(event_id: int, attendance_id: int) -> Page:
    """Check somebody in with one tap, or take that back."""
    event, now, arrived = access.event(), clock.now(), request.form.get("arrived")
    found = attendance.at(event, attendance_id)
    if arrived == "yes":
        events.must_have_opened(event, now)
        attendance.check_in(found, now, access.late_after(), access.me(), access.at_the_door())
    elif arrived == "no":
        attendance.undo(found, now, access.me(), access.at_the_door())
    else:
        raise BadRequest
    session.commit()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return Response(status=204)
    if request.form.get("at") == "door" or not access.is_organiser():
        return redirect(url_for("door.index", event_id=event_id, done=attendance_id), 303)
    narrowed: dict[str, Any] = {name: request.form[name] for name in ("q", "show") if request.form.get(name)}
    return redirect(url_for("organisers.event", event_id=event_id, **narrowed, _anchor=f"place-{attendance_id}"), 303)


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>/part")
@access.allows(access.DOOR)
@forms.takes()
def part(event_id: int, attendance_id: int) -> Page:
    """Let a listed name be nobody's again: whoever said "That's me" was somebody else."""
    found = attendance.at(access.event(), attendance_id)
    own = corrections.part(found, clock.now(), access.late_after(), access.me())
    session.commit()
    return redirect(url_for(".place", event_id=event_id, attendance_id=own.id), 303)


@blueprint.post("/events/<int:event_id>/attendance/<int:attendance_id>/join")
@access.allows(access.DOOR)
@forms.takes("listed")
def join(event_id: int, attendance_id: int) -> Page:
    """Let somebody who walked in have the place on the list that was theirs."""
    event, named = access.event(), request.form.get("listed", "")
    walk_in = attendance.at(event, attendance_id)
    listed = next((place for place in corrections.untaken(event) if str(place.id) == named), None)
    if listed is None:
        raise corrections.NothingToJoin
    corrections.join(walk_in, listed, clock.now(), access.late_after(), access.me())
    session.commit()
    return redirect(url_for(".place", event_id=event_id, attendance_id=listed.id), 303)


@blueprint.get("/events/<int:event_id>/attendance.csv")
@access.allows(access.ORGANISER)
def export(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Hand the list over with who came and when: no address, no number, nobody's meetings."""
    event, now = access.event(), clock.now()
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(_(heading) for heading in HEADINGS)
    words = {code: _(word) for code, word in (STANDINGS | ORIGINS | HOWS).items()}
    arrivals = attendees.arrivals(event)
    for attendee in attendees.of(event, now):
        cells = _cells(attendee, arrivals.get(attendee.id), event, words)
        rows.writerow(spreadsheets.guarded(cell) for cell in cells)
    name = _("%(event)s, %(day)s, attendance", event=event.name, day=event.day.isoformat())
    return downloads.attachment((BYTE_ORDER_MARK + text.getvalue()).encode(), "text/csv", f"{name}.csv")


def _cells(attendee: Attendee, arrival: Arrival | None, event: Event, words: Mapping[str, str]) -> Iterator[str]:
    yield from (attendee.name, attendee.company, attendee.what_i_do, attendee.ticket)
    yield from (words[attendee.standing], words[attendee.origin], attendee.in_place_of or "")
    yield f"{attendee.arrived_at.astimezone(event.zone):%Y-%m-%d %H:%M}" if attendee.arrived_at else ""
    yield from ((arrival.by or "", words[arrival.how]) if arrival else ("", ""))


@blueprint.get("/events/<int:event_id>/poster")
@access.allows(access.ORGANISER)
def poster(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the sheet for the door, to be printed."""
    event = access.event()
    address = _poster_address(event)
    picture = qr.svg(address, _("QR code of this breakfast"), qr.PRINT)
    return render_template(
        "attendance/poster.html",
        event=event,
        picture=Markup(picture),  # noqa: S704 - our own drawing, its title escaped
        host=serving.address_of(current_app.config).partition("://")[2],
    )


@blueprint.get("/events/<int:event_id>/poster.<any(svg, png):kind>")
@access.allows(access.ORGANISER)
def poster_code(event_id: int, kind: str) -> Page:  # noqa: ARG001 - access finds the event by it
    """Hand the poster's code over as a file, for a poster of one's own."""
    event = access.event()
    address = _poster_address(event)
    name = _("%(event)s, %(day)s, poster code", event=event.name, day=event.day.isoformat())
    if kind == "svg":
        return downloads.attachment(qr.svg(address, event.name, qr.PRINT).encode(), "image/svg+xml", f"{name}.svg")
    return downloads.attachment(qr.png(address, qr.PRINT), "image/png", f"{name}.png")


def _poster_address(event: Event) -> str:
    """Return what the poster's code holds; refuse paper that would lead nowhere once the trial is over."""
    if not config.ready_for_breakfast(current_app.config):
        raise NoPosterYet
    if event.cancelled_at:
        raise events.EventCancelled
    return serving.address_of(current_app.config) + url_for("events.show", code=event.code)
