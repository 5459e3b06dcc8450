"""1-2-1s: offer three times, pick one, put it into the calendar, or call it off."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.delivery import letters
from app.domain import cadence, calendars, contacts, encounters, invitations, one_to_ones, prompts
from app.domain.calendars import Party
from app.domain.contacts import Contact
from app.domain.one_to_ones import AGREED, CANCELLED, OFFERED_TIMES, Offer, OneToOne
from app.domain.prompts import Prompt
from app.domain.refusals import NotFound, Refusal, Unfit
from app.web import access, forms

blueprint = Blueprint("one_to_ones", __name__)

Page = str | Response | tuple[str, int]
SLOTS = (time(8, 30), time(12, 30), time(16, 0))
NUMBERS = range(1, OFFERED_TIMES + 1)


@blueprint.get("/one-to-ones/new")
@access.allows(access.PERSON)
def new() -> Page:
    """Offer three times to someone I met: sensible ones, to be changed. Whom, is chosen under People."""
    if "contact" not in request.args:
        return redirect(url_for("people.index"))
    contact = contacts.of(access.me(), request.args.get("contact", 0, forms.number))
    return _form(contact, _suggested(contact, clock.now()))


def _suggested(contact: Contact, now: datetime) -> dict[str, str]:
    zone, typed = access.me().time_zone, {}
    day = cadence.local(now, zone).date()
    for number, slot in zip(NUMBERS, SLOTS, strict=True):
        day += timedelta(days=1)
        while not cadence.is_working_day(day, frozenset()):
            day += timedelta(days=1)
        typed[f"day_{number}"], typed[f"time_{number}"] = day.isoformat(), f"{slot:%H:%M}"
    met_at = [met.event.place for met in encounters.between(access.me(), contact.other) if met.event]
    return typed | {"place": met_at[0] if met_at else ""}


def _form(contact: Contact, typed: Mapping[str, str], refusal: Refusal | None = None) -> Page:
    page = render_template(
        "one_to_ones/new.html",
        contact=contact,
        typed=typed,
        numbers=NUMBERS,
        today=cadence.local(clock.now(), access.me().time_zone).date(),
        named={name: request.values.get(name, 0, forms.number) for name in ("prompt", "instead")},
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/one-to-ones/new")
@access.allows(access.PERSON)
@forms.takes("contact", "prompt", "instead", "day_*", "time_*", "place", "why")
def propose() -> Page:
    """Offer the times, or say what is wrong with them and keep what was typed."""
    contact_id = request.form.get("contact", 0, forms.number)
    contact = contacts.of(access.me(), contact_id)
    try:
        one_to_one = invitations.propose(access.me(), contact, _offer(), clock.now(), _prompt(), _instead())
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return _form(contacts.of(access.me(), contact_id), request.form, refusal)
    session.commit()
    return redirect(url_for(".show", one_to_one_id=one_to_one.id), 303)


def _offer() -> Offer:
    zone, typed = access.me().time_zone, request.form
    times = [_instant(number, zone) for number in NUMBERS if typed.get(f"day_{number}") or typed.get(f"time_{number}")]
    return Offer(times, zone, typed.get("place", ""), typed.get("why", ""))


def _instant(number: int, zone: str) -> datetime:
    typed = request.form
    try:
        day = date.fromisoformat(typed.get(f"day_{number}", ""))
        hour = time.fromisoformat(typed.get(f"time_{number}", ""))
    except ValueError as wrong:
        raise one_to_ones.NotATime(f"time_{number}") from wrong
    return cadence.at(day, hour, zone).utc


def _prompt() -> Prompt | None:
    prompt_id = request.form.get("prompt", 0, forms.number)
    return prompts.of(access.me(), prompt_id) if prompt_id else None


def _instead() -> OneToOne | None:
    theirs = request.form.get("instead", 0, forms.number)
    return one_to_ones.of(access.me(), theirs) if theirs else None


@blueprint.get("/one-to-ones/<int:one_to_one_id>")
@access.allows(access.PERSON)
def show(one_to_one_id: int) -> Page:
    """Show a 1-2-1 to one of the two: to pick, to wait, to go to, or how it ended."""
    return _show(one_to_ones.of(access.me(), one_to_one_id))


def _show(meeting: OneToOne, refusal: Unfit | None = None) -> Page:
    me, now = access.me(), clock.now()
    partner = meeting.partner(me)
    contact = contacts.find(me, partner)
    page = render_template(
        "one_to_ones/show.html",
        meeting=meeting,
        partner=partner,
        contact=contact,
        state=meeting.state_at(now),
        asked=meeting.other_id == me.id,
        sheet={
            "meeting": meeting,
            "me": me,
            "contact_id": contact and contact.id,
            "now": now,
            "refusal": refusal,
        },
        now=now,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/one-to-ones/<int:one_to_one_id>/answer")
@access.allows(access.PERSON)
@forms.takes("time", "none")
def answer(one_to_one_id: int) -> Page:
    """Agree to one of the offered times, or say that none will do."""
    me, meeting = access.me(), one_to_ones.of(access.me(), one_to_one_id)
    try:
        if "none" in request.form:
            invitations.decline(meeting, me, clock.now())
        else:
            invitations.pick(meeting, me, _picked(meeting), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _show(one_to_ones.of(access.me(), one_to_one_id), refusal)
    session.commit()
    return redirect(url_for(".show", one_to_one_id=meeting.id), 303)


def _picked(meeting: OneToOne) -> datetime:
    offered = {offer.id: offer.starts_at for offer in meeting.times}
    starts_at = offered.get(request.form.get("time", 0, forms.number))
    if starts_at is None:
        raise one_to_ones.NoPick("time")
    return starts_at


@blueprint.post("/one-to-ones/<int:one_to_one_id>/withdraw")
@access.allows(access.PERSON)
@forms.takes()
def withdraw(one_to_one_id: int) -> Page:
    """Take my proposal back, or call off what was agreed."""
    meeting = one_to_ones.of(access.me(), one_to_one_id)
    verb = invitations.cancel if meeting.starts_at else invitations.withdraw
    verb(meeting, access.me(), clock.now())
    session.commit()
    return redirect(url_for(".show", one_to_one_id=meeting.id), 303)


@blueprint.get("/one-to-ones/<int:one_to_one_id>.ics")
@access.allows(access.PERSON)
def calendar(one_to_one_id: int) -> Page:
    """Hand out the agreed 1-2-1 as a file for any calendar."""
    me, meeting = access.me(), one_to_ones.of(access.me(), one_to_one_id)
    if meeting.state not in {AGREED, CANCELLED}:
        raise NotFound
    page = url_for(".show", one_to_one_id=meeting.id, _external=True)
    summary = _("1-2-1 with %(name)s", name=meeting.partner(me).first_name)
    entry = invitations.entry(meeting, letters.host(), summary, page)
    cancelled = meeting.state == CANCELLED
    written = calendars.published(entry, Party("Marmalade", letters.sender().address), clock.now(), cancelled=cancelled)
    answer = Response(written, content_type=f"{calendars.MEDIA_TYPE}; method=PUBLISH; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="1-2-1.ics"'
    return answer
