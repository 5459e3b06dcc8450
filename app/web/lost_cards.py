"""Lost cards: an address was proved that somebody typed on a phone they no longer have. Is that card theirs?"""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import lost_cards, people, sessions
from app.web import access, cookies, forms

blueprint = Blueprint("lost_cards", __name__)

Page = str | Response


def _proved() -> str:
    """Return the address that whoever is here has just proved theirs in this browser, or nothing."""
    email = sessions.proved(cookies.browser(), clock.now())
    return email if email and people.find_by_email(email) == access.visitor() else ""


def _onwards(following: str) -> Response:
    """Go on as if nobody had asked: whoever has no card makes one."""
    if access.visitor():
        return redirect(access.inside(following), 303)
    return redirect(url_for("account.new", next=following or None), 303)


@blueprint.get("/lost-card")
@access.allows(access.ANYONE)
def show() -> Page:
    """Ask whoever proved the address whether the card is theirs, and tell how much would come along."""
    following, email = request.args.get("next", ""), _proved()
    lost = lost_cards.find(email) if email else None
    if lost is None:
        return _onwards(following)
    return render_template("account/lost_card.html", lost=lost, email=email, next=following)


@blueprint.post("/lost-card")
@access.allows(access.ANYONE)
@forms.takes("next")
def bring_back() -> Page:
    """Give the card back to its owner, and go on with it; a second tap finds it done."""
    following, email = request.form.get("next", ""), _proved()
    if not email or lost_cards.typed_for(email) is None:
        return _onwards(following)
    person = lost_cards.bring_back(email, clock.now())
    access.come_in(person)
    return redirect(access.inside(following), 303)


@blueprint.post("/lost-card/not-mine")
@access.allows(access.ANYONE)
@forms.takes("next")
def leave() -> Page:
    """Leave the card with whoever made it: this address was typed by mistake, and leads to it no more."""
    following, email = request.form.get("next", ""), _proved()
    if email and lost_cards.typed_for(email):
        lost_cards.leave(email)
        session.commit()
    return _onwards(following)
