"""Merges: a guest proved an address that has a card already. What would move is shown first; one tap moves it."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app import clock
from app.domain import merges, people, sessions
from app.domain.people import Person
from app.web import access, cookies, forms

blueprint = Blueprint("merges", __name__)

Page = str | Response


def _account() -> Person | None:
    """Return the account that the guest on this browser has just proved theirs, or None."""
    email = sessions.proved(cookies.browser(), clock.now())
    owner = people.find_by_email(email) if email else None
    return owner if owner and access.me().is_guest else None


@blueprint.get("/two-cards")
@access.allows(access.PERSON)
def show() -> Page:
    """Tell a guest what would move to the card that the proved address has, and ask."""
    owner = _account()
    if owner is None:
        return redirect(url_for("account.settings"))
    return render_template("account/two_cards.html", owner=owner, preview=merges.preview(access.me(), owner))


@blueprint.post("/two-cards")
@access.allows(access.PERSON)
@forms.takes()
def merge() -> Page:
    """Bring the two together, and go on with the card that stays; a second tap finds it done."""
    owner = _account()
    if owner is not None:
        merges.merge(access.me(), owner, clock.now())
        access.come_in(owner)
    return redirect(url_for("prompts.today"), 303)


@blueprint.post("/two-cards/apart")
@access.allows(access.PERSON)
@forms.takes()
def keep_apart() -> Page:
    """Leave the guest's card as it is, and come in with the one that the proved address has."""
    owner = _account()
    if owner is not None:
        access.come_in(owner)
    return redirect(url_for("prompts.today"), 303)
