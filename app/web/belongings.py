"""What is mine: a copy of everything to take along, and how to be forgotten. Both ask for a fresh code first."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.delivery.drawer import Drawer
from app.domain import deliveries, erasures, exports, forgotten, limits, parcels, sessions
from app.domain.erasures import AnotherName, OnlyOrganiser
from app.domain.refusals import Refusal, Unfit
from app.web import access, cookies, downloads, forms
from app.words import N_

blueprint = Blueprint("belongings", __name__)

Page = str | Response | tuple[str, int]
COPIES_A_DAY: Final = 5
LOOKS_AGAIN_AFTER_S: Final = 3


class NotFresh(Refusal):
    status = 403
    message = N_("That needs a new code first. Go back and ask for one.")


@blueprint.get("/settings/data")
@access.allows(access.PERSON)
def mine() -> Response:
    """Show the two things that can be done with everything of mine, and how far the copy is."""
    return _page()


def _page(refusal: Refusal | None = None, typed: str = "") -> Response:
    now, me = clock.now(), access.me()
    parcel = parcels.of(me, now)
    asked = sessions.asked(cookies.browser(), now)
    answer = make_response(
        render_template(
            "belongings/mine.html",
            fresh=_is_fresh(),
            waits_for_code=asked is not None and asked.email == me.email,
            parcel=parcel,
            tables=len(exports.taken()),
            alone=erasures.organised_alone(me),
            refusal=refusal,
            typed=typed,
        ),
        refusal.status if refusal else 200,
    )
    if parcel and not parcel.ready_at:
        answer.headers["Refresh"] = str(LOOKS_AGAIN_AFTER_S)
    return answer


def _is_fresh() -> bool:
    """Say whether this browser proved my address within ten minutes; a guest has nothing but this browser."""
    me = access.me()
    return me.is_guest or sessions.proved(cookies.browser(), clock.now()) == me.email


def _must_be_fresh() -> None:
    if not _is_fresh():
        raise NotFresh


@blueprint.post("/settings/data/code")
@access.allows(access.PERSON)
@forms.takes()
def ask_code() -> Page:
    """Send a code to my own address, to be sure that it is me."""
    now, me = clock.now(), access.me()
    try:
        deliveries.carry_code(sessions.ask_code(me.email or "", cookies.browser(), now, me), now)
    except sessions.TooManyCodes as refusal:
        session.rollback()
        return _page(refusal)
    session.commit()
    return redirect(url_for(".mine"), 303)


@blueprint.post("/settings/data/proof")
@access.allows(access.PERSON)
@forms.takes("code")
def prove() -> Page:
    """Take the code; a wrong try is counted either way."""
    try:
        sessions.redeem(request.form.get("code", ""), access.me().email or "", cookies.browser(), clock.now())
    except Unfit as refusal:
        session.commit()
        return _page(refusal)
    session.commit()
    return redirect(url_for(".mine"), 303)


@blueprint.post("/settings/data/copy")
@access.allows(access.PERSON)
@forms.takes()
def pack() -> Page:
    """Have a copy of everything packed; the worker does it, nobody waits for it on an open line."""
    _must_be_fresh()
    now, me = clock.now(), access.me()
    if not limits.use(f"copies:{me.id}", COPIES_A_DAY, timedelta(days=1), now):
        raise TooManyRequests(retry_after=3600)
    parcels.ask(me, now)
    session.commit()
    return redirect(url_for(".mine"), 303)


@blueprint.post("/settings/data/copy/fetch")
@access.allows(access.PERSON)
@forms.takes()
def fetch() -> Page:
    """Hand the copy over, once."""
    _must_be_fresh()
    now, me = clock.now(), access.me()
    content = parcels.fetch(me, now)
    session.commit()
    return downloads.attachment(content, exports.MEDIA_TYPE, f"marmalade-{now:%Y-%m-%d}.zip")


@blueprint.post("/settings/data/erase")
@access.allows(access.PERSON)
@forms.takes("name")
def erase() -> Page:
    """Forget me, now and for good, if I typed my own name."""
    _must_be_fresh()
    me, typed, folder = access.me(), request.form.get("name", ""), Path(current_app.config["INSTANCE_PATH"])
    try:
        erasures.ask(me, typed)
    except (AnotherName, OnlyOrganiser) as refusal:
        session.rollback()
        return _page(refusal, typed)
    words = [me.name, me.first_name, me.email or ""]
    erasures.erase(me, clock.now(), folder / forgotten.LOG)
    session.commit()
    Drawer(folder / "letters").forget(words)
    cookies.sign_out()
    return redirect(url_for(".gone"), 303)


@blueprint.get("/gone")
@access.allows(access.ANYONE)
def gone() -> str:
    """Say what has gone, and what others keep."""
    return render_template("belongings/gone.html")
