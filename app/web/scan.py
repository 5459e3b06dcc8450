"""We met: a card that was shown, its code typed, and the small sheet that follows."""

from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock, serving
from app.database import session
from app.domain import attendance, badges, cards, contacts, encounters, events, questions, reminders, sightings
from app.domain.badges import Badge
from app.domain.blocks import YouBlocked
from app.domain.cards import Card, CardWithdrawn, UnknownCard
from app.domain.contacts import Contact
from app.domain.encounters import Observation, OwnCard
from app.domain.events import Event
from app.domain.questions import ACCESS
from app.domain.refusals import NotFound, Unfit
from app.domain.sightings import NotHere
from app.web import access, forms, headers
from app.words import N_

blueprint = Blueprint("scan", __name__)

Page = str | Response | tuple[str, int] | tuple[Response, int]
LATELY, MOST = timedelta(hours=12), 5


class UnknownCode(UnknownCard):
    message = N_("We don't know that code. It's the eight characters under the code on their screen or badge.")


class BreakfastCode(UnknownCard):
    message = N_(
        "That's the code of a breakfast, not of a person. Type it on Marmalade's first page to say you're here."
    )


@blueprint.get("/scan")
@access.allows(access.PERSON)
@headers.scans
def index() -> Page:
    """Read someone's card: with the camera, from a picture, by its short code, from the list of who is here."""
    return _index()


def _index(typed: str = "", problem: str = "") -> str:
    me, now = access.me(), clock.now()
    return render_template(
        "scan/index.html",
        event=attendance.here_now(me, now),
        host=urlsplit(serving.address_of(current_app.config)).netloc,
        mine=cards.living(cards.of(me)).token,
        latest=encounters.latest(me, now - LATELY, MOST),
        zone=current_app.config["TIME_ZONE"],
        op_id=uuid4(),
        typed=typed,
        problem=problem,
    )


@blueprint.post("/scan/code")
@access.allows(access.PERSON)
@headers.scans
@forms.takes("id", "code")
def code() -> Page:
    """Take the short code of a card or badge, however it is typed; a refused one stays on the page with the reason."""
    typed = request.form.get("code", "")
    try:
        return _of_code("".join(filter(str.isalnum, typed)))
    except (UnknownCard, CardWithdrawn, OwnCard, NotHere, YouBlocked) as refusal:
        session.rollback()
        return _index(typed, _(refusal.message, **refusal.words)), refusal.status


def _of_code(typed: str) -> Page:
    # One page may send several codes, and any of them twice.
    if issue := cards.by_short_code(typed):
        card = cards.shown(issue)
        return _meet(card, uuid5(forms.op_id(), str(card.id)), encounters.SHORT_CODE)
    if badge := badges.by_short_code(typed):
        return _see(badges.worn(badge), uuid5(forms.op_id(), f"badge {badge.id}"))
    access.walked()
    raise BreakfastCode if events.has_code(typed) else UnknownCode


def _see(badge: Badge, op_id: UUID) -> Page:
    now = clock.now()
    sightings.see(access.me(), badge.place, op_id, _occasion(), now, now)
    session.commit()
    return redirect(url_for(".saved", op_id=op_id), 303)


@blueprint.post("/encounters")
@access.allows(access.PERSON)
@forms.takes("id", "card", "again")
def record() -> Page:
    """Note that we met: by the token of a `card` that was shown, or `again` what I took back."""
    if "again" in request.form:
        observation = contacts.put_back(access.me(), forms.op_id("again"), forms.op_id(), clock.now())
        session.commit()
        return _answer(observation)
    found = cards.find(request.form.get("card", ""))
    if found is None:
        access.walked()
    return _meet(cards.shown(found), forms.op_id(), encounters.CARD)


def _meet(card: Card, op_id: UUID, how: str) -> Page:
    now = clock.now()
    observation = contacts.meet(access.me(), card.person, op_id, how, _occasion(), now, now)
    session.commit()
    return _answer(observation)


def _occasion() -> Event | date:
    return attendance.occasion(access.me(), clock.now(), ZoneInfo(current_app.config["TIME_ZONE"]))


def _answer(observation: Observation) -> Page:
    sheet = url_for(".saved", op_id=observation.op_id)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(id=str(observation.op_id), name=observation.observed.name, sheet=sheet), 201
    return redirect(sheet, 303)


@blueprint.get("/encounters/<uuid:op_id>")
@access.allows(access.PERSON)
def saved(op_id: UUID) -> Page:
    """Show what was noted: whose card I have, what is open to me, undo, and room for a line."""
    try:
        return _sheet(encounters.find(access.me(), op_id))
    except NotFound:
        sighting = sightings.find(access.me(), op_id)
    if sighting.handed_as:
        return redirect(url_for(".saved", op_id=sighting.handed_as), 303)
    return render_template("scan/sighting.html", sighting=sighting)


def _sheet(observation: Observation, refusal: Unfit | None = None) -> str:
    contact = _contact(observation)
    about = [note for note in contacts.notes(contact) if note.encounter == observation.encounter]
    line = next((note.text for note in about if note.kind == contacts.LINE), "")
    return render_template(
        "scan/sheet.html",
        observation=observation,
        contact=contact,
        seen=contacts.shown(contact),
        is_open=contacts.is_open(contact),
        waits=questions.waits(access.me(), contact.other, ACCESS, clock.now()),
        still=encounters.still(observation) if observation.voided_at else None,
        line=request.form.get("line", line),
        refusal=refusal,
        zone=current_app.config["TIME_ZONE"],
        remind=None if observation.voided_at else reminders.ahead(access.me(), clock.now()),
        new_id=uuid4(),
    )


def _contact(observation: Observation) -> Contact:
    contact = contacts.find(access.me(), observation.observed)
    if contact is None:
        raise NotFound
    return contact


@blueprint.post("/encounters/<uuid:op_id>/line")
@access.allows(access.PERSON)
@forms.takes("line")
def line(op_id: UUID) -> Page:
    """Keep the line as it was typed, and make room for the next card."""
    observation = encounters.find(access.me(), op_id)
    try:
        contacts.write(_contact(observation), contacts.LINE, forms.words("line"), observation.encounter, clock.now())
    except Unfit as refusal:
        session.rollback()
        return _sheet(encounters.find(access.me(), op_id), refusal), refusal.status
    session.commit()
    return redirect(url_for(".index"), 303)


@blueprint.post("/encounters/<uuid:op_id>/void")
@access.allows(access.PERSON)
@forms.takes()
def void(op_id: UUID) -> Page:
    """Take my word back that we met."""
    try:
        contacts.take_back(access.me(), op_id, clock.now())
    except NotFound:
        sightings.void(access.me(), op_id, clock.now())
    session.commit()
    return redirect(url_for(".saved", op_id=op_id), 303)
