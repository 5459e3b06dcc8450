"""Complain or ask: a form that everybody can reach, and the number they are given."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from app import clock, keys, tokens
from app.database import session
from app.domain import complaints, limits, notices
from app.domain.complaints import Complaint
from app.domain.refusals import Unfit
from app.web import access, cookies, forms

blueprint = Blueprint("complaints", __name__)

Page = str | Response | tuple[str, int]
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
FROM_A_BROWSER, FROM_AN_ADDRESS, LETTERS_A_DAY = 5, 100, 3


@blueprint.get("/complain")
@access.allows(access.ANYONE)
def ask() -> Page:
    """Ask what it's about."""
    me = access.visitor()
    return _form("", (me and me.email) or "")


def _form(text: str, email: str, refusal: Unfit | None = None) -> str:
    return render_template("complaints/form.html", text=text, email=email, refusal=refusal)


@blueprint.post("/complain")
@access.allows(access.ANYONE)
@forms.takes("text", "email")
def take() -> Page:
    """Take it in, give it a number, and send that number where they said."""
    now = clock.now()
    _limit()
    try:
        complaint = complaints.take(forms.words("text"), request.form.get("email", ""), access.visitor(), now)
    except Unfit as refusal:
        session.rollback()
        return _form(forms.words("text"), request.form.get("email", ""), refusal), refusal.status
    _acknowledge(complaint)
    session.commit()
    return redirect(url_for(".taken", reference=complaint.reference), 303)


def _acknowledge(complaint: Complaint) -> None:
    """Send the number; to an address that anybody may have typed only a few times a day."""
    now, address = clock.now(), complaint.email
    if address and limits.use(_letters_to(address), LETTERS_A_DAY, A_DAY, now):
        data = {"reference": complaint.reference}
        notices.post(notices.COMPLAINT, complaint.reference, now, email=address, data=data)


def _letters_to(address: str) -> str:
    """Name an address for counting without keeping it."""
    return "complaint-letters:" + tokens.derived("complaint-letters", keys.current_id(), address)


def _limit() -> None:
    now = clock.now()
    here = limits.use(f"complaint:{cookies.browser()}", FROM_A_BROWSER, AN_HOUR, now)
    nearby = limits.use(f"complaint@{request.remote_addr}", FROM_AN_ADDRESS, AN_HOUR, now)
    if not (here and nearby):
        session.commit()
        raise TooManyRequests(retry_after=3600)


@blueprint.get("/complain/<reference>")
@access.allows(access.ANYONE)
def taken(reference: str) -> str:
    """Show the number; whoever knows one learns nothing else by it."""
    return render_template("complaints/taken.html", reference=reference[:8])
