"""Sheets of name badges: which of them to print, the sheets themselves, and what a badge tells while it is nobody's."""

from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app import clock, config, serving
from app.database import session
from app.domain import attendance, attendees, badges, events, intentions, qr
from app.domain.attendees import Attendee
from app.domain.badges import Badge
from app.domain.refusals import NotFound, Refusal
from app.web import access, forms
from app.words import N_

blueprint = Blueprint("sheets", __name__)

Page = str | Response | tuple[str, int]
A_SHEET = 10
EVERYONE, ADDED = "all", "added"
# How large the first name can be, by how many letters it has; the style sheet knows how large that is.
SIZES = ((8, "large"), (12, "medium"), (20, "small"))
LONG = 40


class NoBadgesYet(Refusal):
    message = N_(
        "A badge is read by everybody's phone. It waits until Marmalade has its https address: "
        "whoever runs it sets PUBLIC_URL."
    )


class Printed(NamedTuple):
    """One badge as it is printed."""

    first: str
    name: str
    company: str
    size: str
    is_long: bool
    is_first_time: bool
    code: str
    picture: Markup


@blueprint.get("/events/<int:event_id>/badges")
@access.allows(access.ORGANISER)
def index(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Say who has a printed badge and who has none yet, and offer to print."""
    event = _printable()
    found, issued = _to_print(), badges.of(event)
    printed = [badge.printed_at for badge in issued.values() if badge.printed_at]
    return render_template(
        "sheets/index.html",
        event=event,
        group=access.group(),
        everyone=found,
        added=_added(found, issued),
        last=max(printed, default=None),
        now=clock.now(),
        done=request.args.get("done", ""),
    )


def _printable() -> events.Event:
    """Return the event; refuse paper that would lead nowhere once the trial is over."""
    event = access.event()
    if not config.ready_for_breakfast(current_app.config):
        raise NoBadgesYet
    if event.cancelled_at:
        raise events.EventCancelled
    return event


def _to_print() -> list[Attendee]:
    """Return who gets a badge: everyone with a place who has not said that they cannot come."""
    found = attendees.of(access.event(), clock.now())
    return [attendee for attendee in found if attendee.standing not in {attendees.NOT_HERE, attendance.EXCUSED}]


def _added(found: list[Attendee], issued: dict[int, Badge]) -> list[Attendee]:
    return [one for one in found if one.id not in issued or issued[one.id].printed_at is None]


@blueprint.post("/events/<int:event_id>/badges")
@access.allows(access.ORGANISER)
@forms.takes("whose", "lost")
def put_on_paper(event_id: int) -> Page:
    """Make the sheets for everyone, for those added since the last time, or for one whose badge is needed again."""
    event, now, whose = _printable(), clock.now(), request.form.get("whose", "")
    found = _to_print()
    if whose == ADDED:
        found = _added(found, badges.of(event))
    elif whose != EVERYONE:
        found = [attendee for attendee in found if str(attendee.id) == whose]
        if not found:
            raise NotFound
    if request.form.get("lost"):
        if whose in {EVERYONE, ADDED}:
            raise BadRequest
        badges.renew(attendance.at(event, found[0].id), now)
    badges.put_on_paper([attendee.id for attendee in found], now)
    session.commit()
    return redirect(url_for(".show", event_id=event_id, at=now.isoformat()), 303)


@blueprint.get("/events/<int:event_id>/badges/sheets")
@access.allows(access.ORGANISER)
def show(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the sheets of one printing, ten badges each, by name."""
    event, at = _printable(), _instant(request.args.get("at", ""))
    issued = {place: badge for place, badge in badges.of(event).items() if badge.printed_at == at}
    newcomers = intentions.marked(event)
    printed = [_printed(one, issued[one.id], one.id in newcomers) for one in _to_print() if one.id in issued]
    pages = [printed[first : first + A_SHEET] for first in range(0, len(printed), A_SHEET)]
    return render_template("sheets/show.html", event=event, pages=pages, number=len(printed))


def _instant(written: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _printed(attendee: Attendee, badge: Badge, is_first_time: bool) -> Printed:
    address = serving.address_of(current_app.config) + url_for("badges.show", token=badge.token)
    picture = qr.svg(address, _("QR code of %(name)s's badge", name=attendee.name), qr.PRINT, qr.A_MASK)
    first = badges.called(attendee.name)
    return Printed(
        first=first,
        name=attendee.name if attendee.name != first else "",
        company=attendee.company,
        size=next((size for most, size in SIZES if len(first) <= most), "smallest"),
        is_long=len(attendee.name) > LONG,
        is_first_time=is_first_time,
        code=badge.short_code,
        picture=Markup(picture),  # noqa: S704 - our own drawing, its title escaped
    )


@blueprint.post("/events/<int:event_id>/badges/names")
@access.allows(access.ORGANISER)
@forms.takes("badge_names")
def name(event_id: int) -> Page:
    """Let a badge that nobody has claimed show its name to whoever scans it, or not."""
    access.group().badge_names = bool(request.form.get("badge_names"))
    session.commit()
    return redirect(url_for(".index", event_id=event_id, done="names"), 303)
