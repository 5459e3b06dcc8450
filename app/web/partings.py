"""Partings: what I can do about somebody I met, and whom I blocked."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import blocks, contacts, encounters, holders, partings, questions, reports
from app.domain.contacts import Contact
from app.domain.questions import ACCESS, PITCH
from app.domain.refusals import NotFound, Unfit
from app.web import access, forms

blueprint = Blueprint("partings", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/people/<int:contact_id>/between-us")
@access.allows(access.PERSON)
def show(contact_id: int) -> Page:
    """Show what they see of me, and offer to end it: their having my card, a meeting, everything."""
    return _show(contacts.of(access.me(), contact_id))


def _show(contact: Contact, refusal: Unfit | None = None) -> str:
    me = access.me()
    return render_template(
        "partings/show.html",
        contact=contact,
        holder=holders.held_by(me, contact.other),
        refused=questions.said_no(me, contact.other, ACCESS) or questions.said_no(me, contact.other, PITCH),
        meetings=encounters.between(me, contact.other),
        zone=current_app.config["TIME_ZONE"],
        done=request.args.get("done", ""),
        refusal=refusal,
        typed=request.form,
    )


@blueprint.post("/people/<int:contact_id>/meetings/<int:encounter_id>/remove")
@access.allows(access.PERSON)
@forms.takes()
def remove(contact_id: int, encounter_id: int) -> Page:
    """Remove a meeting from both our lists; at any time, without limit."""
    me = access.me()
    contact = contacts.of(me, contact_id)
    if encounter_id not in [met.id for met in encounters.between(me, contact.other)]:
        raise NotFound
    contacts.remove(me, encounter_id, clock.now())
    session.commit()
    return redirect(url_for("people.index"), 303)


@blueprint.post("/people/<int:contact_id>/questions/reopen")
@access.allows(access.PERSON)
@forms.takes()
def reopen(contact_id: int) -> Page:
    """Take back the no that I said: they may ask again."""
    me = access.me()
    contact = contacts.of(me, contact_id)
    for kind in questions.KINDS:
        questions.reopen(me, contact.other, kind)
    session.commit()
    return redirect(url_for(".show", contact_id=contact_id, done="reopened"), 303)


@blueprint.post("/people/<int:contact_id>/block")
@access.allows(access.PERSON)
@forms.takes()
def block(contact_id: int) -> Page:
    """Block them: complete, for both, and without a word to them."""
    me = access.me()
    partings.block(me, contacts.of(me, contact_id).other, clock.now())
    session.commit()
    return redirect(url_for(".blocked", done="blocked"), 303)


@blueprint.post("/people/<int:contact_id>/report")
@access.allows(access.PERSON)
@forms.takes("reason", "words", "block")
def report(contact_id: int) -> Page:
    """Tell the organisers about them, and block them too if I say so."""
    me, contact, now = access.me(), contacts.of(access.me(), contact_id), clock.now()
    try:
        reports.tell(me, contact.other, request.form.get("reason", ""), forms.words("words"), now)
    except Unfit as refusal:
        session.rollback()
        return _show(contacts.of(access.me(), contact_id), refusal), refusal.status
    blocks_too = request.form.get("block") == "on"
    if blocks_too:
        partings.block(me, contact.other, now)
    session.commit()
    if blocks_too:
        return redirect(url_for(".blocked", done="reported"), 303)
    return redirect(url_for(".show", contact_id=contact_id, done="reported"), 303)


@blueprint.get("/settings/blocked")
@access.allows(access.PERSON)
def blocked() -> Page:
    """Show whom I blocked."""
    return render_template("partings/blocked.html", blocks=blocks.mine(access.me()), done=request.args.get("done", ""))


@blueprint.post("/settings/blocked/<int:person_id>/remove")
@access.allows(access.PERSON)
@forms.takes()
def unblock(person_id: int) -> Page:
    """Take my block away; nobody is told."""
    blocks.remove(access.me(), person_id)
    session.commit()
    return redirect(url_for(".blocked", done="unblocked"), 303)
