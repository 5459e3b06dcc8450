"""Holders: who has my card, what they see of it, and taking it back."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import cards, consents, holders, questions
from app.domain.refusals import Unfit
from app.web import access, forms

blueprint = Blueprint("holders", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/card/holders")
@access.allows(access.PERSON)
def index() -> Page:
    """Show who asks me for more, and who has my card, the latest first."""
    return _index()


def _index(asked_about: int = 0, refusal: Unfit | None = None) -> Page:
    me, now = access.me(), clock.now()
    page, total = max(request.args.get("page", 1, forms.number), 1), holders.count(me)
    shown = render_template(
        "holders/index.html",
        asked=questions.for_me(me, now),
        mine=cards.visible(cards.of(me), cards.GIVEN),
        holders=holders.of(me, page),
        news=len(holders.news(me)),
        page=page,
        total=total,
        more=total > page * holders.A_PAGE,
        asked_about=asked_about,
        refusal=refusal,
        typed=request.form,
        done=request.args.get("done", ""),
    )
    return (shown, refusal.status) if refusal else shown


@blueprint.post("/card/holders/<int:holder_id>/rest")
@access.allows(access.PERSON)
@forms.takes("back")
def rest(holder_id: int) -> Page:
    """Fine: they may have it."""
    holders.rest(holders.find(access.me(), holder_id), clock.now())
    session.commit()
    return _back("rested")


@blueprint.post("/card/holders/rest")
@access.allows(access.PERSON)
@forms.takes("back")
def rest_all() -> Page:
    """Fine, all of them."""
    holders.rest_all(access.me(), clock.now())
    session.commit()
    return _back("rested")


@blueprint.post("/card/holders/<int:holder_id>/take-back")
@access.allows(access.PERSON)
@forms.takes("back")
def take_back(holder_id: int) -> Page:
    """Close to them what not anyone may see."""
    holders.take_back(holders.find(access.me(), holder_id), clock.now())
    session.commit()
    return _back("taken-back")


@blueprint.post("/card/holders/take-back")
@access.allows(access.PERSON)
@forms.takes()
def take_back_all() -> Page:
    """Close to everybody what not anyone may see."""
    holders.take_back_all(access.me(), clock.now())
    session.commit()
    return _back("all-taken-back")


@blueprint.post("/card/holders/<int:holder_id>/give")
@access.allows(access.PERSON)
@forms.takes("back")
def give(holder_id: int) -> Page:
    """Open my card to them again, or for the first time."""
    holders.give(holders.find(access.me(), holder_id), clock.now())
    session.commit()
    return _back("given")


@blueprint.post("/card/ask-first")
@access.allows(access.PERSON)
@forms.takes("always", "back")
def ask_first() -> Page:
    """Have everybody ask from now on, or let a scan be enough again."""
    holders.ask_first(access.me(), request.form.get("always") == "on")
    session.commit()
    return _back("asks-first" if access.me().asks_first else "asks-not")


@blueprint.post("/questions/<int:question_id>/answer")
@access.allows(access.PERSON)
@forms.takes("answer", "email", "back")
def answer(question_id: int) -> Page:
    """Say yes, which opens, or no, which nobody hears of."""
    question, said = questions.of(access.me(), question_id), request.form.get("answer", "")
    try:
        holders.answer(question, said == "yes", clock.now(), request.form.get("email", ""))
    except Unfit as refusal:
        session.rollback()
        return _index(question_id, refusal)
    consents.note(access.me(), consents.CARD, clock.now())
    session.commit()
    return _back("given" if said == "yes" else "kept")


def _back(done: str) -> Response:
    """Go back to where the button was: Today, somebody's page, or the list."""
    where, _colon, number = request.form.get("back", "").partition(":")
    if where == "today":
        return redirect(url_for("prompts.today"), 303)
    if where == "person" and number.isdecimal():
        return redirect(url_for("partings.show", contact_id=int(number), done=done), 303)
    return redirect(url_for(".index", done=done), 303)
