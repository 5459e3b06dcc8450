"""The roll as pages show it: a row for everybody, the event's numbers, and the mark by which a page knows both."""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Response, current_app, get_template_attribute, jsonify, request
from flask_babel import gettext as _
from markupsafe import Markup

from app.domain import attendees, rollcall, wordings
from app.domain.attendees import Attendee
from app.domain.events import Event
from app.domain.replies import Flag
from app.web import forms, pages

ASKED_AT_THE_DOOR = (Flag.UNPAID, Flag.PENDING)
CHECKS_IN = ("on", "closed")
PACKED = re.compile(r"[-;:]+(gzip|gz|br|zstd|deflate)$")


def tag(event: Event, now: datetime) -> str:
    """Name what the page shows now: our own version, since it shapes the answer, the event's, and how far it is."""
    return f"{current_app.config['ASSETS']}-{event.version}-{event.phase(now)}"


def known_tags() -> set[str]:
    """Return the tags the page says it has, whatever proxies on the way made of them: W/"…" or "…-gzip".

    A page that shows less than the whole list says "", which Werkzeug reads as None.
    """
    return {PACKED.sub("", known) for known in request.if_none_match.as_set(include_weak=True) if known}


def news(event: Event, now: datetime, figures: Collection[str] = ()) -> Response:
    """Tell a page what changed `since` the version it shows; nothing at all if it has the newest.

    Only these figures are told, or all of them. The answer to "nothing new" costs what access has read already: the
    session, and the event with its version.
    """
    known = tag(event, now)
    if known in known_tags():
        return _fresh(Response(status=304), known)
    since = request.args.get("since", 0, forms.number)
    since = since if 0 <= since <= event.version else 0
    told = numbers(event, now, only=figures) | {
        "tag": known,
        "version": event.version,
        "since": since,
        "rows": [row(attendee, event)._asdict() for attendee in attendees.of(event, now, since)],
    }
    return _fresh(jsonify(told), known)


def _fresh(answer: Response, tag: str) -> Response:
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    return answer


def _arrivals(everyone: Sequence[Attendee]) -> list[datetime]:
    return sorted(attendee.arrived_at for attendee in everyone if attendee.arrived_at)


def numbers(
    event: Event, now: datetime, everyone: Sequence[Attendee] | None = None, only: Collection[str] = ()
) -> dict[str, Any]:
    """Return the event's figures as they read, these or all of them, and the curve as it is drawn.

    Who knows everyone already spares the curve its query.
    """
    figures = rollcall.figures(event, now)
    arrived = None if everyone is None else _arrivals(everyone)
    curve = rollcall.curve(event, now) if arrived is None else rollcall.curve_through(arrived, event, now)
    said = {name: str(number) for name, number in asdict(figures).items()}
    said |= {"met": pages.told(figures.met), "unscanned": pages.told(figures.unscanned)}
    return {
        "figures": {name: said[name] for name in only or said},
        "places": figures.places,
        "outline": curve.outline(600, 120, figures.present + figures.expected),
        "begin": pages.hour(curve.begin, event.time_zone),
    }


class Row(NamedTuple):
    """One place as the page shows it."""

    id: int
    name: str
    about: str
    standing: str
    here: bool
    asks: bool
    kinds: str
    since: str
    notes: str


def row(attendee: Attendee, event: Event) -> Row:
    """Return one place as the page shows it."""
    return Row(
        attendee.id,
        attendee.name,
        attendee.about,
        attendee.standing,
        attendee.is_here,
        attendee.is_asking,
        " ".join(attendee.kinds),
        _since(attendee.arrived_at, event) if attendee.arrived_at else "",
        " · ".join(_notes(attendee)),
    )


@lru_cache(maxsize=2_000)
def drawn(row: Row, address: str, is_open: bool, is_shown: bool) -> Markup:
    """Draw a row as it stands in the list; `address` is that of all places, before their ids."""
    # Drawing five hundred places takes longer than all else on the page. The same words always look the same, so
    # whoever opens it again, or watches with somebody else, has only those drawn who changed meanwhile.
    drawn: Markup = get_template_attribute("organisers/attendee.html", "attendee_row")(row, address, is_open, is_shown)
    return drawn


def _since(instant: datetime, event: Event) -> str:
    """Write when somebody arrived, with the day if it was noted on another one."""
    local = instant.astimezone(event.zone)
    hour = f"{local.hour}:{local.minute:02d}"
    return hour if local.date() == event.day else f"{pages.day(local.date())}, {hour}"


def _notes(attendee: Attendee) -> list[str]:
    instead = [_("for %(name)s", name=attendee.in_place_of)] if attendee.in_place_of else []
    guests = [f"+{attendee.guests}"] if attendee.guests else []
    return instead + guests + [_(wordings.FLAGS[flag]) for flag in ASKED_AT_THE_DOOR if flag in (attendee.flags or ())]
