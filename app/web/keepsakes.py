"""Keepsakes: what I wrote about meetings that are gone."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.database import session
from app.domain import keepsakes
from app.web import access, forms

blueprint = Blueprint("keepsakes", __name__)

Page = str | Response


@blueprint.get("/people/kept")
@access.allows(access.PERSON)
def index() -> Page:
    """Show my own words about whom I met and can't see any more."""
    return render_template(
        "keepsakes/index.html", keepsakes=keepsakes.of(access.me()), done=request.args.get("done", "")
    )


@blueprint.post("/people/kept/<int:kept_id>/drop")
@access.allows(access.PERSON)
@forms.takes()
def drop(kept_id: int) -> Page:
    """Delete what I wrote about one of them."""
    keepsakes.drop(access.me(), kept_id)
    session.commit()
    return redirect(url_for(".index", done="dropped"), 303)
