"""Slips: what the links in a letter open without sign-in. They show an event and a count, and nobody's name."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import acquaintances, consents, follow_ups, keepers, links, next_steps, notices, prompts
from app.domain.attendance import AlreadyOnTheList
from app.domain.notices import Notice
from app.domain.prompts import ABOUT_EVENTS, Prompt
from app.domain.refusals import NotFound, Refusal, Unfit
from app.web import access, forms, headers

blueprint = Blueprint("slips", __name__)
headers.keep_unlisted(blueprint)

Page = str | Response | tuple[str, int]
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@blueprint.get("/a/<token>")
@access.allows(access.ANYONE)
def prompt(token: str) -> Page:
    """Show what a letter was about, with done and later; whoever only looks changes nothing."""
    return _show(links.by_action(token, clock.now()), token)


def _show(prompt: Prompt, token: str, refusal: Unfit | None = None) -> Page:
    now = clock.now()
    met = acquaintances.made(prompt.person, prompt.event) if prompt.event else []
    page = render_template(
        "slips/prompt.html",
        prompt=prompt,
        token=token,
        met=len(met),
        acts=prompt.kind in ABOUT_EVENTS,
        put_off=prompt.due_at > now,
        later=prompts.later_choices(prompt, now),
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/a/<token>")
@access.allows(access.ANYONE)
@forms.takes("did", "day")
def act(token: str) -> Page:
    """Take done, later or undo; the same again changes nothing."""
    prompt, now = links.by_action(token, clock.now()), clock.now()
    if prompt.kind not in ABOUT_EVENTS:
        raise next_steps.NoSuchAnswer
    try:
        if "day" in request.form:
            prompts.snooze(prompt, prompts.day_of(request.form["day"]), now)
        elif request.form.get("did") == "done":
            prompts.answer(prompt, now)
        elif request.form.get("did") == "undo":
            follow_ups.undo(prompt)
        else:
            raise next_steps.NoSuchAnswer
    except Unfit as refusal:
        session.rollback()
        return _show(links.by_action(token, now), token, refusal)
    session.commit()
    return redirect(url_for(".prompt", token=token), 303)


@blueprint.get("/u/<token>")
@access.allows(access.ANYONE)
def letters(token: str) -> Page:
    """Show whether letters come, and the one button that changes it."""
    person = links.by_unsubscribe(token, clock.now())
    return render_template("slips/letters.html", on=person.mail_prompts, token=token)


@blueprint.post("/u/<token>")
@access.allows(access.ANYONE)
@forms.takes("letters", ONE_CLICK[0])
@forms.from_anywhere
def unsubscribe(token: str) -> Page:
    """Stop the letters at once, by a mail program's one click (RFC 8058 §3.1) or a person's; or let them come again."""
    person = links.by_unsubscribe(token, clock.now())
    if request.form.get("letters") == "on":
        prompts.resubscribe(person)
    else:
        prompts.unsubscribe(person)
    consents.note(person, consents.LETTER, clock.now())
    session.commit()
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return Response(status=200, content_type="text/plain; charset=utf-8")
    return redirect(url_for(".letters", token=token), 303)


@blueprint.get("/r/<token>")
@access.allows(access.ANYONE)
def removal(token: str) -> Page:
    """Ask whether an address that has no account is to be written to again, or say that it is not."""
    notice = links.by_removal(token, clock.now())
    return render_template("slips/removal.html", email=notice.email, token=token)


@blueprint.post("/r/<token>")
@access.allows(access.ANYONE)
@forms.takes(ONE_CLICK[0])
@forms.from_anywhere
def remove(token: str) -> Page:
    """Write to this address never again, by a mail program's one click (RFC 8058 §3.1) or a person's."""
    now = clock.now()
    notices.remove(links.by_removal(token, now), now)
    session.commit()
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return Response(status=200, content_type="text/plain; charset=utf-8")
    return redirect(url_for(".removal", token=token), 303)


@blueprint.get("/k/<token>")
@access.allows(access.ANYONE)
def kept(token: str) -> Page:
    """Say how many kept somebody's card; who they are is for whoever proves the address of the letter."""
    return _show_kept(links.by_kept(token, clock.now()), token)


def _show_kept(letter: Notice, token: str, refusal: Refusal | None = None) -> Page:
    me, place = access.visitor(), letter.place
    if place is None or letter.event is None:
        raise NotFound
    page = render_template(
        "slips/kept.html",
        event=letter.event,
        kept=keepers.count(place),
        token=token,
        own=bool(me and letter.email and me.email == letter.email),
        claimed=bool(me and place.person_id == me.id),
        refusal=refusal,
    )
    return (page, refusal.status) if refusal else page


@blueprint.post("/k/<token>")
@access.allows(access.PERSON)
@forms.takes()
def claim(token: str) -> Page:
    """Let the place on the list be mine, since the letter came to my address; and see who."""
    now = clock.now()
    letter = links.by_kept(token, now)
    try:
        keepers.claim(letter, access.me(), now)
    except (keepers.OnAnotherPhone, AlreadyOnTheList) as refusal:
        session.rollback()
        return _show_kept(links.by_kept(token, now), token, refusal)
    session.commit()
    return redirect(url_for("people.index", event=letter.event_id), 303)
