"""When an event is over: one person met after the other, whether it was worth it, and the organiser's question."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import attendance, contacts, encounters, endings, fits, intentions, polls, wordings
from app.domain.endings import Met
from app.domain.events import EventNotOver
from app.domain.refusals import NotFound, Unfit
from app.web import access, forms

blueprint = Blueprint("endings", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/e/<code>/minute")
@access.allows(access.HERE)
def minute(code: str) -> Page:
    """Show the next person met there, or, when all had their turn, the last question; before the end, the event."""
    if not _is_over():
        return redirect(url_for("events.show", code=code), 303)
    return _minute(request.args.get("after", 0, forms.number))


def _minute(after: int, refusal: Unfit | None = None) -> Page:
    """Show whoever comes after this contact; 0 is the first, one that was the last leads to the end."""
    me, event = access.me(), access.event()
    met = endings.met(me, event)
    turn = _turn(met, after)
    one = met[turn] if turn < len(met) else None
    page = render_template(
        "endings/minute.html",
        event=event,
        met=met,
        turn=turn,
        one=one,
        scan=encounters.said_by(one.encounter, me) if one else None,
        goal=_goal() if turn == len(met) else "",
        poll=polls.of(event),
        ending=endings.of(me, event),
        typed=request.form,
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


def _goal() -> str:
    """Return what I hoped for before the morning, in words, or nothing."""
    mine = attendance.of(access.event(), access.me())
    said = intentions.of(mine) if mine else None
    return _(wordings.GOALS[said.goal]) if said and said.goal else ""


def _is_over() -> bool:
    return clock.now() >= access.event().ends_at


def _must_be_over() -> None:
    if not _is_over():
        raise EventNotOver


def _turn(met: list[Met], after: int) -> int:
    """Return whose turn it is, counted from 0."""
    known = [one.contact.id for one in met]
    return known.index(after) + 1 if after in known else 0


@blueprint.post("/e/<code>/minute")
@access.allows(access.HERE)
@forms.takes("contact", "fit", "step", "promise")
def note(code: str) -> Page:
    """Keep what was said of one person, sealed, and go on to the next."""
    _must_be_over()
    met, now = endings.met(access.me(), access.event()), clock.now()
    number = request.form.get("contact", 0, forms.number)
    one = next((one for one in met if one.contact.id == number), None)
    if one is None:
        raise NotFound
    try:
        fits.say(one.contact, request.form.get("fit", ""), request.form.get("step", ""), now)
        contacts.write(one.contact, contacts.PROMISE, request.form.get("promise", ""), one.encounter, now)
    except Unfit as refusal:
        session.rollback()
        turn = met.index(one)
        return _minute(met[turn - 1].contact.id if turn else 0, refusal)
    session.commit()
    return redirect(url_for(".minute", code=code, after=number), 303)


@blueprint.post("/e/<code>/minute/end")
@access.allows(access.HERE)
@forms.takes("worth", "answer")
def end(code: str) -> Page:  # noqa: ARG001 - access finds the event by it
    """Let the morning be over: with an answer, or with none."""
    _must_be_over()
    worth, answer = request.form.get("worth", ""), request.form.get("answer", "")
    endings.settle(access.me(), access.event(), clock.now(), worth, answer)
    session.commit()
    return redirect(url_for("prompts.today"), 303)


@blueprint.get("/events/<int:event_id>/poll")
@access.allows(access.ORGANISER)
def poll(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the question that is asked when the event ends, and what was answered, in totals."""
    return _poll()


def _poll(refusal: Unfit | None = None) -> Page:
    event = access.event()
    page = render_template(
        "endings/poll.html",
        event=event,
        poll=polls.of(event),
        totals=endings.totals(event),
        done=request.args.get("done"),
        typed=request.form,
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


@blueprint.post("/events/<int:event_id>/poll")
@access.allows(access.ORGANISER)
@forms.takes("question")
def ask(event_id: int) -> Page:
    """Ask this when the event ends; nothing typed asks nothing."""
    try:
        polls.ask(access.event(), request.form.get("question", ""), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _poll(refusal)
    session.commit()
    return redirect(url_for(".poll", event_id=event_id, done="question"), 303)
