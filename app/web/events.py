"""The door on the morning: the poster's page, "I'm here", "That's me", and three fields for whoever is new."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import (
    attendance,
    cards,
    consents,
    door_helpers,
    endings,
    events,
    farewells,
    holders,
    intentions,
    limits,
    newcomers,
    people,
    rosters,
    sessions,
    wordings,
)
from app.domain.attendance import Attendance
from app.domain.cards import Card
from app.domain.events import Event
from app.domain.people import Person
from app.domain.refusals import NotFound, Unfit
from app.web import access, cookies, forms
from app.words import N_

blueprint = Blueprint("events", __name__)

Page = str | Response | tuple[str, int]
NAMES_TRIED, CARDS_MADE, WHILE = 20, 6, timedelta(minutes=10)
FROM_ONE_ADDRESS = 2_000


class NoNumber(Unfit):
    message = N_("Type the number they may ring, or take the tick away.")


class NoWayToWrite(Unfit):
    message = N_("Type the address they may write to, or take the tick away.")


@blueprint.get("/event")
@access.allows(access.PERSON)
def index() -> Page:
    """Show the morning I am at, and the ones I was at."""
    me, now = access.me(), clock.now()
    current = attendance.here_now(me, now)
    return render_template(
        "events/index.html",
        current=current,
        mornings=_mornings([place for place in attendance.mine(me) if place.event is not current], now),
        groups=access.organised(),
        doors=door_helpers.open_doors(me, now),
    )


def _mornings(places: Sequence[Attendance], now: datetime) -> list[tuple[str, list[Attendance]]]:
    """Return somebody's mornings under their headings: first what comes next, then what was latest."""
    over = [place for place in places if place.event.ends_at <= now]
    parts = {
        _("Coming up"): [place for place in places if place.event.ends_at > now][::-1],
        _("You were there"): [place for place in over if place.is_here],
        _("You weren't there"): [place for place in over if not place.is_here],
    }
    return [(heading, those) for heading, those in parts.items() if those]


@blueprint.get("/e")
@access.allows(access.ANYONE)
def enter() -> Page:
    """Open the page of a typed event code."""
    typed = request.args.get("code", "")
    try:
        return redirect(url_for(".show", code=events.by_code(typed).code), 303)
    except NotFound:
        access.walked()
        page = render_template(
            "account/landing.html",
            code=typed,
            code_error=_("We don't know that code. It's eight characters, on the poster."),
        )
        return page, 404


@blueprint.get("/e/<code>")
@access.allows(access.ANYONE)
def show(code: str) -> Page:
    """Say good morning: one tap for who is signed in, a name for who is not."""
    event, now = _event(code), clock.now()
    person = access.visitor()
    mine = attendance.of(event, person) if person else None
    words = _intended(mine) if mine and not event.is_closed(now) else {}
    nudge = endings.waiting(person, now) if person and mine and mine.is_here and now >= event.ends_at else None
    farewell = farewells.due(person, now) if person and mine else None
    return render_template(
        "events/show.html",
        event=event,
        mine=mine,
        farewell=farewell if farewell and farewell.place is mine else None,
        nudge=nudge,
        now=now,
        typed={},
        **words,
    )


def _intended(mine: Attendance) -> dict[str, Any]:
    """Return what I said of this morning, and who would introduce me if I asked to be."""
    said = intentions.of(mine)
    asked = bool(said and said.wants_introduction and mine.is_here)
    return {
        "said": said,
        "goals": [(goal, _(words)) for goal, words in wordings.GOALS.items()],
        "first": newcomers.is_first(mine),
        "hosts": newcomers.hosts_here(mine.event) if asked else [],
    }


def _event(code: str) -> Event:
    try:
        event = events.by_code(code)
    except NotFound:
        access.walked()
        raise
    if event.cancelled_at:
        raise events.EventCancelled
    return event


@blueprint.post("/e/<code>/attendance")
@access.allows(access.PERSON)
@forms.takes()
def arrive(code: str) -> Page:
    """Check me in with one tap; a place that the list holds under exactly my name becomes mine."""
    event, me, now = _event(code), access.me(), clock.now()
    events.must_be_on(event, now)
    if attendance.of(event, me) is None:
        _take_listed_place(event, me, me.name, now)
    attendance.arrive(event, me, now, access.late_after())
    session.commit()
    return redirect(url_for(".show", code=event.code), 303)


@blueprint.post("/e/<code>/attendance/undo")
@access.allows(access.PERSON)
@forms.takes()
def leave(code: str) -> Page:
    """Take my own check-in back."""
    event = _event(code)
    place = attendance.of(event, access.me())
    if place is not None:
        attendance.undo(place, clock.now(), access.me(), attendance.SELF)
        session.commit()
    return redirect(url_for(".show", code=event.code), 303)


def _take_listed_place(event: Event, person: Person, name: str, now: datetime) -> bool:
    places = rosters.claimable(event, name)
    if not places:
        return False
    rosters.claim(places[0], person, now)
    return True


@blueprint.post("/e/<code>/name")
@access.allows(access.ANYONE)
@forms.takes("name")
def name(code: str) -> Page:
    """Look a typed name up on this morning's list: ask "Are you …?", or offer three fields."""
    event, typed = _event(code), request.form.get("name", "")
    events.must_be_on(event, clock.now())
    _limit("name", NAMES_TRIED)
    session.commit()
    if not typed.strip():
        return _show_again(event, people.NoName("name"))
    places = rosters.claimable(event, typed)
    if places:
        return render_template("events/thats_me.html", event=event, typed=typed, listed=places[0].name)
    return render_template("events/newcomer.html", event=event, typed={"name": typed})


def _show_again(event: Event, refusal: Unfit) -> Page:
    page = render_template(
        "events/show.html", event=event, mine=None, now=clock.now(), typed=request.form, refusal=refusal
    )
    return page, 422


@blueprint.get("/e/<code>/new")
@access.allows(access.ANYONE)
def newcomer(code: str) -> Page:
    """Offer three fields to whoever is new."""
    return render_template("events/newcomer.html", event=_event(code), typed={})


@blueprint.post("/e/<code>/claim")
@access.allows(access.ANYONE)
@forms.takes("name", "time_zone")
def claim(code: str) -> Page:
    """Check in the one whose name is on the list, with a card that holds the name and nothing else of the list."""
    event, now = _event(code), clock.now()
    events.must_be_on(event, now)
    places = rosters.claimable(event, request.form.get("name", ""))
    if not places:
        return redirect(url_for(".show", code=event.code), 303)
    _limit("card", CARDS_MADE)
    person = access.visitor() or _make_card(places[0].name, event, now)
    if attendance.of(event, person) is None:
        rosters.claim(places[0], person, now)
    return _check_in(event, person, now)


@blueprint.post("/e/<code>/join")
@access.allows(access.ANYONE)
@forms.takes("name", "what_i_do", "email", "may", "phone", "time_zone")
def join(code: str) -> Page:
    """Check in someone new, from three fields of which only the name must be filled."""
    event, now, typed = _event(code), clock.now(), request.form
    events.must_be_on(event, now)
    try:
        person = access.visitor() or _make_card(
            typed.get("name", ""), event, now, typed.get("what_i_do", ""), typed.get("email", "")
        )
    except Unfit as refusal:
        session.rollback()
        return render_template("events/newcomer.html", event=event, typed=typed, refusal=refusal), 422
    _limit("card", CARDS_MADE)
    return _check_in(event, person, now)


def _make_card(name: str, event: Event, now: datetime, what_i_do: str = "", email: str = "") -> Person:
    zone = people.known_zone(request.form.get("time_zone", ""), event.time_zone)
    person = people.join(name, zone, now, email)
    card = cards.issue(person, now, people.line(what_i_do, "what_i_do"))
    _permit(card, set(request.form.getlist("may")))
    session.flush()
    consents.note(person, consents.NEWCOMER, now)
    return person


def _permit(card: Card, may: set[str]) -> None:
    """Let people met have what was ticked, and nothing that wasn't."""
    person, number = card.person, request.form.get("phone", "")
    if "mail" in may and not person.email_typed:
        raise NoWayToWrite("email")
    if "ring" in may and not number.strip():
        raise NoNumber("phone")
    if "mail" in may:
        cards.put(card, "email", person.email_typed or "", cards.MET)
    if "ring" in may:
        cards.put(card, "phone", number, cards.MET, str(current_app.config["COUNTRY"]))
    if "ask" in may:
        holders.ask_first(person, True)


def _check_in(event: Event, person: Person, now: datetime) -> Response:
    attendance.arrive(event, person, now, access.late_after())
    if access.visitor() is None:
        _row, cookie = sessions.start(person, request.user_agent.string, now)
        cookies.sign_in(cookie)
    session.commit()
    return redirect(url_for(".show", code=event.code), 303)


def _limit(what: str, allowed: int) -> None:
    """Count against this browser, and against the address only where no hotel's wifi comes near."""
    now = clock.now()
    here = limits.use(f"{what}:{cookies.browser()}", allowed, WHILE, now)
    nearby = limits.use(f"{what}@{request.remote_addr}", FROM_ONE_ADDRESS, WHILE, now)
    if not (here and nearby):
        session.commit()
        raise TooManyRequests(retry_after=60)
